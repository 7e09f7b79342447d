// SPDX-License-Identifier: Apache-2.0

package search

import (
	"slices"
	"strings"
)

// wordsOf lists the words whose stems are needed to ask for the terms, the
// folded forms of the words among them.
func wordsOf(terms []term) []string {
	var out []string
	for _, t := range terms {
		for _, w := range t.words {
			out = append(out, w)
			out = append(out, fold(w)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ask1 writes a term as a tsquery: what is written and its stems; with wide the
// folded forms too, which includes the first. weight, which may be empty, says
// in what texts. Words hold only letters, numbers, marks and pictographs, so
// that quotes cannot be broken.
func ask1(t term, stems map[string][]string, wide bool, weight string) string {
	parts := make([]string, len(t.words))
	for i, w := range t.words {
		prefix := t.prefix && i == len(t.words)-1
		var of []string
		add := func(lexeme string) { of = append(of, lexeme) }
		add(w)
		if !t.exact && !prefix {
			add("^" + w)
			for _, s := range stems[w] {
				add(s)
				add("^" + s)
			}
		}
		if wide {
			for _, f := range slices.Clone(of) {
				bare, isStem := strings.CutPrefix(f, "^")
				if isStem {
					continue
				}
				add("~" + bare)
				for _, p := range fold(bare) {
					add(p)
					add("~" + p)
					if !t.exact && !prefix {
						add("^" + p)
						for _, s := range stems[p] {
							add(s)
							add("^" + s)
							add("~" + s)
						}
					}
				}
			}
		}
		slices.Sort(of)
		of = slices.Compact(of)
		for j, f := range of {
			of[j] = quoted(f)
			switch {
			case prefix:
				of[j] += ":*" + weight
			case weight != "":
				of[j] += ":" + weight
			}
		}
		parts[i] = "(" + strings.Join(of, " | ") + ")"
	}
	return "(" + strings.Join(parts, " <-> ") + ")"
}

// quoted writes a lexeme so that tsquery and tsvector read it as it is.
func quoted(lexeme string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(lexeme, `\`, `\\`), "'", "''") + "'"
}

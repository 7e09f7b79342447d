// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tillgang/internal/plain"
)

// clean makes one value fit to keep; wrong says what is the matter with it.
// The empty value is fit.
func (d Def) clean(s string) (value, wrong string) {
	var ok bool
	if d.Type == Text {
		value, ok = plain.Text(s)
	} else {
		value, ok = plain.Line(s)
	}
	switch {
	case !ok:
		return "", "the text is not valid UTF-8"
	case value == "":
		return "", ""
	case utf8.RuneCountInString(value) > d.Max:
		return "", d.tooLong(value)
	}
	switch d.Type { //nolint:exhaustive // the others hold any text
	case Date:
		return value, notDate(value)
	case URL:
		return value, notURL(value)
	case Number:
		return number(value)
	case YesNo:
		return yesNo(value)
	case Choice, Choices:
		return value, d.notOption(value)
	case Terms:
		return d.term(value)
	}
	return value, ""
}

// number brings a decimal number into the one form that equal numbers share.
func number(s string) (value, wrong string) {
	m := numeral.FindStringSubmatch(strings.ReplaceAll(s, "\u2212", "-"))
	if m == nil {
		return "", "a number is written like 12.5, with at most 15 digits before and 9 behind the point"
	}
	whole, rest := strings.TrimLeft(m[2], "0"), strings.TrimRight(m[3], "0")
	if whole == "" {
		whole = "0"
	}
	if rest != "" {
		whole += "." + rest
	}
	if m[1] == "-" && whole != "0" {
		whole = "-" + whole
	}
	return whole, ""
}

var numeral = regexp.MustCompile(`^([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,9}))?$`)

func yesNo(s string) (value, wrong string) {
	switch plain.Fold(s) {
	case "yes", "true":
		return Yes, ""
	case "no", "false":
		return No, ""
	}
	return "", "the value is yes or no"
}

// The values of YesNo.
const (
	Yes = "yes"
	No  = "no"
)

func (d Def) notOption(s string) (wrong string) {
	i := slices.IndexFunc(d.Options, func(o Option) bool { return o.Value == s })
	switch {
	case i < 0:
		return "it is not one of the field's options"
	case d.Options[i].Retired:
		return "this option is no longer to be chosen"
	}
	return ""
}

func (d Def) term(s string) (value, wrong string) {
	t := d.terms[s]
	switch {
	case t == nil || t.Taxonomy != d.Taxonomy:
		return "", "it is not a term of the field's taxonomy"
	case !t.MergedInto.IsZero():
		return d.term(t.MergedInto.String())
	case t.DeprecatedAt != nil:
		return "", "this term is no longer to be chosen"
	}
	return s, ""
}

// keep is clean, but that a value that is there already stays, even if it may
// not be chosen any more.
func (d Def) keep(s string, there ...string) (value, wrong string) {
	value, wrong = d.clean(s)
	if wrong != "" && d.Type.listed() && slices.Contains(there, s) {
		return s, ""
	}
	return value, wrong
}

func (d Def) tooLong(value string) string {
	return fmt.Sprintf("at most %d characters, and this is %d", d.Max, utf8.RuneCountInString(value))
}

// cleanList makes a list fit to keep: each value once, whatever its case, in
// the order given, empty ones left out.
func (d Def) cleanList(in []string, there ...string) (list []string, wrong string) {
	seen := map[string]bool{}
	for _, s := range in {
		v, wrong := d.keep(s, there...)
		if wrong != "" {
			return nil, wrong
		}
		if k := plain.Fold(v); v != "" && !seen[k] {
			seen[k] = true
			list = append(list, v)
		}
	}
	if len(list) > d.MaxItems {
		return nil, fmt.Sprintf("at most %d values, and these are %d", d.MaxItems, len(list))
	}
	return list, ""
}

// trim shortens what a file says until it is fit to keep; what cannot be made
// fit is empty. A file is never refused for what it says about itself.
func (d Def) trim(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	value, wrong := d.clean(s)
	if wrong == "" {
		return value
	}
	if d.Type != Text && d.Type != Line && d.Type != List {
		return ""
	}
	if d.Type == Text {
		value, _ = plain.Text(s)
	} else {
		value, _ = plain.Line(s)
	}
	return plain.Cut(value, d.Max)
}

func (d Def) trimList(in []string) []string {
	fit := make([]string, 0, min(len(in), d.MaxItems))
	for _, s := range in {
		if len(fit) == 4*d.MaxItems { // many may be the same; more than this is no list of keywords
			break
		}
		fit = append(fit, d.trim(s))
	}
	list, _ := Def{Type: d.Type, Max: d.Max, MaxItems: len(fit)}.cleanList(fit)
	return list[:min(len(list), d.MaxItems)]
}

func notDate(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil || s < "0001-01-01" {
		return "a date is written like 2026-05-31"
	}
	return ""
}

func notURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "a web address starts with https:// or http://"
	}
	return ""
}

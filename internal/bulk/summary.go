// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"slices"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
)

// MaxSummed is how many assets a summary looks at.
const MaxSummed = 10_000

// Sum is what a selection's assets have in one field, in one language if it has
// languages.
type Sum struct {
	Field string
	Lang  string
	Same  bool // all have the same, nothing included
	List  bool // it has several values, which are counted one by one
	Mix
}

// Summary is what the assets of a selection have.
type Summary struct {
	Total    int
	Looked   int // the first so many were looked at
	Editable int // of those, who may edit so many
	Fields   []Sum
}

// Names of what a summary tells of beside fields.
const (
	sumFolder  = "folder"
	sumOwner   = "owner"
	sumKind    = "kind"
	sumEmbargo = "embargo_until"
	sumExpiry  = "expires_at"
	sumAlt     = "alt"
)

// place is a field in a language.
type place struct{ field, lang string }

// summer counts what assets have.
type summer struct {
	n      int
	some   map[place]int            // assets that have something
	values map[place]map[string]int // values, of lists each by itself
	whole  map[place]map[string]int // contents, of lists as a whole
	lists  map[place]bool
}

// Summary says what the assets of a selection have in their fields: the same
// everywhere, different things, or nothing.
func (s *Service) Summary(ctx context.Context, who access.Actor, sel search.Selection) (out Summary, err error) {
	var list []id.Asset
	var reg *asset.Registry
	if err := s.deed(ctx, who, func(tx pg.Tx) (e audit.Entry, err error) {
		e.Verb = "bulk.summary"
		if reg, err = s.assets.RegistryTx(ctx, tx, who); err != nil {
			return e, err
		}
		list, err = s.search.ResolveTx(ctx, tx, who, sel, MaxAssets)
		if err == nil && len(list) == 0 {
			err = fault.New(fault.Invalid, "bulk.empty", "There is no asset to do this to. Choose at least one.")
		}
		e.Detail = map[string]any{"assets": len(list)}
		return e, err
	}); err != nil {
		return out, err
	}
	out.Total = len(list)
	sums := &summer{some: map[place]int{}, values: map[place]map[string]int{}, whole: map[place]map[string]int{}, lists: map[place]bool{}}
	for part := range slices.Chunk(list[:min(len(list), MaxSummed)], 500) {
		found, err := s.assets.ByIDs(ctx, who, part)
		if err != nil {
			return out, err
		}
		for _, a := range found {
			out.Looked++
			if a.Can.Has(access.Edit) {
				out.Editable++
			}
			sums.add(a)
		}
	}
	out.Fields = sums.all(reg)
	return out, nil
}

func (m *summer) add(a asset.Asset) {
	m.n++
	m.text(place{sumFolder, ""}, a.Folder.String())
	m.text(place{sumOwner, ""}, a.Owner.String())
	m.text(place{sumKind, ""}, string(a.Kind))
	if a.EmbargoUntil != nil {
		m.text(place{sumEmbargo, ""}, a.EmbargoUntil.UTC().Format("2006-01-02T15:04:05Z"))
	}
	if a.ExpiresAt != nil {
		m.text(place{sumExpiry, ""}, a.ExpiresAt.UTC().Format("2006-01-02T15:04:05Z"))
	}
	for lang, d := range a.Alt {
		m.text(place{sumAlt, lang}, string(d.Decision)+"\n"+d.Text)
	}
	for name, f := range a.Fields {
		switch d, _ := a.Registry.Def(name); {
		case d.Type.Several():
			at := place{name, ""}
			m.lists[at] = true
			if len(f.Values) > 0 {
				m.some[at]++
				count(m.whole, at, strings.Join(f.Values, "\x00"))
				for _, v := range f.Values {
					count(m.values, at, v)
				}
			}
		case d.PerLanguage:
			for lang, v := range f.Lang {
				m.text(place{name, lang}, v)
			}
		default:
			m.text(place{name, ""}, f.Value)
		}
	}
}

func (m *summer) text(at place, v string) {
	if v != "" {
		m.some[at]++
		count(m.whole, at, v)
		count(m.values, at, v)
	}
}

func count(in map[place]map[string]int, at place, v string) {
	if in[at] == nil {
		in[at] = map[string]int{}
	}
	in[at][v]++
}

// all lists the sums in the order in which fields are shown; what is in no asset
// is the same everywhere.
func (m *summer) all(reg *asset.Registry) (out []Sum) {
	order := []string{sumFolder, sumOwner, sumKind, sumEmbargo, sumExpiry, sumAlt}
	for _, d := range reg.Defs() {
		order = append(order, d.Name)
	}
	for _, name := range order {
		var at []place
		for p := range m.some {
			if p.field == name {
				at = append(at, p)
			}
		}
		slices.SortFunc(at, func(a, b place) int { return strings.Compare(a.lang, b.lang) })
		if len(at) == 0 {
			d, _ := reg.Def(name)
			at = []place{{name, ""}}
			m.lists[at[0]] = d.Type.Several()
		}
		for _, p := range at {
			sum := Sum{Field: name, Lang: p.lang, List: m.lists[p], Mix: mix(m.values[p])}
			sum.Empty = m.n - m.some[p]
			sum.Same = sum.Empty == m.n || sum.Empty == 0 && len(m.whole[p]) == 1
			if sum.Same && !sum.List && len(sum.Values) == 1 { // whole, to be edited
				for v := range m.values[p] {
					sum.Values[0].Value = v
				}
			}
			out = append(out, sum)
		}
	}
	return out
}

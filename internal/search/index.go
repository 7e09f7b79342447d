// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/asset"
	"tillgang/internal/filemeta"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Limits of what is indexed of one asset; they keep a row within what a
// tsvector can hold, whatever the texts.
const (
	maxTexts    = 4000    // words
	maxLexemes  = 400_000 // bytes of lexemes
	maxKeywords = 500
	maxKeyword  = 100 // characters
	maxFacts    = 2000
	gap         = 10 // positions between two texts, so that no phrase spans them
)

// text is one piece of an asset to be found by, heaviest first.
type text struct {
	weight byte
	s      string
	name   bool // a file name: cut at camel case too
}

// document is what an asset is found by.
type document struct {
	texts    []text
	keywords []string // distinct, trimmed, as written
	named    []offer  // people, creator and places to complete
	more     []string // lexemes that are no words of texts
}

// read collects an asset's texts in an order that does not change.
func read(a asset.Asset) document {
	var d document
	add := func(weight byte, s string) {
		if strings.TrimSpace(s) != "" {
			d.texts = append(d.texts, text{weight: weight, s: s})
		}
	}
	fields := func(weight byte, names ...string) {
		for _, n := range names {
			f := a.Fields[n]
			add(weight, f.Value)
			for _, v := range f.Values {
				add(weight, v)
			}
			for _, lang := range sorted(f.Lang) {
				add(weight, f.Lang[lang])
			}
		}
	}
	fields('A', "title", "headline")
	fields('B', "description", "extended_description")
	for _, lang := range sorted(a.Alt) {
		add('B', a.Alt[lang].Text)
	}
	for _, name := range sorted(a.Fields) {
		switch name {
		case "title", "headline", "description", "extended_description":
		default:
			if findable(name, a.Fields[name]) {
				fields('C', name)
			}
		}
	}
	for _, t := range a.OwnTexts() {
		add('C', t)
	}
	d.texts = append(d.texts, text{weight: 'D', s: a.Name, name: true})

	seen := map[string]bool{}
	for _, k := range a.Fields["keywords"].Values {
		k = short(k)
		if low := keyword(k); low != "" && !seen[low] && len(d.keywords) < maxKeywords {
			seen[low] = true
			d.keywords = append(d.keywords, k)
		}
	}
	return d
}

// short is a value as it is compared and completed.
func short(k string) string {
	k = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(k, "\x00", " "), " ")), " ")
	if r := []rune(k); len(r) > maxKeyword {
		k = string(r[:maxKeyword])
	}
	return k
}

// unfound are fields whose words say nothing of the asset.
var unfound = []string{"licence_url", "usage_terms", asset.FieldCapturedOn}

// findable reports whether a field's words are found: who is in a picture is
// not found by what a file says.
func findable(name string, f asset.Field) bool {
	return !slices.Contains(unfound, name) && (!personal[name] || f.Source == asset.FromPerson)
}

var personal = func() map[string]bool {
	out := map[string]bool{}
	for _, d := range asset.Defs() {
		out[d.Name] = d.Personal
	}
	return out
}()

// facts are an asset's lexemes that are no words of texts.
func (d *document) facts(a asset.Asset) {
	seen := map[string]bool{}
	add := func(lexeme string) {
		if !seen[lexeme] && len(seen) < maxFacts && len(lexeme) < 1000 {
			seen[lexeme] = true
			d.more = append(d.more, lexeme)
		}
	}
	d.named = named(a)
	for _, o := range d.named {
		add(o.lexeme())
	}
	for _, name := range sorted(a.Fields) {
		f := a.Fields[name]
		if f.Value == "" && len(f.Values) == 0 && len(f.Lang) == 0 || personal[name] && f.Source != asset.FromPerson {
			continue
		}
		add("?" + name)
		if name == "title" || name == "description" || name == "extended_description" || name == "keywords" || !findable(name, f) {
			continue // these have a weight or a shape of their own
		}
		texts := append([]string{f.Value}, f.Values...)
		for _, lang := range sorted(f.Lang) {
			texts = append(texts, f.Lang[lang])
		}
		for _, t := range texts {
			for _, w := range words(t) {
				add("=" + name + "=" + w)
				for _, p := range fold(w) {
					add("=" + name + "=" + p)
				}
			}
		}
	}
	for _, d := range a.Registry.Defs() {
		f := a.Fields[d.Name]
		if !d.Own || d.Personal && f.Source != asset.FromPerson {
			continue
		}
		for _, v := range append(slices.Clone(f.Values), f.Value) {
			for _, w := range words(a.Registry.Called(d, v)) {
				add("=" + d.Name + "=" + w)
				for _, p := range fold(w) {
					add("=" + d.Name + "=" + p)
				}
			}
		}
	}
	for _, token := range a.OwnTokens() {
		add("=" + strings.ToLower(strings.ReplaceAll(token, "\x00", "")))
	}
	if len(a.Sensitive) > 0 {
		add("?sensitive")
	}
	decided := false
	for _, alt := range a.Alt {
		decided = decided || alt.Decision != ""
	}
	if decided {
		add("?alt")
	}
	if !decided && a.Kind == asset.Image {
		add(flagNoAlt)
	}
	if len(a.Missing) > 0 {
		add(flagIncomplete)
	}
	if !a.Owner.IsZero() {
		add(ownedBy(a.Owner.String()))
	}
	add("=type=" + strings.ToLower(strings.ReplaceAll(a.MediaType, "\x00", "")))
	endings := filemeta.Endings(a.MediaType) // type:jpeg is type:jpg
	if i := strings.LastIndexByte(a.Name, '.'); i >= 0 && i < len(a.Name)-1 {
		endings = append(endings, strings.ToLower(strings.ReplaceAll(a.Name[i+1:], "\x00", "")))
	}
	slices.Sort(endings)
	for _, ending := range slices.Compact(endings) {
		add("=type=" + ending)
	}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// keyword is the form that keywords are compared in.
func keyword(k string) string { return strings.ToLower(strings.Join(strings.Fields(k), " ")) }

// spot is a word at a place in the document.
type spot struct {
	word string
	at   int
	w    byte
}

func (d document) spots() []spot {
	var out []spot
	at := 0
	for _, t := range d.texts {
		cut(t.s, func(raw string) {
			if len(out) >= maxTexts {
				return
			}
			whole := clean(raw)
			at++
			out = append(out, spot{whole, at, t.weight})
			parts := []string{whole}
			if t.name {
				parts = pieces(raw)
			}
			for _, p := range parts { // at the place of the whole, so that wholes stand in a row
				if p != whole {
					out = append(out, spot{p, at, t.weight})
				}
				if n := strings.TrimLeft(p, "0"); t.name && n != p && n != "" {
					out = append(out, spot{n, at, t.weight})
				}
			}
		})
		at += gap
	}
	return out
}

// vector writes the document as a tsvector.
func (d document) vector(spots []spot, stems map[string][]string) string {
	var b strings.Builder
	add := func(lexeme string, at int, w byte) {
		if b.Len() > maxLexemes {
			return
		}
		b.WriteString(quoted(lexeme))
		if at > 0 {
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(min(at, 16383)))
			b.WriteByte(w)
		}
		b.WriteByte(' ')
	}
	for _, l := range d.more {
		add(l, 0, 0)
	}
	for _, k := range d.keywords {
		k = keyword(k)
		add("#"+k, 0, 0)
		for _, f := range fold(k) {
			add("#~"+f, 0, 0)
		}
	}
	for _, s := range spots {
		add(s.word, s.at, s.w)
		for _, f := range fold(s.word) {
			add("~"+f, s.at, s.w)
		}
		for _, stem := range stems[s.word] {
			if stem == s.word {
				continue
			}
			add("^"+stem, s.at, s.w)
			for _, f := range fold(stem) {
				add("~"+f, s.at, s.w)
			}
		}
	}
	return b.String()
}

// IndexTx makes the assets findable as they are now, in the transaction that
// changed them. What is in the bin is taken out instead.
func (s *Service) IndexTx(ctx context.Context, tx pg.Tx, assets ...asset.Asset) error {
	type row struct {
		a     asset.Asset
		doc   document
		spots []spot
	}
	var found []row
	var gone []id.Asset
	var list []string
	last := map[id.Asset]int{}
	for i, a := range assets {
		last[a.ID] = i
	}
	for i, a := range assets {
		if last[a.ID] != i {
			continue // it is there once more, later
		}
		if a.DeletedAt != nil || a.Waiting {
			gone = append(gone, a.ID)
			continue
		}
		d := read(a)
		d.facts(a)
		sp := d.spots()
		found = append(found, row{a, d, sp})
		for _, p := range sp {
			list = append(list, p.word)
		}
	}
	if err := s.RemoveTx(ctx, tx, gone...); err != nil {
		return err
	}
	if len(found) == 0 {
		return nil
	}
	slices.Sort(list)
	stems, err := s.stems.of(ctx, tx, slices.Compact(list))
	if err != nil {
		return err
	}
	texts, err := s.documents(ctx, tx, assets)
	if err != nil {
		return err
	}
	these := make([]id.Asset, len(found))
	for i, r := range found {
		these[i] = r.a.ID
	}
	twins, err := s.twins(ctx, tx, found[0].a.Tenant, these)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	var vals values
	var into rows
	for _, r := range found {
		if twins[r.a.ID] {
			r.doc.more = append(r.doc.more, flagTwin)
		}
		vals.addAll(r.a, r.doc)
		text, isDocument := texts[r.a.ID]
		into.add(r.a, r.doc, text, isDocument, r.doc.vector(r.spots, stems))
	}
	into.queue(b, found[0].a.Tenant)
	vals.queue(b, found[0].a.Tenant)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("index assets: %w", err)
	}
	return nil
}

const sqlRemove = `delete from asset_search where asset_id = any(@assets)`

// RemoveTx takes assets out of lists and search: they went into the bin.
func (s *Service) RemoveTx(ctx context.Context, tx pg.Tx, assets ...id.Asset) error {
	if len(assets) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, sqlRemove, pgx.StrictNamedArgs{"assets": assets}); err != nil {
		return fmt.Errorf("remove from search: %w", err)
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// body is the text of a document's active revision, as words.
type body struct {
	words string // as a tsvector; empty: no text
	same  bool   // the index has it already
}

const sqlBodiesKnown = `select a.asset_id, a.document_of from asset_search a where a.asset_id = any(@assets::uuid[]) and a.document_of is not null`

const sqlPageTexts = `
	select p.revision_id, p.page, p.text from document_page p
	where p.tenant_id = @tenant and p.revision_id = any(@revisions::uuid[]) order by p.revision_id, p.page`

const sqlForgetPages = `delete from search_page where asset_id = any(@assets::uuid[])`

const sqlKeepPage = `insert into search_page (tenant_id, asset_id, page, words) values (@tenant, @asset, @page, @words::tsvector)`

// documents reads the pages of those of the assets that have any, and keeps
// their words page by page. A revision's text never changes, so it is read once.
func (s *Service) documents(ctx context.Context, tx pg.Tx, assets []asset.Asset) (map[id.Asset]body, error) {
	of, list := map[id.Revision]asset.Asset{}, []id.Asset{}
	for _, a := range assets {
		if a.DeletedAt == nil && a.Kind == asset.Document {
			of[a.Revision], list = a, append(list, a.ID)
		}
	}
	out := map[id.Asset]body{}
	if len(list) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, sqlBodiesKnown, pgx.StrictNamedArgs{"assets": list})
	if err != nil {
		return nil, fmt.Errorf("find indexed documents: %w", err)
	}
	var one id.Asset
	var revision id.Revision
	if _, err := pgx.ForEachRow(rows, []any{&one, &revision}, func() error {
		if _, ok := of[revision]; ok {
			out[one] = body{same: true}
			delete(of, revision)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find indexed documents: %w", err)
	}
	if len(of) == 0 {
		return out, nil
	}
	type page struct {
		Revision id.Revision
		Page     int
		Text     string
	}
	revisions, anew := []id.Revision{}, []id.Asset{}
	for r, a := range of {
		revisions, anew = append(revisions, r), append(anew, a.ID)
	}
	rows, err = tx.Query(ctx, sqlPageTexts, pgx.StrictNamedArgs{"tenant": assets[0].Tenant, "revisions": revisions})
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	pages, err := pgx.CollectRows(rows, pgx.RowToStructByPos[page])
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	b := &pgx.Batch{}
	b.Queue(sqlForgetPages, pgx.StrictNamedArgs{"assets": anew})
	whole := map[id.Asset]*lexicon{}
	for _, p := range pages {
		a := of[p.Revision]
		d := document{texts: []text{{weight: 'D', s: p.Text}}}
		spots := d.spots()
		stems, err := s.stems.of(ctx, tx, distinct(spots))
		if err != nil {
			return nil, err
		}
		b.Queue(sqlKeepPage, pgx.StrictNamedArgs{"tenant": a.Tenant, "asset": a.ID, "page": p.Page, "words": d.vector(spots, stems)})
		if whole[a.ID] == nil {
			whole[a.ID] = &lexicon{at: map[string][]int{}}
		}
		whole[a.ID].add(spots, stems)
	}
	for _, a := range of {
		out[a.ID] = body{words: whole[a.ID].vector()}
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("keep pages: %w", err)
	}
	return out, nil
}

func distinct(spots []spot) []string {
	list := make([]string, len(spots))
	for i, s := range spots {
		list[i] = s.word
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// lexicon is all that stands in a document, with the places of what stands
// early enough: phrases are found in the first 16,000 words.
type lexicon struct {
	at   map[string][]int
	last int
}

func (l *lexicon) add(spots []spot, stems map[string][]string) {
	end := l.last
	for _, s := range spots {
		at := l.last + s.at
		end = max(end, at)
		forms := []string{s.word}
		for _, f := range fold(s.word) {
			forms = append(forms, "~"+f)
		}
		for _, stem := range stems[s.word] {
			if stem != s.word {
				forms = append(forms, "^"+stem)
			}
		}
		for _, f := range forms {
			list := l.at[f]
			if at < 16_000 && len(list) < 100 {
				list = append(list, at)
			}
			l.at[f] = list
		}
	}
	l.last = end + gap
}

// vector writes it as a tsvector of a size that one can have.
func (l *lexicon) vector() string {
	if l == nil {
		return ""
	}
	var b strings.Builder
	for _, f := range sorted(l.at) {
		if b.Len() > maxLexemes {
			break
		}
		b.WriteString(quoted(f))
		for i, at := range l.at[f] {
			b.WriteByte(":,"[min(i, 1)])
			b.WriteString(strconv.Itoa(at))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// PageHit is a page of a document on which something that was looked for stands.
type PageHit struct {
	Asset id.Asset
	Page  int    // from 1; 0: on no page
	Text  string // plain text around the first of it
}

// Limits of page hits.
const (
	hitPages = 5 // of each document
	around   = 80
)

const sqlPageHits = `
	select x.asset_id, x.page, p.text
	from unnest(@assets::uuid[], @revisions::uuid[]) d(asset_id, revision_id)
	cross join lateral (select s.asset_id, s.page from search_page s where s.asset_id = d.asset_id and s.words @@ @ask::tsquery order by s.page limit @n) x
	join document_page p on p.revision_id = d.revision_id and p.page = x.page
	order by x.asset_id, x.page`

// pageHits tells for the documents among a page's assets on which of their
// pages the words stand.
func (sc *scope) pageHits(ctx context.Context, tx pg.Tx, items []asset.Asset) (list []PageHit, err error) {
	assets, revisions := []id.Asset{}, []id.Revision{}
	for _, a := range items {
		if a.Kind == asset.Document {
			assets, revisions = append(assets, a.ID), append(revisions, a.Revision)
		}
	}
	ask, starts := sc.onPages()
	if len(assets) == 0 || ask == "" {
		return nil, nil
	}
	args := pgx.StrictNamedArgs{"assets": id.Raw(assets), "revisions": id.Raw(revisions), "ask": ask, "n": hitPages}
	if err := sc.query(ctx, tx, pg.ByKey, sqlPageHits, args, func(rows pgx.Rows) error {
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[PageHit])
		return err
	}); err != nil {
		return nil, fmt.Errorf("find pages: %w", err)
	}
	for i := range list {
		list[i].Text = snippet(list[i].Text, starts)
	}
	return list, nil
}

// onPages is what to look for on pages: any of the wanted words.
func (sc *scope) onPages() (ask string, starts []string) {
	var asks []string
	for _, c := range sc.clauses {
		for _, a := range c.any {
			key := keyNames[a.key]
			if c.not || a.not || key != "" && key != "text" || key == "" && a.key != "" {
				continue
			}
			t := a.term
			if key == "text" {
				t = plainTerm(a.value)
				t.exact = a.quoted
			}
			if len(t.words) == 0 {
				continue
			}
			asks = append(asks, ask1(t, sc.stems, true, ""))
			for _, w := range t.words {
				starts = append(starts, w)
				for _, s := range sc.stems[w] {
					if utf8.RuneCountInString(s) > 2 {
						starts = append(starts, s)
					}
				}
			}
		}
	}
	return strings.Join(asks, " | "), starts
}

// snippet cuts the text around the first word that begins like one of those
// looked for, in one line.
func snippet(s string, starts []string) string {
	at := -1
	if low := strings.ToLower(s); len(low) == len(s) {
		for _, w := range starts {
			if i := strings.Index(low, w); i >= 0 && (at < 0 || i < at) {
				at = i
			}
		}
	}
	// More than is shown, since white space is joined; cut between characters.
	const enough = 16 * around
	from, to := max(at-enough, 0), min(max(at, 0)+2*enough, len(s))
	for from > 0 && !utf8.RuneStart(s[from]) {
		from--
	}
	for to < len(s) && !utf8.RuneStart(s[to]) {
		to++
	}
	before, after := []rune(line(s[from:max(at, from)])), []rune(line(s[max(at, from):to]))
	if at > 0 && len(before) > 0 && endsWord(s[:at]) {
		before = append(before, ' ')
	}
	out := string(after)
	if len(after) > 2*around || to < len(s) {
		out = string(after[:min(2*around, len(after))]) + "…"
	}
	if len(before) > around || from > 0 {
		return "…" + string(before[max(len(before)-around, 0):]) + out
	}
	return string(before) + out
}

// line joins a text's words by single spaces.
func line(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, " ")), " ") }

// endsWord reports whether white space stands at the end.
func endsWord(s string) bool { return strings.TrimRightFunc(s, unicode.IsSpace) != s }

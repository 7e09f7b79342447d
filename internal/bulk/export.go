// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
)

// Columns that stand beside fields.
const (
	columnID     = "id"
	columnName   = "name"
	columnSHA256 = "sha256"
	columnAlt    = "alt"          // alt[sv]: the alt text or the long description
	columnAltDo  = "alt_decision" // alt_decision[sv]: text, decorative, described or complex
)

// Export is a table to be written.
type Export struct {
	s       *Service
	who     access.Actor
	list    []id.Asset
	columns []column
	bom     bool
}

const sqlLanguages = `
	select distinct k.name, l.lang from asset a, jsonb_each(a.fields) k(name, field), jsonb_object_keys(coalesce(nullif(k.field -> 'lang', 'null'), '{}')) l(lang)
	where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant
	union select distinct 'alt', l.lang from asset a, jsonb_object_keys(a.alt) l(lang) where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant
	order by 1, 2`

// Export prepares a table of the fields of a selection. Only assets that who
// may take metadata out of (Export) are written, asked for when their row is.
// It is a deed: the log names how many were chosen.
func (s *Service) Export(ctx context.Context, who access.Actor, sel search.Selection, bom bool) (e *Export, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		may, err := access.Visible(ctx, tx, who, access.View|access.Export)
		if err != nil {
			return audit.Entry{}, err
		}
		if len(may) == 0 {
			return audit.Entry{}, fault.New(fault.Forbidden, "access.forbidden", "You do not have the right to take metadata out. Ask whoever looks after the folder for it.")
		}
		list, err := s.chosen(ctx, tx, who, sel)
		if err != nil {
			return audit.Entry{}, err
		}
		r, err := s.assets.RegistryTx(ctx, tx, who)
		if err != nil {
			return audit.Entry{}, err
		}
		langs := map[string][]string{}
		for part := range slices.Chunk(list, 10_000) {
			rows, err := tx.Query(ctx, sqlLanguages, pgx.StrictNamedArgs{"ids": part, "tenant": who.Tenant})
			if err != nil {
				return audit.Entry{}, err
			}
			var name, lang string
			if _, err := pgx.ForEachRow(rows, []any{&name, &lang}, func() error {
				if !slices.Contains(langs[name], lang) {
					langs[name] = append(langs[name], lang)
				}
				return nil
			}); err != nil {
				return audit.Entry{}, err
			}
		}
		e = &Export{s: s, who: who, list: list, bom: bom, columns: columns(r, langs)}
		return audit.Entry{Verb: "bulk.export", Detail: map[string]any{"assets": len(list)}}, nil
	})
	return e, err
}

// columns are those of a table with all fields, in the languages they are in.
func columns(r *asset.Registry, langs map[string][]string) []column {
	out := []column{{name: columnID}, {name: columnName}, {name: columnSHA256}}
	for _, d := range r.Defs() {
		if !d.PerLanguage {
			out = append(out, column{name: d.Name})
			continue
		}
		for _, l := range langs[d.Name] {
			out = append(out, column{name: d.Name, lang: l})
		}
	}
	for _, l := range langs[columnAlt] {
		out = append(out, column{name: columnAltDo, lang: l}, column{name: columnAlt, lang: l})
	}
	for i, c := range out {
		if out[i].head = c.name; c.lang != "" {
			out[i].head += "[" + c.lang + "]"
		}
	}
	return out
}

// WriteTo writes the table as CSV (RFC 4180), some hundreds of assets at a time.
func (e *Export) WriteTo(ctx context.Context, to io.Writer) error {
	if e.bom {
		if _, err := io.WriteString(to, "\ufeff"); err != nil {
			return err
		}
	}
	w := csv.NewWriter(to)
	row := make([]string, len(e.columns))
	for i, c := range e.columns {
		row[i] = c.head
	}
	if err := w.Write(row); err != nil {
		return err
	}
	for part := range slices.Chunk(e.list, atOnce) {
		var assets []asset.Asset
		if err := e.s.read(ctx, e.who, func(tx pg.Tx) (err error) {
			assets, err = e.s.assets.ByIDsTx(ctx, tx, e.who, part)
			return err
		}); err != nil {
			return err
		}
		for _, a := range assets {
			if !a.Can.Has(access.Export) {
				continue
			}
			for i, c := range e.columns {
				row[i] = guard(cell(a, c))
			}
			if err := w.Write(row); err != nil {
				return err
			}
		}
		if w.Flush(); w.Error() != nil {
			return w.Error()
		}
	}
	w.Flush()
	return w.Error()
}

// cell is what an asset has in a column.
func cell(a asset.Asset, c column) string {
	switch c.name {
	case columnID:
		return a.ID.String()
	case columnName:
		return a.Name
	case columnSHA256:
		return hex.EncodeToString(a.SHA256)
	case columnAlt:
		return a.Alt[c.lang].Text
	case columnAltDo:
		return string(a.Alt[c.lang].Decision)
	}
	d, _ := a.Registry.Def(c.name)
	f := a.Fields[c.name]
	switch {
	case d.Type.Several():
		list := make([]string, len(f.Values))
		for i, v := range f.Values {
			if list[i] = v; d.Type == asset.Terms {
				list[i] = a.Registry.Called(d, v)
				if back, wrong := a.Registry.ValueOf(d, list[i]); wrong != "" || back != v {
					list[i] = v // its labels stand for other terms too
				}
			}
		}
		return strings.TrimSuffix(join(list), "|")
	case d.PerLanguage:
		return f.Lang[c.lang]
	}
	return f.Value
}

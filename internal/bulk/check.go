// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// known refuses a table with columns that are no fields, or that names no assets.
func (t *table) known(r *asset.Registry) error {
	named := false
	for _, c := range t.columns {
		switch c.name {
		case columnID, columnName, columnSHA256:
			named = true
			continue
		case columnAlt, columnAltDo:
			continue
		}
		d, ok := r.Def(c.name)
		if !ok {
			return wrongTable("There is no field called " + c.name + ". GET /api/v1/fields lists those there are.")
		}
		if c.lang != "" && !d.PerLanguage {
			return wrongTable("The field " + c.name + " has no languages; leave the brackets out.")
		}
	}
	if !named {
		return wrongTable("A column must name the assets: id, sha256 or name.")
	}
	return nil
}

// checker looks a table through.
type checker struct {
	s     *Service
	who   access.Actor
	reg   *asset.Registry
	t     *table
	clear bool
	seen  map[id.Asset]int // the line that an asset stood in
	rows  [][]string
}

// read takes the next lines of the table and finds their assets.
func (c *checker) read(ctx context.Context, tx pg.Tx) (part []Line, end bool, err error) {
	c.rows = c.rows[:0]
	for len(part) < atOnce {
		line, cells, err := c.t.next()
		if errors.Is(err, io.EOF) {
			end = true
			break
		}
		if err != nil {
			return nil, true, err
		}
		part, c.rows = append(part, Line{Line: line, State: "same"}), append(c.rows, cells)
	}
	return part, end, c.find(ctx, tx, part)
}

// key is what a line names its asset by: the surest column that has something.
func (c *checker) key(cells []string) (name, value string) {
	for _, name := range []string{columnID, columnSHA256, columnName} {
		for i, col := range c.t.columns {
			if v := strings.TrimSpace(cells[i]); col.name == name && v != "" {
				return name, v
			}
		}
	}
	return columnID, ""
}

const sqlNamed = `
	select a.id, a.name, encode(a.sha256, 'hex') from asset a
	where a.tenant_id = @tenant and a.deleted_at is null and not a.waiting and (a.name = any(@names::text[]) or a.sha256 = any(@sums::bytea[]))
	and ` + asset.SQLACL + ` = any(@acls::bigint[]) limit 20000`

// find gives lines their assets.
func (c *checker) find(ctx context.Context, tx pg.Tx, part []Line) error {
	var names []string
	var sums [][]byte
	for i := range part {
		switch name, v := c.key(c.rows[i]); {
		case v == "":
			part[i].problem(columnID, "this line names no asset")
		case name == columnID:
			a, err := id.Parse[id.Asset](v)
			if err != nil {
				part[i].problem(columnID, err.Error())
			}
			part[i].Asset = a
		case name == columnSHA256:
			sums = append(sums, unhex(strings.ToLower(v)))
		default:
			names = append(names, v)
		}
	}
	by := map[string][]id.Asset{}
	if len(names)+len(sums) > 0 {
		acls, err := access.Visible(ctx, tx, c.who, access.View|access.Edit)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlNamed, pgx.StrictNamedArgs{"tenant": c.who.Tenant, "names": names, "sums": sums, "acls": acls})
		if err != nil {
			return err
		}
		var a id.Asset
		var name, sum string
		if _, err := pgx.ForEachRow(rows, []any{&a, &name, &sum}, func() error {
			by[columnName+name], by[columnSHA256+sum] = append(by[columnName+name], a), append(by[columnSHA256+sum], a)
			return nil
		}); err != nil {
			return err
		}
	}
	for i := range part {
		name, v := c.key(c.rows[i])
		if name == columnSHA256 {
			v = strings.ToLower(v)
		}
		if name != columnID {
			switch found := by[name+v]; len(found) {
			case 0:
				part[i].problem(name, "there is no such asset that you may edit")
			case 1:
				part[i].Asset = found[0]
			default:
				part[i].problem(name, fmt.Sprintf("%d assets are called this; name the one that is meant by its id", len(found)))
			}
		}
		if a := part[i].Asset; !a.IsZero() {
			if first, twice := c.seen[a]; twice {
				part[i].problem(name, fmt.Sprintf("this asset stands in line %d already", first))
			} else {
				c.seen[a] = part[i].Line
			}
		}
	}
	return nil
}

// look finds out what lines would change.
func (c *checker) look(ctx context.Context, tx pg.Tx, part []Line) error {
	var tasks []asset.Task
	var of []int
	for i := range part {
		if part[i].State == "error" {
			continue
		}
		edits := c.edits(&part[i], c.rows[i])
		if part[i].State == "error" || edits == nil {
			continue
		}
		part[i].Edits = edits
		tasks, of = append(tasks, asset.Task{Asset: part[i].Asset, Edits: edits}), append(of, i)
	}
	if len(tasks) == 0 {
		return nil
	}
	done, err := c.s.assets.ManyTx(ctx, tx, c.who, tasks, true)
	if err != nil {
		return err
	}
	for n, d := range done {
		l := &part[of[n]]
		steps := slices.DeleteFunc(d.Steps, func(s asset.Step) bool { return string(s.Before) == string(s.After) })
		switch {
		case d.Skipped != nil && len(d.Skipped.Field) > 0:
			for name, wrong := range d.Skipped.Field {
				l.problem(name, wrong)
			}
		case d.Skipped != nil:
			l.problem(columnID, d.Skipped.Text)
		case len(steps) > 0:
			l.State, l.Steps = "change", steps
		}
	}
	return nil
}

// edits is what a line says; nil: nothing.
func (c *checker) edits(l *Line, cells []string) *asset.Edits {
	e := &asset.Edits{Fields: map[string]asset.FieldAct{}, Alt: map[string]*asset.AltChange{}}
	texts := map[string]string{} // alt texts by language
	for i, col := range c.t.columns {
		cell := cells[i]
		switch col.name {
		case columnID, columnName, columnSHA256:
			continue
		case columnAlt:
			texts[col.lang] = cell
			continue
		case columnAltDo:
			if cell = strings.TrimSpace(cell); cell != "" || c.clear {
				e.Alt[col.lang] = nil
				if cell != "" {
					e.Alt[col.lang] = &asset.AltChange{Decision: asset.Decision(cell)}
				}
			}
			continue
		}
		d, _ := c.reg.Def(col.name)
		if strings.TrimSpace(cell) == "" && !c.clear {
			continue
		}
		act := e.Fields[col.name]
		act.Do = asset.Set
		switch {
		case d.Type.Several():
			act.Values = c.values(l, col, d, cell)
		case d.PerLanguage:
			if act.Lang == nil {
				act.Lang = map[string]string{}
			}
			act.Lang[col.lang] = cell
		default:
			value, wrong := c.reg.ValueOf(d, strings.TrimSpace(cell))
			if wrong != "" {
				l.problem(col.head, wrong)
			}
			act.Value = &value
		}
		e.Fields[col.name] = act
	}
	for lang, text := range texts {
		d, decided := e.Alt[lang]
		switch {
		case decided && d != nil:
			d.Text = text
		case text != "":
			e.Alt[lang] = &asset.AltChange{Decision: asset.AltText, Text: text}
		case c.clear:
			e.Alt[lang] = nil
		}
	}
	if len(e.Fields)+len(e.Alt) == 0 {
		return nil
	}
	return e
}

func (c *checker) values(l *Line, col column, d asset.Def, cell string) []string {
	out := []string{}
	for _, text := range split(cell) {
		value, wrong := c.reg.ValueOf(d, text)
		if wrong != "" {
			l.problem(col.head, wrong+": "+text)
		}
		out = append(out, value)
	}
	return out
}

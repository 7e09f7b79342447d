// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Import is metadata that came in as a table and was looked through.
type Import struct {
	ID        id.Import `db:"id"`
	StartedBy string    `db:"started_by"`
	State     string    `db:"state"` // checked or applied
	Lines     int       `db:"lines"`
	Changes   int       `db:"changes"` // lines that would change something
	Same      int       `db:"same"`
	Errors    int       `db:"errors"`
	Job       id.Bulk   `db:"job_id"` // that applies it; zero until then
	CreatedAt time.Time `db:"created_at"`
}

// Line is what a line of a table would do.
type Line struct {
	Line     int               `db:"line"`
	Asset    id.Asset          `db:"asset_id"`
	State    string            `db:"state"` // change, same or error
	Edits    *asset.Edits      `db:"edits"`
	Steps    []asset.Step      `db:"steps"`    // what would change
	Problems map[string]string `db:"problems"` // column → a sentence
}

// problem notes what is wrong with a line.
func (l *Line) problem(column, text string) {
	l.State = "error"
	if l.Problems == nil {
		l.Problems = map[string]string{}
	}
	l.Problems[column] = text
}

const sqlCreateImport = `
	insert into metadata_import (id, tenant_id, started_by, state, lines, changes, same, errors, created_at)
	values (@id, @tenant, @by, 'checked', 0, 0, 0, 0, @now)`

const sqlTidyImports = `delete from metadata_import where tenant_id = @tenant and created_at < @before`

const sqlCounted = `update metadata_import set lines = @lines, changes = @changes, same = @same, errors = @errors where id = @id and tenant_id = @tenant`

// Check looks a table through and keeps what each of its lines would change,
// without changing anything. A line names its asset by id, sha256 or the file's
// name; empty cells say nothing, or take away when clear is true.
func (s *Service) Check(ctx context.Context, who access.Actor, from io.Reader, clear bool) (i Import, err error) {
	t, err := readTable(from)
	if err != nil {
		return i, err
	}
	i = Import{ID: id.New[id.Import](), StartedBy: who.ID, State: "checked", CreatedAt: s.now()}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "import.check", Subject: i.ID.String()}
		reg, err := s.assets.RegistryTx(ctx, tx, who)
		if err != nil {
			return e, err
		}
		if err := t.known(reg); err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlTidyImports, pgx.StrictNamedArgs{"tenant": who.Tenant, "before": i.CreatedAt.Add(-keptFor)}); err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlCreateImport, pgx.StrictNamedArgs{"id": i.ID, "tenant": who.Tenant, "by": who.ID, "now": i.CreatedAt}); err != nil {
			return e, err
		}
		c := &checker{s: s, who: who, reg: reg, t: t, clear: clear, seen: map[id.Asset]int{}}
		for end := false; !end; {
			var part []Line
			if part, end, err = c.read(ctx, tx); err != nil {
				return e, err
			}
			if err := c.look(ctx, tx, part); err != nil {
				return e, err
			}
			if err := c.keep(ctx, tx, &i, part); err != nil {
				return e, err
			}
		}
		e.Detail = map[string]any{"lines": i.Lines, "changes": i.Changes, "errors": i.Errors}
		_, err = tx.Exec(ctx, sqlCounted, pgx.StrictNamedArgs{
			"id": i.ID, "tenant": who.Tenant, "lines": i.Lines, "changes": i.Changes, "same": i.Same, "errors": i.Errors,
		})
		return e, err
	})
	return i, err
}

const sqlImport = `
	select i.id, i.started_by, i.state, i.lines, i.changes, i.same, i.errors, i.job_id, i.created_at from metadata_import i
	where i.id = @id and i.tenant_id = @tenant`

const sqlHoldImport = sqlImport + ` for update`

func importTx(ctx context.Context, tx pg.Tx, who access.Actor, sql string, imp id.Import) (Import, error) {
	rows, err := tx.Query(ctx, sql, pgx.StrictNamedArgs{"id": imp, "tenant": who.Tenant})
	if err != nil {
		return Import{}, err
	}
	i, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Import])
	if errors.Is(err, pgx.ErrNoRows) || err == nil && i.StartedBy != who.ID {
		return Import{}, access.NotFound("import")
	}
	return i, err
}

// Import returns an import of one's own.
func (s *Service) Import(ctx context.Context, who access.Actor, imp id.Import) (i Import, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		i, err = importTx(ctx, tx, who, sqlImport, imp)
		return err
	})
	return i, err
}

const sqlLines = `
	select l.line, l.asset_id, l.state, l.edits, l.steps, l.problems from metadata_import_line l
	where l.import_id = @id and l.tenant_id = @tenant and l.line > @after and (@state = '' or l.state = @state) order by l.line limit @limit`

// Lines lists what the lines of an import of one's own would do; of one state
// only, unless state is empty.
func (s *Service) Lines(ctx context.Context, who access.Actor, imp id.Import, state, cursor string, limit int) (p page.Page[Line], err error) {
	of, after := "import.lines "+imp.String()+state, 0
	if _, err := page.Read(cursor, of, &after); err != nil {
		return p, err
	}
	limit = page.Limit(limit)
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := importTx(ctx, tx, who, sqlImport, imp); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlLines, pgx.StrictNamedArgs{"id": imp, "tenant": who.Tenant, "after": after, "state": state, "limit": limit + 1})
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Line])
		p = page.Cut(list, limit, of, func(l Line) []any { return []any{l.Line} })
		return err
	})
	return p, err
}

const sqlToApply = `
	select l.asset_id, l.edits::text as edits from metadata_import_line l
	where l.import_id = @id and l.tenant_id = @tenant and l.state = 'change' order by l.line`

const sqlApplied = `update metadata_import set state = 'applied', job_id = @job where id = @id and tenant_id = @tenant`

// Apply makes a job that does what an import of one's own would change; lines
// with errors are left out. The job can be undone.
func (s *Service) Apply(ctx context.Context, who access.Actor, imp id.Import) (j Job, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "import.apply", Subject: imp.String()}
		i, err := importTx(ctx, tx, who, sqlHoldImport, imp)
		if err != nil {
			return e, err
		}
		if i.State != "checked" {
			return e, fault.New(fault.Conflict, "import.applied", "This table has been applied already.")
		}
		rows, err := tx.Query(ctx, sqlToApply, pgx.StrictNamedArgs{"id": imp, "tenant": who.Tenant})
		if err != nil {
			return e, err
		}
		var list []id.Asset
		var own []*string
		var one id.Asset
		var edits *string
		if _, err := pgx.ForEachRow(rows, []any{&one, &edits}, func() error {
			list, own = append(list, one), append(own, edits)
			return nil
		}); err != nil {
			return e, err
		}
		if j, err = s.create(ctx, tx, who, making{assets: list, own: own}); err != nil {
			return e, err
		}
		e.Detail = map[string]any{"job": j.ID.String(), "assets": j.Total}
		_, err = tx.Exec(ctx, sqlApplied, pgx.StrictNamedArgs{"id": imp, "tenant": who.Tenant, "job": j.ID})
		return e, err
	})
	return j, err
}

const sqlKeepLines = `
	insert into metadata_import_line (import_id, line, tenant_id, asset_id, state, edits, steps, problems)
	select @id, n.line, @tenant, n.asset, n.state, n.edits, n.steps, n.problems
	from unnest(@lines::int[], @assets::uuid[], @states::text[], @edits::jsonb[], @steps::jsonb[], @problems::jsonb[]) as n(line, asset, state, edits, steps, problems)`

// keep stores lines that were looked through.
func (c *checker) keep(ctx context.Context, tx pg.Tx, i *Import, part []Line) error {
	if len(part) == 0 {
		return nil
	}
	var lines []int
	var assets []id.Asset
	var states []string
	var edits, steps, problems []*string
	for _, l := range part {
		i.Lines++
		switch l.State {
		case "change":
			i.Changes++
		case "same":
			i.Same++
		default:
			i.Errors++
		}
		lines, assets, states = append(lines, l.Line), append(assets, l.Asset), append(states, l.State)
		for to, v := range map[*[]*string]any{&edits: l.Edits, &steps: l.Steps, &problems: l.Problems} {
			b, err := json.Marshal(v)
			if err != nil {
				return err
			}
			text := string(b)
			*to = append(*to, &text)
		}
	}
	_, err := tx.Exec(ctx, sqlKeepLines, pgx.StrictNamedArgs{
		"id": i.ID, "tenant": c.who.Tenant, "lines": lines, "assets": assets, "states": states, "edits": edits, "steps": steps, "problems": problems,
	})
	return err
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

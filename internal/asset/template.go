// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Template is a named set of defaults for fields. What it gives to an asset is
// the machine's word, said by the template: it fills what is empty and gives
// way to whatever anybody else says, the file too.
type Template struct {
	ID        id.Template             `db:"id"`
	Name      string                  `db:"name"`
	Fields    map[string]*FieldChange `db:"fields"`
	CreatedAt time.Time               `db:"created_at"`
}

// fill gives the sheet what a template says, where nobody has said anything.
// What the tenant's fields no longer take is left out.
func (s *sheet) fill(t Template, now time.Time) {
	was := s.mark
	defer func() { s.mark = was }()
	s.mark = Mark{FromMachine, t.ID.String(), now}
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		d, ok := s.reg.Def(name)
		if !ok || t.Fields[name] == nil {
			continue
		}
		if f, some := s.fields[name].shown(); some && !d.PerLanguage && f.Source != "" {
			continue
		}
		c := *t.Fields[name]
		if d.PerLanguage { // languages that have a text keep it
			c.Lang = maps.Clone(c.Lang)
			maps.DeleteFunc(c.Lang, func(lang, _ string) bool { return s.fields[name].Lang[lang] != "" })
			if s.fields[name].Lang[""] != "" {
				c.Value = nil
			}
			if c.Value == nil && len(c.Lang) == 0 {
				continue
			}
		}
		s.applyField(d, &c)
	}
}

const sqlDefaults = `
	select t.id, t.name, t.fields, t.created_at
	from (
		select at.template_id, 0 as rank from account_template at where at.account_id = @account and at.tenant_id = @tenant
		union all
		select r.template_id, 1 + cardinality(f.lineage) - l.at::int as rank
		from folder f, unnest(f.lineage) with ordinality as l(id, at) join folder_rule r on r.folder_id = l.id
		where f.id = @folder and f.tenant_id = @tenant and r.template_id is not null
	) d join field_template t on t.id = d.template_id
	order by d.rank`

// defaults fills the sheet of a new asset: with the template of the person who
// brings it, then with that of its folder, then with those above.
func (s *Service) defaults(ctx context.Context, tx pg.Tx, who access.Actor, folder id.Folder, sh *sheet) error {
	if !sh.reg.orBuiltIn().rules {
		return nil
	}
	rows, err := tx.Query(ctx, sqlDefaults, pgx.StrictNamedArgs{"account": who.Account, "folder": folder, "tenant": who.Tenant})
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Template])
	for _, t := range list {
		sh.fill(t, s.now())
	}
	return err
}

const sqlTemplates = `select t.id, t.name, t.fields, t.created_at from field_template t where t.tenant_id = @tenant order by t.name, t.id`

// Templates lists the tenant's templates by name.
func (s *Service) Templates(ctx context.Context, who access.Actor) (list []Template, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlTemplates, pgx.StrictNamedArgs{"tenant": who.Tenant})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Template])
		return err
	})
	return list, err
}

const sqlTemplate = `select t.id, t.name, t.fields, t.created_at from field_template t where t.id = @id and t.tenant_id = @tenant`

func templateTx(ctx context.Context, tx pg.Tx, who access.Actor, template id.Template) (Template, error) {
	rows, err := tx.Query(ctx, sqlTemplate, pgx.StrictNamedArgs{"id": template, "tenant": who.Tenant})
	if err != nil {
		return Template{}, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Template])
	if errors.Is(err, pgx.ErrNoRows) {
		return Template{}, access.NotFound("template")
	}
	return t, err
}

// maxTemplates bounds how many templates a tenant has.
const maxTemplates = 500

const sqlPutTemplate = `
	insert into field_template (id, tenant_id, name, fields, created_at)
	select @id, @tenant, @name, @fields, @now
	where exists (select from field_template t where t.id = @id) or (select count(*) from field_template t where t.tenant_id = @tenant) < @most::int
	on conflict (id) do update set name = excluded.name, fields = excluded.fields`

// SaveTemplate makes a template (a zero identifier) or gives one another name
// and other defaults, which takes ManageSettings.
func (s *Service) SaveTemplate(ctx context.Context, who access.Actor, t Template) (Template, error) {
	err := s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		verb := "template.edit"
		if t.ID.IsZero() {
			verb, t.ID, t.CreatedAt = "template.create", id.New[id.Template](), s.now()
		} else {
			was, err := templateTx(ctx, tx, who, t.ID)
			if err != nil {
				return audit.Entry{}, err
			}
			t.CreatedAt = was.CreatedAt
		}
		e := audit.Entry{Verb: verb, Subject: t.ID.String()}
		name, err := title(t.Name)
		if err != nil {
			return e, err
		}
		t.Name = name
		reg, err := s.RegistryTx(ctx, tx, who)
		if err != nil {
			return e, err
		}
		sh := newSheet(Asset{Registry: reg}, Mark{FromPerson, who.ID, s.now()})
		if err := sh.apply(Patch{Fields: t.Fields}); err != nil {
			return e, err
		}
		t.Fields = sh.asChanges()
		tag, err := tx.Exec(ctx, sqlPutTemplate, pgx.StrictNamedArgs{
			"id": t.ID, "tenant": who.Tenant, "name": t.Name, "fields": t.Fields, "now": t.CreatedAt, "most": maxTemplates,
		})
		if pg.Violates(err, "field_template_name_key") {
			return e, fault.New(fault.Conflict, "template.name", "There is a template of this name already.")
		}
		if err == nil && tag.RowsAffected() == 0 {
			return e, tooMany("template.many", maxTemplates)
		}
		return e, err
	})
	return t, err
}

// asChanges writes the sheet's fields as what sets them.
func (s *sheet) asChanges() map[string]*FieldChange {
	out := map[string]*FieldChange{}
	for name, f := range s.fields {
		f, some := f.shown()
		switch {
		case !some:
		case f.Values != nil:
			out[name] = &FieldChange{Values: f.Values}
		case f.Lang != nil:
			out[name] = &FieldChange{Lang: f.Lang}
		default:
			out[name] = &FieldChange{Value: &f.Value}
		}
	}
	return out
}

// title makes the name of a template or a taxonomy fit to keep.
func title(s string) (string, error) {
	name, ok := plain.Line(s)
	if !ok || name == "" || utf8.RuneCountInString(name) > 200 {
		return "", fault.Fields("asset.name", "A name has 1 to 200 characters.", map[string]string{"name": "1 to 200 characters"})
	}
	return name, nil
}

const sqlTemplateUsed = `
	select (select count(*) from folder_rule r where r.template_id = @id) + (select count(*) from account_template a where a.template_id = @id)`

const sqlDeleteTemplate = `delete from field_template where id = @id and tenant_id = @tenant`

// DeleteTemplate takes a template away, which takes ManageSettings. What it
// gave to assets stays. One that folders or people use stays too.
func (s *Service) DeleteTemplate(ctx context.Context, who access.Actor, template id.Template) error {
	return s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "template.delete", Subject: template.String()}
		if _, err := templateTx(ctx, tx, who, template); err != nil {
			return e, err
		}
		used := 0
		if err := tx.QueryRow(ctx, sqlTemplateUsed, pgx.StrictNamedArgs{"id": template}).Scan(&used); err != nil {
			return e, err
		}
		if used > 0 {
			return e, inUse("template.used", "This template is used by folders or people. Take it away there first.", used)
		}
		_, err := tx.Exec(ctx, sqlDeleteTemplate, pgx.StrictNamedArgs{"id": template, "tenant": who.Tenant})
		return e, err
	})
}

const sqlSetOwnTemplate = `
	insert into account_template (account_id, tenant_id, template_id) values (@account, @tenant, @template)
	on conflict (account_id) do update set template_id = excluded.template_id`

const sqlDropOwnTemplate = `delete from account_template where account_id = @account and tenant_id = @tenant`

// UseTemplate gives the asker's own uploads a template; the zero identifier none.
func (s *Service) UseTemplate(ctx context.Context, who access.Actor, template id.Template) error {
	return s.defining(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "template.use", Subject: template.String()}
		if who.Account.IsZero() {
			return e, fault.New(fault.Forbidden, "template.person", "Only people have a template of their own. Sign in as a person.")
		}
		if template.IsZero() {
			_, err := tx.Exec(ctx, sqlDropOwnTemplate, pgx.StrictNamedArgs{"account": who.Account, "tenant": who.Tenant})
			return e, err
		}
		if _, err := templateTx(ctx, tx, who, template); err != nil {
			return e, err
		}
		_, err := tx.Exec(ctx, sqlSetOwnTemplate, pgx.StrictNamedArgs{"account": who.Account, "tenant": who.Tenant, "template": template})
		return e, err
	})
}

const sqlOwnTemplate = `select a.template_id from account_template a where a.account_id = @account and a.tenant_id = @tenant`

// UsedTemplate returns the template that the asker's uploads get; zero: none.
func (s *Service) UsedTemplate(ctx context.Context, who access.Actor) (template id.Template, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		err := tx.QueryRow(ctx, sqlOwnTemplate, pgx.StrictNamedArgs{"account": who.Account, "tenant": who.Tenant}).Scan(&template)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return template, err
}

// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// FolderRule is what a folder asks of the assets in it and below it, and what it
// gives to those that come in.
type FolderRule struct {
	Required []string    // names of fields, and "alt": an alt decision, of pictures
	Template id.Template // defaults; zero: none of its own
	Reaching []string    // all that is required here, by the folders above too
	Approval Demand      // empty: as the folders above say
	Approves Demand      // what holds here, by the folders above too
	Report   bool        // whoever downloads from here or below says what for
	Reported bool        // that is demanded here, by this folder or one above
}

// RuleChange is a folder's new rule.
type RuleChange struct {
	Required []string
	Template id.Template
	Approval Demand
	Report   bool
}

// Complete returns nil if the asset has all that its folder requires. Acts that
// bring an asset before the public ask it.
func Complete(a Asset) error {
	if len(a.Missing) == 0 {
		return nil
	}
	return &fault.Error{
		Kind: fault.Conflict, Code: "asset.incomplete", Extra: map[string]string{"missing": strings.Join(a.Missing, ",")},
		Text: "The folder of this asset requires more to be known about it; what is missing is named here. Fill it in first.",
	}
}

const sqlRule = `
	select coalesce(r.required, '{}'), r.template_id, coalesce(r.approval, ''),
		coalesce((select o.approval from unnest(f.lineage) with ordinality l(id, at) join folder_rule o on o.folder_id = l.id
			where o.approval is not null order by l.at desc limit 1), 'off'),
		array(select distinct q from unnest(f.lineage) l(id) join folder_rule o on o.folder_id = l.id, unnest(o.required) q order by q),
		coalesce(r.report, false), exists (select from unnest(f.lineage) l(id) join folder_rule o on o.folder_id = l.id where o.report)
	from folder f left join folder_rule r on r.folder_id = f.id where f.id = @folder and f.tenant_id = @tenant`

// FolderRule returns what a folder that who may view asks and gives.
func (s *Service) FolderRule(ctx context.Context, who access.Actor, folder id.Folder) (r FolderRule, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := s.folders.ByIDTx(ctx, tx, who, folder); err != nil {
			return err
		}
		r, err = ruleTx(ctx, tx, who, folder)
		return err
	})
	return r, err
}

func ruleTx(ctx context.Context, tx pg.Tx, who access.Actor, folder id.Folder) (r FolderRule, err error) {
	err = tx.QueryRow(ctx, sqlRule, pgx.StrictNamedArgs{"folder": folder, "tenant": who.Tenant}).Scan(&r.Required, &r.Template, &r.Approval, &r.Approves, &r.Reaching, &r.Report, &r.Reported)
	if errors.Is(err, pgx.ErrNoRows) {
		err = access.NotFound("folder")
	}
	return r, err
}

const sqlPutRule = `
	insert into folder_rule (folder_id, tenant_id, required, template_id, approval, report) values (@folder, @tenant, @required, @template, nullif(@approval, ''), @report)
	on conflict (folder_id) do update set required = excluded.required, template_id = excluded.template_id, approval = excluded.approval, report = excluded.report`

const sqlDropRule = `delete from folder_rule where folder_id = @folder and tenant_id = @tenant`

// SetFolderRule says what a folder asks and gives, which takes ManageFolder.
// What its assets lack is found out by a job. Whether it asks for approval
// matters to what comes later: assets that are there keep their states.
func (s *Service) SetFolderRule(ctx context.Context, who access.Actor, folder id.Folder, c RuleChange) (r FolderRule, err error) {
	required, template := append([]string{}, c.Required...), c.Template
	slices.Sort(required)
	required = slices.Compact(required)
	if c.Approval != "" && c.Approval != Freely && !c.Approval.asks() {
		return r, fault.Fields("folder.approval", "A folder asks for approval, by four eyes or not, or does not.", map[string]string{"approval": "one of off, on and four_eyes"})
	}
	err = s.defining(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "folder.require", Subject: folder.String(), Detail: map[string]any{"required": required, "template": template.String(), "approval": string(c.Approval), "report": c.Report}}
		f, err := s.folders.ByIDTx(ctx, tx, who, folder)
		if err != nil {
			return e, err
		}
		if err := access.Require(f.Can, access.ManageFolder, "folder"); err != nil {
			return e, err
		}
		reg, err := s.RegistryTx(ctx, tx, who)
		if err != nil {
			return e, err
		}
		for _, name := range required {
			if _, ok := reg.Def(name); !ok && name != fieldAlt {
				return e, fault.Fields("folder.required", "Only fields that there are, and alt, can be required.", map[string]string{"required": "there is no such field"})
			}
		}
		if !template.IsZero() {
			if _, err := templateTx(ctx, tx, who, template); err != nil {
				return e, err
			}
		}
		args := pgx.StrictNamedArgs{"folder": folder, "tenant": who.Tenant}
		sql := sqlDropRule
		if len(required) > 0 || !template.IsZero() || c.Approval != "" || c.Report {
			args["required"], args["template"], args["approval"], args["report"], sql = required, template, c.Approval, c.Report, sqlPutRule
		}
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return e, err
		}
		if err := s.follow(ctx, tx, FollowArgs{Tenant: who.Tenant, Folder: folder}); err != nil {
			return e, err
		}
		r, err = ruleTx(ctx, tx, who, folder)
		return e, err
	})
	return r, err
}

// FolderMovedTx lets the assets in a folder with a new place in the tree follow
// what is required there. It is what folder.OnMoved does here.
func (s *Service) FolderMovedTx(ctx context.Context, tx pg.Tx, who access.Actor, f folder.Folder) error {
	r, err := s.RegistryTx(ctx, tx, who)
	if err != nil || !r.orBuiltIn().rules {
		return err
	}
	return s.follow(ctx, tx, FollowArgs{Tenant: who.Tenant, Folder: f.ID})
}

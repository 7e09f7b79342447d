// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Names that stand beside those of fields in histories and requirements.
const (
	fieldAlt      = "alt"
	fieldEmbargo  = "embargo_until"
	fieldExpiry   = "expires_at"
	fieldFolder   = "folder"
	fieldApproval = "approval"
	fieldOwner    = "owner"
)

// edited is an asset as it shall be, with the sheet that says why.
type edited struct {
	asset Asset
	sheet *sheet
}

// said is who the history names for a change.
func (s *sheet) said(c change) Mark {
	if s.undoing {
		return s.mark
	}
	return c.Is
}

const sqlWrite = `
	update asset a set folder_id = n.folder, acl_id = n.acl, fields = n.fields, alt = n.alt, captured_on = n.captured,
		embargo_until = n.embargo, expires_at = n.expires, approval = n.approval, owner_id = n.owner, missing = string_to_array(n.missing, ','), version = a.version + @step, updated_at = @now
	from unnest(@ids::uuid[], @folders::uuid[], @acls::bigint[], @fields::jsonb[], @alts::jsonb[], @captured::date[], @embargoes::timestamptz[],
		@expiries::timestamptz[], @approvals::text[], @owners::uuid[], @missing::text[]) as n(id, folder, acl, fields, alt, captured, embargo, expires, approval, owner, missing)
	where a.id = n.id and a.tenant_id = @tenant`

// write stores what sheets say, with its history; a step of 1 makes new versions.
func (s *Service) write(ctx context.Context, tx pg.Tx, who access.Actor, step int, list ...edited) error {
	if len(list) == 0 {
		return nil
	}
	required, err := s.required(ctx, tx, who, list...)
	if err != nil {
		return err
	}
	var ids, folders []uuid.UUID
	var acls []int64
	var fields, alts, missing, approvals []string
	var captured, embargoes, expiries []*time.Time
	var owners []*uuid.UUID
	for _, e := range list {
		f, err := json.Marshal(e.sheet.fields)
		if err != nil {
			return err
		}
		alt, err := json.Marshal(e.sheet.alt)
		if err != nil {
			return err
		}
		a := e.asset
		a.Fields, a.Alt = e.sheet.fields, e.sheet.alt
		ids, folders, acls = append(ids, a.ID.UUID()), append(folders, a.Folder.UUID()), append(acls, a.ACL)
		fields, alts, captured = append(fields, string(f)), append(alts, string(alt)), append(captured, e.sheet.capturedOn())
		embargoes, expiries = append(embargoes, a.EmbargoUntil), append(expiries, a.ExpiresAt)
		approvals = append(approvals, string(a.Approval))
		owners = append(owners, orNull(a.Owner.UUID()))
		missing = append(missing, strings.Join(a.lacks(required[a.Folder]), ","))
	}
	if _, err := tx.Exec(ctx, sqlWrite, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "ids": ids, "folders": folders, "acls": acls, "fields": fields, "alts": alts, "captured": captured,
		"embargoes": embargoes, "expiries": expiries, "approvals": approvals, "owners": owners, "missing": missing, "step": step, "now": s.now(),
	}); err != nil {
		return err
	}
	if err := s.use(ctx, tx, who, list...); err != nil {
		return err
	}
	if err := s.sense(ctx, tx, who, assetsOf(list)...); err != nil {
		return err
	}
	if err := s.keepSteps(ctx, tx, who, list...); err != nil {
		return err
	}
	return s.remember(ctx, tx, who, list...)
}

func assetsOf(list []edited) []id.Asset {
	out := make([]id.Asset, len(list))
	for i, e := range list {
		out[i] = e.asset.ID
	}
	return out
}

const sqlUnuse = `
	delete from field_use u using unnest(@assets::uuid[], @fields::text[]) as n(asset, field)
	where u.tenant_id = @tenant and u.asset_id = n.asset and u.field = n.field`

const sqlUse = `
	insert into field_use (tenant_id, field, value, asset_id)
	select @tenant, n.field, n.value, n.asset from unnest(@assets::uuid[], @fields::text[], @values::text[]) as n(asset, field, value)
	on conflict do nothing`

// use notes which of the tenant's own fields have which values now.
func (s *Service) use(ctx context.Context, tx pg.Tx, who access.Actor, list ...edited) error {
	var assets, with []uuid.UUID
	var fields, of, values []string
	for _, e := range list {
		for _, name := range e.sheet.names() {
			d, ok := e.sheet.reg.Def(name)
			if !ok || !d.Own {
				continue
			}
			assets, fields = append(assets, e.asset.ID.UUID()), append(fields, name)
			for _, v := range d.used(e.sheet.fields[name]) {
				with, of, values = append(with, e.asset.ID.UUID()), append(of, name), append(values, v)
			}
		}
	}
	if len(assets) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, sqlUnuse, pgx.StrictNamedArgs{"tenant": who.Tenant, "assets": assets, "fields": fields}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, sqlUse, pgx.StrictNamedArgs{"tenant": who.Tenant, "assets": with, "fields": of, "values": values})
	return err
}

// used are the values that are noted of a field.
func (d Def) used(f Field) []string {
	f, some := f.shown()
	switch {
	case !some:
		return nil
	case d.Type == Choice || d.Type == YesNo:
		return []string{f.Value}
	case d.Type.listed():
		return f.Values
	}
	return []string{""}
}

// lacks lists which of the required fields the asset does not have. An alt
// decision is asked of pictures only.
func (a Asset) lacks(required []string) []string {
	out := []string{}
	for _, name := range required {
		if name == fieldAlt {
			decided := a.Kind != Image
			for _, d := range a.Alt {
				decided = decided || d.Decision != ""
			}
			if !decided {
				out = append(out, name)
			}
			continue
		}
		if _, known := a.Registry.Def(name); !known {
			continue // retired since
		}
		if _, some := a.Fields[name].shown(); !some {
			out = append(out, name)
		}
	}
	return out
}

const sqlRequired = `
	select f.id, array(select distinct q from unnest(f.lineage) l(id) join folder_rule r on r.folder_id = l.id, unnest(r.required) q order by q) as required
	from folder f where f.id = any(@folders::uuid[]) and f.tenant_id = @tenant`

// required is what the folders of assets require, those above them included.
func (s *Service) required(ctx context.Context, tx pg.Tx, who access.Actor, list ...edited) (map[id.Folder][]string, error) {
	out := map[id.Folder][]string{}
	if !list[0].asset.Registry.orBuiltIn().rules {
		return out, nil
	}
	var folders []uuid.UUID
	for _, e := range list {
		if f := e.asset.Folder.UUID(); !slices.Contains(folders, f) {
			folders = append(folders, f)
		}
	}
	rows, err := tx.Query(ctx, sqlRequired, pgx.StrictNamedArgs{"folders": folders, "tenant": who.Tenant})
	if err != nil {
		return nil, err
	}
	var folder id.Folder
	var names []string
	_, err = pgx.ForEachRow(rows, []any{&folder, &names}, func() error {
		out[folder] = slices.Clone(names)
		return nil
	})
	return out, err
}

const sqlLacking = `update asset set missing = @missing where id = @id and tenant_id = @tenant`

// lacking finds out what an asset lacks after anything about it has changed:
// with another kind it may need an alt decision.
func (s *Service) lacking(ctx context.Context, tx pg.Tx, who access.Actor, a Asset) ([]string, error) {
	required, err := s.required(ctx, tx, who, edited{asset: a})
	if err != nil {
		return nil, err
	}
	missing := a.lacks(required[a.Folder])
	if slices.Equal(missing, a.Missing) {
		return missing, nil
	}
	_, err = tx.Exec(ctx, sqlLacking, pgx.StrictNamedArgs{"id": a.ID, "tenant": who.Tenant, "missing": missing})
	return missing, err
}

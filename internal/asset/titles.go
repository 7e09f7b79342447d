// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlTitles = `
	select a.id, a.name, a.fields from asset a
	where a.tenant_id = @tenant and a.id = any(@assets::uuid[]) and a.acl_id = any(@acls::bigint[]) and ` + SQLSeen

// TitlesTx tells what assets are called, by outer identifier: their titles, else
// their files' names. Those that who may not see are left out.
func (s *Service) TitlesTx(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) (map[string]string, error) {
	out := map[string]string{}
	if len(assets) == 0 {
		return out, nil
	}
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "assets": id.Raw(assets)}
	if err := BindSeen(ctx, tx, who, s.now(), args); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sqlTitles, args)
	if err != nil {
		return nil, err
	}
	var of id.Asset
	var name string
	var fields Fields
	_, err = pgx.ForEachRow(rows, []any{&of, &name, &fields}, func() error {
		if title := fields["title"].Text(); title != "" {
			name = title
		}
		out[of.String()], fields = name, nil
		return nil
	})
	return out, err
}

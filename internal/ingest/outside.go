// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/pg"
)

// from is the plan as far as who may make plans: of what lies in the archive
// somebody from outside must not even learn that it does.
func (p Plan) from(who access.Actor) Plan {
	if who.Kind == access.Request {
		p = Plan{Folder: who.Into, Name: p.Name, Size: p.Size, OnDuplicate: Keep}
	}
	return p
}

const sqlOnTheWay = `
	select count(*), coalesce(sum(u.length), 0)::bigint from upload u
	where u.tenant_id = @tenant and u.started_by = @by and (not u.resumable or u.state <> 'done')`

// admit asks whether somebody from outside may send one more file, of size
// bytes if that is known, beside what is on its way already.
func (s *Service) admit(ctx context.Context, tx pg.Tx, who access.Actor, size int64) error {
	a := Admission{Files: 1, Bytes: max(size, 0)}
	var files int
	var bytes int64
	if err := tx.QueryRow(ctx, sqlOnTheWay, pgx.StrictNamedArgs{"tenant": who.Tenant, "by": who.ID}).Scan(&files, &bytes); err != nil {
		return err
	}
	a.Files, a.Bytes = a.Files+files, a.Bytes+bytes
	return s.Admit(ctx, tx, who, a)
}

// Admission is what somebody from outside wants to send, beside what came already.
type Admission struct {
	Files int
	Bytes int64
}

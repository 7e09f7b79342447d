// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlIntern = `
	insert into acl (tenant_id, fingerprint) values (@tenant, @fingerprint)
	on conflict (tenant_id, fingerprint) do update set fingerprint = excluded.fingerprint
	returning id, xmax = 0 as made`

const sqlInternEntries = `
	insert into acl_entry (acl_id, tenant_id, principal_id, perm)
	select @acl, @tenant, p, b from unnest(@principals::uuid[], @perms::bigint[]) as e(p, b)
	on conflict do nothing`

// Intern returns the acl that has exactly these entries, making it if it is
// new. Entries of one principal are joined; those without permission dropped.
func Intern(ctx context.Context, tx pg.Tx, tenant id.Tenant, entries []Entry) (int64, error) {
	joined := map[uuid.UUID]Set{}
	for _, e := range entries {
		if p := e.Perm & Content; p != 0 {
			joined[e.Principal] |= p
		}
	}
	principals := make([]uuid.UUID, 0, len(joined))
	for p := range joined {
		principals = append(principals, p)
	}
	slices.SortFunc(principals, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	perms := make([]int64, len(principals))
	h := sha256.New()
	for i, p := range principals {
		perms[i] = int64(joined[p])
		_, _ = h.Write(p[:])
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(perms[i]))) //nolint:gosec // G115: the bits are hashed, whatever the sign
	}
	var acl int64
	var made bool
	err := tx.QueryRow(ctx, sqlIntern, pgx.StrictNamedArgs{"tenant": tenant, "fingerprint": h.Sum(nil)}).Scan(&acl, &made)
	if err != nil || !made || len(principals) == 0 {
		return acl, err
	}
	_, err = tx.Exec(ctx, sqlInternEntries, pgx.StrictNamedArgs{"acl": acl, "tenant": tenant, "principals": principals, "perms": perms})
	return acl, err
}

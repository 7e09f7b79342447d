// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlInterned = `select id from acl where tenant_id = @tenant and fingerprint = @fingerprint`

// Nothing is done on a conflict: touching the row there would lock it against
// whoever puts an asset or a folder under it. An acl is never taken away.
const sqlIntern = `
	insert into acl (tenant_id, fingerprint) values (@tenant, @fingerprint)
	on conflict (tenant_id, fingerprint) do nothing
	returning id`

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
	args := pgx.StrictNamedArgs{"tenant": tenant, "fingerprint": h.Sum(nil)}
	err := tx.QueryRow(ctx, sqlInterned, args).Scan(&acl)
	if !errors.Is(err, pgx.ErrNoRows) {
		return acl, err
	}
	err = tx.QueryRow(ctx, sqlIntern, args).Scan(&acl)
	if errors.Is(err, pgx.ErrNoRows) { // somebody else was faster, and has committed
		return acl, tx.QueryRow(ctx, sqlInterned, args).Scan(&acl)
	}
	if err != nil || len(principals) == 0 {
		return acl, err
	}
	_, err = tx.Exec(ctx, sqlInternEntries, pgx.StrictNamedArgs{"acl": acl, "tenant": tenant, "principals": principals, "perms": perms})
	return acl, err
}

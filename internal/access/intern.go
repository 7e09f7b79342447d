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

const sqlInterned = `
	select n.at::int - 1 as at, a.id from unnest(@fingerprints::bytea[]) with ordinality as n(f, at)
	join acl a on a.tenant_id = @tenant and a.fingerprint = n.f`

// Nothing is done on a conflict: touching the row there would lock it.
const sqlIntern = `
	insert into acl (tenant_id, fingerprint) select @tenant, n.f from unnest(@fingerprints::bytea[]) as n(f) order by n.f
	on conflict (tenant_id, fingerprint) do nothing
	returning id, fingerprint`

const sqlInternEntries = `
	insert into acl_entry (acl_id, tenant_id, principal_id, perm)
	select a, @tenant, p, b from unnest(@acls::bigint[], @principals::uuid[], @perms::bigint[]) as e(a, p, b)
	on conflict do nothing`

// canonical is a set of rights in the one form that equal ones have.
type canonical struct {
	principals  []uuid.UUID
	perms       []int64
	fingerprint []byte
}

func canon(entries []Entry) (c canonical) {
	joined := map[uuid.UUID]Set{}
	for _, e := range entries {
		if p := e.Perm & Content; p != 0 {
			joined[e.Principal] |= p
		}
	}
	for p := range joined {
		c.principals = append(c.principals, p)
	}
	slices.SortFunc(c.principals, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for _, p := range c.principals {
		c.perms = append(c.perms, int64(joined[p]))
		_, _ = h.Write(p[:])
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(joined[p]))) //nolint:gosec // G115: the bits are hashed, whatever the sign
	}
	c.fingerprint = h.Sum(nil)
	return c
}

// Intern returns the acl that has exactly these entries, making it if it is
// new. Entries of one principal are joined; those without permission dropped.
func Intern(ctx context.Context, tx pg.Tx, tenant id.Tenant, entries []Entry) (int64, error) {
	acls, err := InternAll(ctx, tx, tenant, entries)
	if err != nil {
		return 0, err
	}
	return acls[0], nil
}

// InternAll is Intern for many sets of entries: it returns their acls in the
// same order, by the same few statements however many they are.
func InternAll(ctx context.Context, tx pg.Tx, tenant id.Tenant, sets ...[]Entry) ([]int64, error) {
	list, fingerprints := canonAll(sets)
	acls, missing, err := interned(ctx, tx, tenant, fingerprints)
	if err != nil || missing == 0 {
		return acls, err
	}
	if err := internNew(ctx, tx, tenant, list, acls); err != nil {
		return nil, err
	}
	// Also those that somebody else was faster to make, and has committed.
	if acls, missing, err = interned(ctx, tx, tenant, fingerprints); err == nil && missing > 0 {
		err = errors.New("an acl that was made is not there")
	}
	return acls, err
}

// Interned returns the acls that have exactly these sets of entries; zero where
// there is none.
func Interned(ctx context.Context, tx pg.Tx, tenant id.Tenant, sets ...[]Entry) ([]int64, error) {
	_, fingerprints := canonAll(sets)
	acls, _, err := interned(ctx, tx, tenant, fingerprints)
	return acls, err
}

const sqlForgetEntries = `delete from acl_entry where acl_id = any(@acls::bigint[]) and tenant_id = @tenant`

const sqlRedefine = `
	update acl a set fingerprint = n.f from unnest(@acls::bigint[], @fingerprints::bytea[]) as n(id, f)
	where a.id = n.id and a.tenant_id = @tenant`

// Redefine gives acls other entries, which no acl has yet, and so changes what
// may be done with all that carries them at once, whatever their number. The
// caller answers for it that everything that carries one changes alike, and
// that nobody redefines or interns acls of the tenant meanwhile.
func Redefine(ctx context.Context, tx pg.Tx, tenant id.Tenant, acls []int64, sets ...[]Entry) error {
	if len(acls) == 0 {
		return nil
	}
	list, fingerprints := canonAll(sets)
	if _, err := tx.Exec(ctx, sqlForgetEntries, pgx.StrictNamedArgs{"acls": acls, "tenant": tenant}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlRedefine, pgx.StrictNamedArgs{"acls": acls, "fingerprints": fingerprints, "tenant": tenant}); err != nil {
		return err
	}
	by := make(map[int64]canonical, len(acls))
	for i, acl := range acls {
		by[acl] = list[i]
	}
	return writeEntries(ctx, tx, tenant, by)
}

const sqlForget = `delete from acl where id = any(@acls::bigint[]) and tenant_id = @tenant`

// Forget takes acls away that nothing carries any more. As for Redefine, nobody
// may redefine or intern acls of the tenant meanwhile.
func Forget(ctx context.Context, tx pg.Tx, tenant id.Tenant, acls []int64) error {
	if len(acls) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlForget, pgx.StrictNamedArgs{"acls": acls, "tenant": tenant})
	return err
}

func canonAll(sets [][]Entry) (list []canonical, fingerprints [][]byte) {
	list, fingerprints = make([]canonical, len(sets)), make([][]byte, len(sets))
	for i, entries := range sets {
		list[i] = canon(entries)
		fingerprints[i] = list[i].fingerprint
	}
	return list, fingerprints
}

// interned returns the acls that are there, and how many of them are not.
func interned(ctx context.Context, tx pg.Tx, tenant id.Tenant, fingerprints [][]byte) (acls []int64, missing int, err error) {
	acls, missing = make([]int64, len(fingerprints)), len(fingerprints)
	rows, err := tx.Query(ctx, sqlInterned, pgx.StrictNamedArgs{"tenant": tenant, "fingerprints": fingerprints})
	if err != nil {
		return nil, 0, err
	}
	var at int
	var acl int64
	_, err = pgx.ForEachRow(rows, []any{&at, &acl}, func() error {
		acls[at] = acl
		missing--
		return nil
	})
	return acls, missing, err
}

// internNew makes those of the acls that are not there and that nobody makes first.
func internNew(ctx context.Context, tx pg.Tx, tenant id.Tenant, list []canonical, acls []int64) error {
	of := map[string]canonical{}
	var fingerprints [][]byte
	for i, c := range list {
		if key := string(c.fingerprint); acls[i] == 0 && of[key].fingerprint == nil {
			of[key], fingerprints = c, append(fingerprints, c.fingerprint)
		}
	}
	rows, err := tx.Query(ctx, sqlIntern, pgx.StrictNamedArgs{"tenant": tenant, "fingerprints": fingerprints})
	if err != nil {
		return err
	}
	by := map[int64]canonical{}
	var acl int64
	var fingerprint []byte
	if _, err := pgx.ForEachRow(rows, []any{&acl, &fingerprint}, func() error {
		by[acl] = of[string(fingerprint)]
		return nil
	}); err != nil {
		return err
	}
	return writeEntries(ctx, tx, tenant, by)
}

func writeEntries(ctx context.Context, tx pg.Tx, tenant id.Tenant, by map[int64]canonical) error {
	var acls, perms []int64
	var principals []uuid.UUID
	for acl, c := range by {
		for range c.principals {
			acls = append(acls, acl)
		}
		principals, perms = append(principals, c.principals...), append(perms, c.perms...)
	}
	if len(acls) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlInternEntries, pgx.StrictNamedArgs{"acls": acls, "tenant": tenant, "principals": principals, "perms": perms})
	return err
}

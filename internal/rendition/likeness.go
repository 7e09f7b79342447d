// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// alikeBits is in how many of 64 bits the likenesses of two pictures that look
// the same may differ at most.
const alikeBits = 8

// Alike is an asset that looks the same as another one.
type Alike struct {
	Asset    id.Asset `db:"id"`
	Distance int      `db:"distance"` // bits in which the likenesses differ, 0–8
}

// A likeness is kept in four parts of 16 bits, each with an index: where two
// differ in at most 8 bits, at least one part differs in at most 2, and a part
// has 137 such neighbours (Norouzi et al., "Fast Search in Hamming Space with
// Multi-Index Hashing", 2012). So a search looks 548 times into an index,
// however many pictures there are.
const sqlAlike = `
	select l.revision_id, bit_count((l.hash # @hash::bigint)::bit(64))::int as distance, l.family
	from likeness l
	where l.tenant_id = @tenant and l.revision_id <> @revision and bit_count((l.hash # @hash::bigint)::bit(64)) <= @most::int and (
		l.part1 = any(@part1::int[]) or l.part2 = any(@part2::int[]) or l.part3 = any(@part3::int[]) or l.part4 = any(@part4::int[]))`

// bindAlike are the arguments of sqlAlike.
func bindAlike(who access.Actor, rev id.Revision, hash int64) pgx.StrictNamedArgs {
	p := neighbours(uint64(hash)) //nolint:gosec // G115: the same 64 bits
	return pgx.StrictNamedArgs{
		"tenant": who.Tenant, "revision": rev, "hash": hash, "most": alikeBits,
		"part1": p[0], "part2": p[1], "part3": p[2], "part4": p[3],
	}
}

// neighbours lists, for each part of a likeness, all values that differ from it
// in at most two bits.
func neighbours(hash uint64) (parts [4][]int32) {
	for i := range parts {
		v := int32(hash >> (48 - 16*i) & 0xffff)
		parts[i] = append(make([]int32, 0, 137), v)
		for a := range 16 {
			parts[i] = append(parts[i], v^1<<a)
			for b := range a {
				parts[i] = append(parts[i], v^1<<a^1<<b)
			}
		}
	}
	return parts
}

const sqlQueue = `select pg_advisory_xact_lock(hashtextextended('likeness ' || @tenant::text, 0))`

const sqlKeepLikeness = `
	insert into likeness (revision_id, tenant_id, hash) values (@revision, @tenant, @hash)
	on conflict (revision_id) do nothing`

const sqlKin = `
	select distinct n.family, case when n.family is null then n.revision_id end as alone
	from (` + sqlAlike + `) n`

const sqlJoin = `
	update likeness set family = @family
	where tenant_id = @tenant and (revision_id = any(@revisions::uuid[]) or family = any(@families::uuid[]))`

// kin is a family that looks like a picture, or a picture without one.
type kin struct {
	Family *id.Revision `db:"family"`
	Alone  *id.Revision `db:"alone"`
}

// keepLikeness keeps what a picture looks like, and makes it one of a family
// with all pictures that look like it; families that it stands between become
// one. One after the other in a tenant, so that two at the same time find each
// other.
func (s *Service) keepLikeness(ctx context.Context, who access.Actor, rev id.Revision, likeness uint64) error {
	hash := int64(likeness) //nolint:gosec // G115: the same 64 bits
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlQueue, pgx.StrictNamedArgs{"tenant": who.Tenant}); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlKeepLikeness, pgx.StrictNamedArgs{"revision": rev, "tenant": who.Tenant, "hash": hash})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		rows, err := tx.Query(ctx, sqlKin, bindAlike(who, rev, hash))
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[kin])
		if err != nil || len(all) == 0 {
			return err
		}
		revisions, families := []id.Revision{rev}, []id.Revision{}
		for _, k := range all {
			if k.Family != nil {
				families = append(families, *k.Family)
			} else {
				revisions = append(revisions, *k.Alone)
			}
		}
		oldest := func(a, b id.Revision) int { return strings.Compare(a.UUID().String(), b.UUID().String()) }
		family := slices.MinFunc(revisions, oldest)
		if len(families) > 0 {
			family = slices.MinFunc(families, oldest)
		}
		_, err = tx.Exec(ctx, sqlJoin, pgx.StrictNamedArgs{"family": family, "revisions": revisions, "families": families, "tenant": who.Tenant})
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a likeness: %w", err)
	}
	return nil
}

const sqlSubject = `
	select a.sha256, l.revision_id, l.hash
	from asset a left join likeness l on l.revision_id = a.revision_id and a.kind in ('image', 'video')
	where a.id = @asset and a.tenant_id = @tenant and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen

// subject is the asset of which duplicates are sought.
type subject struct {
	SHA256   []byte       `db:"sha256"`
	Revision *id.Revision `db:"revision_id"` // nil: it has no likeness
	Hash     *int64       `db:"hash"`
}

const sqlExact = `
	select a.id from asset a
	where a.tenant_id = @tenant and a.sha256 = @sha256 and a.id <> @asset and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
	order by a.id limit @limit`

const sqlNear = `
	select a.id, n.distance
	from (` + sqlAlike + `) n join asset a on a.revision_id = n.revision_id
	where a.tenant_id = @tenant and a.sha256 <> @sha256 and a.kind in ('image', 'video')
		and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
	order by n.distance, a.id limit @limit`

// Duplicates are the assets that are the same as another one.
type Duplicates struct {
	Exact []id.Asset // the same bytes
	Near  []Alike    // other bytes that look the same, nearest first
}

// Duplicates lists the duplicates of an asset that who sees, of those that who
// sees, at most so many of each sort.
func (s *Service) Duplicates(ctx context.Context, who access.Actor, of id.Asset, limit int) (d Duplicates, err error) {
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		sight, err := s.sight(ctx, tx, who)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlSubject, with(sight, pgx.StrictNamedArgs{"asset": of}))
		if err != nil {
			return err
		}
		a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[subject])
		if errors.Is(err, pgx.ErrNoRows) {
			return access.NotFound("asset")
		}
		if err != nil {
			return err
		}
		sight = with(sight, pgx.StrictNamedArgs{"sha256": a.SHA256, "limit": page.Limit(limit)})
		if rows, err = tx.Query(ctx, sqlExact, with(sight, pgx.StrictNamedArgs{"asset": of})); err != nil {
			return err
		}
		if d.Exact, err = pgx.CollectRows(rows, pgx.RowTo[id.Asset]); err != nil || a.Hash == nil {
			return err
		}
		args := bindAlike(who, *a.Revision, *a.Hash)
		maps.Copy(args, sight)
		if rows, err = tx.Query(ctx, sqlNear, args); err != nil {
			return err
		}
		d.Near, err = pgx.CollectRows(rows, pgx.RowToStructByName[Alike])
		return err
	})
	return d, err
}

// Near lists the assets that look the same as one that who sees, of those that
// who sees, nearest first.
func (s *Service) Near(ctx context.Context, who access.Actor, of id.Asset, limit int) ([]Alike, error) {
	d, err := s.Duplicates(ctx, who, of, limit)
	return d.Near, err
}

// sight are the arguments of what who sees.
func (s *Service) sight(ctx context.Context, tx pg.Tx, who access.Actor) (pgx.StrictNamedArgs, error) {
	args := pgx.StrictNamedArgs{"tenant": who.Tenant}
	return args, asset.BindSeen(ctx, tx, who, s.now(), args)
}

// with returns a copy of arguments with more.
func with(args, more pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	args = maps.Clone(args)
	maps.Copy(args, more)
	return args
}

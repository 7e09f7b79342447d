// SPDX-License-Identifier: Apache-2.0

// Command rights measures a change of rights at the top of a large archive: how
// long the request takes, how lists answer while the assets follow, and how
// long that takes. It makes the archive in a database of its own on the server
// whose URL it is given.
//
//	go run ./internal/pg/pgtest/withpostgres -- sh -c 'go run ./deploy/bench/rights -url "$TILLGANG_TEST_POSTGRES" -out rights.md'
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"tillgang/deploy/bench/benchdb"
	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
	"tillgang/internal/search/searchtest"
)

func main() {
	server := flag.String("url", "", "`URL` of a database server on which a database may be made and dropped")
	assets := flag.Int("assets", 100_000, "how many assets")
	folders := flag.Int("folders", 20_000, "how many folders")
	out := flag.String("out", "", "write the table to this `file` (default: standard output)")
	flag.Parse()
	if err := run(context.Background(), *server, *assets, *folders, *out); err != nil {
		fmt.Fprintln(os.Stderr, "rights bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server string, assets, folders int, out string) error {
	db, err := benchdb.Make(ctx, server, "rights")
	if err != nil {
		return err
	}
	defer db.Drop(ctx)
	b := newBench(ctx, db.DB)
	if err := b.fill(db, assets, folders); err != nil {
		return err
	}
	return benchdb.Write(out, b.measure)
}

type bench struct {
	ctx     context.Context
	db      *pg.DB
	folders *folder.Service
	search  *search.Service
	world   *searchtest.World
	house   access.Actor
	group   uuid.UUID
	viewer  id.Role
	made    string
}

// newBench introduces the rooms to each other as the house does.
func newBench(ctx context.Context, db *pg.DB) *bench {
	now := func() time.Time { return searchtest.Born.Add(time.Hour) }
	b := &bench{ctx: ctx, db: db, folders: folder.New(db, now)}
	assets := asset.New(db, b.folders, now)
	b.search = search.New(db, assets, now)
	b.folders.OnACLChanged = func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64) error {
		if err := assets.ACLChangedTx(ctx, tx, who, acls); err != nil {
			return err
		}
		return b.search.RightsTx(ctx, tx, acls)
	}
	b.folders.Weigh = assets.WeighTx
	b.folders.Follow = func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64, most int) (bool, error) {
		done, more, err := assets.FollowACLTx(ctx, tx, who, acls, most)
		if err != nil || len(done) == 0 {
			return more, err
		}
		return more, b.search.FollowRightsTx(ctx, tx, done)
	}
	return b
}

func (b *bench) fill(of *benchdb.Database, assets, folders int) error {
	tenant := of.Tenant
	b.house = access.HouseActor(tenant, "bench")
	b.viewer = id.New[id.Role]()
	if err := pg.In(b.ctx, b.db, tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(b.ctx, "insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, 'viewer', false, $3, $4)", b.viewer, tenant, int64(access.View|access.DownloadRendition), searchtest.Born)
		return err
	}); err != nil {
		return err
	}
	var err error
	if b.world, err = searchtest.Fill(b.ctx, b.db, of.Owner, tenant, searchtest.Size{Assets: assets, Folders: folders, ACLs: 48, Groups: 40, Seed: 1}); err != nil {
		return err
	}
	if err := b.give(); err != nil {
		return err
	}
	if err := b.search.Rebuild(b.ctx, b.house, nil); err != nil {
		return err
	}
	b.made = fmt.Sprintf("%d assets in %d folders, an eighth of which has a grant of its own.", assets, folders)
	return searchtest.Analyze(b.ctx, of.Owner)
}

// give makes rights that stand in no model only: 40 groups have grants of
// their own in every eighth folder, and another has one at the top.
func (b *bench) give() error {
	w := b.world
	b.group = uuid.New()
	if err := pg.In(b.ctx, b.db, w.Tenant, func(tx pg.Tx) error {
		for i, g := range append(slices.Clone(w.Groups), b.group) {
			if _, err := tx.Exec(b.ctx, "insert into principal_group (id, tenant_id, name, created_at) values ($1, $2, $3, $4)", g, w.Tenant, fmt.Sprint("group ", i), searchtest.Born); err != nil {
				return err
			}
		}
		var folders, principals []uuid.UUID
		for i, f := range w.Folders {
			if i%8 == 1 {
				folders, principals = append(folders, f.UUID()), append(principals, w.Groups[i/8%len(w.Groups)])
			}
		}
		_, err := tx.Exec(b.ctx, `insert into folder_grant (tenant_id, folder_id, principal_id, role_id, granted_at)
			select $1, f, p, $2, $3 from unnest($4::uuid[], $5::uuid[]) n(f, p)`, w.Tenant, b.viewer, searchtest.Born, folders, principals)
		return err
	}); err != nil {
		return err
	}
	if _, err := b.set(w.Root, b.group, true); err != nil {
		return err
	}
	_, err := b.follow()
	return err
}

// set gives a group the role of viewer in a folder, or takes it away.
func (b *bench) set(f id.Folder, group uuid.UUID, give bool) (time.Duration, error) {
	var list []folder.Give
	if give {
		list = []folder.Give{{Principal: group, Role: b.viewer}}
	}
	start := time.Now()
	_, err := b.folders.SetGrants(b.ctx, b.house, f, 0, true, list)
	return time.Since(start), err
}

// branch is the folder right below the top that most folders lie in.
func (b *bench) branch() (f id.Folder, folders, assets int, err error) {
	err = pg.In(b.ctx, b.db, b.world.Tenant, func(tx pg.Tx) error {
		return tx.QueryRow(b.ctx, `select f.lineage[2], count(distinct f.id), count(a.id) from folder f left join asset a on a.folder_id = f.id
			where f.parent_id is not null group by 1 order by 2 desc limit 1`).Scan(&f, &folders, &assets)
	})
	return f, folders, assets, err
}

// follow does what the job does.
func (b *bench) follow() (time.Duration, error) {
	start := time.Now()
	for {
		more, err := b.folders.FollowOnce(b.ctx, b.house, 1000, func(pg.Tx) error { return nil })
		if err != nil || !more {
			return time.Since(start), err
		}
	}
}

// lists are the times of lists for somebody who is in the group and for
// somebody who is in four others, and what the first one sees.
func (b *bench) lists(group uuid.UUID) (p99s [2]float64, seen int, err error) {
	for i, who := range []access.Actor{b.world.Person(group), b.world.Person(b.world.Groups[3:7]...)} {
		var times []float64
		for range 100 {
			start := time.Now()
			r, err := b.search.List(b.ctx, who, search.Query{Limit: 60})
			if err != nil {
				return p99s, 0, err
			}
			times = append(times, time.Since(start).Seconds()*1000)
			if i == 0 {
				seen = r.Total
			}
		}
		slices.Sort(times)
		p99s[i] = times[98]
	}
	return p99s, seen, nil
}

func (b *bench) measure(to io.Writer) error {
	branch, folders, assets, err := b.branch()
	if err != nil {
		return err
	}
	other := b.world.Groups[0]
	fmt.Fprintf(to, `%s The branch is a folder with %d folders and %d assets below it.

A role for one group. The request returns when the change holds; where folders part from others, a job then brings the assets' own copies up to date. The lists are the newest 60 right after the request, for a member of that group and of four others (p99, ms).

| change | where | request s | list ms, the group | list ms, others | the group sees | job s |
|---|---|--:|--:|--:|--:|--:|
`, b.made, folders, assets)
	for _, step := range []struct {
		where string
		f     id.Folder
		group uuid.UUID
		give  bool
	}{
		{"top", b.world.Root, b.group, false},
		{"top", b.world.Root, b.group, true},
		{"branch", branch, other, true},
		{"branch", branch, other, false},
	} {
		took, err := b.set(step.f, step.group, step.give)
		if err != nil {
			return err
		}
		p99s, seen, err := b.lists(step.group)
		if err != nil {
			return err
		}
		if step.f == b.world.Root && !step.give && seen > 0 {
			return fmt.Errorf("%d assets are seen that were closed", seen)
		}
		job, err := b.follow()
		if err != nil {
			return err
		}
		fmt.Fprintf(to, "| %s | %s | %.2f | %.1f | %.1f | %d | %.1f |\n", map[bool]string{true: "given", false: "taken away"}[step.give], step.where, took.Seconds(), p99s[0], p99s[1], seen, job.Seconds())
	}
	return nil
}

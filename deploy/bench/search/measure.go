// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
	"tillgang/internal/search/madeup"
)

// single opens a pool of one connection, whose processor time is counted.
func single(ctx context.Context, owner string) (*pg.DB, error) {
	u, err := url.Parse(owner)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Set("pool_max_conns", "1")
	u.RawQuery = q.Encode()
	return pg.Open(ctx, u.String(), nil)
}

// spent is the processor time that a process of this machine has used so far;
// zero if it cannot be seen.
func spent(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel's ticks, 100 a second
}

type bench struct {
	ctx    context.Context
	db     *pg.DB
	a      *archive
	rounds int
	r      *mathrand.Rand
	made   *madeup.Archive
	search *search.Service
	who    map[string]access.Actor
	tenant id.Tenant
	pages  []id.Folder // folders that the ordinary person sees
	acls   int
	groups int
	pid    int // of the database's process
}

func begin(ctx context.Context, db *pg.DB, a *archive, rounds int) (*bench, error) {
	b := &bench{ctx: ctx, db: db, a: a, rounds: rounds, r: mathrand.New(mathrand.NewPCG(4, 2)), who: map[string]access.Actor{}}
	b.made = madeup.New(1, a.assets, a.folders)
	now := func() time.Time { return madeup.Born.Add(time.Hour) }
	b.search = search.New(db, asset.New(db, folder.New(db, now), now), now)
	if err := pg.Across(ctx, db, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, "select id from tenant where slug = $1", slug).Scan(&b.tenant)
	}); err != nil {
		return nil, err
	}
	return b, pg.In(ctx, db, b.tenant, func(tx pg.Tx) error {
		if err := tx.QueryRow(ctx, "select pg_backend_pid(), (select count(*) from acl), (select count(*) from principal_group)").Scan(&b.pid, &b.acls, &b.groups); err != nil {
			return err
		}
		for name, email := range map[string]string{"ordinary (4 of 40 groups)": "ordinary", "one group": "one", "none": "none"} {
			var account id.Account
			var principals []uuid.UUID
			if err := tx.QueryRow(ctx, "select a.id, array(select c.principal_id from principal_closure c where c.account_id = a.id) from account a where a.email = $1",
				email+"@"+slug+".example").Scan(&account, &principals); err != nil {
				return err
			}
			b.who[name] = access.Actor{Kind: access.Person, ID: account.String(), Tenant: b.tenant, Account: account, Own: access.Grant{Principals: principals}, Scope: access.All}
			if email != "ordinary" {
				continue
			}
			rows, err := tx.Query(ctx, `select f.id from folder f where exists (select from acl_entry e where e.acl_id = f.acl_id and e.principal_id = any($1) and e.perm & $2 = $2)
				and exists (select from asset a where a.folder_id = f.id) order by f.name`, principals, int64(access.View))
			if err != nil {
				return err
			}
			for rows.Next() {
				var f id.Folder
				if err := rows.Scan(&f); err != nil {
					return err
				}
				b.pages = append(b.pages, f)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		b.who["administrator"] = access.Actor{Kind: access.Person, ID: "acc_admin", Tenant: b.tenant, Own: access.Grant{Everywhere: access.All}, Scope: access.All}
		return nil
	})
}

// word draws a word of the vocabulary, common and rare ranks alike often.
func (b *bench) word() string {
	return b.made.Words[int(math.Exp(b.r.Float64()*math.Log(float64(len(b.made.Words)))))-1]
}

func (b *bench) words(n int) string {
	var s []string
	for range n {
		s = append(s, b.word())
	}
	return strings.Join(s, " ")
}

// query is one kind of query, and whether it is asked for everybody or only for
// the ordinary person and the administrator.
type query struct {
	name      string
	everybody bool
	do        func(access.Actor) (int, error)
}

func (b *bench) queries() []query {
	kinds := []asset.Kind{asset.Image, asset.Video, asset.Document, asset.Audio}
	list := func(q func() search.Query) func(access.Actor) (int, error) {
		return func(who access.Actor) (int, error) {
			r, err := b.search.List(b.ctx, who, q())
			return len(r.Items), err
		}
	}
	facets := func(q func() search.Query) func(access.Actor) (int, error) {
		return func(who access.Actor) (int, error) {
			f, err := b.search.Facets(b.ctx, who, q())
			return f.Of, err
		}
	}
	complete := func(n int) func(access.Actor) (int, error) {
		return func(who access.Actor) (int, error) {
			r := []rune(b.made.Tags[b.r.IntN(len(b.made.Tags))])
			k, err := b.search.Complete(b.ctx, who, string(r[:min(n, len(r))]))
			return len(k), err
		}
	}
	return []query{
		{"newest 60", true, list(func() search.Query { return search.Query{Limit: 60} })},
		{"60 of a kind", false, list(func() search.Query { return search.Query{Limit: 60, Kind: kinds[b.r.IntN(4)]} })},
		{"60 by name", false, list(func() search.Query { return search.Query{Limit: 60, Sort: search.Name} })},
		{"60 by capture", false, list(func() search.Query { return search.Query{Limit: 60, Sort: search.Captured} })},
		{"60 of a folder", false, list(func() search.Query { return search.Query{Limit: 60, Folder: b.pages[b.r.IntN(len(b.pages))]} })},
		{"60 with a keyword", false, list(func() search.Query {
			return search.Query{Limit: 60, Tag: b.made.Tags[b.r.IntN(len(b.made.Tags))]}
		})},
		{"free text, 1 to 3 words", true, list(func() search.Query { return search.Query{Limit: 60, Q: b.words(1 + b.r.IntN(3))} })},
		{"free text by newest", false, list(func() search.Query {
			return search.Query{Limit: 60, Q: b.words(1 + b.r.IntN(3)), Sort: search.Newest}
		})},
		{"free text that begins so*", false, list(func() search.Query {
			q := b.words(1 + b.r.IntN(3))
			if r := []rune(q); len(r) > 3 {
				q = string(r[:len(r)-1]) + "*"
			}
			return search.Query{Limit: 60, Q: q}
		})},
		{"the 20 commonest words, one each", false, list(func() search.Query { return search.Query{Limit: 60, Q: b.made.Words[b.r.IntN(20)]} })},
		{"facets of all", false, facets(func() search.Query { return search.Query{} })},
		{"facets of text, 1 or 2 words", false, facets(func() search.Query { return search.Query{Q: b.words(1 + b.r.IntN(2))} })},
		{"completion of 2 letters", false, complete(2)},
		{"completion of 4 letters", false, complete(4)},
	}
}

// warm brings the archive into memory, as it is in a server that has been at
// work for a while: its files into the system's, its rows into the database's
// and into that of the one process that answers.
func (b *bench) warm(files string) error {
	if err := filepath.WalkDir(files, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		_, err = io.Copy(io.Discard, f)
		return err
	}); err != nil {
		return err
	}
	return pg.In(b.ctx, b.db, b.tenant, func(tx pg.Tx) error {
		for _, sql := range []string{
			"set local enable_indexscan = off", "set local enable_indexonlyscan = off", "set local enable_bitmapscan = off", "set local max_parallel_workers_per_gather = 0",
			"select count(length(a.words)) from asset_search a",
			"select count(a.fields->'title') from asset a",
			"select count(length(p.words)) from search_page p",
			"select count(length(p.text)) from document_page p",
		} {
			if _, err := tx.Exec(b.ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// row is one measured kind of query of one person.
type row struct {
	query, who         string
	p50, p90, p99, max float64 // ms
	theirs, ours       float64 // ms of processor time
	hits               float64
}

func (b *bench) measure(only string) error {
	names := make([]string, 0, len(b.who))
	for n := range b.who {
		names = append(names, n)
	}
	slices.Sort(names)
	slices.Reverse(names)
	for _, q := range b.queries() {
		for _, name := range names {
			if !strings.Contains(q.name, only) || !q.everybody && (name == "none" || name == "one group") {
				continue
			}
			r, err := b.row(func() (int, error) { return q.do(b.who[name]) })
			if err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			r.query, r.who = q.name, name
			b.a.rows = append(b.a.rows, r)
			fmt.Fprintf(os.Stderr, "%d assets: %s, %s: p50 %.1f, p99 %.1f ms; database %.1f ms, ours %.1f ms\n", b.a.assets, r.query, r.who, r.p50, r.p99, r.theirs, r.ours)
		}
	}
	return nil
}

func (b *bench) row(do func() (int, error)) (r row, err error) {
	times := make([]float64, 0, b.rounds)
	var theirs, ours time.Duration
	first := max(b.rounds/4, 20)
	for i := range b.rounds + first {
		if i == first {
			theirs, ours = spent(b.pid), spent(os.Getpid())
		}
		start := time.Now()
		n, err := do()
		if err != nil {
			return r, err
		}
		if i >= first { // those before fill the caches
			times = append(times, float64(time.Since(start).Microseconds())/1000)
			r.hits += float64(n) / float64(b.rounds)
		}
	}
	mean := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(len(times)) }
	r.theirs, r.ours = mean(spent(b.pid)-theirs), mean(spent(os.Getpid())-ours)
	slices.Sort(times)
	p := func(q float64) float64 { return times[min(len(times)-1, int(q*float64(len(times))))] }
	r.p50, r.p90, r.p99, r.max = p(0.5), p(0.9), p(0.99), times[len(times)-1]
	return r, nil
}

// report writes the archives side by side.
func report(to io.Writer, all []archive) error {
	var s strings.Builder
	for _, a := range all {
		s.WriteString("* " + a.about + "\n")
	}
	s.WriteString("\nMilliseconds of the room's verb, one client, warm, every query another one; processor time is the mean of the database's process and of ours.\n\n| query | who |")
	rule := "|---|---|" + strings.Repeat("--:|--:|", len(all))
	for _, a := range all {
		n := strconv.Itoa(a.assets)
		s.WriteString(" p50 " + n + " | p99 " + n + " |")
	}
	last := all[len(all)-1]
	s.WriteString(" longest | p99 grows | CPU database | CPU ours | hits |\n" + rule + "--:|--:|--:|--:|--:|\n")
	for i, r := range last.rows {
		fmt.Fprintf(&s, "| %s | %s |", r.query, r.who)
		for _, a := range all {
			fmt.Fprintf(&s, " %.1f | %.1f |", a.rows[i].p50, a.rows[i].p99)
		}
		fmt.Fprintf(&s, " %.1f | %.1f | %.1f | %.1f | %.0f |\n", r.max, r.p99/max(all[0].rows[i].p99, 0.1), r.theirs, r.ours, r.hits)
	}
	s.WriteString("\n| size | assets | bytes |\n|---|--:|--:|\n")
	for _, a := range all {
		fmt.Fprintf(&s, "| database for each of %d assets | %d | %.0f |\n", a.assets, a.assets, a.each)
	}
	_, err := io.WriteString(to, s.String())
	return err
}

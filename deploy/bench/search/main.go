// SPDX-License-Identifier: Apache-2.0

// Command search measures lists and search in a large archive. It makes the
// archive in an empty, migrated database, whose owner's URL it is given, and
// writes the times as a Markdown table.
//
//	go run ./internal/pg/pgtest/withpostgres -- sh -c 'go run ./deploy/bench/search -url "$TILLGANG_TEST_POSTGRES" -out search.md'
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
	"tillgang/internal/search/searchtest"
)

func main() {
	server := flag.String("url", "", "`URL` of a database server on which a database may be made and dropped")
	assets := flag.Int("assets", 100_000, "how many assets")
	folders := flag.Int("folders", 2000, "how many folders")
	rounds := flag.Int("n", 500, "how many queries of each kind")
	out := flag.String("out", "", "write the table to this `file` (default: standard output)")
	keep := flag.Bool("keep", false, "keep the database")
	flag.Parse()
	if err := run(context.Background(), *server, *assets, *folders, *rounds, *out, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "search bench:", err)
		os.Exit(1)
	}
}

func at(server, database string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" {
		return "", fmt.Errorf("-url must be a database URL")
	}
	u.Path = "/" + database
	return u.String(), nil
}

// single limits the pool to one connection, whose processor time is counted.
func single(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("pool_max_conns", "1")
	u.RawQuery = q.Encode()
	return u.String(), nil
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

func run(ctx context.Context, server string, assets, folders, rounds int, out string, keep bool) (err error) {
	name := "bench_search_" + strings.ToLower(rand.Text()[:8])
	owner, err := at(server, name)
	if err != nil {
		return err
	}
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = admin.Close(ctx) }()
	if _, err := admin.Exec(ctx, "create database "+name); err != nil {
		return err
	}
	if keep {
		fmt.Fprintln(os.Stderr, "database:", owner)
	} else {
		defer func() { _, _ = admin.Exec(ctx, "drop database "+name+" with (force)") }()
	}
	if err := pg.Migrate(ctx, owner, nil); err != nil {
		return err
	}
	one, err := single(owner)
	if err != nil {
		return err
	}
	db, err := pg.Open(ctx, one, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	b := &bench{ctx: ctx, rounds: rounds, r: mathrand.New(mathrand.NewPCG(4, 2))}
	if err := b.fill(db, owner, assets, folders); err != nil {
		return err
	}
	to := io.Writer(os.Stdout)
	if out != "" {
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer func() { err = f.Close() }()
		to = f
	}
	if err := db.Pool().QueryRow(ctx, "select pg_backend_pid()").Scan(&b.pid); err != nil {
		return err
	}
	return b.measure(to)
}

type bench struct {
	ctx    context.Context
	rounds int
	r      *mathrand.Rand
	world  *searchtest.World
	search *search.Service
	made   string
	pid    int // of the database's process
}

func (b *bench) fill(db *pg.DB, owner string, assets, folders int) error {
	tenant := id.New[id.Tenant]()
	if err := pg.In(b.ctx, db, tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(b.ctx, "insert into tenant (id, slug, name, created_at) values ($1, 'bench', 'Bench', $2)", tenant, searchtest.Born)
		return err
	}); err != nil {
		return err
	}
	now := func() time.Time { return searchtest.Born.Add(time.Hour) }
	start := time.Now()
	var err error
	if b.world, err = searchtest.Fill(b.ctx, db, owner, tenant, searchtest.Size{Assets: assets, Folders: folders, ACLs: 48, Groups: 40, Seed: 1}); err != nil {
		return err
	}
	filled := time.Since(start)
	b.search = search.New(db, asset.New(db, nil, now), now)
	start = time.Now()
	if err := b.search.Rebuild(b.ctx, access.HouseActor(tenant, "bench"), nil); err != nil {
		return err
	}
	indexed := time.Since(start)
	if err := searchtest.Analyze(b.ctx, owner); err != nil {
		return err
	}
	conn, err := pgx.Connect(b.ctx, owner)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(b.ctx) }()
	var version, table, words, all string
	if err := conn.QueryRow(b.ctx, `select current_setting('server_version'), pg_size_pretty(pg_table_size('asset_search_row')),
		pg_size_pretty(pg_relation_size('asset_search_words')), pg_size_pretty(pg_indexes_size('asset_search_row'))`).Scan(&version, &table, &words, &all); err != nil {
		return err
	}
	b.made = fmt.Sprintf("%d assets in %d folders under %d acls, %d groups; rows made in %.0f s, indexed in %.0f s (%.0f assets/s); search rows %s, their indexes %s (of words: %s); Postgres %s, %d processors.",
		assets, folders, len(b.world.ACLs), len(b.world.Groups), filled.Seconds(), indexed.Seconds(), float64(assets)/indexed.Seconds(), table, all, words, version, runtime.NumCPU())
	return nil
}

// word draws a word of the vocabulary, common and rare ranks alike often.
func (b *bench) word() string {
	return b.world.Words[int(math.Exp(b.r.Float64()*math.Log(float64(len(b.world.Words)))))-1]
}

func (b *bench) measure(to io.Writer) error {
	w := b.world
	groups := slices.Clone(w.Groups)
	who := map[string]access.Actor{
		"ordinary (4 of 40 groups)": w.Person(groups[3:7]...),
		"one group":                 w.Person(groups[9]),
		"none":                      w.Person(),
		"administrator":             {Kind: access.Person, ID: "acc_admin", Tenant: w.Tenant, Own: access.Grant{Everywhere: access.All}, Scope: access.All},
	}
	words := func(n int) string {
		var s []string
		for range n {
			s = append(s, b.word())
		}
		return strings.Join(s, " ")
	}
	kinds := []asset.Kind{asset.Image, asset.Video, asset.Document, asset.Audio}
	list := func(q func() search.Query) func(access.Actor) (int, error) {
		return func(who access.Actor) (int, error) {
			r, err := b.search.List(b.ctx, who, q())
			return len(r.Items), err
		}
	}
	rows := []struct {
		name string
		do   func(access.Actor) (int, error)
	}{
		{"newest 60", list(func() search.Query { return search.Query{Limit: 60} })},
		{"newest 60 of a kind", list(func() search.Query { return search.Query{Limit: 60, Kind: kinds[b.r.IntN(4)]} })},
		{"60 by name", list(func() search.Query { return search.Query{Limit: 60, Sort: search.Name} })},
		{"60 by capture", list(func() search.Query { return search.Query{Limit: 60, Sort: search.Captured} })},
		{"60 with a keyword", list(func() search.Query { return search.Query{Limit: 60, Tag: w.Tags[b.r.IntN(len(w.Tags))]} })},
		{"free text, 1 to 3 words", list(func() search.Query { return search.Query{Limit: 60, Q: words(1 + b.r.IntN(3))} })},
		{"free text, 20 % begin*", list(func() search.Query {
			q := words(1 + b.r.IntN(3))
			if r := []rune(q); b.r.IntN(5) == 0 && len(r) > 3 {
				q = string(r[:len(r)-1]) + "*"
			}
			return search.Query{Limit: 60, Q: q}
		})},
		{"free text by newest", list(func() search.Query { return search.Query{Limit: 60, Q: words(1 + b.r.IntN(3)), Sort: search.Newest} })},
		{"the 20 commonest words, one each", list(func() search.Query { return search.Query{Limit: 60, Q: w.Words[b.r.IntN(20)]} })},
		{"facets of all", func(who access.Actor) (int, error) {
			f, err := b.search.Facets(b.ctx, who, search.Query{})
			return f.Total, err
		}},
		{"facets of free text", func(who access.Actor) (int, error) {
			f, err := b.search.Facets(b.ctx, who, search.Query{Q: words(1 + b.r.IntN(2))})
			return f.Total, err
		}},
		{"keywords that begin with 2 letters", func(who access.Actor) (int, error) {
			k, err := b.search.Complete(b.ctx, who, string([]rune(b.word())[:2]))
			return len(k), err
		}},
	}
	fmt.Fprintf(to, "%s\n\nMilliseconds of the room's verb, one client, warm; processor time is the mean of the database's process and of ours.\n\n| query | who | p50 | p90 | p99 | longest | CPU database | CPU ours | hits |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n", b.made)
	names := make([]string, 0, len(who))
	for n := range who {
		names = append(names, n)
	}
	slices.Sort(names)
	slices.Reverse(names)
	for _, row := range rows {
		for _, name := range names {
			if row.name != "newest 60" && row.name != "free text, 1 to 3 words" && (name == "none" || name == "one group") {
				continue
			}
			if err := b.row(to, row.name, name, func() (int, error) { return row.do(who[name]) }); err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
		}
	}
	return nil
}

func (b *bench) row(to io.Writer, what, who string, do func() (int, error)) error {
	times := make([]float64, 0, b.rounds)
	hits := 0
	var theirs, ours time.Duration
	for i := range b.rounds + 20 {
		if i == 20 {
			theirs, ours = spent(b.pid), spent(os.Getpid())
		}
		start := time.Now()
		n, err := do()
		if err != nil {
			return err
		}
		if i >= 20 { // the first fill the caches
			times = append(times, float64(time.Since(start).Microseconds())/1000)
			hits += n
		}
	}
	mean := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(len(times)) }
	theirs, ours = spent(b.pid)-theirs, spent(os.Getpid())-ours
	slices.Sort(times)
	p := func(q float64) float64 { return times[min(len(times)-1, int(q*float64(len(times))))] }
	_, err := fmt.Fprintf(to, "| %s | %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f |\n", what, who, p(0.5), p(0.9), p(0.99), times[len(times)-1], mean(theirs), mean(ours), float64(hits)/float64(len(times)))
	return err
}

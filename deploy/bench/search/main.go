// SPDX-License-Identifier: Apache-2.0

// Command search measures lists and search in archives of several sizes. It
// lets the program make them up (tillgang bench-data) in private databases,
// with the settings that the program gives those, and writes the times as a
// Markdown table.
//
//	go run ./deploy/bench/search -sizes 100000,1000000 -out search.md
//
// A directory given by -data is kept with what was made in it, and used as it
// is the next time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tillgang/internal/pg"
	"tillgang/internal/pg/private"
	"tillgang/internal/search"
)

func main() {
	program := flag.String("program", "bin/tillgang", "the `program`")
	sizes := flag.String("sizes", "100000,1000000", "how many assets, with commas between")
	rounds := flag.Int("n", 500, "how many queries of each kind")
	only := flag.String("only", "", "only queries whose `name` has this in it")
	asIs := flag.Bool("as-is", false, "with -data: measure what is there, whole or not")
	data := flag.String("data", "", "keep the archives below this `directory` (default: a temporary one, removed)")
	out := flag.String("out", "", "write the table to this `file` (default: standard output)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *program, *sizes, *rounds, *only, *data, *out, *asIs); err != nil {
		fmt.Fprintln(os.Stderr, "search bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, program, sizes string, rounds int, only, data, out string, asIs bool) (err error) {
	if data == "" {
		if data, err = os.MkdirTemp("", "bench-search-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
		if err := os.Chmod(data, 0o755); err != nil {
			return err
		}
	}
	var all []archive
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil || n < 1000 {
			return fmt.Errorf("-sizes must be numbers from 1000 on, with commas between: %q", sizes)
		}
		a := archive{assets: n, folders: max(n/200, 200)}
		if err := a.measure(ctx, program, filepath.Join(data, size), rounds, only, asIs); err != nil {
			return fmt.Errorf("%d assets: %w", n, err)
		}
		all = append(all, a)
	}
	to := io.Writer(os.Stdout)
	if out != "" {
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		to = f
	}
	return report(to, all)
}

// archive is one that was made up and measured.
type archive struct {
	assets, folders int
	about           string  // how it was made and how large it is
	each            float64 // bytes of the database for each asset
	rows            []row
}

// slug is the made-up tenant's.
const slug = "bench"

// measure makes the archive in a database below dir, unless it is there, and
// measures it.
func (a *archive) measure(ctx context.Context, program, dir string, rounds int, only string, asIs bool) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	cfg := private.Config{Dir: filepath.Join(dir, "postgres"), Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	var owner string
	if running, err := private.Attach(ctx, cfg); err == nil {
		owner = running.URL("tillgang")
	} else {
		cluster, err := private.Start(ctx, cfg)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cluster.Stop(context.WithoutCancel(ctx))) }()
		owner = cluster.URL("tillgang")
	}
	if err := pg.Migrate(ctx, owner, nil); err != nil {
		return err
	}
	db, err := single(ctx, owner)
	if err != nil {
		return err
	}
	defer db.Close()
	var there bool
	if err := pg.Across(ctx, db, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, "select exists (select from tenant where slug = $1)", slug).Scan(&there)
	}); err != nil {
		return err
	}
	args := []string{"bench-data", "--tenant", slug, "--assets", strconv.Itoa(a.assets), "--folders", strconv.Itoa(a.folders)}
	if there {
		args = append(args, "--resume")
	}
	start := time.Now()
	c := exec.CommandContext(ctx, program, args...)
	c.Env = append(os.Environ(), "TILLGANG_DATA="+dir)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	if there && asIs {
		c = exec.CommandContext(ctx, "true")
	}
	if err := c.Run(); err != nil {
		return fmt.Errorf("tillgang bench-data: %w", err)
	}
	took := time.Since(start)
	if err := pg.KeepRecent(ctx, owner, nil, search.RecentFrom); err != nil {
		return err
	}
	b, err := begin(ctx, db, a, rounds)
	if err != nil {
		return err
	}
	if err := b.warm(filepath.Join(dir, "postgres", "data", "base")); err != nil {
		return err
	}
	if err := b.describe(took, there); err != nil {
		return err
	}
	return b.measure(only)
}

// describe says how large the archive is.
func (b *bench) describe(took time.Duration, there bool) error {
	var whole float64
	var version, buffers, table, words, indexes, values, assets string
	if err := b.db.Pool().QueryRow(b.ctx, `select pg_database_size(current_database())::float8, current_setting('server_version'), current_setting('shared_buffers'),
		pg_size_pretty(pg_table_size('asset_search_row')), pg_size_pretty(pg_relation_size('asset_search_words')), pg_size_pretty(pg_indexes_size('asset_search_row')),
		pg_size_pretty(pg_total_relation_size('search_value')), pg_size_pretty(pg_total_relation_size('asset') + pg_total_relation_size('revision'))`).
		Scan(&whole, &version, &buffers, &table, &words, &indexes, &values, &assets); err != nil {
		return err
	}
	b.a.each = whole / float64(b.a.assets)
	made := fmt.Sprintf("made by `tillgang bench-data` in %.0f s (%.0f assets/s, index of words included)", took.Seconds(), float64(b.a.assets)/took.Seconds())
	if there {
		made = "made before"
	}
	b.a.about = fmt.Sprintf("%d assets in %d folders under %d acls, %d groups; %s; database %.1f GB, of which assets and revisions %s, search rows %s, their indexes %s (of words: %s), completion %s; Postgres %s with %s of shared buffers, %d processors.",
		b.a.assets, b.a.folders, b.acls, b.groups, made, whole/1e9, assets, table, indexes, words, values, version, buffers, runtime.NumCPU())
	return nil
}

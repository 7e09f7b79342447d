// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/fault"
)

// fill makes a cluster with a little of everything that must survive.
func fill(t *testing.T, cfg Config) map[string]int64 {
	t.Helper()
	c := begin(t, cfg)
	conn := connect(t, c.URL(Database))
	for _, sql := range []string{
		"create role " + Application + " login",
		"create extension pg_trgm", "create extension unaccent", "create extension btree_gin",
		"create schema inner_room",
		"create table inner_room.asset (id uuid primary key default gen_random_uuid(), tenant int not null, title text not null)",
		`create table "Odd ""name" (n bigint generated always as identity)`,
		"create index on inner_room.asset using gin (title gin_trgm_ops)",
		"alter table inner_room.asset enable row level security",
		"create policy own on inner_room.asset using (tenant = 7)",
		"create function three() returns int language sql as 'select 3'",
		"grant usage on schema inner_room to " + Application, "grant select on inner_room.asset to " + Application,
		"alter database " + Database + " set statement_timeout = '5min'",
		"insert into inner_room.asset (tenant, title) select n % 10, 'Älg på räksmörgås ' || n from generate_series(1, 1000) n",
		`insert into "Odd ""name" select from generate_series(1, 5)`,
	} {
		exec1(t, conn, sql)
	}
	counts, err := inventory(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	halt(t, c)
	return counts
}

// survived checks what fill has made.
func survived(t *testing.T, cfg Config, want map[string]int64) {
	t.Helper()
	c := begin(t, cfg)
	got, err := inventory(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got["rows of inner_room.asset"] != 1000 || got[`rows of public."Odd ""name"`] != 5 {
		t.Errorf("counted %v", got)
	}
	app := connect(t, c.url(Application, Database))
	if n := ask1[int](t, app, "select count(*) from inner_room.asset where title like 'Älg %'"); n != 100 {
		t.Errorf("the application role sees %d rows instead of its 100", n)
	}
	owner := connect(t, c.URL(Database))
	if s := ask1[string](t, owner, "show statement_timeout"); s != "5min" {
		t.Errorf("the database's own setting is %s", s)
	}
	if n := ask1[int](t, owner, `insert into "Odd ""name" default values returning n`); n != 6 {
		t.Errorf("the sequence went on with %d", n)
	}
	halt(t, c)
}

func TestAnUpgradeCarriesEverythingOverAndKeepsTheOld(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	cfg := Config{Dir: dir, Test: true}
	want := fill(t, cfg)
	major, err := majorOf(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		from, to, err := upgrade(t.Context(), Config{Dir: dir, Test: true, Major: major}, true)
		if err != nil || from != major || to != major {
			t.Fatalf("from %d to %d: %v", from, to, err)
		}
		kept := filepath.Join(dir, fmt.Sprintf("data.%d", major))
		if n > 0 {
			kept += ".2" // nothing is overwritten
		}
		if got, err := majorOf(kept); err != nil || got != major {
			t.Errorf("the old cluster is not in %s: %d, %v", kept, got, err)
		}
	}
	for _, left := range []string{"data.upgrade", "data.upgrade.new", "upgrade.dump"} {
		if there, err := exists(filepath.Join(dir, left)); err != nil || there {
			t.Errorf("%s is left (%v)", left, err)
		}
	}
	survived(t, cfg, want)
}

func TestAnUpgradeThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	cfg := Config{Dir: dir, Test: true}
	want := fill(t, cfg)
	c := begin(t, cfg)
	conn := connect(t, c.URL(Database))
	for _, sql := range []string{ // a row that cannot be restored
		"create function fits(int) returns bool immutable language sql as 'select true'",
		"create table tight (n int check (fits(n)))", "insert into tight values (1)",
		"create or replace function fits(int) returns bool immutable language sql as 'select false'",
	} {
		exec1(t, conn, sql)
	}
	halt(t, c)
	if _, _, err := upgrade(t.Context(), cfg, true); err == nil || !strings.Contains(err.Error(), "tight") {
		t.Fatalf("the upgrade: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if d := cmp.Diff([]string{"data", "supervisor.lock"}, names); d != "" {
		t.Error(d)
	}
	c = begin(t, cfg)
	conn = connect(t, c.URL(Database))
	exec1(t, conn, "drop table tight")
	exec1(t, conn, "drop function fits")
	halt(t, c)
	survived(t, cfg, want)
}

func TestAnInterruptedUpgradeIsFinished(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	cfg := Config{Dir: dir, Test: true}
	want := fill(t, cfg)
	data := filepath.Join(dir, "data")
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	// Killed between two renames on a file system that cannot exchange names.
	rename(data, data+".upgrade")
	if _, err := Start(t.Context(), cfg); fault.CodeOf(err) != "postgres.upgrade_interrupted" {
		t.Fatalf("start without a cluster that has been: %v", err)
	}
	if _, _, err := Upgrade(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	// Killed after the exchange, before the old one had its new name.
	if err := os.Mkdir(data+".upgrade", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data+".upgrade", "PG_VERSION"), []byte("13\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Upgrade(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if got, err := majorOf(data + ".13"); err != nil || got != 13 {
		t.Errorf("the old cluster was not set aside: %d, %v", got, err)
	}
	survived(t, cfg, want)
}

func TestAClusterOfAnotherMajorVersionIsExplainedAndLeftAlone(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	cfg := Config{Dir: dir, Test: true}
	want := fill(t, cfg)
	file := filepath.Join(dir, "data", "PG_VERSION")
	is, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set := func(version string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(version), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set("14\n")
	_, err = Start(t.Context(), cfg)
	text := fault.As(err).Text
	if fault.CodeOf(err) != "postgres.major_mismatch" {
		t.Fatalf("start: %v", err)
	}
	for _, s := range []string{"by Postgres 14", "has Postgres " + strings.TrimSpace(string(is)), "tillgang db upgrade", dir} {
		if !strings.Contains(text, s) {
			t.Errorf("%q does not say %q", text, s)
		}
	}
	if _, _, err := Upgrade(t.Context(), cfg); fault.CodeOf(err) != "postgres.major_mismatch" {
		t.Errorf("upgrade without the old programs: %v", err)
	}
	set(string(is))
	survived(t, cfg, want)
}

func TestThereIsNothingToUpgrade(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	if _, _, err := Upgrade(t.Context(), Config{Dir: dir}); fault.CodeOf(err) != "postgres.no_cluster" {
		t.Errorf("nothing there: %v", err)
	}
	halt(t, begin(t, Config{Dir: dir, Test: true}))
	newest := find(context.Background(), nil)[0].major
	from, to, err := Upgrade(t.Context(), Config{Dir: dir, Test: true})
	if err != nil || from != newest || to != newest {
		t.Errorf("already there: from %d to %d, %v", from, to, err)
	}
	if there, err := exists(filepath.Join(dir, fmt.Sprintf("data.%d", newest))); err != nil || there {
		t.Errorf("something was done (%v)", err)
	}
}

func TestTheFirstDifferenceIsNamed(t *testing.T) {
	t.Parallel()
	if d := difference(map[string]int64{"a": 1, "rows of b": 2}, map[string]int64{"a": 1, "rows of b": 1}); d != "rows of b: 2 before, 1 after" {
		t.Error(d)
	}
	if d := difference(map[string]int64{"a": 1}, map[string]int64{"a": 1, "c": 3}); d != "c: 0 before, 3 after" {
		t.Error(d)
	}
	if d := difference(map[string]int64{"a": 1}, map[string]int64{"a": 1}); d != "" {
		t.Error(d)
	}
}

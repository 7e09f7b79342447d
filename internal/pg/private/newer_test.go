// SPDX-License-Identifier: Apache-2.0

//go:build newer

package private

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestAnUpgradeToANewerMajorVersion is for machines with two of them; the
// newer one's programs are in the directory that the environment names:
//
//	TILLGANG_TEST_POSTGRES_NEWER=/usr/lib/postgresql/17/bin go test -tags newer -run Newer ./internal/pg/private
func TestAnUpgradeToANewerMajorVersion(t *testing.T) {
	t.Parallel()
	newer := os.Getenv("TILLGANG_TEST_POSTGRES_NEWER")
	_, to := ask(t.Context(), filepath.Join(newer, "postgres"))
	if to == 0 {
		t.Fatalf("TILLGANG_TEST_POSTGRES_NEWER=%q holds no Postgres", newer)
	}
	dir := directory(t)
	cfg := Config{Dir: dir}
	want := fill(t, cfg)
	from, err := majorOf(filepath.Join(dir, "data"))
	if err != nil || from >= to {
		t.Fatalf("from %d to %d, %v", from, to, err)
	}
	cfg.Binaries = []string{newer}
	survived(t, cfg, want) // a newer one being there changes nothing
	if still, err := majorOf(filepath.Join(dir, "data")); err != nil || still != from {
		t.Fatalf("the cluster is of %d, %v", still, err)
	}
	want[`rows of public."Odd ""name"`]++ // survived adds a row
	a, b, err := Upgrade(t.Context(), cfg)
	if err != nil || a != from || b != to {
		t.Fatalf("from %d to %d: %v", a, b, err)
	}
	c := begin(t, cfg)
	if c.bin.major != to {
		t.Errorf("runs as %s", c.Version())
	}
	got, err := inventory(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(want, got); d != "" {
		t.Error(d)
	}
	conn := connect(t, c.URL(Database))
	for _, sql := range []string{"create role made_now", "grant made_now to " + Owner, "set role made_now", "reset role"} {
		exec1(t, conn, sql)
	}
	halt(t, c)
	if got, err := majorOf(filepath.Join(dir, fmt.Sprintf("data.%d", from))); err != nil || got != from {
		t.Errorf("the old cluster: %d, %v", got, err)
	}
}

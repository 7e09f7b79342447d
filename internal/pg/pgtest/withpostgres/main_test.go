// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// These tests set TMPDIR, so they do not run in parallel.

func TestTheCommandFindsADatabaseAndNothingIsLeft(t *testing.T) {
	tmp, out := t.TempDir(), filepath.Join(t.TempDir(), "dsn")
	t.Setenv("TMPDIR", tmp)
	t.Setenv("OUT", out)
	code, err := run("", []string{"sh", "-c", `printf %s "$TILLGANG_TEST_POSTGRES" > "$OUT"; exit 7`})
	if code != 7 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	dsn, err := os.ReadFile(out)
	if err != nil || !strings.HasPrefix(string(dsn), "postgres://") {
		t.Errorf("%q, %v", dsn, err)
	}
	if _, err := pgx.Connect(t.Context(), string(dsn)); err == nil {
		t.Error("the cluster still runs")
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestAKeptClusterIsThereTheNextTime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	t.Setenv("OUT", filepath.Join(t.TempDir(), "dsn"))
	sql := func(query string) int {
		t.Helper()
		code, err := run(dir, []string{"sh", "-c", `psql -v ON_ERROR_STOP=1 "$TILLGANG_TEST_POSTGRES" -c "` + query + `"`})
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	if sql("create database kept") != 0 {
		t.Fatal("the role cannot make databases")
	}
	if sql("create database kept") == 0 {
		t.Error("made twice: the cluster is another one")
	}
}

func TestASignalEndsTheCommandAndThenTheCluster(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	if code, err := command([]string{"sleep", "600"}, "", signals); code != 128+15 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	if code, err := command([]string{"/no/such"}, "", nil); code != 1 || err == nil {
		t.Errorf("no such command: exit code %d, %v", code, err)
	}
}

func TestSomethingMustBeNamed(t *testing.T) {
	t.Parallel()
	if code, err := run("", nil); code != 2 || err == nil {
		t.Errorf("exit code %d, %v", code, err)
	}
}

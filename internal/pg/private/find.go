// SPDX-License-Identifier: Apache-2.0

package private

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/fault"
)

// Oldest is the lowest major version of Postgres that the product runs on.
const Oldest = 15

// places are where packages put server programs, which is seldom on the PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu, PGDG on both
	"/usr/pgsql-*/bin",          // PGDG on Red Hat and SUSE
	"/usr/lib/postgresql*/bin",  // SUSE
	"/usr/libexec/postgresql*",  // Alpine
	"/usr/local/pgsql/bin",      // built from source
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/usr/local/bin",
	"/usr/bin",
}

// programs is one installed Postgres.
type programs struct {
	dir     string
	major   int    // 15
	version string // "15.20"
}

func (p programs) path(name string) string { return filepath.Join(p.dir, name) }

// has reports whether all named programs are there.
func (p programs) has(names ...string) bool {
	for _, n := range names {
		if _, err := os.Stat(p.path(n)); err != nil {
			return false
		}
	}
	return true
}

// find returns every installed Postgres, newest first, those in extra
// directories before others of their major version.
func find(ctx context.Context, extra []string) []programs {
	dirs := slices.Clone(extra)
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	for _, glob := range places {
		found, _ := filepath.Glob(glob) // fails on a malformed pattern only
		dirs = append(dirs, found...)
	}
	var all []programs
	seen := map[string]bool{}
	for _, d := range dirs {
		d, err := filepath.EvalSymlinks(d)
		if err != nil || seen[d] {
			continue
		}
		seen[d] = true
		p := programs{dir: d}
		if !p.has("postgres", "initdb") {
			continue
		}
		if p.version, p.major = ask(ctx, p.path("postgres")); p.major >= Oldest {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b programs) int { return cmp.Compare(b.major, a.major) })
	return all
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) ((\d+)\S*)`)

// ask returns the version a postgres program says it is, zero if it says none.
func ask(ctx context.Context, program string) (version string, major int) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "-V").Output()
	m := versionLine.FindSubmatch(out)
	if err != nil || m == nil {
		return "", 0
	}
	major, _ = strconv.Atoi(string(m[2]))
	return string(m[1]), major
}

// majorOf returns the major version that made a cluster, zero if there is none.
func majorOf(data string) (int, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", filepath.Join(data, "PG_VERSION"), err)
	}
	return major, nil
}

// choose picks the programs of the major version that made a cluster or, if
// there is none and made is zero, those of the version asked for, else the
// newest. The error says which versions there are and what to do.
func choose(all []programs, data string, made, asked int) (programs, error) {
	want := made
	if want == 0 {
		want = asked
	}
	for _, p := range all {
		if want == 0 || p.major == want {
			return p, nil
		}
	}
	switch {
	case len(all) == 0:
		return programs{}, fault.New(fault.Unavailable, "postgres.not_installed", fmt.Sprintf(
			"No Postgres server programs of version %d or later were found on this machine. "+
				"Install them (on Debian: deploy/setup.sh run, or apt-get install postgresql), "+
				"or name a database of your own in TILLGANG_DATABASE_URL.", Oldest))
	case made != 0:
		return programs{}, fault.New(fault.Conflict, "postgres.major_mismatch", fmt.Sprintf(
			"The database in %s was made by Postgres %d, and this machine has %s. Nothing was changed. "+
				"Install Postgres %d again beside it; then either stay with that, or run: tillgang db upgrade",
			data, made, majors(all), made))
	default:
		return programs{}, fault.New(fault.Unavailable, "postgres.not_installed", fmt.Sprintf(
			"Postgres %d was asked for, and this machine has %s. Install it, or ask for another.", asked, majors(all)))
	}
}

// majors lists major versions: "Postgres 15, 17".
func majors(all []programs) string {
	var s []string
	for _, p := range all {
		if n := strconv.Itoa(p.major); !slices.Contains(s, n) {
			s = append(s, n)
		}
	}
	return "Postgres " + strings.Join(s, ", ")
}

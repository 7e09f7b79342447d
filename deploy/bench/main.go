// SPDX-License-Identifier: Apache-2.0

// Command bench runs every measurement and writes deploy/benchmarks.md: what
// was measured, on which machine, by which versions, and whether it keeps its
// budget. A missed budget is written down and fails nothing; a measurement
// that cannot be made is written down, too.
//
//	go run ./deploy/bench [-only start,search] [-out deploy/benchmarks.md]
//
// It is started in the root of the source tree, after make build.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// part is one program that measures.
type part struct {
	name, title string
	database    bool // it is given a database server that is thrown away
	args        []string
	figures     []figure
}

var parts = []part{
	{name: "pictures", title: "Pictures", args: []string{"-worker", "bin/tillgang-vips"}, figures: []figure{
		{"Three renditions of a 24-megapixel JPEG, CPU, against libvips in process", "tillgang-vips", "", "CPU ratio", "≤", 1.15, ""},
		{"… by the built-in engine", "built-in engine", "", "CPU ratio", "≤", 0.9, ""},
		{"Images/s of the built-in engine, two processes, against libvips", "built-in engine in process", "", "speed", "≥", 1.1, ""},
		{"… by processor time", "built-in engine in process", "", "speed by CPU", "≥", 1.1, ""},
		{"… against disintegration/imaging from full size", "against imaging", "", "speed", "≥", 7, ""},
		{"… by processor time", "against imaging", "", "speed by CPU", "≥", 7, ""},
		{"Memory for a 24-megapixel JPEG, built-in engine", "24 megapixels", "", "MiB ours", "≤", 64, "MiB"},
		{"100 megapixels, built-in engine", "100 megapixels", "", "CPU s ours", "≤", 0.7, "s"},
		{"PNG of 30,000 × 30,000 px refused", "30,000", "", "ms", "≤", 50, "ms"},
		{"tillgang-vips against sharp", "sharp", "", "CPU ratio", ">", ours, ""},
		{"… against vipsthumbnail × 3", "vipsthumbnail", "", "CPU ratio", ">", ours, ""},
		{"… against ImageMagick", "ImageMagick", "", "CPU ratio", ">", ours, ""},
	}},
	{name: "ingest", title: "Ingest", figures: []figure{
		{"Photographs from upload to ready: images/s, against the engine alone", "from upload to ready", "", "ratio", "≥", 0.85, ""},
		{"… by processor time", "from upload to ready", "", "ratio by CPU", "≥", 0.85, ""},
		{"Files of many kinds, against a shell loop of vipsthumbnail and exiftool", "vipsthumbnail × 3 and exiftool", "", "times as fast as the loop", ">", 1, ""},
		{"… against a loop that does the same work", "does the same work", "", "times as fast as the loop", ">", 1, ""},
	}},
	{name: "delivery", title: "Delivery", database: true, figures: []figure{
		{"200 KB rendition with its check: requests/s, against nginx", "200 KB rendition", "", "speed", "≥", 0.8, ""},
		{"… its CPU, against nginx", "200 KB rendition", "", "CPU", "≤", 2.4, ""},
		{"1 GiB original with a ticket: CPU, against net/http with sendfile", "from a directory", "", "CPU", "≤", 1.1, ""},
		{"1 GiB original from S3: CPU, against one GET", "from S3", "one GET", "CPU", "≤", 1.2, ""},
		{"… its speed, against the S3 client itself", "from S3", "the S3 client", "speed", "≥", 0.7, ""},
	}},
	{name: "search", title: "Lists and search among 100,000 assets", database: true, figures: []figure{
		{"Newest 60 for an ordinary user, p99", "newest 60", "ordinary", "p99", "≤", 10, "ms"},
		{"Free text for an ordinary user, p99", "free text, 1 to 3 words", "ordinary", "p99", "≤", 30, "ms"},
	}},
	{name: "uploads", title: "Uploads", figures: []figure{
		{"tus upload of 1 GiB, against writing and hashing the same bytes", "tus upload", "", "ratio", "≥", 0.7, ""},
		{"50 uploads at once: extra memory", "50 uploads at once, to a directory", "", "extra MiB", "≤", 64, "MiB"},
		{"… to S3", "50 uploads at once, to S3", "", "extra MiB", "≤", 64, "MiB"},
	}},
	{name: "start", title: "Start and idle memory", figures: []figure{
		{"Start to ready, the first time", "first", "", "median s", "≤", 15, "s"},
		{"Start to ready, later", "later", "", "median s", "≤", 3, "s"},
		{"Idle server, resident", "server", "", "RSS MiB", "≤", 100, "MiB"},
	}},
}

func main() {
	only := flag.String("only", "", "`parts` to run, with commas between: pictures, ingest, delivery, search, uploads, start")
	out := flag.String("out", "deploy/benchmarks.md", "the `file` to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only, out string) error {
	if _, err := os.Stat("bin/tillgang"); err != nil {
		return errors.New("bin/tillgang is missing: run make bench, in the root of the source tree")
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	var sections, met strings.Builder
	for _, p := range parts {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.name) {
			continue
		}
		text, err := p.measure(ctx, dir)
		if ctx.Err() != nil {
			return ctx.Err() // interrupted: the old page stays
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
			text = strings.TrimRight(text, "\n") + "\n\nThe measurement did not come to its end: " + strings.Join(strings.Fields(err.Error()), " ") + "\n"
		}
		text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "## "+p.title))
		fmt.Fprintf(&sections, "\n## %s\n\n%s\n", p.title, text)
		for _, f := range p.figures {
			met.WriteString(f.line(tables(text)))
		}
	}
	page := "# Benchmarks\n\nWritten by `make bench`; do not edit. Ratios are of runs in turn on the same machine, so that they hold elsewhere, too; absolute times are of the machine named here.\n\n" +
		about(ctx) + "\n## Budgets\n\n| figure | measured | budget | |\n|---|--:|--:|---|\n" + met.String() + sections.String()
	return os.WriteFile(out, []byte(page), 0o644)
}

// measure builds a part and runs it; what it wrote before an error is returned
// with the error.
func (p part) measure(ctx context.Context, dir string) (string, error) {
	fmt.Fprintf(os.Stderr, "bench: %s\n", p.name)
	program, section := filepath.Join(dir, p.name), filepath.Join(dir, p.name+".md")
	if err := command(ctx, "go", "build", "-o", program, "./deploy/bench/"+p.name); err != nil {
		return "", err
	}
	args := append([]string{program, "-out", section}, p.args...)
	if p.database {
		// The connection string is known to the shell that withpostgres starts.
		shell := `exec "$0" -url "$TILLGANG_TEST_POSTGRES" "$@"`
		args = append([]string{"go", "run", "./internal/pg/pgtest/withpostgres", "--", "sh", "-c", shell}, args...)
	}
	err := command(ctx, args[0], args[1:]...)
	b, readErr := os.ReadFile(section)
	return string(b), errors.Join(err, readErr)
}

func command(ctx context.Context, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 30 * time.Second
	if gateway, err := filepath.Abs(".cache/bin/versitygw"); err == nil && os.Getenv("TILLGANG_TEST_VERSITYGW") == "" {
		if _, err := os.Stat(gateway); err == nil {
			c.Env = append(os.Environ(), "TILLGANG_TEST_VERSITYGW="+gateway)
		}
	}
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}

// about says when, where and by what was measured.
func about(ctx context.Context) string {
	first := func(name string, args ...string) string {
		b, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if err != nil && len(b) == 0 {
			return "not here"
		}
		line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
		return strings.ReplaceAll(line, "|", "/")
	}
	field := func(path, name string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			return "unknown"
		}
		for line := range strings.SplitSeq(string(b), "\n") {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
				return strings.TrimSpace(v)
			}
			if k, v, ok := strings.Cut(line, "="); ok && k == name {
				return strings.Trim(v, `"`)
			}
		}
		return "unknown"
	}
	var b strings.Builder
	b.WriteString("| | |\n|---|---|\n")
	for _, row := range [][2]string{
		{"Date", time.Now().UTC().Format(time.DateOnly)},
		{"Machine", fmt.Sprintf("%s, %d processors, %s of memory, %s", field("/proc/cpuinfo", "model name"), runtime.NumCPU(), field("/proc/meminfo", "MemTotal"), field("/etc/os-release", "PRETTY_NAME"))},
		{"Load at the start of the report", field1("/proc/loadavg")},
		{"Tillgång", first("bin/tillgang", "version")},
		{"Go", runtime.Version()},
		{"Postgres", first("sh", "-c", `"$(ls -d /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)" --version`)},
		{"libvips", first("vips", "--version")},
		{"ImageMagick", first("convert", "-version")},
		{"nginx", first("nginx", "-v")},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	return b.String()
}

func field1(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}

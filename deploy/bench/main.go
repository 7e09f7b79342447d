// SPDX-License-Identifier: Apache-2.0

// Command bench runs every measurement and writes deploy/benchmarks.md: what
// was measured, on which machine, by which versions, and whether it keeps its
// budget. A missed budget is written down and fails nothing; a measurement
// that cannot be made is written down, too.
//
//	go run ./deploy/bench [-only start,search] [-small] [-out deploy/benchmarks.md]
//
// With -only the page's other sections stay as they are; each says when it was
// measured.
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
		{"200 KB rendition with its check: requests/s, against nginx", "200 KB rendition", "nginx", "speed", "≥", 0.8, ""},
		{"… its CPU, against nginx", "200 KB rendition", "nginx", "CPU", "≤", 2.4, ""},
		{"1 GiB original with a ticket: CPU, against net/http with sendfile", "from a directory", "", "CPU", "≤", 1.1, ""},
		{"1 GiB original from S3: CPU, against one GET", "from S3", "one GET", "CPU", "≤", 1.2, ""},
		{"… its speed, against the S3 client itself", "from S3", "the S3 client", "speed", "≥", 0.7, ""},
	}},
	{name: "search", title: "Lists and search among 100,000 and 1,000,000 assets", figures: []figure{
		{"Newest 60 of 1,000,000 for an ordinary user, p99", "newest 60", "ordinary", "p99 1000000", "≤", 10, "ms"},
		{"… of a folder", "60 of a folder", "ordinary", "p99 1000000", "≤", 10, "ms"},
		{"Free text of 1 to 3 whole words, p99", "free text, 1 to 3 words", "ordinary", "p99 1000000", "≤", 25, "ms"},
		{"… with beginnings of words", "free text that begins so*", "ordinary", "p99 1000000", "≤", 50, "ms"},
		{"Completion of 2 letters, p99", "completion of 2 letters", "ordinary", "p99 1000000", "≤", 5, "ms"},
		{"Facets and total of all, p99", "facets of all", "ordinary", "p99 1000000", "≤", 150, "ms"},
		{"… of free text", "facets of text", "ordinary", "p99 1000000", "≤", 150, "ms"},
		{"p99 of 1,000,000 against that of 100,000: newest 60", "newest 60", "ordinary", "p99 grows", "≤", 6, ""},
		{"… free text", "free text, 1 to 3 words", "ordinary", "p99 grows", "≤", 6, ""},
		{"Database for each of 1,000,000 assets", "database for each of 1000000", "", "bytes", "≤", 8192, "bytes"},
	}},
	{name: "rights", title: "Rights among 20,000 folders and 100,000 assets", database: true, figures: []figure{
		{"Rights taken away at the top: the request", "taken away", "top", "request s", "≤", 2, "s"},
		{"Rights given in a large branch, which parts from the rest", "given", "branch", "request s", "≤", 2, "s"},
		{"… taken away there, where it meets the rest again", "taken away", "branch", "request s", "≤", 2, "s"},
	}},
	{name: "bulk", title: "One change to 10,000 assets", database: true, figures: []figure{
		{"10,000 assets edited by one order", "edited", "", "until done s", "≤", 20, "s"},
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
	{name: "browser", title: "Browser app", figures: []figure{
		{"Grid of 100,000 assets: start, CPU of the main thread", "grid, 100,000", "", "start CPU ms", "≤", 400, "ms"},
		{"… JavaScript heap", "grid, 100,000", "", "heap MB", "≤", 15, "MB"},
		{"… click to select, CPU", "grid, 100,000", "", "select CPU ms", "≤", 150, "ms"},
		{"Grid of 1,000,000 assets: click to select, CPU", "grid, 1,000,000", "", "select CPU ms", "≤", 150, "ms"},
		{"… elements in the list while it is scrolled, against before", "grid, 1,000,000", "", "elements", "≤", 1.3, ""},
	}},
}

func main() {
	small := flag.Bool("small", false, "leave out what takes long to prepare: the archive of 1,000,000 assets")
	only := flag.String("only", "", "`parts` to run, with commas between: pictures, ingest, delivery, search, rights, bulk, uploads, start, browser")
	archives := flag.String("archives", "", "keep what the part search measures in this `directory`, and measure it as it is if it is there")
	out := flag.String("out", "deploy/benchmarks.md", "the `file` to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *out, *archives, *small); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only, out, archives string, small bool) error {
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
	old, err := os.ReadFile(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	texts := make([]string, len(parts)) // what stands there of parts that are not run stays
	for i, p := range parts {
		texts[i] = section(string(old), p.title)
	}
	for i, p := range parts {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.name) {
			continue
		}
		if small && p.name == "search" {
			p.args = append(p.args, "-sizes", "100000")
		}
		if archives != "" && p.name == "search" {
			p.args = append(p.args, "-data", archives, "-as-is")
		}
		when := measured(ctx)
		text, err := p.measure(ctx, dir)
		if ctx.Err() != nil {
			return ctx.Err() // interrupted: what the page says of this part stays
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
			text = strings.TrimRight(text, "\n") + "\n\nThe measurement did not come to its end: " + strings.Join(strings.Fields(err.Error()), " ") + "\n"
		}
		texts[i] = when + "\n\n" + strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "## "+p.title))
		if err := os.WriteFile(out, []byte(page(ctx, texts)), 0o644); err != nil {
			return err
		}
	}
	return nil
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

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// page is the whole report; texts are the parts' sections, empty for those that
// have never been measured.
func page(ctx context.Context, texts []string) string {
	var sections, met strings.Builder
	for i, p := range parts {
		if texts[i] == "" {
			continue
		}
		fmt.Fprintf(&sections, "\n## %s\n\n%s\n", p.title, texts[i])
		for _, f := range p.figures {
			met.WriteString(f.line(tables(texts[i])))
		}
	}
	return "# Benchmarks\n\nWritten by `make bench`; do not edit. Ratios are of runs in turn on the same machine, so that they hold elsewhere, too; absolute times are of the machine named here.\n\n" +
		about(ctx) + "\n## Budgets\n\n| figure | measured | budget | |\n|---|--:|--:|---|\n" + met.String() + sections.String()
}

// section is what a page says under a title; empty if it has no such title.
func section(page, title string) string {
	_, text, ok := strings.Cut(page, "\n## "+title+"\n")
	if !ok {
		return ""
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return strings.TrimSpace(text)
}

// about says where and by what was measured.
func about(ctx context.Context) string {
	first := func(name string, args ...string) string { return firstLine(ctx, name, args...) }
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
		{"Machine", fmt.Sprintf("%s, %d processors, %s of memory, %s", field("/proc/cpuinfo", "model name"), runtime.NumCPU(), field("/proc/meminfo", "MemTotal"), field("/etc/os-release", "PRETTY_NAME"))},
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

// measured says when, of what and on how busy a machine a part is measured.
func measured(ctx context.Context) string {
	load := "unknown"
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Join(strings.Fields(string(b))[:2], " and ")
	}
	return fmt.Sprintf("*Measured on %s, %s; load of the machine in the minute and the five minutes before: %s.*",
		time.Now().UTC().Format(time.DateOnly), firstLine(ctx, "bin/tillgang", "version"), load)
}

// firstLine is the first line that a program says.
func firstLine(ctx context.Context, name string, args ...string) string {
	b, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil && len(b) == 0 {
		return "not here"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return strings.ReplaceAll(line, "|", "/")
}

// SPDX-License-Identifier: Apache-2.0

// Command browser measures what the library's grid costs a browser: it runs
// internal/webapp/uitest/grid.bench.js, which needs Node and Chromium.
//
//	go run ./deploy/bench/browser [-out FILE.md]
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
)

func main() {
	out := flag.String("out", "", "write the table to this `file` (default: standard output)")
	flag.Parse()
	if err := run(context.Background(), *out); err != nil {
		fmt.Fprintln(os.Stderr, "browser bench:", err)
		os.Exit(1)
	}
}

const about = `The library at 1440 × 900 over a made-up server, three visits each, medians. Thread time of the browser's main thread, as Chromium counts it: to the first cards at rest, for a click on another card, and for an arrow key. The JavaScript heap, after garbage was collected, and the elements of the list are those after scrolling through all of it. The screen of preferences shows what the frame costs without a list.

`

func run(ctx context.Context, out string) error {
	cmd := exec.CommandContext(ctx, "node", "grid.bench.js")
	cmd.Dir = "internal/webapp/uitest"
	var table bytes.Buffer
	cmd.Stdout, cmd.Stderr = &table, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("measure in the browser (needs Node, Chromium and npm ci in %s): %w", cmd.Dir, err)
	}
	if out == "" {
		fmt.Print(about, table.String())
		return nil
	}
	return os.WriteFile(out, append([]byte(about), table.Bytes()...), 0o644)
}

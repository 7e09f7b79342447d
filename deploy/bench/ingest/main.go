// SPDX-License-Identifier: Apache-2.0

// Command ingest measures the way of a file into the archive from end to end:
// the real program takes it over HTTP, hashes, keeps and reads it, makes its
// renditions and writes its rows. Photographs are measured against what the
// picture engine makes alone in the same run, files of many kinds against a
// shell loop of the usual tools.
//
//	go run ./deploy/bench/ingest [-binary bin/tillgang] [-photographs 200] [-mixed 1000] [-loop 200] [-out FILE.md]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"tillgang/internal/picture"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == engineCommand {
		if err := engineChild(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "ingest bench:", err)
			os.Exit(1)
		}
		return
	}
	b := &bench{}
	flag.StringVar(&b.binary, "binary", "bin/tillgang", "the `program`, as make build makes it")
	flag.IntVar(&b.photographs, "photographs", 200, "photographs of 24 megapixels")
	flag.IntVar(&b.mixed, "mixed", 1000, "files of many kinds")
	flag.IntVar(&b.loop, "loop", 200, "how many of them the shell loops read")
	flag.StringVar(&b.serverLog, "server-log", "", "`file` for what the server says")
	out := flag.String("out", "", "write the tables to this `file` (default: standard output)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	text, err := b.run(ctx)
	if *out != "" && text != "" {
		if e := os.WriteFile(*out, []byte(text), 0o644); e != nil {
			err = e
		}
	} else {
		fmt.Print(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ingest bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	binary, serverLog        string
	photographs, mixed, loop int
	dir                      string
}

func (b *bench) run(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "bench-ingest-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	b.dir = dir
	if b.binary, err = filepath.Abs(b.binary); err != nil {
		return "", err
	}
	var s strings.Builder
	if b.photographs > 0 {
		if err := b.photographsPart(ctx, &s); err != nil {
			return s.String(), err
		}
	}
	if b.mixed > 0 {
		if err := b.mixedPart(ctx, &s); err != nil {
			return s.String(), err
		}
	}
	s.WriteString("Repeat with `go run ./deploy/bench/ingest`.\n")
	return s.String(), nil
}

// photographsPart measures the engine alone, the whole way, and the engine alone again.
func (b *bench) photographsPart(ctx context.Context, s *strings.Builder) error {
	base, err := makeJPEG(filepath.Join(b.dir, "24.jpg"), 6000, 4000, 1)
	if err != nil {
		return err
	}
	workers := runtime.NumCPU()
	each := max(2, b.photographs/(8*workers))
	before, err := b.engine(ctx, workers, each)
	if err != nil {
		return err
	}
	house, err := b.start(ctx, "photographs")
	if err != nil {
		return err
	}
	defer house.Stop()
	files := make([]file, b.photographs)
	for i := range files {
		files[i] = file{name: fmt.Sprintf("DSC_%04d.jpg", i), kind: "JPEG", parts: withComment(base, fmt.Sprint("photograph ", i))}
	}
	begun := house.used()
	took, err := house.take(ctx, files, workers)
	if err != nil {
		return err
	}
	spent := house.used().since(begun)
	if err := house.check(ctx, files, len(picture.Standard())); err != nil {
		return err
	}
	_, rss, err := house.Memory()
	if err != nil {
		return err
	}
	house.Stop()
	after, err := b.engine(ctx, workers, each)
	if err != nil {
		return err
	}
	alone := rate{images: before.images + after.images, wall: before.wall + after.wall, cpu: before.cpu + after.cpu}
	whole := rate{images: len(files), wall: took, cpu: spent.sum()}
	fmt.Fprintf(s, "## Ingest\n\n%d JPEGs of 24 megapixels (%.1f MB each, no two the same) through the real program with its private Postgres: uploads over HTTP by %d clients, hash, storage, metadata, likeness, three renditions, rows, index. The engine alone makes the same three renditions in %d processes that make many each, before and after.\n\n", len(files), float64(len(base))/1e6, workers, workers)
	s.WriteString("| photographs | images/s | ratio | CPU s each | ratio by CPU | of it the server | its tools | Postgres | highest RSS of the server, MiB |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	fmt.Fprintf(s, "| the engine alone | %.2f | 1 | %.3f | 1 | | | | |\n", alone.speed(), alone.each())
	part := func(d time.Duration) float64 { return d.Seconds() / float64(len(files)) }
	fmt.Fprintf(s, "| from upload to ready | %.2f | %.2f | %.3f | %.2f | %.3f | %.3f | %.3f | %d |\n\n", whole.speed(), whole.speed()/alone.speed(),
		whole.each(), alone.each()/whole.each(), part(spent.server), part(spent.tools), part(spent.database), rss>>20)
	return nil
}

// mixedPart measures files of many kinds, and shell loops with a part of them.
func (b *bench) mixedPart(ctx context.Context, s *strings.Builder) error {
	folder := filepath.Join(b.dir, "mixed")
	files, err := makeMixed(ctx, folder, b.mixed)
	if err != nil {
		return err
	}
	workers := runtime.NumCPU()
	house, err := b.start(ctx, "house")
	if err != nil {
		return err
	}
	defer house.Stop()
	begun := house.used()
	took, err := house.take(ctx, files, workers)
	if err != nil {
		return err
	}
	spent := house.used().since(begun)
	if err := house.check(ctx, files, 0); err != nil {
		return err
	}
	ours := rate{images: len(files), wall: took, cpu: spent.sum()}
	house.Stop()
	some := spread(files, b.loop)
	plain, err := b.shell(ctx, "plain", plainLoop, some, workers)
	if err != nil {
		return err
	}
	same, err := b.shell(ctx, "same", sameLoop, some, workers)
	if err != nil {
		return err
	}
	fmt.Fprintf(s, "%d files of many kinds, no two the same: %s. The loops read every %dth of them, %d at a time; the second one does what the archive does as far as tools do it: hash, metadata, three renditions, the text of documents, pages of Word files, a picture and the measures of films and sound. Neither keeps rows, rights, an index or a likeness, nor is anything walled in.\n\n", len(files), census(files), len(files)/len(some), workers)
	s.WriteString("| files of many kinds | files/s | CPU s each | times as fast as the loop |\n|---|--:|--:|--:|\n")
	fmt.Fprintf(s, "| from upload to ready | %.2f | %.3f | |\n", ours.speed(), ours.each())
	fmt.Fprintf(s, "| against vipsthumbnail × 3 and exiftool of what these read | %.2f | %.3f | %.2f |\n", plain.speed(), plain.each(), ours.speed()/plain.speed())
	fmt.Fprintf(s, "| against a loop that does the same work | %.2f | %.3f | %.2f |\n\n", same.speed(), same.each(), ours.speed()/same.speed())
	return nil
}

// rate is what so many files took.
type rate struct {
	images int
	wall   time.Duration
	cpu    time.Duration
}

func (r rate) speed() float64 { return float64(r.images) / r.wall.Seconds() }
func (r rate) each() float64  { return r.cpu.Seconds() / float64(r.images) }

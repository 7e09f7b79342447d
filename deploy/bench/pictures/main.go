// SPDX-License-Identifier: Apache-2.0

// Command pictures measures how much processor time three renditions of a
// 24-megapixel JPEG cost: our two engines, each a child process in the sandbox,
// against libvips called in one process, sharp, vipsthumbnail and ImageMagick.
//
//	go run ./deploy/bench/pictures [-rounds 7] [-out FILE.md] [-worker bin/tillgang-vips]
//
// Then it measures engines in processes that make many pictures, and what very
// large pictures cost. It makes its own pictures, runs each contender alternating with the
// reference, and writes medians and ratios as a section of Markdown. sharp is
// installed by npm into a temporary folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"tillgang/internal/picture"
	"tillgang/internal/sandbox"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case sandbox.Command:
			os.Exit(sandbox.Main(os.Args[2:]))
		case picture.WorkerArg:
			os.Exit(picture.WorkerMain(os.Args[2:]))
		case builtinCommand, imagingCommand, photographCommand:
			if err := child(os.Args[1], os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, "pictures:", err)
				os.Exit(1)
			}
			return
		}
	}
	rounds := flag.Int("rounds", 7, "paired runs of each contender")
	out := flag.String("out", "", "file for the Markdown section; standard output without it")
	worker := flag.String("worker", "", "tillgang-vips; built without it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *out, *worker); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// contender makes the three renditions of in, in the folder it is given.
type contender struct {
	name string
	goal string // what is promised of the ratio; empty when nothing is
	note string
	once func(ctx context.Context, dir string) error
}

func run(ctx context.Context, rounds int, out, worker string) error {
	base, err := os.MkdirTemp("", "bench-pictures-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(base) }()
	if err := os.Chmod(base, 0o755); err != nil { // the sandbox's user reads the picture
		return err
	}
	in := filepath.Join(base, "in.jpg")
	size, err := photograph(ctx, in, 6000, 4000)
	if err != nil {
		return err
	}
	s := sandbox.New("", filepath.Join(base, "scratch"), slog.New(slog.DiscardHandler))
	defer func() { _ = s.Close() }()
	b := &bench{in: in, base: base, sandbox: s}
	reference, all, err := b.contenders(ctx, worker)
	if err != nil {
		return err
	}
	results := make([]result, len(all))
	if _, _, err := b.measure(ctx, reference.once); err != nil { // warm
		return fmt.Errorf("%s: %w", reference.name, err)
	}
	var alone []float64
	for i, c := range all {
		results[i].contender = c
		for round := range rounds + 1 {
			refCPU, refWall, err := b.measure(ctx, reference.once)
			if err != nil {
				return fmt.Errorf("%s: %w", reference.name, err)
			}
			cpu, wall, err := b.measure(ctx, c.once)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round == 0 {
				continue // warm
			}
			alone = append(alone, refCPU)
			results[i].add(cpu, wall, cpu/refCPU, wall/refWall)
		}
		fmt.Fprintf(os.Stderr, "%-40s %.3f CPU s, ratio %.2f\n", c.name, median(results[i].cpu), median(results[i].ratio))
	}
	text := report(size, rounds, reference.name, median(alone), results)
	more, err := b.steady(ctx, rounds)
	if err != nil {
		return err
	}
	text += more + "\nRepeat with `go run ./deploy/bench/pictures`.\n"
	if out == "" {
		_, err = fmt.Print(text)
		return err
	}
	return os.WriteFile(out, []byte(text), 0o644)
}

type bench struct {
	in, base string
	sandbox  *sandbox.Sandbox
}

// measure returns the processor and clock time of one run, with everything
// that it starts and this process does for it.
func (b *bench) measure(ctx context.Context, once func(context.Context, string) error) (cpu, wall float64, err error) {
	dir, remove, err := b.sandbox.Scratch(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer remove()
	before, start := used(), time.Now()
	err = once(ctx, dir)
	return (used() - before).Seconds(), time.Since(start).Seconds(), err
}

func used() (sum time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			panic(err) // a constant argument cannot be wrong
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// inSandbox is the picture.Run that the server uses, too.
func (b *bench) inSandbox(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
	r, err := b.sandbox.Run(ctx, sandbox.Task{Dir: dir, Read: inputs, Argv: argv})
	return r.Stdout, err
}

// engine makes renditions the way the server does.
func (b *bench) engine(e picture.Engine) func(context.Context, string) error {
	return func(ctx context.Context, dir string) error {
		job := picture.Job{Input: b.in, MediaType: picture.TypeJPEG}
		for _, r := range picture.Standard() {
			job.Outputs = append(job.Outputs, picture.Output{Path: fmt.Sprintf("%d", r.Width), Recipe: r})
		}
		_, err := e.Render(ctx, dir, job)
		return err
	}
}

// command runs programs one after the other.
func command(runs ...func(dir string) []string) func(context.Context, string) error {
	return func(ctx context.Context, dir string) error {
		for _, argv := range runs {
			a := argv(dir)
			if text, err := exec.CommandContext(ctx, a[0], a[1:]...).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, text)
			}
		}
		return nil
	}
}

type result struct {
	contender
	cpu, wall, ratio, wallRatio []float64
}

func (r *result) add(cpu, wall, ratio, wallRatio float64) {
	r.cpu, r.wall = append(r.cpu, cpu), append(r.wall, wall)
	r.ratio, r.wallRatio = append(r.ratio, ratio), append(r.wallRatio, wallRatio)
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s)%2 == 0 {
		return (s[len(s)/2-1] + s[len(s)/2]) / 2
	}
	return s[len(s)/2]
}

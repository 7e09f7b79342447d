// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/disintegration/imaging"

	"tillgang/internal/picture"
)

// Commands with which this program starts itself: three renditions of a
// picture, made so many times in one process without a sandbox.
const (
	builtinCommand = "three-builtin" // by the built-in engine
	imagingCommand = "three-imaging" // by disintegration/imaging, each from full size

	// photographCommand makes a photograph: PATH WIDTH HEIGHT. A process of its
	// own makes it because the kernel counts the memory that a process had when
	// it started another one as that one's, too.
	photographCommand = "photograph"
)

// child carries out one of the commands: TIMES IN DIR, or a photograph's.
func child(command string, args []string) error {
	if len(args) != 3 {
		return errors.New("three arguments are needed")
	}
	if command == photographCommand {
		width, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		height, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return makePhotograph(args[0], width, height)
	}
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	make3 := threeImaging
	if command == builtinCommand {
		make3 = threeBuiltin
	}
	for range times {
		if err := make3(args[1], args[2]); err != nil {
			return err
		}
	}
	return nil
}

func threeImaging(in, dir string) error {
	m, err := imaging.Open(in, imaging.AutoOrientation(true))
	if err != nil {
		return err
	}
	for _, side := range sides {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.jpg", side)))
		if err != nil {
			return err
		}
		small := imaging.Fit(m, side, side, imaging.Lanczos)
		if err := jpeg.Encode(f, small, &jpeg.Options{Quality: picture.DefaultQuality}); err != nil {
			_ = f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func threeBuiltin(in, dir string) error {
	job := picture.Job{Input: in}
	for _, r := range picture.Standard() {
		path := filepath.Join(dir, strconv.Itoa(r.Width))
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		job.Outputs = append(job.Outputs, picture.Output{Path: path, Recipe: r})
	}
	text, err := json.Marshal(job)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "job")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	if status := picture.WorkerMain([]string{path}); status != 0 {
		return fmt.Errorf("status %d", status)
	}
	for _, out := range job.Outputs { // the reply goes to nobody, the files tell
		if _, err := os.Stat(out.Path); err != nil {
			return err
		}
	}
	return nil
}

// photograph has a photograph made and returns its size in bytes.
func photograph(ctx context.Context, path string, w, h int) (int64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	if text, err := exec.CommandContext(ctx, self, photographCommand, path, strconv.Itoa(w), strconv.Itoa(h)).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("photograph: %w: %s", err, text)
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// cost is what one or more processes took.
type cost struct {
	cpu, wall float64 // seconds
	peak      int64   // MiB of the largest process
}

// together runs a command in so many processes at once, each with its own
// folder.
func (b *bench) together(ctx context.Context, processes int, argv func(dir string) []string) (c cost, err error) {
	var all []*exec.Cmd
	start := time.Now()
	for range processes {
		dir, err := os.MkdirTemp(b.base, "out-")
		if err != nil {
			return c, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		a := argv(dir)
		cmd := exec.CommandContext(ctx, a[0], a[1:]...)
		if err := cmd.Start(); err != nil {
			return c, err
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if e := cmd.Wait(); e != nil {
			err = e
			continue
		}
		c.cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
		if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			c.peak = max(c.peak, u.Maxrss>>10)
		}
	}
	c.wall = time.Since(start).Seconds()
	return c, err
}

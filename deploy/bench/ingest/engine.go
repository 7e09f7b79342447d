// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"tillgang/internal/picture"
)

// engineCommand starts this program as the picture engine: TIMES PICTURE FOLDER.
const engineCommand = "engine-alone"

func engineChild(args []string) error {
	if len(args) != 3 {
		return errors.New("times, picture and folder are needed")
	}
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	job := picture.Job{Input: args[1], MediaType: picture.TypeJPEG}
	for _, r := range picture.Standard() {
		job.Outputs = append(job.Outputs, picture.Output{Path: filepath.Join(args[2], strconv.Itoa(r.Width)), Recipe: r})
	}
	text, err := json.Marshal(job)
	if err != nil {
		return err
	}
	path := filepath.Join(args[2], "job")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	for range times {
		if status := picture.WorkerMain([]string{path}); status != 0 {
			return fmt.Errorf("status %d", status)
		}
		for _, out := range job.Outputs { // the reply goes to nobody, the files tell
			if err := os.Remove(out.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// engine has so many processes make the renditions so many times.
func (b *bench) engine(ctx context.Context, processes, times int) (r rate, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	var all []*exec.Cmd
	begin := time.Now()
	for range processes {
		dir, err := os.MkdirTemp(b.dir, "out-")
		if err != nil {
			return r, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		c := exec.CommandContext(ctx, self, engineCommand, strconv.Itoa(times), filepath.Join(b.dir, "24.jpg"), dir)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			return r, err
		}
		all = append(all, c)
	}
	for _, c := range all {
		err = errors.Join(err, c.Wait())
		r.cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	}
	r.images, r.wall = processes*times, time.Since(begin)
	return r, err
}

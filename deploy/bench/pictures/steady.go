// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/picture"
)

// steady measures engines in processes that make many pictures, two at once,
// and what single large pictures cost.
func (b *bench) steady(ctx context.Context, rounds int) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	engines := []struct {
		name, note string
		times      int
		argv       func(times int, in string) func(dir string) []string
	}{
		{"libvips in process, one decode (reference)", "", 6, func(times int, in string) func(string) []string {
			return func(dir string) []string {
				return []string{filepath.Join(b.base, "reference"), "-n", strconv.Itoa(times), in, dir}
			}
		}},
		{"built-in engine in process", "≥ 1.1 × the reference, ≥ 7 × imaging", 6, func(times int, in string) func(string) []string {
			return func(dir string) []string { return []string{self, builtinCommand, strconv.Itoa(times), in, dir} }
		}},
		{"disintegration/imaging, from full size", "", 1, func(times int, in string) func(string) []string {
			return func(dir string) []string { return []string{self, imagingCommand, strconv.Itoa(times), in, dir} }
		}},
	}
	type figures struct{ speed, cpu, ratio, cpuRatio []float64 }
	all := make([]figures, len(engines))
	for range rounds {
		var speed, cpu float64 // the reference's
		for i, e := range engines {
			c, err := b.together(ctx, 2, e.argv(e.times, b.in))
			if err != nil {
				return "", fmt.Errorf("%s: %w", e.name, err)
			}
			n := float64(2 * e.times)
			if i == 0 {
				speed, cpu = n/c.wall, c.cpu/n
			}
			f := &all[i]
			f.speed, f.cpu = append(f.speed, n/c.wall), append(f.cpu, c.cpu/n)
			f.ratio, f.cpuRatio = append(f.ratio, n/c.wall/speed), append(f.cpuRatio, cpu/(c.cpu/n))
		}
	}
	ours, imaging := all[1], all[2]
	var s strings.Builder
	s.WriteString("\nMany pictures in a process, two processes at once; paired rounds, medians. Speed by processor time is how many pictures are made in the processor time of one of the reference's, whatever else the machine does.\n\n")
	s.WriteString("| many at once | images/s | speed | speed by CPU | CPU s each |\n|---|--:|--:|--:|--:|\n")
	for i, e := range engines {
		f := all[i]
		fmt.Fprintf(&s, "| %s | %.2f | %.2f | %.2f | %.3f |\n", e.name, median(f.speed), median(f.ratio), median(f.cpuRatio), median(f.cpu))
	}
	fmt.Fprintf(&s, "| built-in engine against imaging | | %.2f | %.2f | |\n", median(ours.speed)/median(imaging.speed), median(imaging.cpu)/median(ours.cpu))
	large, err := b.large(ctx)
	if err != nil {
		return "", err
	}
	s.WriteString("\nSingle pictures in a process of their own, three renditions each, the least of three runs.\n\n| single picture | MB | CPU s ours | MiB ours | CPU s reference | MiB reference |\n|---|--:|--:|--:|--:|--:|\n")
	for _, l := range large {
		var best [2]cost
		for i := range best {
			for round := range 3 {
				c, err := b.together(ctx, 1, engines[1-i].argv(1, l.path))
				if err != nil {
					return "", fmt.Errorf("%s: %w", l.name, err)
				}
				if round == 0 || c.cpu < best[i].cpu {
					best[i] = c
				}
			}
		}
		fmt.Fprintf(&s, "| %s | %.1f | %.2f | %d | %.2f | %d |\n", l.name, l.size/1e6, best[0].cpu, best[0].peak, best[1].cpu, best[1].peak)
	}
	bomb, err := b.bomb(ctx)
	return s.String() + bomb, err
}

type single struct {
	name, path string
	size       float64
}

// large returns the pictures that are measured alone.
func (b *bench) large(ctx context.Context) ([]single, error) {
	all := []single{{name: "24 megapixels", path: b.in}, {name: "24 megapixels, progressive", path: filepath.Join(b.base, "progressive.jpg")}, {name: "100 megapixels", path: filepath.Join(b.base, "100.jpg")}}
	if text, err := exec.CommandContext(ctx, "vips", "copy", b.in, all[1].path+"[Q=95,interlace]").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("vips: %w: %s", err, text)
	}
	if _, err := photograph(ctx, all[2].path, 11648, 8736); err != nil {
		return nil, err
	}
	for i := range all {
		info, err := os.Stat(all[i].path)
		if err != nil {
			return nil, err
		}
		all[i].size = float64(info.Size())
	}
	return all, nil
}

// bomb measures how a PNG of 30,000 × 30,000 pixels in few bytes is refused.
func (b *bench) bomb(ctx context.Context) (string, error) {
	const side = 30_000
	path := filepath.Join(b.base, "bomb.png")
	var data bytes.Buffer
	z, err := zlib.NewWriterLevel(&data, zlib.BestCompression)
	if err != nil {
		return "", err
	}
	row := make([]byte, 1+3*side)
	for range side {
		if _, err := z.Write(row); err != nil {
			return "", err
		}
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	file := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, body []byte) {
		file = binary.BigEndian.AppendUint32(file, uint32(len(body)))
		at := len(file)
		file = append(append(file, kind...), body...)
		file = binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[at:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, side), side)
	chunk("IHDR", append(head, 8, 2, 0, 0, 0))
	chunk("IDAT", data.Bytes())
	chunk("IEND", nil)
	if err := os.WriteFile(path, file, 0o644); err != nil {
		return "", err
	}
	size := float64(len(file))
	file = nil
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir, remove, err := b.sandbox.Scratch(ctx)
	if err != nil {
		return "", err
	}
	defer remove()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	_, err = picture.Builtin{Exe: self, Run: b.inSandbox}.Render(ctx, dir, picture.Job{Input: path, Outputs: []picture.Output{{Path: "out", Recipe: picture.Box(320)}}})
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if fault.CodeOf(err) != picture.CodeTooLarge {
		return "", errors.Join(fmt.Errorf("the PNG of %d × %d was not refused", side, side), err)
	}
	return fmt.Sprintf("\n| refused by its header | ms | MiB |\n|---|--:|--:|\n| PNG of 30,000 × 30,000 px in %.1f MB | %.2f | %.2f |\n",
		size/1e6, float64(took.Microseconds())/1e3, float64(after.TotalAlloc-before.TotalAlloc)/(1<<20)), nil
}

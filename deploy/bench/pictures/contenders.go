// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"tillgang/internal/picture"
)

var sides = []int{2048, 1024, 320}

// contenders returns the reference and everybody measured against it.
func (b *bench) contenders(ctx context.Context, worker string) (reference contender, all []contender, err error) {
	build := func(name, pkg string) (string, error) {
		path := filepath.Join(b.base, name)
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w: %s", pkg, err, text)
		}
		return path, nil
	}
	one, err := build("reference", "tillgang/deploy/bench/pictures/reference")
	if err != nil {
		return reference, nil, err
	}
	if worker == "" {
		if worker, err = build("tillgang-vips", "tillgang/cmd/tillgang-vips"); err != nil {
			return reference, nil, err
		}
	}
	if worker, err = filepath.Abs(worker); err != nil {
		return reference, nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return reference, nil, err
	}
	dir, remove, err := b.sandbox.Scratch(ctx)
	if err != nil {
		return reference, nil, err
	}
	defer remove()
	vips, err := picture.ProbeVips(ctx, dir, worker, b.inSandbox)
	if err != nil {
		return reference, nil, err
	}
	sharp, err := b.installSharp(ctx)
	if err != nil {
		return reference, nil, err
	}
	convert := "/usr/bin/convert"
	if _, err := os.Stat(convert); err != nil {
		convert = "convert"
	}
	var thumbnails, converts []func(string) []string
	for _, side := range sides {
		n := strconv.Itoa(side)
		thumbnails = append(thumbnails, func(dir string) []string {
			return []string{"vipsthumbnail", b.in, "--size", n + "x" + n + ">", "-o", filepath.Join(dir, n+".jpg") + "[Q=82,strip]"}
		})
		converts = append(converts, func(dir string) []string {
			return []string{convert, b.in, "-auto-orient", "-resize", n + "x" + n + ">", "-strip", "-quality", "82", filepath.Join(dir, n+".jpg")}
		})
	}
	inside := func(dir string) []string { return []string{one, b.in, dir} }
	amortised := func(times string) func(string) []string {
		return func(dir string) []string { return []string{one, "-n", times, b.in, dir} }
	}
	reference = contender{name: "libvips " + vips.Version + " in process, one decode", once: command(inside)}
	return reference, []contender{
		{name: "**tillgang-vips**, process and sandbox included", goal: "≤ 1.15", once: b.engine(vips)},
		{name: "**built-in engine**, process and sandbox included", goal: "≤ 0.9", note: "pure Go", once: b.engine(picture.Builtin{Exe: self, Run: b.inSandbox})},
		{name: "the reference, ten pictures in one process", note: "for all ten: a tenth of it is one picture without any start", once: command(amortised("10"))},
		{name: "sharp, three pipelines from the file", goal: "behind us", note: "the way most servers use it; node's start included", once: command(func(dir string) []string { return []string{"node", sharp, b.in, dir} })},
		{name: "vipsthumbnail × 3", goal: "behind us", once: command(thumbnails...)},
		{name: "ImageMagick convert × 3", goal: "behind us", once: command(converts...)},
	}, nil
}

const sharpScript = `const sharp = require('sharp');
const [, , input, dir] = process.argv;
Promise.all([2048, 1024, 320].map((side) => sharp(input).rotate()
  .resize(side, side, { fit: 'inside', withoutEnlargement: true })
  .jpeg({ quality: 82 }).toFile(dir + '/' + side + '.jpg')))
  .catch((e) => { console.error(e); process.exit(1); });
`

func (b *bench) installSharp(ctx context.Context) (script string, err error) {
	dir := filepath.Join(b.base, "sharp")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", dir, "sharp@0.35.5")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install sharp: %w: %s", err, text)
	}
	script = filepath.Join(dir, "three.js")
	return script, os.WriteFile(script, []byte(sharpScript), 0o644)
}

// makePhotograph writes a JPEG with as much detail as a camera gives: soft
// light, sharp edges, and grain that neighbours share.
func makePhotograph(path string, w, h int) error {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	rnd := rand.New(rand.NewPCG(24, 1))
	for y := range h {
		grain := 0.0
		for x := range w {
			grain = grain*0.6 + (rnd.Float64()-0.5)*9
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			v := 110 + 60*math.Sin(9*fx+4*fy) + 30*math.Cos(40*fx*fy) + grain
			if (x/37+y/53)%11 == 0 {
				v -= 35
			}
			m.Y[y*m.YStride+x] = uint8(max(0, min(255, v)))
		}
	}
	for y := range h / 2 {
		for x := range w / 2 {
			fx, fy := float64(2*x)/float64(w), float64(2*y)/float64(h)
			m.Cb[y*m.CStride+x] = uint8(128 + 50*math.Sin(5*fx) + rnd.Float64()*4)
			m.Cr[y*m.CStride+x] = uint8(128 + 50*math.Cos(6*fy) + rnd.Float64()*4)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(jpeg.Encode(f, m, &jpeg.Options{Quality: 95}), f.Close())
}

func report(size int64, rounds int, reference string, alone float64, results []result) string {
	var s strings.Builder
	fmt.Fprintf(&s, "## Pictures\n\nThree renditions (2048, 1024 and 320 px, JPEG q82) of a made photograph of 6000 × 4000 px, %.1f MB. ", float64(size)/1e6)
	fmt.Fprintf(&s, "Processor seconds of everything started and of the starting process; each line is the median of %d runs, each paired with a run of the reference just before it. [least–most] is of the paired ratios.\n\n", rounds)
	s.WriteString("| | CPU s | CPU ratio | clock ratio | goal | |\n|---|---|---|---|---|---|\n")
	fmt.Fprintf(&s, "| %s (reference) | %.3f | 1 | 1 | | whole process, one thread |\n", reference, alone)
	for _, r := range results {
		low, high := r.ratio[0], r.ratio[0]
		for _, v := range r.ratio {
			low, high = min(low, v), max(high, v)
		}
		fmt.Fprintf(&s, "| %s | %.3f | %.2f [%.2f–%.2f] | %.2f | %s | %s |\n", r.name, median(r.cpu), median(r.ratio), low, high, median(r.wallRatio), r.goal, r.note)
	}
	return s.String()
}

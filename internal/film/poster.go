// SPDX-License-Identifier: Apache-2.0

package film

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"time"
)

// Poster makes a picture that stands for the film: a PNG in dir, upright, with
// square pixels, no edge longer than edge, and returns its path. It takes the
// most telling frame after at, or, when at is zero, near a tenth of the film,
// and looks elsewhere when that is black or blank. A film that is dark all
// through gets its least dark frame. The fault film.no_picture means that
// there is nothing to see.
func Poster(ctx context.Context, run Run, dir, path string, at time.Duration, edge int) (string, error) {
	if err := check(dir, path); err != nil {
		return "", err
	}
	f, err := Probe(ctx, run, dir, path)
	if err != nil {
		return "", err
	}
	if f.VideoStreams == 0 {
		return "", because(errNoPicture, nil)
	}
	places := []time.Duration{at}
	if at <= 0 {
		places = []time.Duration{f.Duration / 10, f.Duration / 4, f.Duration / 2, f.Duration * 3 / 4}
	}
	places = append(places, 0)
	best, most := "", -1.0
	var last error
	for i, p := range places {
		if i > 0 && p == 0 && best != "" && at <= 0 && f.Duration > time.Second {
			break // the beginning is often a fade: only when there is nothing else
		}
		file := filepath.Join(dir, fmt.Sprintf("poster-%d.png", i))
		life, err := frame(ctx, run, dir, shot{path: path, file: file, which: "0:V:0", at: p, edge: edge})
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil:
			last = err
			continue
		}
		if life > most {
			remove(best)
			best, most = file, life
		} else {
			remove(file)
		}
		if most > enoughLife || at > 0 {
			break
		}
	}
	if best == "" {
		return "", explain(last)
	}
	return best, nil
}

// Cover makes a PNG in dir of the picture attached to a recording, no edge
// longer than edge, and returns its path.
func Cover(ctx context.Context, run Run, dir, path string, edge int) (string, error) {
	if err := check(dir, path); err != nil {
		return "", err
	}
	f, err := Probe(ctx, run, dir, path)
	if err != nil {
		return "", err
	}
	if !f.HasCover {
		return "", because(errNoPicture, nil)
	}
	file := filepath.Join(dir, "cover.png")
	if _, err := frame(ctx, run, dir, shot{path: path, file: file, which: "0:v:0", edge: edge}); err != nil {
		return "", explain(err)
	}
	return file, nil
}

// shot is one frame to be made.
type shot struct {
	path, file string
	which      string // ffmpeg's stream specifier
	at         time.Duration
	edge       int
}

// frame writes one picture and says how much life is in it.
func frame(ctx context.Context, run Run, dir string, s shot) (float64, error) {
	edge := max(16, min(s.edge, maxEdge))
	argv := []string{"ffmpeg", "-nostdin", "-v", "error"}
	if s.at > 0 {
		argv = append(argv, "-ss", fmt.Sprintf("%.3f", s.at.Seconds()))
	}
	argv = append(argv, input(s.path)...)
	// Made small before frames are compared: the filter holds all of them.
	argv = append(argv, "-map", s.which, "-map_metadata", "-1", "-an", "-sn", "-dn", "-vf",
		fmt.Sprintf("scale=w='max(1,trunc(iw*if(sar,sar,1)))':h=ih,setsar=1,scale=w='min(%d,iw)':h='min(%d,ih)':force_original_aspect_ratio=decrease,thumbnail=n=40,format=rgb24", edge, edge),
		"-frames:v", "1", "-f", "image2", "-c:v", "png", "-update", "1", "-y", "file:"+s.file)
	if _, err := run(ctx, dir, inputs(dir, s.path), argv...); err != nil {
		remove(s.file)
		return 0, err
	}
	return life(dir, s.file, edge)
}

// enoughLife is the spread of brightness, of 0–255, below which a picture is
// taken for black, white or fog.
const enoughLife = 12

// life is the standard deviation of a picture's brightness. The file was made
// by a process that a hostile film may have taken over, so it is opened only
// if it is a plain file inside of dir and a picture of the size asked for.
func life(dir, file string, edge int) (float64, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, fmt.Errorf("film: %w", err)
	}
	defer func() { _ = root.Close() }()
	name := filepath.Base(file)
	st, err := root.Lstat(name)
	if errors.Is(err, os.ErrNotExist) {
		return 0, because(errDamaged, errors.New("no frame came out"))
	}
	if err != nil {
		return 0, fmt.Errorf("film: %w", err)
	}
	if !st.Mode().IsRegular() {
		return 0, errors.New("film: the frame is no plain file")
	}
	f, err := root.Open(name)
	if err != nil {
		return 0, fmt.Errorf("film: %w", err)
	}
	defer func() { _ = f.Close() }()
	size, err := png.DecodeConfig(f)
	if err != nil || size.Width > edge || size.Height > edge {
		return 0, because(errDamaged, errors.New("the frame is no picture of the size asked for"))
	}
	if _, err := f.Seek(0, 0); err != nil {
		return 0, fmt.Errorf("film: %w", err)
	}
	m, err := png.Decode(f)
	if err != nil {
		return 0, because(errDamaged, err)
	}
	return spread(m), nil
}

func spread(m image.Image) float64 {
	b := m.Bounds()
	step := max(1, max(b.Dx(), b.Dy())/200)
	var n, sum, squares float64
	for y := b.Min.Y; y < b.Max.Y; y += step {
		for x := b.Min.X; x < b.Max.X; x += step {
			r, g, bl, _ := m.At(x, y).RGBA()
			v := (0.2126*float64(r) + 0.7152*float64(g) + 0.0722*float64(bl)) / 257
			n, sum, squares = n+1, sum+v, squares+v*v
		}
	}
	mean := sum / n
	return math.Sqrt(max(0, squares/n-mean*mean))
}

func remove(file string) {
	if file != "" {
		_ = os.Remove(file)
	}
}

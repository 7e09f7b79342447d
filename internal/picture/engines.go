// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"tillgang/internal/fault"
)

// Builtin is the pure Go engine, always there: JPEG, PNG, GIF, WebP, TIFF and
// BMP in, JPEG and PNG out.
type Builtin struct {
	Exe string // the server's own executable, whose main calls WorkerMain
	Run Run    // starts it
}

var builtinReads = []string{TypeJPEG, TypePNG, TypeGIF, TypeWebP, TypeTIFF, TypeBMP}

// Name returns "builtin".
func (b Builtin) Name() string { return "builtin" }

// Reads reports whether Go's decoders know the media type.
func (b Builtin) Reads(mediaType string) bool { return slices.Contains(builtinReads, mediaType) }

// Writes reports whether Go's encoders know the format.
func (b Builtin) Writes(format Format) bool {
	return format == Auto || format == JPEG || format == PNG
}

// Render implements Engine.
func (b Builtin) Render(ctx context.Context, dir string, job Job) (Reply, error) {
	return work{
		run: b.Run, argv: []string{b.Exe, WorkerArg},
		limits: Limits{MaxPixels: BuiltinPixels, Memory: BuiltinMemory}, need: builtinMemory, reads: b.Reads,
		types: map[string]bool{TypeJPEG: true, TypePNG: true},
	}.render(ctx, dir, job)
}

// Abilities is what "tillgang-vips --probe" answers.
type Abilities struct {
	Version string   `json:"version"` // of libvips, such as "8.14.1"
	Reads   []string `json:"reads"`   // media types
	Writes  []string `json:"writes"`  // media types
}

// Vips is the engine of the separate executable tillgang-vips. Make it with
// ProbeVips.
type Vips struct {
	Exe string // path of tillgang-vips
	Run Run    // starts it
	Abilities
}

// ProbeVips starts the executable once to learn what the machine's libvips can
// do. dir is an empty private folder. The error says why there is none: the
// executable or the library is missing, or too old.
func ProbeVips(ctx context.Context, dir, exe string, run Run) (Vips, error) {
	v := Vips{Exe: exe, Run: run}
	out, err := run(ctx, dir, nil, exe, "--probe")
	if err != nil {
		return Vips{}, fmt.Errorf("picture: probe libvips: %w", err)
	}
	if err := json.Unmarshal(out, &v.Abilities); err != nil {
		return Vips{}, fmt.Errorf("picture: probe libvips: %w", err)
	}
	if v.Version == "" || !slices.Contains(v.Abilities.Reads, TypeJPEG) || !slices.Contains(v.Abilities.Writes, TypeJPEG) || !slices.Contains(v.Abilities.Writes, TypePNG) {
		return Vips{}, fmt.Errorf("picture: probe libvips: %q cannot read and write JPEG and PNG", v.Version)
	}
	return v, nil
}

// Name returns "libvips" and its version.
func (v Vips) Name() string { return "libvips " + v.Version }

// Reads reports whether the machine's libvips has a loader for the media type.
func (v Vips) Reads(mediaType string) bool { return slices.Contains(v.Abilities.Reads, mediaType) }

// Writes reports whether the machine's libvips has a saver for the format.
func (v Vips) Writes(format Format) bool {
	return format == Auto || slices.Contains(v.Abilities.Writes, "image/"+string(format))
}

// Render implements Engine.
func (v Vips) Render(ctx context.Context, dir string, job Job) (Reply, error) {
	return work{
		run: v.Run, argv: []string{v.Exe},
		limits: Limits{MaxPixels: VipsPixels, Memory: VipsMemory}, need: vipsMemory, reads: v.Reads,
		types: map[string]bool{TypeJPEG: true, TypePNG: true, TypeWebP: true, TypeAVIF: true},
	}.render(ctx, dir, job)
}

// Both uses Vips first and Builtin for what Vips does not read or fails on.
type Both struct {
	Vips    Vips
	Builtin Builtin
	Log     *slog.Logger // told when Vips fails on a picture
}

// Choose returns the best engine of this machine: Both when libvips loads,
// otherwise Builtin. It logs which, and why. dir is an empty private folder.
func Choose(ctx context.Context, log *slog.Logger, dir string, builtin Builtin, vipsExe string, run Run) Engine {
	v, err := ProbeVips(ctx, dir, vipsExe, run)
	if err != nil {
		log.InfoContext(ctx, "pictures are made by the built-in engine; install libvips for HEIC, AVIF, PDF and more", slog.Any("reason", err))
		return builtin
	}
	log.InfoContext(ctx, "pictures are made with libvips", slog.String("version", v.Version), slog.Int("formats", len(v.Abilities.Reads)))
	return Both{Vips: v, Builtin: builtin, Log: log}
}

// Name returns both names.
func (b Both) Name() string { return b.Vips.Name() + " and " + b.Builtin.Name() }

// Reads reports whether one of them does.
func (b Both) Reads(mediaType string) bool {
	return b.Vips.Reads(mediaType) || b.Builtin.Reads(mediaType)
}

// Writes reports whether one of them does.
func (b Both) Writes(format Format) bool { return b.Vips.Writes(format) }

// Render implements Engine. A limit is a limit of both; a file that ends too
// early does so for both.
func (b Both) Render(ctx context.Context, dir string, job Job) (Reply, error) {
	mediaType := job.MediaType
	if mediaType == "" {
		var err error
		if mediaType, err = typeOf(job.Input); err != nil {
			return Reply{}, err
		}
	}
	if !b.Vips.Reads(mediaType) {
		return b.Builtin.Render(ctx, dir, job)
	}
	reply, err := b.Vips.Render(ctx, dir, job)
	if err == nil || ctx.Err() != nil || !b.Builtin.Reads(mediaType) ||
		fault.KindOf(err) == fault.TooLarge || fault.CodeOf(err) == CodeTruncated || fault.CodeOf(err) == "picture.recipe" {
		return reply, err
	}
	for _, out := range job.Outputs {
		if r := out.Recipe; !b.Builtin.Writes(r.normal().Format) || r.Page > 1 {
			return reply, err // nothing else can
		}
	}
	b.Log.WarnContext(ctx, "libvips failed on a picture; the built-in engine tries", slog.String("media_type", mediaType), slog.Any("error", err))
	if outputs, perr := placed(dir, job.Outputs); perr == nil {
		for _, out := range outputs {
			_ = os.Remove(out.Path) // half-made ones; Builtin does not overwrite
		}
	}
	second, err2 := b.Builtin.Render(ctx, dir, job)
	if err2 != nil && fault.KindOf(err2) != fault.Invalid {
		return reply, err // its smaller limits, or a broken machine, say nothing of the picture
	}
	return second, err2
}

func typeOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("picture: open the original: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("picture: open the original: %w", err)
	}
	h, err := ReadHeader(f, info.Size())
	return h.MediaType, err
}

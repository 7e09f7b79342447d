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

// Both uses the engine that is better at a job first, and the other one for
// what that does not read or fails on. Builtin is better at plain JPEG
// renditions of JPEGs, in half the processor time of Vips (see
// deploy/benchmarks.md), Vips at everything else.
type Both struct {
	Vips    Vips
	Builtin Builtin
	Log     *slog.Logger // told when one fails on a picture
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
	h, err := headerOf(job.Input)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case !b.Vips.Reads(h.MediaType):
		return b.Builtin.Render(ctx, dir, job)
	case b.builtinFirst(h, job):
		return b.oneOrOther(ctx, dir, job, b.Builtin, b.Vips)
	case b.Builtin.Reads(h.MediaType) && b.Builtin.can(job.Outputs):
		return b.oneOrOther(ctx, dir, job, b.Vips, b.Builtin)
	default:
		return b.Vips.Render(ctx, dir, job)
	}
}

// builtinFirst reports whether a job is one for the built-in engine: plain
// JPEGs of a JPEG that is within its limits. In CMYK, libvips knows what inks
// look like of which the file does not say so.
func (b Both) builtinFirst(h Header, job Job) bool {
	return h.MediaType == TypeJPEG && h.Channels != 4 && allPlain(job.Outputs) && b.Builtin.can(job.Outputs) &&
		Limits{}.or(BuiltinPixels, BuiltinMemory).Check(h, builtinMemory(h)) == nil
}

// can reports whether outputs are of kinds that Builtin makes at all.
func (b Builtin) can(outputs []Output) bool {
	for _, out := range outputs {
		if r := out.Recipe; !b.Writes(r.normal().Format) || r.Page > 1 {
			return false
		}
	}
	return true
}

// oneOrOther has one engine carry out a job, and the other if that fails.
func (b Both) oneOrOther(ctx context.Context, dir string, job Job, one, other Engine) (Reply, error) {
	reply, err := one.Render(ctx, dir, job)
	if err == nil || ctx.Err() != nil ||
		fault.KindOf(err) == fault.TooLarge || fault.CodeOf(err) == CodeTruncated || fault.CodeOf(err) == "picture.recipe" {
		return reply, err
	}
	b.Log.WarnContext(ctx, "an engine failed on a picture; the other one tries", slog.String("engine", one.Name()), slog.Any("error", err))
	if outputs, perr := placed(dir, job.Outputs); perr == nil {
		for _, out := range outputs {
			_ = os.Remove(out.Path) // half-made ones; engines do not overwrite
		}
	}
	second, err2 := other.Render(ctx, dir, job)
	if err2 != nil && fault.KindOf(err2) != fault.Invalid {
		return reply, err // its smaller limits, or a broken machine, say nothing of the picture
	}
	return second, err2
}

func headerOf(path string) (Header, error) {
	f, err := os.Open(path)
	if err != nil {
		return Header{}, fmt.Errorf("picture: open the original: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Header{}, fmt.Errorf("picture: open the original: %w", err)
	}
	return ReadHeader(f, info.Size())
}

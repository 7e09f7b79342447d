// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"tillgang/internal/fault"
	"tillgang/internal/picture"
	"tillgang/internal/preview"
	"tillgang/internal/sandbox"
)

// makers are those that every house has.
func makers(run picture.Run) []Maker {
	return []Maker{
		{Name: "preview", Reads: preview.Reads, Make: carried},
		{Name: "drawing", Reads: func(mediaType string) bool { return mediaType == picture.TypeSVG }, Make: drawing(run)},
	}
}

// carried takes the largest picture that the original carries of itself.
func carried(_ context.Context, of Original) (in StandIn, err error) {
	from, err := os.Open(of.Path)
	if err != nil {
		return in, fmt.Errorf("find a preview: %w", err)
	}
	defer func() { _ = from.Close() }()
	info, err := from.Stat()
	if err != nil {
		return in, fmt.Errorf("find a preview: %w", err)
	}
	p, found, err := preview.Find(from, info.Size(), of.MediaType)
	if err != nil || !found {
		return in, err
	}
	path := filepath.Join(of.Dir, "preview")
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) //nolint:gosec // G302: the sandbox's user reads it
	if err != nil {
		return in, fmt.Errorf("keep a preview: %w", err)
	}
	if err := errors.Join(p.Write(to, from), to.Close()); err != nil {
		return in, err
	}
	in = StandIn{
		Path: path, MediaType: p.MediaType, Origin: Embedded, Width: p.Width, Height: p.Height,
		OriginalWidth: p.OriginalWidth, OriginalHeight: p.OriginalHeight,
	}
	if p.Orientation >= 5 {
		in.Width, in.Height = in.Height, in.Width
	}
	return in, nil
}

// drawnEdge is the longest edge of a drawing's picture, in pixels.
const drawnEdge = 4096

// drawing has librsvg's own program draw an SVG that the engine does not read.
// It follows no reference out of the file: the sandbox has neither network nor
// other files. Where the program is missing, the drawing has no picture.
func drawing(run picture.Run) func(ctx context.Context, of Original) (StandIn, error) {
	return func(ctx context.Context, of Original) (StandIn, error) {
		path := filepath.Join(of.Dir, "drawing.png")
		edge := strconv.Itoa(drawnEdge)
		_, err := run(ctx, of.Dir, []string{of.Path}, "rsvg-convert", "--format=png", "--keep-aspect-ratio",
			"--width="+edge, "--height="+edge, "--output="+path, "--", of.Path)
		if ctx.Err() != nil {
			return StandIn{}, ctx.Err()
		}
		ran, ok := errors.AsType[interface {
			error
			Exhausted() bool
		}](err)
		switch {
		case err == nil:
			return StandIn{Path: path, MediaType: picture.TypePNG, Origin: Converted}, nil
		case errors.Is(err, sandbox.ErrNoTool):
			return StandIn{}, nil
		case !ok:
			return StandIn{}, fmt.Errorf("draw an SVG: %w", err)
		case ran.Exhausted():
			return StandIn{}, &fault.Error{
				Kind: fault.TooLarge, Code: picture.CodeTooLarge, Err: err,
				Text: "Drawing the picture took more time or memory than one picture may take here. Make it simpler and upload it again.",
			}
		default:
			return StandIn{}, picture.Fault(picture.CodeUnreadable, err)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tillgang/internal/fault"
	"tillgang/internal/filemeta"
	"tillgang/internal/picture"
	"tillgang/internal/preview"
	"tillgang/internal/sandbox"
)

// makers are those that every house has.
func makers(run picture.Run) []Maker {
	return []Maker{
		{Name: "preview", Reads: preview.Reads, Make: carried},
		{Name: "drawing", Reads: func(mediaType string) bool { return mediaType == picture.TypeSVG || mediaType == filemeta.SVGZ }, Make: drawing(run)},
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

// drawnText is the longest compressed drawing that is drawn, in bytes once it
// is not compressed any more.
const drawnText = 32 << 20

// inflate writes the text of a compressed drawing into a private folder.
func inflate(of Original) (path string, err error) {
	from, err := os.Open(of.Path)
	if err != nil {
		return "", fmt.Errorf("inflate a drawing: %w", err)
	}
	defer func() { _ = from.Close() }()
	z, err := gzip.NewReader(from)
	if err != nil {
		return "", picture.Fault(picture.CodeUnreadable, err)
	}
	path = filepath.Join(of.Dir, "drawing.svg")
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) //nolint:gosec // G302: the sandbox's user reads it
	if err != nil {
		return "", fmt.Errorf("inflate a drawing: %w", err)
	}
	n, err := io.Copy(to, io.LimitReader(z, drawnText+1))
	if e := to.Close(); e != nil {
		return "", fmt.Errorf("inflate a drawing: %w", e)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", picture.Fault(picture.CodeTruncated, err)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, new(flate.CorruptInputError)):
		return "", picture.Fault(picture.CodeUnreadable, err)
	case err != nil:
		return "", fmt.Errorf("inflate a drawing: %w", err)
	case n > drawnText:
		return "", &fault.Error{
			Kind: fault.TooLarge, Code: picture.CodeTooLarge,
			Text: "The drawing is too large once it is unpacked. Make it simpler and upload it again.",
		}
	}
	return path, nil
}

// drawing has librsvg's own program draw an SVG that the engine does not read.
// It follows no reference out of the file: the sandbox has neither network nor
// other files. Where the program is missing, the drawing has no picture.
func drawing(run picture.Run) func(ctx context.Context, of Original) (StandIn, error) {
	return func(ctx context.Context, of Original) (StandIn, error) {
		path, from := filepath.Join(of.Dir, "drawing.png"), of.Path
		if of.MediaType == filemeta.SVGZ {
			var err error
			if from, err = inflate(of); err != nil {
				return StandIn{}, err
			}
		}
		edge := strconv.Itoa(drawnEdge)
		_, err := run(ctx, of.Dir, []string{from}, "rsvg-convert", "--format=png", "--keep-aspect-ratio",
			"--width="+edge, "--height="+edge, "--output="+path, "--", from)
		if ctx.Err() != nil {
			return StandIn{}, ctx.Err()
		}
		ran, ok := errors.AsType[interface {
			error
			Exhausted() bool
			Tail() string
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
		case strings.Contains(ran.Tail(), "has no dimensions"): // as librsvg says of a drawing without a size and with nothing drawn
			return StandIn{Nothing: true}, nil
		default:
			return StandIn{}, picture.Fault(picture.CodeUnreadable, err)
		}
	}
}

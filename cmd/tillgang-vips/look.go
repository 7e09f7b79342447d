// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"tillgang/internal/picture"
)

func header(path string) (picture.Header, error) {
	f, err := os.Open(path)
	if err != nil {
		return picture.Header{}, fmt.Errorf("tillgang-vips: open the original: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return picture.Header{}, fmt.Errorf("tillgang-vips: open the original: %w", err)
	}
	return picture.ReadHeader(f, info.Size())
}

// look reads libvips' own idea of the header: all that is known of formats
// that Go does not read, and a check of the rest.
func (r *renderer) look(src object) error {
	v := r.v
	im, err := r.open(src, bracketed(r.page()))
	if err != nil {
		if r.view.Page > 1 {
			return picture.Fault(picture.CodeUnsupported, fmt.Errorf("tillgang-vips: page %d: %w", r.view.Page, err))
		}
		return err
	}
	defer v.unref(im)
	icc := v.blob(im, "icc-profile-data", maxProfile)
	r.cmyk = v.interpret(im) == interpretCMYK
	r.manage = profileFits(icc, int(v.bands(im)), v.hasAlpha(im) != 0)
	r.intent = intentOf(icc)
	if r.view.KeepColour && r.manage && !r.cmyk {
		r.keep, r.manage = icc, false
	}
	seen := r.h
	seen.Width, seen.Height = int(v.width(im)), int(v.height(im))
	if err := picture.CheckVips(r.limits, seen); err != nil {
		return err
	}
	switch r.h.MediaType {
	case picture.TypePDF, picture.TypeJXL, picture.TypeHEIC, picture.TypeAVIF, picture.TypePSD, picture.TypeSVG:
		// The library turns them upright itself, and knows more.
		r.h = seen
		pages := int(max(1, v.pages(im)))
		again := picture.Describe(r.h)
		again.Alpha = v.hasAlpha(im) != 0
		again.ColourProfile = picture.ProfileName(icc)
		if r.h.MediaType == picture.TypePDF {
			again.Pages, again.Alpha = pages, false
		}
		if r.h.MediaType == picture.TypeJXL {
			again.Orientation = 1
			again.Frames = pages
			again.BitDepth = bits(v.format(im))
		}
		r.reply = again
	case picture.TypeGIF:
		if r.h.Alpha && v.hasAlpha(im) == 0 {
			// The first frame does not cover the screen: libvips makes the rest black.
			return picture.Fault(picture.CodeUnsupported, errors.New("tillgang-vips: a first frame smaller than the screen"))
		}
	default:
		if r.view.Page > 1 {
			r.h = seen
			r.reply.Width, r.reply.Height = r.h.Upright()
			break
		}
		if seen.Width != r.h.Width || seen.Height != r.h.Height {
			return picture.Fault(picture.CodeUnreadable, fmt.Errorf("tillgang-vips: %d × %d found, %d × %d in the header", seen.Width, seen.Height, r.h.Width, r.h.Height))
		}
	}
	r.h.Orientation = r.view.Turned(max(1, r.h.Orientation))
	return nil
}

// bracketed writes options as libvips takes them behind a file's name.
func bracketed(options ...string) string {
	var some []string
	for _, o := range options {
		if o != "" {
			some = append(some, o)
		}
	}
	if len(some) == 0 {
		return ""
	}
	return "[" + strings.Join(some, ",") + "]"
}

func bits(format int32) int {
	switch {
	case format == formatUchar:
		return 8
	case format < 4:
		return 16
	}
	return 32
}

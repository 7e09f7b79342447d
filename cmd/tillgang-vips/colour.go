// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"

	"tillgang/internal/picture"
)

// shrink decodes the file straight to a size.
func (r *renderer) shrink(src object, width, height int) (object, error) {
	args := []arg{number("width", width), number("height", height), text("size", "force"), yes("no-rotate")}
	if r.manage { // without a profile this would shift colours
		args = append(args, text("export-profile", "srgb"), text("intent", r.intent))
	}
	if r.loader.buffer != "" {
		im, err := r.open(src, bracketed(r.page()))
		if err == nil {
			err = r.v.replace(&im, "thumbnail_image", args...)
		}
		return im, err
	}
	// "fail-on" does not reach the loader in 8.14, these options do.
	return r.v.call("thumbnail_source", "out", append(args, source("source", src), text("option-string", bracketed("fail_on=truncated", r.page())))...)
}

// shrinkCMYK does the same for CMYK, for which libvips' thumbnails use a
// profile of their own instead of the file's. That one only serves files
// without any.
func (r *renderer) shrinkCMYK(src object, width, height int) (object, error) {
	v, options := r.v, bracketed("access=sequential", "fail_on=truncated", r.page())
	if r.h.MediaType == picture.TypeJPEG {
		by := min(r.h.Width/width, r.h.Height/height)
		for _, n := range []int{8, 4, 2} {
			if by >= n {
				options = fmt.Sprintf("[access=sequential,fail_on=truncated,shrink=%d]", n)
				break
			}
		}
	}
	im, err := r.open(src, options)
	if err != nil {
		return 0, err
	}
	ratio := func(to int, from int32) string { return strconv.FormatFloat(float64(to)/float64(from), 'g', 17, 64) }
	err = v.replace(&im, "resize", text("scale", ratio(width, v.width(im))), text("vscale", ratio(height, v.height(im))))
	if err == nil {
		args := []arg{text("output-profile", "srgb"), text("input-profile", "cmyk"), text("intent", r.intent)}
		if r.manage {
			args = append(args, yes("embedded"))
		}
		err = v.replace(&im, "icc_transform", args...)
	}
	if err != nil {
		v.unref(im)
		return 0, err
	}
	return im, nil
}

const maxProfile = 4 << 20

// profileFits reports whether b is a colour profile for pictures of so many
// bands (ICC.1:2022, 7.2).
func profileFits(b []byte, bands int, alpha bool) bool {
	if len(b) < 132 || string(b[36:40]) != "acsp" {
		return false
	}
	if alpha {
		bands--
	}
	return string(b[16:20]) == map[int]string{1: "GRAY", 3: "RGB ", 4: "CMYK"}[bands]
}

// intentOf returns the media-relative intent, unless the profile only has a
// perceptual table, which libvips would then not use (ICC.1:2022, 8.3–8.5).
func intentOf(b []byte) string {
	perceptual, relative := false, false
	for at := 132; at+12 <= len(b) && at < 132+12*200; at += 12 {
		perceptual = perceptual || string(b[at:at+4]) == "A2B0"
		relative = relative || string(b[at:at+4]) == "A2B1"
	}
	if perceptual && !relative {
		return "perceptual"
	}
	return "relative"
}

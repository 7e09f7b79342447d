// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	goimage "image"

	"tillgang/internal/picture"
)

// finish has the package that both engines share pad a picture and lay the
// watermark over it.
func (r *renderer) finish(im *object, recipe picture.Recipe) error {
	v := r.v
	if err := v.settle(im); err != nil {
		return err
	}
	width, height, bands := int(v.width(*im)), int(v.height(*im)), int(v.bands(*im))
	pixels := v.pixels(*im)
	if pixels == nil || bands < 1 || bands > 4 {
		return fmt.Errorf("tillgang-vips: finish a rendition: %d bands", bands)
	}
	m := goimage.NewNRGBA(goimage.Rect(0, 0, width, height))
	alpha := v.hasAlpha(*im) != 0
	for i := range width * height {
		from, to := pixels[i*bands:][:bands], m.Pix[4*i:][:4]
		if bands < 3 { // grey
			to[0], to[1], to[2] = from[0], from[0], from[0]
		} else {
			copy(to, from[:3])
		}
		if to[3] = 255; alpha {
			to[3] = from[bands-1]
		}
	}
	m, err := picture.Finish(m, recipe, recipe.Mark.Path)
	if err != nil {
		return err
	}
	bands = 3
	if alpha && recipe.Fit != picture.Pad {
		bands = 4
	}
	flat := make([]byte, 0, bands*m.Rect.Dx()*m.Rect.Dy())
	for i := 0; i < len(m.Pix); i += 4 {
		flat = append(flat, m.Pix[i:i+bands]...)
	}
	next := v.fromMemory(&flat[0], uintptr(len(flat)), int32(m.Rect.Dx()), int32(m.Rect.Dy()), int32(bands), formatUchar)
	if next == 0 {
		return &vipsError{"finish", v.complaint()}
	}
	v.unref(*im)
	*im = next
	return v.replace(im, "copy", text("interpretation", "srgb"))
}

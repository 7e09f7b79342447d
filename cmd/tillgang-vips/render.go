// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"tillgang/internal/fault"
	"tillgang/internal/picture"
)

// Numbers of libvips' enumerations (VipsBandFormat, VipsInterpretation).
const (
	formatUchar = 0

	interpretBW     = 1
	interpretCMYK   = 15
	interpretSRGB   = 22
	interpretGrey16 = 26
)

// render carries out a job in this process.
func render(job picture.Job) (picture.Reply, error) {
	h, err := header(job.Input)
	if err != nil {
		return picture.Reply{}, err
	}
	l, ok := loaders[h.MediaType]
	if !ok {
		return picture.Describe(h), picture.Fault(picture.CodeUnsupported, fmt.Errorf("tillgang-vips: no loader for %q", h.MediaType))
	}
	if job.MediaType != "" && job.MediaType != h.MediaType {
		return picture.Describe(h), picture.Fault(picture.CodeUnreadable, fmt.Errorf("tillgang-vips: %q announced, %q found", job.MediaType, h.MediaType))
	}
	if err := picture.CheckVips(job.Limits, h); err != nil {
		return picture.Describe(h), err
	}
	v, err := load(l.module || needsModule(job))
	if err != nil {
		return picture.Describe(h), err
	}
	v.only(l)
	r := renderer{v: v, loader: l, h: h, limits: job.Limits, reply: picture.Describe(h)}
	if len(job.Outputs) > 0 {
		r.view = job.Outputs[0].Recipe
	}
	err = r.do(job)
	return r.reply, r.explain(err)
}

// needsModule reports whether a format is wanted whose saver may lie in a module.
func needsModule(job picture.Job) bool {
	return slices.ContainsFunc(job.Outputs, func(o picture.Output) bool { return o.Recipe.Format == picture.AVIF })
}

// renderer is one job under way.
type renderer struct {
	v      *library
	loader loader
	h      picture.Header
	limits picture.Limits
	whole  []byte // the file, for loader.buffer only
	intent string
	cmyk   bool
	manage bool           // colours are converted by the file's profile
	keep   []byte         // the profile, when colours stay as they are
	view   picture.Recipe // how the file is looked at: one of the outputs'
	reply  picture.Reply
}

func (r *renderer) do(job picture.Job) error {
	v := r.v
	src := v.sourceNew(job.Input)
	if src == 0 {
		return &vipsError{"source", v.complaint()}
	}
	defer v.unref(src)
	if r.loader.buffer != "" { // cannot read a source
		var err error
		if r.whole, err = os.ReadFile(job.Input); err != nil {
			return fmt.Errorf("tillgang-vips: read the original: %w", err)
		}
	} else if found := v.findLoad(src); !strings.HasPrefix(found, r.loader.class) {
		v.errorClear()
		return picture.Fault(picture.CodeUnsupported, fmt.Errorf("tillgang-vips: loader %q for %s", found, r.h.MediaType))
	}
	if err := r.look(src); err != nil {
		return err
	}
	if len(job.Outputs) == 0 {
		return nil
	}
	return r.all(src, job.Outputs)
}

// page is what chooses a page among a loader's options; empty for the first.
func (r *renderer) page() string {
	if r.view.Page < 2 {
		return ""
	}
	return fmt.Sprintf("page=%d", r.view.Page-1)
}

// open reads the header; pixels follow when they are needed.
func (r *renderer) open(src object, options string) (object, error) {
	if r.loader.buffer != "" {
		return r.v.call(r.loader.buffer, "out", arg{name: "buffer", bytes: r.whole})
	}
	im := r.v.newFromSource(src, options, 0)
	if im == 0 {
		return 0, &vipsError{"open", r.v.complaint()}
	}
	return im, nil
}

// all makes every output, the largest from the file and each smaller one from
// the one before.
func (r *renderer) all(src object, outputs []picture.Output) error {
	width, height := r.h.Upright()
	made := make([]picture.Made, len(outputs))
	var now object
	defer func() {
		if now != 0 {
			r.v.unref(now)
		}
	}()
	for _, i := range picture.Order(outputs, width, height, r.loader.vector) {
		whole, keep := outputs[i].Recipe.Plan(width, height, r.loader.vector)
		var err error
		if now == 0 {
			now, err = r.first(src, whole.X, whole.Y)
		} else if int(r.v.width(now)) != whole.X || int(r.v.height(now)) != whole.Y {
			if err = r.v.replace(&now, "thumbnail_image", number("width", whole.X), number("height", whole.Y), text("size", "force"), yes("no-rotate")); err == nil {
				err = r.v.settle(&now)
			}
		}
		if err != nil {
			return err
		}
		im := r.v.ref(now)
		if keep.Size() != whole {
			err = r.v.replace(&im, "extract_area", number("left", keep.Min.X), number("top", keep.Min.Y), number("width", keep.Dx()), number("height", keep.Dy()))
		}
		if err == nil && outputs[i].Recipe.Finished() {
			err = r.finish(&im, outputs[i].Recipe)
		}
		if err == nil {
			made[i], err = r.write(&im, outputs[i])
		}
		r.v.unref(im)
		if err != nil {
			return err
		}
	}
	r.reply.Outputs = made
	return nil
}

// first decodes the file straight to the largest size, in sRGB with 8 bits a
// channel, drops transparency that nothing uses, and turns it upright.
func (r *renderer) first(src object, width, height int) (im object, err error) {
	v := r.v
	if r.h.Orientation >= 5 {
		width, height = height, width
	}
	if r.cmyk {
		im, err = r.shrinkCMYK(src, width, height)
	} else {
		im, err = r.shrink(src, width, height)
	}
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			v.unref(im)
			im = 0
		}
	}()
	switch v.interpret(im) {
	case interpretSRGB, interpretBW:
	case interpretGrey16:
		err = v.replace(&im, "colourspace", text("space", "b-w"))
	default:
		err = v.replace(&im, "colourspace", text("space", "srgb"))
	}
	if err == nil && v.format(im) != formatUchar {
		err = v.replace(&im, "cast", text("format", "uchar"))
	}
	if err == nil {
		err = v.settle(&im)
	}
	if err != nil {
		return im, err
	}
	r.reply.Alpha = v.hasAlpha(im) != 0 && transparent(v.pixels(im), int(v.bands(im)))
	if colours := int(v.bands(im)) - 1; v.hasAlpha(im) != 0 && !r.reply.Alpha {
		if err = v.replace(&im, "extract_band", number("band", 0), number("n", colours)); err != nil {
			return im, err
		}
	}
	if r.h.Orientation > 1 {
		if err = v.settle(&im); err != nil {
			return im, err
		}
		v.setMetaInt(im, "orientation", int32(r.h.Orientation))
		if err = v.replace(&im, "autorot"); err != nil {
			return im, err
		}
	}
	if err = v.settle(&im); err == nil {
		v.bare(im)
	}
	return im, err
}

func transparent(pixels []byte, bands int) bool {
	for i := bands - 1; i < len(pixels); i += bands {
		if pixels[i] != 255 {
			return true
		}
	}
	return false
}

// write encodes one rendition into a new file.
func (r *renderer) write(im *object, out picture.Output) (picture.Made, error) {
	v, recipe := r.v, out.Recipe
	format := recipe.Format
	if format == picture.Auto || format == "" {
		format = picture.JPEG
		if r.reply.Alpha && v.hasAlpha(*im) != 0 {
			format = picture.WebP
			if v.typeFind("VipsOperation", "webpsave") == 0 {
				format = picture.PNG
			}
		}
	}
	quality := recipe.Quality
	if quality == 0 {
		quality = picture.DefaultQuality
	}
	made := picture.Made{Path: out.Path, Width: int(v.width(*im)), Height: int(v.height(*im)), MediaType: "image/" + string(format)}
	args := []arg{image("in", *im), text("filename", out.Path), yes("strip")}
	if _, err := os.Lstat(out.Path); err == nil {
		return made, fmt.Errorf("tillgang-vips: write a rendition: the file exists")
	}
	var err error
	switch format {
	case picture.PNG:
		_, err = v.call("pngsave", "", append(args, number("compression", 6))...)
	case picture.AVIF:
		if v.typeFind("VipsOperation", "heifsave") == 0 {
			return made, picture.Fault(picture.CodeUnsupported, fmt.Errorf("tillgang-vips: nothing here writes AVIF"))
		}
		_, err = v.call("heifsave", "", append(args, number("Q", quality), text("compression", "av1"), number("effort", 2))...)
	case picture.WebP:
		if _, err = v.call("webpsave", "", append(args, number("Q", quality))...); err == nil {
			err = bareWebP(out.Path)
		}
	default:
		if v.hasAlpha(*im) != 0 {
			c := recipe.Colour()
			background := fmt.Sprintf("%d %d %d", c.R, c.G, c.B)
			if v.bands(*im) == 2 { // grey
				if err = v.replace(im, "colourspace", text("space", "srgb")); err != nil {
					return made, err
				}
			}
			if err = v.replace(im, "flatten", text("background", background)); err != nil {
				return made, err
			}
			args[0].object = *im
		}
		_, err = v.call("jpegsave", "", append(args, number("Q", quality))...)
	}
	if err != nil {
		return made, err
	}
	if r.keep != nil {
		if err := picture.TagProfile(out.Path, r.keep); err != nil {
			return made, err
		}
	}
	info, err := os.Stat(out.Path)
	if err != nil {
		return made, fmt.Errorf("tillgang-vips: write a rendition: %w", err)
	}
	made.Size = info.Size()
	return made, nil
}

// explain turns a failure inside libvips into a fault. The library only has
// words, so the words decide.
func (r *renderer) explain(err error) error {
	var inside *vipsError
	if err == nil || !errors.As(err, &inside) {
		return err
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if strings.HasSuffix(inside.operation, "save") {
		return err // the disk's fault, not the picture's
	}
	words := strings.ToLower(inside.text)
	if r.h.Incomplete() {
		return picture.Fault(picture.CodeTruncated, err)
	}
	for _, sign := range []string{"premature end", "truncated", "unexpected end", "end of stream", "end of data", "end of file", "not enough data", "out of data"} {
		if strings.Contains(words, sign) {
			return picture.Fault(picture.CodeTruncated, err)
		}
	}
	for _, sign := range []string{"unsupported", "not supported", "no decoding plugin", "not a known", "blocked"} {
		if strings.Contains(words, sign) {
			return picture.Fault(picture.CodeUnsupported, err)
		}
	}
	return picture.Fault(picture.CodeUnreadable, err)
}

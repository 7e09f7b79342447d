// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"
)

// Unit is what the parts of a recipe that say where are counted in: so many
// make the whole width or height of a picture.
const Unit = 10_000

// Point is a place in a picture, in Units of its width and height. The zero
// value is no place: the top left corner is 1,1.
type Point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

var middle = Point{Unit / 2, Unit / 2}

// Area is a part of a picture, in Units of its width and height. The zero
// value is all of it.
type Area struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

func (a Area) whole() bool { return a == Area{} || a == Area{Width: Unit, Height: Unit} }

func (a Area) valid() bool {
	return a.whole() || a.X >= 0 && a.Y >= 0 && a.Width > 0 && a.Height > 0 && a.X+a.Width <= Unit && a.Y+a.Height <= Unit
}

// in returns the area in pixels of a picture: at least one.
func (a Area) in(size image.Point) image.Rectangle {
	if a.whole() {
		return image.Rectangle{Max: size}
	}
	side := func(at, n, of int) (int, int) {
		lo := int(math.Round(float64(at) * float64(of) / Unit))
		hi := int(math.Round(float64(at+n) * float64(of) / Unit))
		lo = min(lo, of-1)
		return lo, min(max(hi, lo+1), of)
	}
	var r image.Rectangle
	r.Min.X, r.Max.X = side(a.X, a.Width, size.X)
	r.Min.Y, r.Max.Y = side(a.Y, a.Height, size.Y)
	return r
}

// validateParts adds what is wrong with the recipe's less usual parts.
func (r Recipe) validateParts(wrong map[string]string) {
	if r.Turn != 0 && r.Turn != 90 && r.Turn != 180 && r.Turn != 270 {
		wrong["turn"] = "must be 0, 90, 180 or 270"
	}
	if !r.Crop.valid() {
		wrong["crop"] = "must lie within the picture"
	}
	if p := r.Focal; p != (Point{}) && (p.X < 1 || p.X > Unit || p.Y < 1 || p.Y > Unit) {
		wrong["focal"] = "must lie within the picture"
	}
	if r.Page < 0 || r.Page > DefaultFrames {
		wrong["page"] = fmt.Sprintf("must be from 0 to %d", DefaultFrames)
	}
	r.Mark.validate(wrong)
}

// parts writes what is not usual about a recipe, for String.
func (r Recipe) parts() string {
	var b strings.Builder
	if r.Flip {
		b.WriteString(" flip")
	}
	if r.Turn != 0 {
		fmt.Fprintf(&b, " turn=%d", r.Turn)
	}
	if r.Crop != (Area{}) {
		fmt.Fprintf(&b, " crop=%d,%d,%d,%d", r.Crop.X, r.Crop.Y, r.Crop.Width, r.Crop.Height)
	}
	if r.Focal != (Point{}) {
		fmt.Fprintf(&b, " focal=%d,%d", r.Focal.X, r.Focal.Y)
	}
	if r.Page != 0 {
		fmt.Fprintf(&b, " page=%d", r.Page)
	}
	if r.KeepColour {
		b.WriteString(" keep-colour")
	}
	if m := r.Mark; m != (Mark{}) {
		fmt.Fprintf(&b, " mark=%s,%s,%d,%d,%d", m.ID, m.Place, m.Size, m.Opacity, m.Margin)
	}
	return b.String()
}

// readPart reads one word that parts wrote.
func (r *Recipe) readPart(word string) bool {
	name, value, _ := strings.Cut(word, "=")
	list := strings.Split(value, ",")
	n := make([]int, len(list))
	for i, text := range list {
		n[i], _ = strconv.Atoi(text) // what is no number does not come out as the same text
	}
	switch {
	case name == "flip":
		r.Flip = true
	case name == "turn" && len(n) == 1:
		r.Turn = n[0]
	case name == "crop" && len(n) == 4:
		r.Crop = Area{n[0], n[1], n[2], n[3]}
	case name == "focal" && len(n) == 2:
		r.Focal = Point{n[0], n[1]}
	case name == "page" && len(n) == 1:
		r.Page = n[0]
	case name == "keep-colour":
		r.KeepColour = true
	case name == "mark" && len(n) == 5:
		r.Mark = Mark{ID: list[0], Place: Place(list[1]), Size: n[2], Opacity: n[3], Margin: n[4]}
	default:
		return false
	}
	return true
}

// Plan returns how a picture of width×height (upright and turned) is brought
// into the box: the size of the whole picture after scaling, and the part of it
// that is kept. Sizes are rounded to the nearest pixel and are at least 1. A
// vector picture has no pixels and is enlarged as well. What a padded picture
// gets around it is not in it; see Canvas. The recipe must be valid.
func (r Recipe) Plan(width, height int, vector bool) (whole image.Point, keep image.Rectangle) {
	r = r.normal()
	width, height = max(width, 1), max(height, 1)
	used := r.Crop.in(image.Pt(width, height)).Size()
	scale := math.Inf(1)
	if r.Fit == Cover {
		scale = math.Max(float64(r.Width)/float64(used.X), float64(r.Height)/float64(used.Y))
	} else {
		if r.Width > 0 {
			scale = float64(r.Width) / float64(used.X)
		}
		if r.Height > 0 {
			scale = math.Min(scale, float64(r.Height)/float64(used.Y))
		}
	}
	if !vector && scale > 1 {
		scale = 1
	}
	whole = image.Pt(scaled(width, scale), scaled(height, scale))
	if r.Fit != Cover {
		// Rounding must not pass the box.
		if r.Crop.whole() {
			whole = within(whole, r)
			return whole, image.Rectangle{Max: whole}
		}
		keep = r.Crop.in(whole)
		keep.Max = keep.Min.Add(within(keep.Size(), r))
		return whole, keep
	}
	part := r.Crop.in(whole)
	// When the part is smaller than the box, the box shrinks with its proportions kept.
	shrink := math.Min(1, math.Min(float64(part.Dx())/float64(r.Width), float64(part.Dy())/float64(r.Height)))
	w, h := min(scaled(r.Width, shrink), part.Dx()), min(scaled(r.Height, shrink), part.Dy())
	at := image.Pt(part.Min.X+(part.Dx()-w)/2, part.Min.Y+(part.Dy()-h)/2)
	if f := r.Focal; f != (Point{}) {
		at.X = around(f.X, whole.X, w, part.Min.X, part.Max.X)
		at.Y = around(f.Y, whole.Y, h, part.Min.Y, part.Max.Y)
	}
	return whole, image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// around returns where n pixels begin that have a focal point in their middle,
// as far as they may go.
func around(focal, of, n, from, to int) int {
	at := int(math.Round(float64(focal)*float64(of)/Unit - float64(n)/2))
	return min(max(at, from), to-n)
}

// within cuts a size to the box.
func within(size image.Point, r Recipe) image.Point {
	if r.Width > 0 {
		size.X = min(size.X, r.Width)
	}
	if r.Height > 0 {
		size.Y = min(size.Y, r.Height)
	}
	return size
}

// Canvas returns the size of a finished rendition whose picture has the given
// size, and where in it the picture lies.
func (r Recipe) Canvas(kept image.Point) (size, at image.Point) {
	if r.Fit != Pad {
		return kept, image.Point{}
	}
	size = image.Pt(max(r.Width, kept.X), max(r.Height, kept.Y))
	return size, image.Pt((size.X-kept.X)/2, (size.Y-kept.Y)/2)
}

func scaled(n int, by float64) int { return max(1, int(math.Round(float64(n)*by))) }

// turns are the EXIF orientations that turn by 0, 90, 180 and 270 degrees
// clockwise, as a picture is stored and mirrored.
var turns, mirrored = [4]int{1, 6, 3, 8}, [4]int{2, 7, 4, 5}

// Turned returns the EXIF orientation of a stored picture of an orientation
// that is to be turned by a recipe once it is upright.
func (r Recipe) Turned(orientation int) int {
	// Each orientation is a mirroring, or none, followed by quarter turns.
	flip, quarters := false, 0
	for q := range 4 {
		switch orientation {
		case turns[q]:
			quarters = q
		case mirrored[q]:
			flip, quarters = true, q
		}
	}
	if r.Flip { // mirroring after a turn is turning the other way after a mirroring
		flip, quarters = !flip, (4-quarters)%4
	}
	quarters = (quarters + r.Turn/90) % 4
	if flip {
		return mirrored[quarters]
	}
	return turns[quarters]
}

// sameView reports whether two recipes look at a file in the same way: the same
// page, turned alike, with the same colours. Those of one job must.
func (r Recipe) sameView(o Recipe) bool {
	r, o = r.normal(), o.normal()
	return r.Page == o.Page && r.Turn == o.Turn && r.Flip == o.Flip && r.KeepColour == o.KeepColour
}

// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

	"tillgang/internal/fault"
)

// Fit says how a picture is brought into the box of a recipe.
type Fit string

// No fit ever enlarges.
const (
	Inside Fit = "inside" // the whole picture, as large as the box allows
	Cover  Fit = "cover"  // the box's proportions, filled; what stands over is cut off evenly at both sides
)

// Format says how a rendition is encoded.
type Format string

// Auto is decided by content: JPEG, unless the picture really is transparent
// somewhere; then WebP from Vips, and PNG from Builtin, which cannot write WebP.
const (
	Auto Format = "auto"
	JPEG Format = "jpeg"
	PNG  Format = "png"
	WebP Format = "webp"
)

// DefaultQuality is the JPEG and WebP quality of a recipe that names none.
const DefaultQuality = 82

const maxBox = 16383 // the largest side of a WebP picture

// Recipe says how one rendition looks. It is a value: two equal recipes make
// the same rendition of the same revision. The zero value is not valid.
type Recipe struct {
	Width      int    `json:"width"`                // the box in pixels; 0 means that only Height binds
	Height     int    `json:"height"`               // the box in pixels; 0 means that only Width binds
	Fit        Fit    `json:"fit,omitempty"`        // empty means Inside
	Format     Format `json:"format,omitempty"`     // empty means Auto
	Quality    int    `json:"quality,omitempty"`    // 1–100 for JPEG and WebP; 0 means DefaultQuality
	Background string `json:"background,omitempty"` // "rrggbb" under transparent parts of a JPEG; empty means white
}

// Box returns the recipe of a standard rendition: the whole picture within a
// square of the given side, encoded by content.
func Box(side int) Recipe { return Recipe{Width: side, Height: side}.normal() }

// Standard returns the recipes every picture gets: within 320, 1024 and 2048 px.
func Standard() []Recipe { return []Recipe{Box(320), Box(1024), Box(2048)} }

func (r Recipe) normal() Recipe {
	if r.Fit == "" {
		r.Fit = Inside
	}
	if r.Format == "" {
		r.Format = Auto
	}
	if r.Quality == 0 {
		r.Quality = DefaultQuality
	}
	if r.Format == PNG {
		r.Quality = DefaultQuality // has no meaning there and must not make two recipes of one
	}
	r.Background = strings.ToLower(r.Background)
	if r.Background == "" {
		r.Background = "ffffff"
	}
	return r
}

// Validate returns an Invalid fault that names the wrong parts, or nil.
func (r Recipe) Validate() error {
	r = r.normal()
	wrong := map[string]string{}
	if r.Width < 0 || r.Width > maxBox {
		wrong["width"] = fmt.Sprintf("must be from 0 to %d px", maxBox)
	}
	if r.Height < 0 || r.Height > maxBox {
		wrong["height"] = fmt.Sprintf("must be from 0 to %d px", maxBox)
	}
	if r.Width == 0 && r.Height == 0 {
		wrong["width"] = "width or height must be given"
	}
	switch r.Fit {
	case Inside:
	case Cover:
		if r.Width == 0 || r.Height == 0 {
			wrong["fit"] = "cover needs both width and height"
		}
	default:
		wrong["fit"] = "must be inside or cover"
	}
	switch r.Format {
	case Auto, JPEG, PNG, WebP:
	default:
		wrong["format"] = "must be auto, jpeg, png or webp"
	}
	if r.Quality < 1 || r.Quality > 100 {
		wrong["quality"] = "must be from 1 to 100"
	}
	if _, err := parseHexColour(r.Background); err != nil {
		wrong["background"] = "must be six hexadecimal digits, such as ffffff"
	}
	if len(wrong) > 0 {
		return fault.Fields("picture.recipe", "The recipe of the rendition is not valid; correct the named parts.", wrong)
	}
	return nil
}

// String returns the canonical text, such as "v1 inside 2048x2048 auto q82 ffffff".
// "v1" changes when the same words come to mean another picture.
func (r Recipe) String() string {
	r = r.normal()
	return fmt.Sprintf("v1 %s %dx%d %s q%d %s", r.Fit, r.Width, r.Height, r.Format, r.Quality, r.Background)
}

// ParseRecipe reads what String wrote; anything else is an Invalid fault.
func ParseRecipe(s string) (Recipe, error) {
	bad := fault.New(fault.Invalid, "picture.recipe", "This is not the text of a recipe.")
	p := strings.Split(s, " ")
	if len(p) != 6 || p[0] != "v1" {
		return Recipe{}, bad
	}
	w, h, ok := strings.Cut(p[2], "x")
	quality, ok2 := strings.CutPrefix(p[4], "q")
	if !ok || !ok2 {
		return Recipe{}, bad
	}
	r := Recipe{Fit: Fit(p[1]), Format: Format(p[3]), Background: p[5]}
	var err error
	for _, n := range []struct {
		to   *int
		text string
	}{{&r.Width, w}, {&r.Height, h}, {&r.Quality, quality}} {
		if *n.to, err = strconv.Atoi(n.text); err != nil {
			return Recipe{}, bad
		}
	}
	if r.String() != s {
		return Recipe{}, bad
	}
	return r, r.Validate()
}

// ID returns 32 hexadecimal digits that stand for the recipe: with the hash of
// a revision they are the address of a rendition.
func (r Recipe) ID() string {
	sum := sha256.Sum256([]byte(r.String()))
	return hex.EncodeToString(sum[:16])
}

// Colour returns the background as an opaque colour, white if it is not valid.
func (r Recipe) Colour() color.NRGBA {
	c, err := parseHexColour(r.normal().Background)
	if err != nil {
		return color.NRGBA{255, 255, 255, 255}
	}
	return c
}

func parseHexColour(s string) (color.NRGBA, error) {
	if len(s) != 6 {
		return color.NRGBA{}, fmt.Errorf("picture: %d digits in a colour", len(s))
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return color.NRGBA{}, err
	}
	return color.NRGBA{b[0], b[1], b[2], 255}, nil
}

// Plan returns how a picture of width×height (upright) is brought into the
// box: the size of the whole picture after scaling, and the part of it that
// is kept. Sizes are rounded to the nearest pixel and are at least 1. A vector
// picture has no pixels and is enlarged as well. The recipe must be valid.
func (r Recipe) Plan(width, height int, vector bool) (whole image.Point, keep image.Rectangle) {
	r = r.normal()
	width, height = max(width, 1), max(height, 1)
	scale := math.Inf(1)
	if r.Fit == Cover {
		scale = math.Max(float64(r.Width)/float64(width), float64(r.Height)/float64(height))
	} else {
		if r.Width > 0 {
			scale = float64(r.Width) / float64(width)
		}
		if r.Height > 0 {
			scale = math.Min(scale, float64(r.Height)/float64(height))
		}
	}
	if !vector && scale > 1 {
		scale = 1
	}
	whole = image.Pt(scaled(width, scale), scaled(height, scale))
	if r.Fit != Cover {
		// Rounding must not pass the box.
		if r.Width > 0 {
			whole.X = min(whole.X, r.Width)
		}
		if r.Height > 0 {
			whole.Y = min(whole.Y, r.Height)
		}
		return whole, image.Rectangle{Max: whole}
	}
	// When the picture is smaller than the box, the box shrinks with its proportions kept.
	shrink := math.Min(1, math.Min(float64(whole.X)/float64(r.Width), float64(whole.Y)/float64(r.Height)))
	w, h := min(scaled(r.Width, shrink), whole.X), min(scaled(r.Height, shrink), whole.Y)
	at := image.Pt((whole.X-w)/2, (whole.Y-h)/2)
	return whole, image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

func scaled(n int, by float64) int { return max(1, int(math.Round(float64(n)*by))) }

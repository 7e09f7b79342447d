// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"tillgang/internal/fault"
)

// Fit says how a picture is brought into the box of a recipe.
type Fit string

// No fit ever enlarges.
const (
	Inside Fit = "inside" // the whole picture, as large as the box allows
	Cover  Fit = "cover"  // the box's proportions, filled; what stands over is cut off, evenly or around Focal
	Pad    Fit = "pad"    // the box itself: the whole picture in its middle, the background around it
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
	AVIF Format = "avif"
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
	Background string `json:"background,omitempty"` // "rrggbb" under transparent parts of a JPEG and around a padded picture; empty means white

	Turn       int   `json:"turn,omitempty"`        // degrees clockwise by which the upright picture is turned: 0, 90, 180 or 270
	Flip       bool  `json:"flip,omitempty"`        // mirrored left to right, before it is turned
	Crop       Area  `json:"crop,omitzero"`         // the part that is used, of the picture as turned; zero means all
	Focal      Point `json:"focal,omitzero"`        // what Cover keeps in its middle, if it can, of the picture as turned; zero means the middle
	Page       int   `json:"page,omitempty"`        // of documents and TIFF, from 1; 0 means the first
	KeepColour bool  `json:"keep_colour,omitempty"` // keeps colours and their profile as in the original, if they are RGB or grey, in JPEG and PNG
	Mark       Mark  `json:"mark,omitzero"`         // a watermark; zero means none
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
	if r.Page == 1 {
		r.Page = 0
	}
	if r.Crop.whole() {
		r.Crop = Area{}
	}
	if r.Focal == middle || r.Fit != Cover {
		r.Focal = Point{}
	}
	r.Mark = r.Mark.normal()
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
	case Cover, Pad:
		if r.Width == 0 || r.Height == 0 {
			wrong["fit"] = string(r.Fit) + " needs both width and height"
		}
	default:
		wrong["fit"] = "must be inside, cover or pad"
	}
	switch r.Format {
	case Auto, JPEG, PNG:
	case WebP, AVIF:
		if r.KeepColour {
			wrong["keep_colour"] = "is for JPEG and PNG only"
		}
	default:
		wrong["format"] = "must be auto, jpeg, png, webp or avif"
	}
	r.validateParts(wrong)
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

// String returns the canonical text, such as "v1 inside 2048x2048 auto q82 ffffff";
// words for what is not usual follow, such as "crop=0,0,5000,10000".
// "v1" changes when the same words come to mean another picture.
func (r Recipe) String() string {
	r = r.normal()
	return fmt.Sprintf("v1 %s %dx%d %s q%d %s", r.Fit, r.Width, r.Height, r.Format, r.Quality, r.Background) + r.parts()
}

// ParseRecipe reads what String wrote; anything else is an Invalid fault.
func ParseRecipe(s string) (Recipe, error) {
	bad := fault.New(fault.Invalid, "picture.recipe", "This is not the text of a recipe.")
	p := strings.Split(s, " ")
	if len(p) < 6 || p[0] != "v1" {
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
	for _, word := range p[6:] {
		if !r.readPart(word) {
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

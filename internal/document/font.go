// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// maxFont is how large a font may be, also when it is unpacked.
const maxFont = 64 << 20

// fontFile reads an OpenType or TrueType font, or the first of a collection,
// and draws a specimen of it.
func fontFile(src source, c *collector) error {
	if src.size > maxFont {
		return Fault(CodeTooLarge, fmt.Errorf("a font of %d bytes", src.size))
	}
	b := make([]byte, src.size)
	if _, err := src.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return readFont(b, c)
}

func readFont(b []byte, c *collector) error {
	collection, err := opentype.ParseCollection(b)
	if err != nil {
		return err
	}
	f, err := collection.Font(0)
	if err != nil {
		return err
	}
	name := func(ids ...sfnt.NameID) string {
		for _, id := range ids {
			if s, err := f.Name(nil, id); err == nil && strings.TrimSpace(s) != "" {
				return head(strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD")), 2000)
			}
		}
		return ""
	}
	c.r.Font = &Font{
		Family: name(sfnt.NameIDTypographicFamily, sfnt.NameIDFamily), Style: name(sfnt.NameIDTypographicSubfamily, sfnt.NameIDSubfamily),
		Glyphs: f.NumGlyphs(),
	}
	p := &c.r.Properties
	p.Title = name(sfnt.NameIDFull, sfnt.NameIDFamily)
	p.Description = name(sfnt.NameIDDescription)
	p.Creators = people(name(sfnt.NameIDDesigner, sfnt.NameIDManufacturer))
	p.Copyright = name(sfnt.NameIDCopyright)
	p.Licence = name(sfnt.NameIDLicense)
	p.LicenceURL = name(sfnt.NameIDLicenseURL)
	if c.dir == "" {
		return nil
	}
	if err := specimen(f, c); err != nil {
		c.r.note("No specimen could be drawn of the font.")
	}
	return nil
}

// IsFont reports whether reading a file of the media type draws a specimen.
func IsFont(mediaType string) bool {
	switch mediaType {
	case "font/ttf", "font/otf", "font/woff", "font/collection":
		return true
	}
	return false
}

// Specimen returns the path of the picture that reading a font has drawn in
// the folder, or "".
func Specimen(dir string) string {
	path := filepath.Join(dir, specimenFile)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return path
}

// Lines of a specimen: letters of the five languages, and figures.
var specimenLines = []struct {
	text string
	size float64
}{
	{"", 84}, // the font's own name
	{"Aa Bb Cc Åå Ää Öö Ææ Øø", 96},
	{"Flygande bäckasiner söka hwila på mjuka tuvor", 52},
	{"Høj bly gom vandt fræk sexquiz på wc", 52},
	{"Törkylempijävongahdus", 52},
	{"The quick brown fox jumps over the lazy dog", 52},
	{"0123456789 &?!@%€£§", 72},
}

const specimenWidth, specimenHeight, specimenMargin = 1600, 1000, 60

// specimen draws lines in the font.
func specimen(f *opentype.Font, c *collector) error {
	canvas := image.NewGray(image.Rect(0, 0, specimenWidth, specimenHeight))
	draw.Draw(canvas, canvas.Rect, image.White, image.Point{}, draw.Src)
	y := specimenMargin
	drawn := false
	for i, line := range specimenLines {
		text := line.text
		if i == 0 {
			text = head(c.r.Properties.Title, 60)
		}
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: line.size, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return err
		}
		y += int(line.size * 1.35)
		d := font.Drawer{Dst: canvas, Src: image.NewUniform(color.Black), Face: face, Dot: fixed.P(specimenMargin, y)}
		for _, r := range text { // only what the font has, and what fits
			advance, ok := face.GlyphAdvance(r)
			if !ok {
				continue
			}
			if advance < 0 || d.Dot.X+advance > fixed.I(specimenWidth-specimenMargin) {
				break
			}
			bounds, _, ok := face.GlyphBounds(r)
			if !ok || bounds.Max.X-bounds.Min.X > fixed.I(specimenWidth) || bounds.Max.Y-bounds.Min.Y > fixed.I(specimenHeight) {
				continue // a glyph as large as the page is no letter
			}
			d.DrawString(string(r))
			drawn = true
		}
		_ = face.Close()
	}
	if !drawn {
		return nil // a font of symbols: nothing to show of it here
	}
	out, err := os.OpenFile(filepath.Join(c.dir, specimenFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // G302: the server, another user, reads it
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(out, canvas), out.Close())
}

// webFont unpacks a WOFF font (W3C WOFF File Format 1.0) and reads it.
func webFont(src source, c *collector) error {
	h := make([]byte, 44)
	if _, err := src.ReadAt(h, 0); err != nil {
		return err
	}
	be := binary.BigEndian
	count := int(be.Uint16(h[12:]))
	if string(h[:4]) != "wOFF" || count == 0 || count > 200 {
		return errors.New("no WOFF font")
	}
	directory := make([]byte, 20*count)
	if _, err := src.ReadAt(directory, 44); err != nil {
		return err
	}
	// An sfnt: its header, its directory, then the tables at multiples of four.
	out := make([]byte, 12+16*count)
	copy(out, h[4:8])
	be.PutUint16(out[4:], be.Uint16(h[12:]))
	for i := range count {
		e := directory[20*i : 20*i+20]
		offset, packed, size := be.Uint32(e[4:]), be.Uint32(e[8:]), be.Uint32(e[12:])
		if packed > size || int64(offset)+int64(packed) > src.size || len(out)+int(size) > maxFont {
			return errors.New("a table of the font lies outside of it")
		}
		table := make([]byte, packed)
		if _, err := src.ReadAt(table, int64(offset)); err != nil {
			return err
		}
		if packed < size {
			z, err := zlib.NewReader(bytes.NewReader(table))
			if err != nil {
				return err
			}
			if table, err = io.ReadAll(io.LimitReader(z, int64(size)+1)); err != nil || len(table) != int(size) {
				return errors.New("a table of the font does not unpack to its size")
			}
		}
		to := out[12+16*i:]
		copy(to, e[:4])
		be.PutUint32(to[4:], be.Uint32(e[16:]))
		be.PutUint32(to[8:], uint32(len(out))) //nolint:gosec // below maxFont
		be.PutUint32(to[12:], size)
		out = append(out, table...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return readFont(out, c)
}

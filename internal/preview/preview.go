// SPDX-License-Identifier: Apache-2.0

// Package preview finds the picture that a file carries of itself.
//
// Camera raw files, Photoshop, InDesign and EPS documents cannot be drawn
// without the program that made them, but nearly all of them carry a finished
// picture: Find returns the largest. Nothing is decoded; the picture's own
// header is read to know its size.
//
// Files are hostile: what is read of one is bounded in bytes, steps and depth,
// no offset leads outside of it, and whatever is damaged is passed over. A file
// without a picture is no error.
package preview

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Media types of what Find returns.
const (
	JPEG = "image/jpeg"
	TIFF = "image/tiff"
	PNG  = "image/png"
)

// Picture is a picture found in a file.
type Picture struct {
	MediaType     string
	Width, Height int // pixels as stored; 0 when not known
	// Orientation is how the file says the picture is to be turned (Exif 1–8),
	// when the picture itself does not say; Write adds it. Otherwise 1.
	Orientation int
	// OriginalWidth and OriginalHeight are the size of what the picture is a
	// preview of, upright; 0 when the file does not say.
	OriginalWidth, OriginalHeight int

	at, size int64  // in the file
	data     []byte // when it is not in the file as it is
}

// Size is how many bytes the picture has, without what Write adds.
func (p Picture) Size() int64 {
	if p.data != nil {
		return int64(len(p.data))
	}
	return p.size
}

// Write copies the picture out of the file in which it was found.
func (p Picture) Write(to io.Writer, from io.ReaderAt) error {
	head := []byte(nil)
	var body io.Reader = io.NewSectionReader(from, p.at, p.size)
	if p.data != nil {
		body = bytes.NewReader(p.data)
	}
	if p.MediaType == JPEG && p.Orientation > 1 {
		soi := make([]byte, 2)
		if _, err := io.ReadFull(body, soi); err != nil {
			return fmt.Errorf("preview: copy: %w", err)
		}
		head = append(soi, turned(p.Orientation)...)
	}
	if _, err := to.Write(head); err != nil {
		return fmt.Errorf("preview: copy: %w", err)
	}
	if _, err := io.Copy(to, body); err != nil {
		return fmt.Errorf("preview: copy: %w", err)
	}
	return nil
}

// turned is an APP1 segment with an Exif block that holds only an orientation
// (CIPA DC-008 §4.7.2).
func turned(orientation int) []byte {
	b := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	b[29] = byte(orientation) //nolint:gosec // G115: 1–8
	return b
}

// tiffs are the kinds of camera raw that are TIFF structures, or nearly.
var tiffs = []string{
	"image/x-adobe-dng", "image/x-canon-cr2", "image/x-nikon-nef", "image/x-sony-arw", "image/x-pentax-pef",
	"image/x-olympus-orf", "image/x-panasonic-rw2", "image/x-samsung-srw", "image/x-kodak-dcr", "image/x-kodak-kdc",
	"image/x-hasselblad-3fr", "image/x-epson-erf", "image/x-mamiya-mef", "image/x-leaf-mos", "image/x-phaseone-iiq",
}

// Reads reports whether files of the media type may carry a picture that Find
// knows how to find.
func Reads(mediaType string) bool {
	switch mediaType {
	case "image/x-canon-cr3", "image/x-fuji-raf", "image/vnd.adobe.photoshop", "image/x-eps", "application/postscript",
		"application/x-indesign", "application/vnd.adobe.illustrator":
		return true
	}
	return slices.Contains(tiffs, mediaType)
}

// Find looks for the largest picture that a file of the media type carries of
// itself. It reports false when there is none; the error is that of r.
func Find(r io.ReaderAt, size int64, mediaType string) (Picture, bool, error) {
	f := open(r, size)
	var s search
	switch {
	case mediaType == "image/x-canon-cr3":
		f.cr3(&s)
	case mediaType == "image/x-fuji-raf":
		f.raf(&s)
	case mediaType == "image/vnd.adobe.photoshop":
		f.psd(&s)
	case mediaType == "image/x-eps", mediaType == "application/postscript":
		f.eps(&s)
	case mediaType == "application/x-indesign":
		f.indd(&s)
	case mediaType == "application/vnd.adobe.illustrator":
		f.packets(&s, 0, f.size)
	case slices.Contains(tiffs, mediaType):
		f.raw(&s)
	}
	if f.work.err != nil {
		return Picture{}, false, fmt.Errorf("preview: read: %w", f.work.err)
	}
	p, ok := s.best()
	if !strings.HasPrefix(mediaType, "image/") {
		p.OriginalWidth, p.OriginalHeight = 0, 0 // a document has no pixels
	}
	return p, ok, nil
}

// search collects what was found.
type search struct {
	found         []Picture
	orientation   int // of the original; 0 when it does not say
	width, height int // of the original, as stored
}

// measured notes a size of the original; the largest counts.
func (s *search) measured(width, height int) {
	if width > 0 && height > 0 && width <= 1<<20 && height <= 1<<20 && width*height > s.width*s.height {
		s.width, s.height = width, height
	}
}

// best returns the largest picture, turned as the original says.
func (s *search) best() (Picture, bool) {
	if len(s.found) == 0 {
		return Picture{}, false
	}
	p := slices.MaxFunc(s.found, func(a, b Picture) int {
		if d := a.Width*a.Height - b.Width*b.Height; d != 0 {
			return d
		}
		return int(min(max(a.Size()-b.Size(), -1), 1))
	})
	own := p.Orientation
	switch {
	case own >= 1: // the picture says itself
		p.Orientation = 1
	case s.orientation >= 5 && (s.width > s.height) != (p.Width > p.Height) && s.width != s.height && s.width > 0:
		own, p.Orientation = s.orientation, 1 // some programs store it turned already
	default:
		own, p.Orientation = s.orientation, max(1, s.orientation)
	}
	if s.width*s.height < p.Width*p.Height {
		s.width, s.height = p.Width, p.Height
	}
	p.OriginalWidth, p.OriginalHeight = s.width, s.height
	if own >= 5 && p.MediaType == JPEG {
		p.OriginalWidth, p.OriginalHeight = s.height, s.width
	}
	return p, true
}

// budget is how many bytes are read of one file.
const budget = 64 << 20

// maxBlock is the longest piece that is held in memory at once.
const maxBlock = 16 << 20

// work bounds what one file may cost, and keeps the reader's error.
type work struct {
	left int64 // bytes that may still be read
	err  error
}

// file is a file, or a part of one, being read within its budget.
type file struct {
	r    io.ReaderAt
	size int64
	work *work
}

func open(r io.ReaderAt, size int64) *file { return &file{r, size, &work{left: budget}} }

// memory is a file that was decoded out of another one.
func (f *file) memory(b []byte) *file {
	return &file{bytes.NewReader(b), int64(len(b)), f.work}
}

// part is a file within a file, with the same budget.
func (f *file) part(at, size int64) *file {
	return &file{io.NewSectionReader(f.r, at, size), size, f.work}
}

// bytes returns exactly n bytes at off, or nil.
func (f *file) bytes(off, n int64) []byte {
	if off < 0 || n <= 0 || n > maxBlock || off > f.size-n || f.work.left < n || f.work.err != nil {
		return nil
	}
	f.work.left -= n + 64 // a read costs something however short it is
	b := make([]byte, n)
	if k, err := f.r.ReadAt(b, off); k < len(b) {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			f.work.err = err
		}
		return nil
	}
	return b
}

// upTo returns at most n bytes at off, nil when there are none.
func (f *file) upTo(off, n int64) []byte { return f.bytes(off, min(n, f.size-off, maxBlock)) }

// maxFound bounds the pictures that are looked at.
const maxFound = 100

// jpeg takes the JPEG at a place in the file, if it is one that can be shown
// and not the raw data itself.
func (f *file) jpeg(s *search, at, size int64) {
	if at <= 0 || size <= 0 || at >= f.size || len(s.found) >= maxFound {
		return
	}
	size = min(size, f.size-at)
	if p, ok := f.part(at, size).measure(); ok {
		p.at, p.size = at, size
		s.found = append(s.found, p)
	}
}

// jpegData takes a JPEG that was decoded out of the file.
func (f *file) jpegData(s *search, b []byte) {
	if len(s.found) >= maxFound {
		return
	}
	if p, ok := f.memory(b).measure(); ok {
		p.data = b
		s.found = append(s.found, p)
	}
}

// measure walks the segments of a JPEG to its frame header (ITU-T T.81 Annex
// B): only the kinds that everybody shows, so never lossless raw data.
func (f *file) measure() (p Picture, ok bool) {
	if b := f.bytes(0, 3); b == nil || b[0] != 0xff || b[1] != 0xd8 || b[2] != 0xff {
		return p, false
	}
	pos := int64(2)
	for range 2000 {
		b := f.bytes(pos, 4)
		if b == nil || b[0] != 0xff {
			return p, false
		}
		if b[1] == 0xff {
			pos++
			continue
		}
		n := int64(binary.BigEndian.Uint16(b[2:]))
		switch {
		case b[1] == 0x01 || b[1] >= 0xd0 && b[1] <= 0xd7:
			n = 0
		case n < 2:
			return p, false
		case b[1] == 0xe1 && p.Orientation == 0:
			p.Orientation = f.ownOrientation(f.bytes(pos+4, n-2))
		case b[1] >= 0xc0 && b[1] <= 0xc2:
			b = f.bytes(pos+4, 6)
			if b == nil || b[0] != 8 || b[5] != 1 && b[5] != 3 {
				return p, false
			}
			p.MediaType, p.Height, p.Width = JPEG, int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
			return p, p.Width > 0 && p.Height > 0
		case b[1] >= 0xc3 && b[1] <= 0xcf && b[1] != 0xc4 && b[1] != 0xc8 && b[1] != 0xcc, b[1] == 0xda, b[1] == 0xd9:
			return p, false
		}
		pos += 2 + n
	}
	return p, false
}

// ownOrientation reads the orientation in an APP1 segment; 0 when it has none.
func (f *file) ownOrientation(b []byte) int {
	if len(b) < 14 || string(b[:4]) != "Exif" {
		return 0
	}
	var s search
	if t, at := f.memory(b[6:]).structure(&s); t != nil {
		t.flat = true
		t.dir(at, 0)
	}
	return s.orientation
}

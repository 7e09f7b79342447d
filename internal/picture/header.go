// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"tillgang/internal/fault"
)

// Media types that ReadHeader knows.
const (
	TypeJPEG = "image/jpeg"
	TypePNG  = "image/png"
	TypeGIF  = "image/gif"
	TypeWebP = "image/webp"
	TypeTIFF = "image/tiff"
	TypeBMP  = "image/bmp"
	TypePSD  = "image/vnd.adobe.photoshop"
	TypeHEIC = "image/heic"
	TypeAVIF = "image/avif"
	TypeJXL  = "image/jxl"
	TypeJP2  = "image/jp2"
	TypeSVG  = "image/svg+xml"
	TypePDF  = "application/pdf"
)

// Header is what the first bytes of a file say of its picture. Width and
// Height are 0 for kinds whose size only a worker finds out (JXL, SVG, PDF).
type Header struct {
	MediaType   string // by content, never by name
	Width       int    // as stored, before Orientation
	Height      int    // as stored, before Orientation
	Orientation int    // EXIF orientation 1–8; 1 when the file does not say
	Frames      int    // frames of an animation or pages of a TIFF, at least 1; counting ends at 20,000
	Progressive bool   // or interlaced: needs more memory
	BitDepth    int    // bits per channel
	Channels    int    // colour channels without alpha: 1 grey, 3 RGB or palette, 4 CMYK
	Alpha       bool   // the file is able to be transparent somewhere

	short  bool   // PNG, WebP: the file is shorter than it says
	planes int64  // JPEG: bytes a pixel in memory, times two
	icc    []byte // embedded colour profile, at most 4 MiB; nil without one or if it is larger
}

// Upright returns width and height as the picture is to be seen.
func (h Header) Upright() (width, height int) {
	if h.Orientation >= 5 {
		return h.Height, h.Width
	}
	return h.Width, h.Height
}

// Incomplete reports whether the structure of the file already shows that its
// end is missing. False does not mean that it is whole.
func (h Header) Incomplete() bool { return h.short }

const (
	countFrames = 20_000  // counting ends here; every sensible limit is below
	maxSteps    = 200_000 // segments, chunks or blocks walked in one file
	maxProfile  = 4 << 20 // bytes of an embedded profile that are read
	maxExif     = 1 << 20 // bytes of an EXIF block that are read
)

// Reasons that ReadHeader finds; both become faults.
var (
	errDamaged     = errors.New("damaged header")
	errUnsupported = errors.New("unsupported kind")
)

// ReadHeader reads what a picture is from its header, without decoding it. It
// reads a few hundred bytes, or walks the chunk list of formats that spread
// their facts, and takes bounded time and memory whatever the file holds.
// The fault's code is CodeUnknown if the bytes are no picture of a known kind,
// CodeTruncated if they end inside the header and CodeUnreadable if they
// contradict themselves.
func ReadHeader(r io.ReaderAt, size int64) (Header, error) {
	f := &file{r: r, size: size}
	h := Header{MediaType: sniff(f.peek(0, 32)), Orientation: 1, Frames: 1, BitDepth: 8, Channels: 3}
	if h.MediaType == "" && isSVG(f.peek(0, svgHead)) {
		h.MediaType = TypeSVG
	}
	var err error
	switch h.MediaType {
	case TypeJPEG:
		err = h.readJPEG(f)
	case TypePNG:
		err = h.readPNG(f)
	case TypeGIF:
		err = h.readGIF(f)
	case TypeWebP:
		err = h.readWebP(f)
	case TypeTIFF:
		err = h.readTIFF(f)
	case TypeBMP:
		err = h.readBMP(f)
	case TypePSD:
		err = h.readPSD(f)
	case TypeHEIC, TypeAVIF:
		err = h.readHEIF(f)
	case TypeJP2:
		err = h.readJP2(f)
	case TypeJXL, TypeSVG, TypePDF:
		return h, nil
	default:
		return Header{}, fault.New(fault.Invalid, CodeUnknown, texts[CodeUnknown])
	}
	if err == nil && (h.Width <= 0 || h.Height <= 0) {
		err = fmt.Errorf("%w: %d × %d pixels", errDamaged, h.Width, h.Height)
	}
	switch {
	case err == nil:
		return h, nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Header{}, Fault(CodeTruncated, err)
	case errors.Is(err, errUnsupported):
		return Header{}, Fault(CodeUnsupported, err)
	case errors.Is(err, errDamaged):
		return Header{}, Fault(CodeUnreadable, err)
	default:
		return Header{}, fmt.Errorf("picture: read header: %w", err)
	}
}

// sniff returns the media type that the first bytes say, "" if none is known.
func sniff(b []byte) string {
	has := func(at int, s string) bool { return len(b) >= at+len(s) && string(b[at:at+len(s)]) == s }
	switch {
	case has(0, "\xff\xd8\xff"):
		return TypeJPEG
	case has(0, "\x89PNG\r\n\x1a\n"):
		return TypePNG
	case has(0, "GIF87a"), has(0, "GIF89a"):
		return TypeGIF
	case has(0, "RIFF") && has(8, "WEBP"):
		return TypeWebP
	case has(0, "II*\x00"), has(0, "MM\x00*"), has(0, "II+\x00\x08\x00\x00\x00"), has(0, "MM\x00+\x00\x08\x00\x00"):
		return TypeTIFF
	case has(0, "BM"):
		return TypeBMP
	case has(0, "\x00\x00\x00\x0cjP  \r\n\x87\n"), has(0, "\xff\x4f\xff\x51"):
		return TypeJP2
	case has(0, "8BPS\x00\x01"), has(0, "8BPS\x00\x02"):
		return TypePSD
	case has(4, "ftyp"):
		return sniffBrand(b)
	case has(0, "\xff\x0a"), has(0, "\x00\x00\x00\x0cJXL \r\n\x87\n"):
		return TypeJXL
	case has(0, "%PDF-"):
		return TypePDF
	}
	return ""
}

func sniffBrand(b []byte) string {
	if len(b) < 12 {
		return ""
	}
	for at := 8; at+4 <= len(b); at += 4 {
		if at == 12 {
			continue // minor version
		}
		switch string(b[at : at+4]) {
		case "avif", "avis":
			return TypeAVIF
		case "heic", "heix", "heim", "heis", "hevc", "hevx":
			return TypeHEIC
		}
		if int64(at)+4 >= int64(binary.BigEndian.Uint32(b)) {
			break
		}
	}
	return ""
}

// file reads small pieces of a file through one page of buffer.
type file struct {
	r    io.ReaderAt
	size int64
	page []byte
	from int64
}

const pageSize = 4096

// at returns n bytes from off; io.ErrUnexpectedEOF if the file ends before.
// The bytes are valid until the next call.
func (f *file) at(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || off > f.size || int64(n) > f.size-off {
		return nil, io.ErrUnexpectedEOF
	}
	if off >= f.from && off+int64(n) <= f.from+int64(len(f.page)) {
		return f.page[off-f.from:][:n], nil
	}
	buf := f.page[:0]
	want := int(min(int64(max(n, pageSize)), f.size-off))
	if cap(buf) < want {
		buf = make([]byte, want)
	}
	buf = buf[:want]
	got, err := f.r.ReadAt(buf, off)
	f.page, f.from = buf[:got], off
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return f.page[:n], nil
}

// peek returns up to n bytes from off, fewer at the file's end.
func (f *file) peek(off int64, n int) []byte {
	b, err := f.at(off, int(max(0, min(int64(n), f.size-off))))
	if err != nil {
		return nil
	}
	return b
}

// keep returns a copy of n bytes from off, nil if there are more than most.
func (f *file) keep(off, n, most int64) ([]byte, error) {
	if n > most {
		return nil, nil
	}
	b, err := f.at(off, int(n))
	return bytes.Clone(b), err
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

func be16(b []byte) int   { return int(binary.BigEndian.Uint16(b)) }
func be32(b []byte) int64 { return int64(binary.BigEndian.Uint32(b)) }
func le16(b []byte) int   { return int(binary.LittleEndian.Uint16(b)) }
func le24(b []byte) int   { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
func le32(b []byte) int64 { return int64(binary.LittleEndian.Uint32(b)) }

// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Tags of TIFF 6.0 that matter here; EXIF blocks share them (EXIF 3.0, 4.5).
const (
	tagWidth       = 256
	tagHeight      = 257
	tagBits        = 258
	tagPhotometric = 262
	tagOrientation = 274
	tagSamples     = 277
	tagExtra       = 338
	tagICC         = 34675
)

// readTIFF reads the first directory of a TIFF or BigTIFF and counts the rest
// (TIFF 6.0, section 2).
func (h *Header) readTIFF(f *file) error {
	b, err := f.at(0, 8)
	if err != nil {
		return err
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	big := order.Uint16(b[2:]) == 43
	next := int64(order.Uint32(b[4:]))
	if big {
		if b, err = f.at(8, 8); err != nil {
			return err
		}
		next = tiffOffset(order, b)
	}
	h.Channels = 1
	first := true
	seen := map[int64]bool{}
	pages := 0
	for next != 0 && pages <= countFrames && !seen[next] {
		seen[next] = true
		dir := tiffDir{f: f, order: order, big: big}
		after, err := dir.read(next, func(tag int, value []int64, off, n int64) {
			if !first {
				return
			}
			h.tiffTag(f, tag, value, off, n)
		})
		if err != nil {
			if first {
				return err
			}
			break
		}
		first = false
		pages++
		next = after
	}
	h.Frames = max(1, pages)
	return nil
}

func (h *Header) tiffTag(f *file, tag int, value []int64, off, n int64) {
	if len(value) == 0 {
		return
	}
	v := int(max(0, min(value[0], 1<<31-1)))
	switch tag {
	case tagWidth:
		h.Width = v
	case tagHeight:
		h.Height = v
	case tagBits:
		h.BitDepth = v
	case tagPhotometric:
		switch v {
		case 2, 3, 6, 8:
			h.Channels = 3
		case 5:
			h.Channels = 4
		}
	case tagExtra:
		h.Alpha = v == 1 || v == 2
	case tagOrientation:
		if v >= 1 && v <= 8 {
			h.Orientation = v
		}
	case tagICC:
		h.icc, _ = f.keep(off, n, maxProfile)
	}
}

func tiffOffset(order binary.ByteOrder, b []byte) int64 {
	if v := order.Uint64(b); v < 1<<62 {
		return int64(v)
	}
	return 0
}

// tiffDir reads one image file directory.
type tiffDir struct {
	f     *file
	order binary.ByteOrder
	big   bool
}

var tiffSize = [...]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

// read calls each with every entry: its first value (integers only), and
// where its bytes lie. It returns the offset of the next directory.
func (d tiffDir) read(at int64, each func(tag int, value []int64, off, n int64)) (next int64, err error) {
	head, entry, word := int64(2), int64(12), int64(4)
	if d.big {
		head, entry, word = 8, 20, 8
	}
	b, err := d.f.at(at, int(head))
	if err != nil {
		return 0, err
	}
	count := int64(d.order.Uint16(b))
	if d.big {
		count = tiffOffset(d.order, b)
	}
	if count > 65535 {
		return 0, damaged("directory of %d entries", count)
	}
	for i := range count {
		off := at + head + i*entry
		b, err := d.f.at(off, int(entry))
		if err != nil {
			return 0, err
		}
		tag, kind := int(d.order.Uint16(b)), int(d.order.Uint16(b[2:]))
		var n, data int64
		if d.big {
			n, data = tiffOffset(d.order, b[4:]), tiffOffset(d.order, b[12:])
		} else {
			n, data = int64(d.order.Uint32(b[4:])), int64(d.order.Uint32(b[8:]))
		}
		if kind >= len(tiffSize) || tiffSize[kind] == 0 || n <= 0 || n > 1<<40 {
			continue
		}
		size := n * tiffSize[kind]
		if size <= word {
			data = off + entry - word
		}
		each(tag, d.value(kind, data), data, size)
	}
	b = d.f.peek(at+head+count*entry, int(word))
	if len(b) < int(word) {
		return 0, nil // no room for a next one: the last
	}
	if d.big {
		return tiffOffset(d.order, b), nil
	}
	return int64(d.order.Uint32(b)), nil
}

func (d tiffDir) value(kind int, off int64) []int64 {
	b, err := d.f.at(off, int(tiffSize[kind]))
	if err != nil {
		return nil
	}
	switch kind {
	case 1, 6, 7:
		return []int64{int64(b[0])}
	case 3, 8:
		return []int64{int64(d.order.Uint16(b))}
	case 4, 9, 13:
		return []int64{int64(d.order.Uint32(b))}
	case 16, 17, 18:
		return []int64{tiffOffset(d.order, b)}
	}
	return nil
}

// exifOrientation reads the orientation out of an EXIF block, which is a TIFF
// without a picture (EXIF 3.0, 4.6.2 and 4.6.5.1.6); 1 if it does not say.
func exifOrientation(b []byte) int {
	f := &file{r: bytes.NewReader(b), size: int64(len(b))}
	head, err := f.at(0, 8)
	if err != nil {
		return 1
	}
	var order binary.ByteOrder
	switch string(head[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	orientation := 1
	_, err = tiffDir{f: f, order: order}.read(int64(order.Uint32(head[4:])), func(tag int, value []int64, _, _ int64) {
		if tag == tagOrientation && len(value) == 1 && value[0] >= 1 && value[0] <= 8 {
			orientation = int(value[0])
		}
	})
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 1
	}
	return orientation
}

// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"encoding/binary"
	"slices"
)

// What a camera notes of how it took the picture, by tag (CIPA DC-008 §4.6),
// ascending. Missing on purpose: texts and names, GPS, serial numbers, owners,
// maker notes, thumbnails.
var (
	exifMain = []uint16{
		0x010F, 0x0110, 0x0112, 0x011A, 0x011B, 0x0128, 0x0132, // make, model, orientation, resolution ×3, date
		0x0213, // YCbCr positioning
	}
	exifMore = []uint16{
		0x829A, 0x829D, 0x8822, 0x8827, 0x8830, 0x8831, 0x9000, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9101, 0x9201, 0x9202, 0x9203,
		0x9204, 0x9205, 0x9206, 0x9207, 0x9208, 0x9209, 0x920A, 0x9290, 0x9291, 0x9292, 0xA001, 0xA20E, 0xA20F, 0xA210, 0xA217, 0xA300,
		0xA301, 0xA401, 0xA402, 0xA403, 0xA404, 0xA405, 0xA406, 0xA407, 0xA408, 0xA409, 0xA40A, 0xA40C, 0xA432, 0xA433, 0xA434,
	}
)

const (
	tagOrientation = 0x0112
	tagExifIFD     = 0x8769
)

// widths of TIFF's field types.
var widths = [...]uint32{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}

// entry is one field of an image file directory.
type entry struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

// camera makes a new Exif block of what may stay of an old one: under Embed
// what the camera noted, under the other policies the orientation, if the
// picture does not stand upright. Nothing is nil.
func camera(old []byte, p Policy) []byte {
	order := byteOrder(old)
	if order == nil {
		return nil
	}
	main, link := directory(old, order, order.Uint32(old[4:]))
	if p != Embed {
		main = keep(main, []uint16{tagOrientation})
		if len(main) == 0 || main[0].kind != 3 || order.Uint16(main[0].value) == 1 {
			return nil
		}
		return block(order, main, nil)
	}
	var more []entry
	if link != 0 {
		more, _ = directory(old, order, link)
	}
	main, more = keep(main, exifMain), keep(more, exifMore)
	if len(main)+len(more) == 0 {
		return nil
	}
	return block(order, main, more)
}

// endian is a byte order that reads and writes.
type endian interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func byteOrder(b []byte) endian {
	if len(b) < 8 {
		return nil
	}
	switch string(b[:4]) {
	case "II*\x00":
		return binary.LittleEndian
	case "MM\x00*":
		return binary.BigEndian
	}
	return nil
}

// maxFields bounds a directory, maxValue a field in it.
const (
	maxFields = 500
	maxValue  = 1000
)

// directory reads one directory's fields, as far as they lie inside the block,
// and where the Exif directory is.
func directory(b []byte, order binary.ByteOrder, at uint32) (list []entry, link uint32) {
	if uint64(at)+2 > uint64(len(b)) {
		return nil, 0
	}
	n := min(int(order.Uint16(b[at:])), maxFields)
	for i := range n {
		off := uint64(at) + 2 + uint64(i)*12
		if off+12 > uint64(len(b)) {
			break
		}
		f := b[off : off+12]
		e := entry{tag: order.Uint16(f), kind: order.Uint16(f[2:]), count: order.Uint32(f[4:])}
		if int(e.kind) >= len(widths) || widths[e.kind] == 0 || e.count == 0 || e.count > maxValue {
			continue
		}
		size := widths[e.kind] * e.count
		if size <= 4 {
			e.value = f[8 : 8+size]
		} else {
			from := uint64(order.Uint32(f[8:]))
			if from+uint64(size) > uint64(len(b)) {
				continue
			}
			e.value = b[from : from+uint64(size)]
		}
		if e.tag == tagExifIFD && e.kind == 4 && e.count == 1 {
			link = order.Uint32(e.value)
		}
		list = append(list, e)
	}
	return list, link
}

// keep returns the fields with these tags, in order, each once.
func keep(list []entry, tags []uint16) (out []entry) {
	for _, e := range list {
		same := func(o entry) bool { return o.tag == e.tag }
		if slices.Contains(tags, e.tag) && !slices.ContainsFunc(out, same) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b entry) int { return int(a.tag) - int(b.tag) })
	return out
}

// block writes directories as a TIFF structure.
func block(order endian, main, more []entry) []byte {
	b := []byte("II*\x00")
	if order.String() == binary.BigEndian.String() {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	if len(more) > 0 {
		main = append(main, entry{tag: tagExifIFD, kind: 4, count: 1, value: make([]byte, 4)})
	}
	write := func(list []entry) {
		start := len(b)
		data := start + 2 + 12*len(list) + 4
		b = order.AppendUint16(b, uint16(len(list))) //nolint:gosec // G115: at most maxFields
		var values []byte
		for _, e := range list {
			b = order.AppendUint16(order.AppendUint16(b, e.tag), e.kind)
			b = order.AppendUint32(b, e.count)
			switch {
			case e.tag == tagExifIFD: // its place is known at the end
				b = append(b, 0, 0, 0, 0)
			case len(e.value) <= 4:
				b = append(append(b, e.value...), make([]byte, 4-len(e.value))...)
			default:
				b = order.AppendUint32(b, uint32(data+len(values))) //nolint:gosec // G115: at most maxFields × maxValue
				if values = append(values, e.value...); len(values)%2 == 1 {
					values = append(values, 0)
				}
			}
		}
		b = append(order.AppendUint32(b, 0), values...)
	}
	write(main)
	if len(more) > 0 {
		at := 8 + 2 + 12*(len(main)-1) + 8      // of the last field, which has the highest tag
		order.PutUint32(b[at:], uint32(len(b))) //nolint:gosec // G115: at most maxFields × maxValue
		write(more)
	}
	return b
}

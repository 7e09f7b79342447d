// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// Tags of TIFF 6.0 and Exif 3.0 (CIPA DC-008-2023) that are read.
const (
	tagDescription  = 0x010E
	tagMake         = 0x010F
	tagModel        = 0x0110
	tagOrientation  = 0x0112
	tagSoftware     = 0x0131
	tagDateTime     = 0x0132
	tagArtist       = 0x013B
	tagXMP          = 0x02BC
	tagCopyright    = 0x8298
	tagIIM          = 0x83BB
	tagPhotoshop    = 0x8649
	tagC2PA         = 0xCD41 // C2PA 2.1 §A.3.4
	tagExif         = 0x8769
	tagGPS          = 0x8825
	tagOriginal     = 0x9003
	tagDigitized    = 0x9004
	tagOffset       = 0x9010
	tagOffsetOrig   = 0x9011
	tagOffsetDigit  = 0x9012
	tagUserComment  = 0x9286
	tagSubSec       = 0x9290
	tagSubSecOrig   = 0x9291
	tagSubSecDigit  = 0x9292
	tagXPTitle      = 0x9C9B
	tagXPComment    = 0x9C9C
	tagXPAuthor     = 0x9C9D
	tagXPKeywords   = 0x9C9E
	tagXPSubject    = 0x9C9F
	tagLensMake     = 0xA433
	tagLensModel    = 0xA434
	tagImageTitle   = 0xA436
	tagPhotographer = 0xA437
	tagGPSLatRef    = 1
	tagGPSLat       = 2
	tagGPSLongRef   = 3
	tagGPSLong      = 4
	tagGPSAltRef    = 5
	tagGPSAlt       = 6
	gpsBase         = 0x10000 // GPS tags are kept apart by this
	maxEntries      = 2_000
	maxExifValue    = 256 << 10
	typeASCII       = 2
	typeUTF8        = 129
	typeShort       = 3
	typeLong        = 4
	typeRational    = 5
	typeLong8       = 16
	typeIFD8        = 18
	bigTIFF         = 43
)

var exifNames = map[int]string{
	tagDescription: "ImageDescription", tagMake: "Make", tagModel: "Model", tagSoftware: "Software", tagDateTime: "DateTime",
	tagArtist: "Artist", tagCopyright: "Copyright", tagOriginal: "DateTimeOriginal", tagDigitized: "DateTimeDigitized",
	tagOffset: "OffsetTime", tagOffsetOrig: "OffsetTimeOriginal", tagLensMake: "LensMake", tagLensModel: "LensModel",
	tagImageTitle: "ImageTitle", tagPhotographer: "Photographer", tagUserComment: "UserComment",
	tagXPTitle: "XPTitle", tagXPComment: "XPComment", tagXPAuthor: "XPAuthor", tagXPKeywords: "XPKeywords", tagXPSubject: "XPSubject",
}

// exifTags are the values found, by tag.
type exifTags struct {
	texts    map[int]string
	rational map[int][]float64
	numbers  map[int]uint32
}

// exif reads a TIFF structure: the whole file, or the block in other formats.
func (f *file) exif(s span) {
	head := s.bytes(0, 8)
	if head == nil {
		return
	}
	var o binary.ByteOrder = binary.LittleEndian
	if head[0] == 'M' {
		o = binary.BigEndian
	}
	if string(head[:2]) != "II" && string(head[:2]) != "MM" {
		f.out.note("The Exif block is damaged.")
		return
	}
	w, first := classic, int64(o.Uint32(head[4:]))
	if o.Uint16(head[2:]) == bigTIFF {
		b := s.bytes(8, 8)
		if b == nil {
			return
		}
		w, first = long, place64(o.Uint64(b))
	}
	t := &exifTags{map[int]string{}, map[int][]float64{}, map[int]uint32{}}
	f.ifd(s, o, w, first, 0, t)
	if at, ok := t.numbers[tagExif]; ok {
		f.ifd(s, o, w, int64(at), 0, t)
	}
	if at, ok := t.numbers[tagGPS]; ok {
		f.ifd(s, o, w, int64(at), gpsBase, t)
	}
	f.useExif(t)
}

// widths are how long the parts of a directory are: in TIFF 6.0 §2, or in
// BigTIFF, which has the same parts with longer numbers.
type widths struct{ count, entry, word int64 }

var (
	classic = widths{2, 12, 4}
	long    = widths{8, 20, 8}
)

// number reads a count or a place.
func (w widths) number(o binary.ByteOrder, b []byte) int64 {
	if w == long {
		return place64(o.Uint64(b))
	}
	return int64(o.Uint32(b))
}

// place64 is a long number, 0 when it cannot be a place in a file.
func place64(v uint64) int64 {
	if v >= 1<<40 {
		return 0
	}
	return int64(v)
}

// ifd reads one directory. Directories are visited a fixed number of times, so
// loops in a file do no harm.
func (f *file) ifd(s span, o binary.ByteOrder, w widths, at int64, base int, t *exifTags) {
	head := s.bytes(at, w.count)
	if head == nil || at < 8 {
		f.out.note("A directory of the Exif block lies outside of it.")
		return
	}
	n := int64(o.Uint16(head))
	if w == long {
		n = place64(o.Uint64(head))
	}
	table := s.sub(at+w.count, min(n, maxEntries)*w.entry)
	b := table.all()
	for ; int64(len(b)) >= w.entry; b = b[w.entry:] {
		tag, typ, count := int(o.Uint16(b)), o.Uint16(b[2:]), w.number(o, b[4:])
		size := count * sizeOf(typ)
		value := b[w.entry-w.word : w.entry]
		known := wanted(tag, base)
		switch {
		case !known, size <= 0:
			continue
		case size > w.word:
			block := s.sub(w.number(o, value), size)
			if base == 0 && f.embedded(tag, block) {
				continue
			}
			if size > maxExifValue {
				f.out.note("An Exif value was too long and left out.")
				continue
			}
			if value = block.all(); int64(len(value)) < size {
				f.out.note("An Exif value lies outside of its block.")
				continue
			}
		}
		t.put(tag+base, typ, count, value[:min(size, int64(len(value)))], o)
	}
}

// embedded takes other metadata that TIFF carries in tags.
func (f *file) embedded(tag int, s span) bool {
	switch tag {
	case tagXMP:
		f.xmp(s.all())
	case tagIIM:
		f.iim(s.all())
	case tagPhotoshop:
		f.photoshop(s.all(), true)
	case tagC2PA:
		if s.size <= maxManifest {
			f.manifest(s.all())
		}
	default:
		return false
	}
	return true
}

func sizeOf(typ uint16) int64 {
	switch typ {
	case 1, typeASCII, 6, 7, typeUTF8:
		return 1
	case typeShort, 8:
		return 2
	case typeLong, 9, 11, 13:
		return 4
	case typeRational, 10, 12, typeLong8, typeIFD8:
		return 8
	}
	return 0
}

func wanted(tag, base int) bool {
	if base == gpsBase {
		return tag >= tagGPSLatRef && tag <= tagGPSAlt
	}
	switch tag {
	case tagOrientation, tagXMP, tagIIM, tagPhotoshop, tagC2PA, tagExif, tagGPS, tagOffsetDigit, tagSubSec, tagSubSecOrig, tagSubSecDigit:
		return true
	}
	return exifNames[tag] != ""
}

func (t *exifTags) put(tag int, typ uint16, count int64, v []byte, o binary.ByteOrder) {
	switch {
	case tag == tagUserComment:
		t.texts[tag] = userComment(v, o)
	case tag >= tagXPTitle && tag <= tagXPSubject: // UTF-16 in bytes, by Windows
		t.texts[tag] = decode16(v, false)
	case typ == typeASCII, typ == typeUTF8:
		v, _, _ = bytes.Cut(v, []byte{0})
		t.texts[tag] = decode(v)
	case typ == 1 && len(v) > 0:
		t.numbers[tag] = uint32(v[0])
	case typ == typeShort && len(v) >= 2:
		t.numbers[tag] = uint32(o.Uint16(v))
	case (typ == typeLong || typ == 13) && len(v) >= 4:
		t.numbers[tag] = o.Uint32(v)
	case (typ == typeLong8 || typ == typeIFD8) && len(v) >= 8:
		t.numbers[tag] = uint32(min(place64(o.Uint64(v)), math.MaxUint32)) //nolint:gosec // G115: bounded
	case typ == typeRational && count <= 8:
		for ; len(v) >= 8; v = v[8:] {
			t.rational[tag] = append(t.rational[tag], float64(o.Uint32(v))/float64(o.Uint32(v[4:]))) // x/0: checked where used
		}
	}
}

// userComment begins with eight bytes that name its encoding (DC-008 §4.6.5).
func userComment(v []byte, o binary.ByteOrder) string {
	if len(v) < 8 {
		return ""
	}
	name, v := strings.TrimRight(string(v[:8]), "\x00 "), v[8:]
	if name == "UNICODE" {
		return decode16(v, o == binary.BigEndian)
	}
	v, _, _ = bytes.Cut(v, []byte{0})
	return decode(v)
}

// boilerplate is what cameras write where a person's description belongs.
func boilerplate(s string) bool {
	u := strings.ToUpper(strings.TrimSpace(s))
	for _, p := range []string{"OLYMPUS DIGITAL CAMERA", "SONY DSC", "DCIM\\", "DIGITAL CAMERA", "KONICA MINOLTA", "EXIF_JPEG", "SAMSUNG", "<DIGIMAX", "MINOLTA DIGITAL CAMERA", "DEFAULT"} {
		if strings.HasPrefix(u, p) && len(u) < 40 {
			return true
		}
	}
	return false
}

func (f *file) useExif(t *exifTags) {
	m := &f.fromExif
	for tag, name := range exifNames {
		f.out.raw("Exif:"+name, f.out.text(t.texts[tag]))
	}
	line := func(tags ...int) string {
		for _, tag := range tags {
			if s := f.out.line(t.texts[tag]); s != "" {
				return s
			}
		}
		return ""
	}
	for _, tag := range []int{tagDescription, tagXPComment, tagXPSubject, tagUserComment} {
		if s := t.texts[tag]; !boilerplate(s) && len(m.Description) == 0 {
			m.Description = f.out.plain(s)
		}
	}
	m.Title = f.out.plain(line(tagImageTitle, tagXPTitle))
	m.Creator = f.out.list(strings.Split(line(tagArtist, tagPhotographer, tagXPAuthor), ";")) // MWG §5.4: semicolons part artists
	m.Keywords = f.out.list(strings.Split(line(tagXPKeywords), ";"))
	m.Copyright = f.out.plain(line(tagCopyright))
	m.CameraMake, m.CameraModel, m.Software = line(tagMake), line(tagModel), line(tagSoftware)
	m.Lens = line(tagLensModel)
	if n := t.numbers[tagOrientation]; n >= 1 && n <= 8 {
		m.Orientation = int(n)
	}
	for _, d := range []struct{ date, offset, fraction int }{
		{tagOriginal, tagOffsetOrig, tagSubSecOrig}, {tagDigitized, tagOffsetDigit, tagSubSecDigit}, {tagDateTime, tagOffset, tagSubSec},
	} {
		if d.date == tagDateTime && m.CameraModel == "" {
			break // without a camera, it is when a file was made
		}
		if m.Captured.IsZero() {
			m.Captured = exifMoment(t.texts[d.date], t.texts[d.offset], t.texts[d.fraction])
		}
	}
	f.useGPS(t)
}

func (f *file) useGPS(t *exifTags) {
	lat, ok := degrees(t.rational[gpsBase+tagGPSLat], t.texts[gpsBase+tagGPSLatRef], "S")
	long, ok2 := degrees(t.rational[gpsBase+tagGPSLong], t.texts[gpsBase+tagGPSLongRef], "W")
	if !ok || !ok2 {
		return
	}
	p := place(lat, long)
	if p == nil {
		f.out.note("The position in the file is not on earth; it was left out.")
		return
	}
	if a := t.rational[gpsBase+tagGPSAlt]; len(a) == 1 && a[0] < 100_000 {
		alt := a[0]
		if t.numbers[gpsBase+tagGPSAltRef]%2 == 1 { // 1 and 3: below sea level
			alt = -alt
		}
		p.Altitude = &alt
	}
	f.fromExif.GPS = p
}

// degrees adds up degrees, minutes and seconds.
func degrees(v []float64, ref, negative string) (float64, bool) {
	if len(v) == 0 || len(v) > 3 {
		return 0, false
	}
	sum := 0.0
	for i, part := range v {
		if math.IsNaN(part) && i > 0 { // 0/0 for no minutes or seconds
			continue
		}
		sum += part / math.Pow(60, float64(i))
	}
	if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(ref)), negative) {
		sum = -sum
	}
	return sum, true
}

// place returns a point, or nil when it is none, or the exact zero that
// receivers without reception write.
func place(lat, long float64) *Place {
	if !(lat >= -90 && lat <= 90 && long >= -180 && long <= 180) || (lat == 0 && long == 0) {
		return nil
	}
	return &Place{Latitude: lat, Longitude: long}
}

// xmpDegrees reads XMP's "59,19.75N" and "59,19,45N" (Exif in XMP, GPSCoordinate).
func xmpDegrees(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || len(s) > 40 {
		return 0, false
	}
	ref := strings.ToUpper(s[len(s)-1:])
	if !strings.Contains("NSEW", ref) {
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil
	}
	var v []float64
	for p := range strings.SplitSeq(s[:len(s)-1], ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || n < 0 {
			return 0, false
		}
		v = append(v, n)
	}
	if ref == "W" {
		ref = "S"
	}
	return degrees(v, ref, "S")
}

// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"errors"
	"io"
	"strings"

	"github.com/bep/imagemeta"
)

// heif reads HEIF and AVIF (ISO/IEC 23008-12), whose items lie scattered by a
// table, through bep/imagemeta.
func (f *file) heif(mediaType string) {
	format := imagemeta.HEIF
	if mediaType == "image/avif" {
		format = imagemeta.AVIF
	}
	t := &exifTags{map[int]string{}, map[int][]float64{}, map[int]uint32{}}
	_, err := imagemeta.Decode(imagemeta.Options{
		R:               io.NewSectionReader(bounded{f.span}, 0, f.size),
		ImageFormat:     format,
		Sources:         imagemeta.EXIF | imagemeta.XMP,
		ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
		HandleTag:       func(tag imagemeta.TagInfo) error { t.take(tag); return nil },
		HandleXMP: func(r io.Reader) error {
			b, err := io.ReadAll(io.LimitReader(r, maxPacket+1))
			f.xmp(b)
			return err
		},
		Warnf: func(string, ...any) {},
	})
	if err != nil {
		f.out.note("Some of the metadata is damaged and was left out.")
	}
	f.useExif(t)
	f.boxes(f.span, 0, func(name string, data span) {
		if name == "uuid" {
			f.credentialBox(data)
		}
	})
}

// bounded reads within the budget of the file.
type bounded struct{ s span }

func (b bounded) ReadAt(p []byte, off int64) (int, error) {
	want := min(int64(len(p)), b.s.size-off)
	if want <= 0 {
		return 0, io.EOF
	}
	got := b.s.bytes(off, want)
	if got == nil {
		return 0, errors.Join(io.ErrUnexpectedEOF, b.s.work.err)
	}
	n := copy(p, got)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// take sorts a tag of imagemeta, which gives names and finished values, into
// the same places as ours.
func (t *exifTags) take(tag imagemeta.TagInfo) {
	if tag.Source != imagemeta.EXIF || strings.Contains(tag.Namespace, "IFD1") {
		return
	}
	name := tag.Tag
	switch name { // names of exiftool, which differ from the standard's
	case "ModifyDate":
		name = "DateTime"
	case "CreateDate":
		name = "DateTimeDigitized"
	}
	switch v := tag.Value.(type) {
	case string:
		for id, n := range exifNames {
			if n == name {
				t.texts[id] = decode([]byte(v))
			}
		}
		switch name {
		case "GPSLatitudeRef":
			t.texts[gpsBase+tagGPSLatRef] = v
		case "GPSLongitudeRef":
			t.texts[gpsBase+tagGPSLongRef] = v
		}
	case float64:
		switch name {
		case "GPSLatitude":
			t.rational[gpsBase+tagGPSLat] = []float64{v}
		case "GPSLongitude":
			t.rational[gpsBase+tagGPSLong] = []float64{v}
		}
	case uint16:
		if name == "Orientation" {
			t.numbers[tagOrientation] = uint32(v)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

// Package filemeta reads what files say about themselves: their type by
// content (Detect), and the metadata inside (Read).
//
// Read understands Exif (CIPA DC-008), IPTC-IIM 4.2 and XMP (ISO 16684-1) in
// JPEG, PNG, TIFF, WebP, GIF, HEIF and AVIF, XMP and the information dictionary
// in PDF, XMP and user data in MP4 and QuickTime, ID3 in MP3 and INFO in WAV,
// and puts them into the properties of the IPTC Photo Metadata Standard 2023.1.
//
// Files are hostile: memory and work are bounded whatever they claim, what is
// damaged is skipped with a note, and texts are cleaned of what is no text.
package filemeta

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Text is one text in one or more languages: BCP 47 tag → text. The empty tag
// is the text whose language the file does not say (XMP's x-default, and all
// that Exif and IIM have); it is left out when a named language has the same.
type Text map[string]string

// In returns the text in the first of the languages that there is ("sv" finds
// "sv-SE"), else the one of unknown language, else any, or "".
func (t Text) In(languages ...string) string {
	for _, want := range languages {
		for _, tag := range slices.Sorted(maps.Keys(t)) {
			if tag == want || len(tag) > len(want) && tag[:len(want)] == want && tag[len(want)] == '-' {
				return t[tag]
			}
		}
	}
	if s, ok := t[""]; ok {
		return s
	}
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		return t[tag]
	}
	return ""
}

// Precision says how much of a Moment is known.
type Precision string

// Precisions from coarse to fine.
const (
	Year   Precision = "year"
	Month  Precision = "month"
	Day    Precision = "day"
	Minute Precision = "minute"
	Second Precision = "second"
)

// Moment is when something happened, as far as the file knows. Cameras often
// know the clock on the wall and not where the wall is.
type Moment struct {
	Time      time.Time // when HasZone is false: the digits of the clock, in UTC, to be read as local time somewhere
	HasZone   bool
	Precision Precision
}

// IsZero reports whether nothing is known.
func (m Moment) IsZero() bool { return m.Time.IsZero() }

// Place is a point on earth (WGS 84).
type Place struct {
	Latitude, Longitude float64  // degrees, north and east positive
	Altitude            *float64 // metres above the sea; nil when unknown
}

// Meta is what a file says about itself. IPTC property names are those of the
// Photo Metadata Standard. GPS and Persons are sensitive personal data.
type Meta struct {
	Title               Text     // Title
	Headline            string   // Headline
	Description         Text     // Description
	AltText             Text     // Alt Text (Accessibility)
	ExtendedDescription Text     // Extended Description (Accessibility)
	Keywords            []string // Keywords
	Languages           []string // of the content (dc:language)

	Creator      []string // Creator
	CreatorTitle string   // Creator's Job Title
	Credit       string   // Credit Line
	Source       string   // Source
	Instructions string   // Instructions
	JobID        string   // Job Id

	Copyright         Text   // Copyright Notice
	UsageTerms        Text   // Rights Usage Terms
	WebStatement      string // Web Statement of Rights, a URL
	LicenseURL        string // cc:license, a URL
	LicensorURL       string // Licensor URL
	DigitalSourceType string // Digital Source Type, a URI of the IPTC vocabulary

	Captured    Moment // Date Created
	Sublocation string
	City        string
	Region      string // Province or State
	Country     string
	CountryCode string   // ISO 3166
	Persons     []string // Person Shown in the Image; names in face regions. Sensitive.
	GPS         *Place   // Sensitive.

	Credentials *Credentials // content credentials (C2PA); nil without

	CameraMake, CameraModel, Lens string
	Software                      string
	Orientation                   int // Exif 1–8; 0 when not said

	// Raw is what was read, by names such as "Exif:Model", "IIM:2:105" and
	// "XMP:photoshop:Headline", for display: at most 300 values of at most
	// 1000 characters, without places and names of persons shown.
	Raw map[string]string
	// Notes are sentences about what was skipped, cut or contradictory. They
	// hold nothing of the values.
	Notes []string
}

// note adds a sentence once.
func (m *Meta) note(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if len(m.Notes) < 50 && !slices.Contains(m.Notes, s) {
		m.Notes = append(m.Notes, s)
	}
}

// raw keeps a value for display.
func (m *Meta) raw(name, value string) {
	if m.Raw == nil {
		m.Raw = map[string]string{}
	}
	if _, ok := m.Raw[name]; !ok && len(m.Raw) < 300 && value != "" {
		m.Raw[name] = cut(value, 1000)
	}
}

// budget is how many bytes are read of one file.
const budget = 64 << 20

// Read reads the metadata of a file of the given size and media type, as
// Detect gives it. Formats without metadata that is understood give an empty
// Meta. Damage in the file is not an error but a note; the error is that of r.
func Read(r io.ReaderAt, size int64, mediaType string) (Meta, error) {
	f := &file{span: span{r: r, size: size}, work: &work{left: budget}}
	f.span.work = f.work
	switch mediaType {
	case "image/jpeg":
		f.jpeg()
	case "image/png":
		f.png()
	case "image/webp":
		f.webp()
	case "image/gif":
		f.gif()
	case "image/tiff", "image/x-adobe-dng", "image/x-canon-cr2", "image/x-nikon-nef", "image/x-sony-arw", "image/x-pentax-pef",
		"image/x-olympus-orf", "image/x-panasonic-rw2", "image/x-samsung-srw":
		f.exif(f.span)
	case "image/heic", "image/avif":
		f.heif(mediaType)
	case "application/pdf", "application/vnd.adobe.illustrator":
		f.pdf()
	case "video/mp4", "video/quicktime", "video/3gpp", "audio/mp4":
		f.mp4()
	case "audio/mpeg", "audio/aac":
		f.id3()
	case "audio/wav":
		f.wav()
	}
	if f.work.left <= 0 {
		f.out.note("The file holds more metadata than is read; the rest was left.")
	}
	return f.merge(), f.work.err
}

// file is a file being read: each kind of metadata is collected on its own and
// merged at the end.
type file struct {
	span
	work *work

	fromXMP, fromIIM, fromExif, fromFile Meta // fromFile: what the container itself says
	out                                  Meta // notes and raw values

	packets     int      // of XMP, so far
	iimDigest   []byte   // MD5 of the IIM block that was there when XMP was last written
	iimIs       [][]byte // MD5s of the IIM block that is there, with and without padding
	xmpExtended string   // GUID of the extended XMP that belongs to the packet

	store    []byte // of manifests of content credentials
	storeBox uint16 // number of the box in JPEG segments that it lies in
}

// merge applies the order of precedence.
//
// The rule (Metadata Working Group, Guidelines for Handling Image Metadata
// 2.0, §5): XMP goes before IIM unless the digest that Photoshop stores of the
// IIM block does not match it, since then a program that knows no XMP has
// edited the IIM later. One difference: the MWG puts Exif's description,
// artist and copyright first; here they come last, as they have no language,
// and cameras fill them with their own names. For the moment of capture and
// the camera Exif goes first, as there.
func (f *file) merge() Meta {
	order := []*Meta{&f.fromXMP, &f.fromIIM, &f.fromExif, &f.fromFile}
	same := func(sum []byte) bool { return slices.Equal(sum, f.iimDigest) }
	if len(f.iimDigest) > 0 && len(f.iimIs) > 0 && !slices.ContainsFunc(f.iimIs, same) {
		order[0], order[1] = order[1], order[0]
		f.out.note("The older IPTC block was edited after XMP; it was preferred.")
		overlay(&f.fromIIM, &f.fromXMP)
	}
	credentials := f.credentials() // it may leave a note
	m := f.out
	m.fillFrom(order)
	for _, from := range []*Meta{&f.fromExif, order[0], order[1], &f.fromFile} { // MWG §5.5 and cameras
		m.fillCapture(from)
	}
	if m.Credentials = credentials; m.Credentials != nil && m.DigitalSourceType == "" {
		m.DigitalSourceType = m.Credentials.SourceType
	}
	return m
}

// fillFrom takes each property from the first that has it.
func (m *Meta) fillFrom(order []*Meta) {
	for _, from := range order {
		fill(&m.Title, from.Title)
		fill(&m.Description, from.Description)
		fill(&m.AltText, from.AltText)
		fill(&m.ExtendedDescription, from.ExtendedDescription)
		fill(&m.Copyright, from.Copyright)
		fill(&m.UsageTerms, from.UsageTerms)
		for _, list := range []struct{ to, from *[]string }{
			{&m.Keywords, &from.Keywords}, {&m.Languages, &from.Languages}, {&m.Creator, &from.Creator}, {&m.Persons, &from.Persons},
		} {
			if len(*list.to) == 0 {
				*list.to = *list.from
			}
		}
		for _, s := range []struct{ to, from *string }{
			{&m.Headline, &from.Headline},
			{&m.CreatorTitle, &from.CreatorTitle},
			{&m.Credit, &from.Credit},
			{&m.Source, &from.Source},
			{&m.Instructions, &from.Instructions},
			{&m.JobID, &from.JobID},
			{&m.WebStatement, &from.WebStatement},
			{&m.LicenseURL, &from.LicenseURL},
			{&m.LicensorURL, &from.LicensorURL},
			{&m.DigitalSourceType, &from.DigitalSourceType},
			{&m.Sublocation, &from.Sublocation},
			{&m.City, &from.City},
			{&m.Region, &from.Region},
			{&m.Country, &from.Country},
			{&m.CountryCode, &from.CountryCode},
		} {
			if *s.to == "" {
				*s.to = *s.from
			}
		}
	}
}

// fillCapture takes what is known of the moment of capture and the camera.
func (m *Meta) fillCapture(from *Meta) {
	if m.Captured.IsZero() {
		m.Captured = from.Captured
	}
	if m.GPS == nil {
		m.GPS = from.GPS
	}
	if m.Orientation == 0 {
		m.Orientation = from.Orientation
	}
	for _, s := range []struct{ to, from *string }{
		{&m.CameraMake, &from.CameraMake}, {&m.CameraModel, &from.CameraModel}, {&m.Lens, &from.Lens}, {&m.Software, &from.Software},
	} {
		if *s.to == "" {
			*s.to = *s.from
		}
	}
}

func fill(to *Text, from Text) {
	if len(*to) == 0 {
		*to = from
	}
}

// overlay keeps the named languages of XMP where IIM, which has one text
// without a language, is preferred: only what was the default is replaced.
func overlay(iim, xmp *Meta) {
	for _, t := range []struct{ iim, xmp *Text }{
		{&iim.Title, &xmp.Title}, {&iim.Description, &xmp.Description}, {&iim.Copyright, &xmp.Copyright},
	} {
		if len(*t.iim) == 0 || len(*t.xmp) < 2 {
			continue
		}
		for tag, s := range *t.xmp {
			if tag != "" {
				(*t.iim)[tag] = s
			}
		}
	}
}

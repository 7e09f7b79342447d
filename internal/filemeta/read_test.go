// SPDX-License-Identifier: Apache-2.0

package filemeta_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/filemeta"
)

// sample makes a small file of the format without metadata.
func sample(tb testing.TB, ext string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "sample."+ext)
	switch ext {
	case "jpg", "png", "gif":
		if err := os.WriteFile(path, picture(tb, ext), 0o600); err != nil {
			tb.Fatal(err)
		}
	case "tif", "webp":
		from := sample(tb, "png")
		tool(tb, "vips", "copy", from, path)
	case "heic", "avif":
		tool(tb, "vips", "heifsave", sample(tb, "png"), path, "--compression", map[string]string{"heic": "hevc", "avif": "av1"}[ext])
	case "pdf":
		if err := os.WriteFile(path, []byte(plainPDF), 0o600); err != nil {
			tb.Fatal(err)
		}
	case "mp4", "mov":
		tool(tb, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=d=0.2:s=64x64", "-pix_fmt", "yuv420p", path)
	case "mp3", "wav", "m4a":
		tool(tb, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.3", path)
	}
	return path
}

// plainPDF is one empty page.
var plainPDF = func() string {
	var b strings.Builder
	var at []int
	b.WriteString("%PDF-1.4\n")
	for i, body := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	xref := b.Len()
	b.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R/Size 4>>\nstartxref\n%d\n%%%%EOF\n", xref)
	return b.String()
}()

func read(tb testing.TB, path string) filemeta.Meta {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	typ := filemeta.Detect(b[:min(len(b), filemeta.HeadSize)], path)
	if !typ.Agrees {
		tb.Fatal(typ)
	}
	m, err := filemeta.Read(bytes.NewReader(b), int64(len(b)), typ.MediaType)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func write(tb testing.TB, path string, tags ...string) {
	tb.Helper()
	exiftool(tb, append(append([]string{"-charset", "iptc=UTF8"}, tags...), path)...)
}

var xmpTags = []string{
	"-XMP-dc:Title=Hamnen", "-XMP-dc:Title-sv=Hamnen", "-XMP-dc:Title-fi=Satama", "-XMP-photoshop:Headline=Räksmörgås & ”citat”",
	"-XMP-dc:Description=Fiskebåtar vid kajen i Älvsjö.", "-XMP-dc:Description-nb-no=Fiskebåter på kaia, blåbærsyltetøy.",
	"-XMP-iptcCore:AltTextAccessibility=Three boats", "-XMP-iptcCore:AltTextAccessibility-sv=Tre båtar", "-XMP-iptcCore:AltTextAccessibility-fi=Kolme venettä",
	"-XMP-iptcCore:ExtDescrAccessibility-sv=Tre båtar ligger förtöjda.",
	"-XMP-dc:Subject=båt", "-XMP-dc:Subject=hav", "-XMP-dc:Subject=båt", "-XMP-dc:Language=sv", "-XMP-dc:Creator=Åsa Öberg", "-XMP-dc:Creator=Bo Ek",
	"-XMP-photoshop:AuthorsPosition=Fotograf", "-XMP-photoshop:Credit=Kommunen", "-XMP-photoshop:Source=Arkivet", "-XMP-photoshop:Instructions=Ej beskärning",
	"-XMP-photoshop:TransmissionReference=J-17", "-XMP-dc:Rights=© Kommunen", "-XMP-xmpRights:UsageTerms-en=Editorial only", "-XMP-xmpRights:WebStatement=https://example.se/r",
	"-XMP-cc:License=https://creativecommons.org/licenses/by/4.0/", "-XMP-plus:LicensorURL=https://example.se/l",
	"-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture", "-XMP-photoshop:DateCreated=2024-06-07T10:11:12+02:00",
	"-XMP-iptcCore:Location=Kajen", "-XMP-photoshop:City=Göteborg", "-XMP-photoshop:State=Västra Götaland", "-XMP-photoshop:Country=Sverige", "-XMP-iptcCore:CountryCode=SE",
	"-XMP-iptcExt:PersonInImage=Eva Ek", "-XMP-mwg-rs:RegionInfo={AppliedToDimensions={W=16,H=8,Unit=pixel},RegionList=[{Area={X=0.5,Y=0.5,W=0.1,H=0.1,Unit=normalized},Name=Olle Ek,Type=Face},{Area={X=0.1,Y=0.5,W=0.1,H=0.1,Unit=normalized},Name=Rex,Type=Pet}]}",
	"-XMP-tiff:Make=Nikon", "-XMP-tiff:Model=Z 9", "-XMP-exifEX:LensModel=Z 50", "-XMP-xmp:CreatorTool=Lightroom", "-XMP-exif:GPSLatitude=57.70887", "-XMP-exif:GPSLongitude=-11.97456",
}

var xmpMeaning = filemeta.Meta{
	Title:               filemeta.Text{"sv": "Hamnen", "fi": "Satama"},
	Headline:            "Räksmörgås & ”citat”",
	Description:         filemeta.Text{"": "Fiskebåtar vid kajen i Älvsjö.", "nb-NO": "Fiskebåter på kaia, blåbærsyltetøy."},
	AltText:             filemeta.Text{"": "Three boats", "sv": "Tre båtar", "fi": "Kolme venettä"},
	ExtendedDescription: filemeta.Text{"sv": "Tre båtar ligger förtöjda."},
	Keywords:            []string{"båt", "hav"},
	Languages:           []string{"sv"},
	Creator:             []string{"Åsa Öberg", "Bo Ek"},
	CreatorTitle:        "Fotograf", Credit: "Kommunen", Source: "Arkivet", Instructions: "Ej beskärning", JobID: "J-17",
	Copyright: filemeta.Text{"": "© Kommunen"}, UsageTerms: filemeta.Text{"en": "Editorial only"},
	WebStatement: "https://example.se/r", LicenseURL: "https://creativecommons.org/licenses/by/4.0/", LicensorURL: "https://example.se/l",
	DigitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
	Captured:          filemeta.Moment{Time: time.Date(2024, 6, 7, 8, 11, 12, 0, time.UTC), HasZone: true, Precision: filemeta.Second},
	Sublocation:       "Kajen", City: "Göteborg", Region: "Västra Götaland", Country: "Sverige", CountryCode: "SE",
	Persons: []string{"Eva Ek", "Olle Ek"}, GPS: &filemeta.Place{Latitude: 57.70887, Longitude: -11.97456},
	CameraMake: "Nikon", CameraModel: "Z 9", Lens: "Z 50", Software: "Lightroom",
}

// same compares what is meant, not how it was found.
func same(t *testing.T, what string, got, want filemeta.Meta) {
	t.Helper()
	got.Raw, got.Notes = nil, nil
	near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 })
	moment := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
	if d := cmp.Diff(want, got, near, moment); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestXMPIsReadFromEveryFormat(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{"jpg", "png", "tif", "webp", "gif", "pdf", "mp4", "mov"} {
		t.Run(ext, func(t *testing.T) {
			t.Parallel()
			path := sample(t, ext)
			if ext == "tif" || ext == "webp" {
				write(t, path, "-all=") // vips adds its own
			}
			write(t, path, xmpTags...)
			got := read(t, path)
			if strings.Contains(strings.Join(append(valuesOf(got.Raw), got.Notes...), " "), "Eva Ek") {
				t.Error("raw values and notes must not name persons shown")
			}
			if ext == "mov" || ext == "mp4" { // the container has its own, which XMP leaves empty
				got.Orientation = 0
			}
			if ext == "tif" && got.Orientation == 1 {
				got.Orientation = 0
			}
			same(t, ext, got, xmpMeaning)
		})
	}
}

func valuesOf(m map[string]string) (out []string) {
	for v := range maps.Values(m) {
		out = append(out, v)
	}
	return out
}

func TestExifIsReadFromEveryFormat(t *testing.T) {
	t.Parallel()
	want := filemeta.Meta{
		Description: filemeta.Text{"": "Sjön i dimma"}, Creator: []string{"Åsa Öberg", "Bo Ek"}, Copyright: filemeta.Text{"": "© 2024 Åsa"},
		CameraMake: "Canon", CameraModel: "EOS R5", Lens: "RF 24-70", Software: "Firmware 1.1", Orientation: 6,
		Captured: filemeta.Moment{Time: time.Date(2023, 12, 24, 14, 0, 1, 250_000_000, time.UTC), HasZone: true, Precision: filemeta.Second},
	}
	altitude := -12.5
	want.GPS = &filemeta.Place{Latitude: 59.3293, Longitude: 18.0686, Altitude: &altitude}
	for _, ext := range []string{"jpg", "png", "tif", "webp", "avif", "heic"} {
		t.Run(ext, func(t *testing.T) {
			t.Parallel()
			path := sample(t, ext)
			write(t, path, "-all=", "-IFD0:ImageDescription=Sjön i dimma", "-IFD0:Artist=Åsa Öberg; Bo Ek", "-IFD0:Copyright=© 2024 Åsa",
				"-IFD0:Make=Canon", "-IFD0:Model=EOS R5", "-IFD0:Software=Firmware 1.1", "-IFD0:Orientation#=6", "-ExifIFD:LensModel=RF 24-70",
				"-ExifIFD:DateTimeOriginal=2023:12:24 15:00:01", "-ExifIFD:OffsetTimeOriginal=+01:00", "-ExifIFD:SubSecTimeOriginal=25",
				"-GPS:GPSLatitude=59.3293", "-GPS:GPSLatitudeRef=N", "-GPS:GPSLongitude=18.0686", "-GPS:GPSLongitudeRef=E", "-GPS:GPSAltitude=12.5", "-GPS:GPSAltitudeRef#=1")
			got := read(t, path)
			want := want
			if ext == "avif" || ext == "heic" { // bep/imagemeta gives neither altitude nor fractions of a second
				want.GPS = &filemeta.Place{Latitude: 59.3293, Longitude: 18.0686}
				want.Captured.Time = want.Captured.Time.Truncate(time.Second)
			}
			same(t, ext, got, want)
			for name, v := range got.Raw {
				if strings.Contains(name, "GPS") || strings.Contains(v, "59.32") {
					t.Error("raw values must not hold places:", name)
				}
			}
		})
	}
}

func TestACameraWithoutAZoneGivesALocalTime(t *testing.T) {
	t.Parallel()
	path := sample(t, "jpg")
	write(t, path, "-ExifIFD:DateTimeOriginal=2023:12:24 15:00:01")
	got := read(t, path).Captured
	if got.HasZone || !got.Time.Equal(time.Date(2023, 12, 24, 15, 0, 1, 0, time.UTC)) {
		t.Error(got)
	}
	for in, p := range map[string]filemeta.Precision{"2019": filemeta.Year, "2019-05": filemeta.Month, "2019-05-04": filemeta.Day} {
		path := sample(t, "jpg")
		write(t, path, "-XMP-photoshop:DateCreated="+in)
		if got := read(t, path).Captured; got.Precision != p || got.HasZone {
			t.Error(in, got)
		}
	}
	path = sample(t, "jpg")
	write(t, path, "-ExifIFD:DateTimeOriginal=0000:00:00 00:00:00", "-GPS:GPSLatitude=0", "-GPS:GPSLongitude=0", "-GPS:GPSLatitudeRef=N", "-GPS:GPSLongitudeRef=E")
	if got := read(t, path); !got.Captured.IsZero() || got.GPS != nil {
		t.Error("a clock and a receiver that were not set know nothing:", got)
	}
}

func TestIIMIsReadInItsManyEncodings(t *testing.T) {
	t.Parallel()
	tags := []string{
		"-IPTC:ObjectName=Östersjön", "-IPTC:Keywords=sjö", "-IPTC:Keywords=ö", "-IPTC:By-line=Åke Ärlig", "-IPTC:Caption-Abstract=Blåbær på Øya, æ ø å",
		"-IPTC:City=Malmö", "-IPTC:Country-PrimaryLocationName=Sverige", "-IPTC:Country-PrimaryLocationCode=SWE", "-IPTC:Headline=Rubrik", "-IPTC:Credit=TT",
		"-IPTC:CopyrightNotice=© TT", "-IPTC:DateCreated=2020:02:29", "-IPTC:TimeCreated=12:13:14+01:00", "-IPTC:SpecialInstructions=Nej", "-IPTC:Source=Källa",
	}
	want := filemeta.Meta{
		Title: filemeta.Text{"": "Östersjön"}, Keywords: []string{"sjö", "ö"}, Creator: []string{"Åke Ärlig"}, Description: filemeta.Text{"": "Blåbær på Øya, æ ø å"},
		City: "Malmö", Country: "Sverige", CountryCode: "SWE", Headline: "Rubrik", Credit: "TT", Copyright: filemeta.Text{"": "© TT"}, Instructions: "Nej", Source: "Källa",
		Captured: filemeta.Moment{Time: time.Date(2020, 2, 29, 11, 13, 14, 0, time.UTC), HasZone: true, Precision: filemeta.Second},
	}
	for name, charset := range map[string][]string{
		"UTF-8, said":        {"-charset", "iptc=UTF8", "-IPTC:CodedCharacterSet=UTF8"},
		"UTF-8, unsaid":      {"-charset", "iptc=UTF8"},
		"Latin-1":            {"-charset", "iptc=Latin"},
		"Macintosh (unsaid)": {"-charset", "iptc=MacRoman"},
	} {
		for _, ext := range []string{"jpg", "tif", "png"} {
			t.Run(name+" in "+ext, func(t *testing.T) {
				t.Parallel()
				path := sample(t, ext)
				if ext == "tif" {
					write(t, path, "-all=")
				}
				exiftool(t, append(append(slices.Clip(charset), tags...), path)...)
				got := read(t, path)
				got.Orientation = 0
				same(t, name, got, want)
			})
		}
	}
}

func TestTheNewerOfXMPAndIIMGoesFirst(t *testing.T) {
	t.Parallel()
	both := func(digest string) filemeta.Meta {
		path := sample(t, "jpg")
		args := []string{"-XMP-dc:Title=from XMP", "-XMP-dc:Title-sv=på svenska", "-XMP-dc:Subject=xmp", "-IPTC:ObjectName=from IIM", "-IPTC:Keywords=iim", "-IFD0:ImageDescription=from Exif"}
		if digest != "" {
			args = append(args, "-Photoshop:IPTCDigest="+digest)
		}
		write(t, path, args...)
		return read(t, path)
	}
	for digest, want := range map[string]filemeta.Text{
		"":                                 {"": "from XMP", "sv": "på svenska"},
		"new":                              {"": "from XMP", "sv": "på svenska"},
		"00112233445566778899aabbccddeeff": {"": "from IIM", "sv": "på svenska"},
	} {
		got := both(digest)
		if d := cmp.Diff(want, got.Title); d != "" {
			t.Errorf("digest %q: %s", digest, d)
		}
		if kw := got.Keywords[0]; (kw == "iim") != (len(digest) > 3) {
			t.Errorf("digest %q: %s", digest, kw)
		}
		if got.Description.In() != "from Exif" {
			t.Error("what only Exif has must be taken:", got.Description)
		}
	}
}

func TestCamerasOwnWordsAreNoDescription(t *testing.T) {
	t.Parallel()
	path := sample(t, "jpg")
	write(t, path, "-IFD0:ImageDescription=OLYMPUS DIGITAL CAMERA         ")
	if got := read(t, path); len(got.Description) > 0 {
		t.Error(got.Description)
	}
}

func TestSoundAndFilmSpeakForThemselves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct{ name, lavfi, extra string }{
		{"a.mp3", "sine=d=0.3", ""},
		{"b.mp3", "sine=d=0.3", "-id3v2_version 3"},
		{"c.wav", "sine=d=0.3", ""},
		{"d.m4a", "sine=d=0.3", ""},
		{"e.mp4", "testsrc2=d=0.2:s=64x64", ""},
		{"f.mov", "testsrc2=d=0.2:s=64x64", "-movflags use_metadata_tags"},
	} {
		path := filepath.Join(dir, c.name)
		args := append([]string{"-v", "error", "-f", "lavfi", "-i", c.lavfi}, strings.Fields(c.extra)...)
		tool(t, "ffmpeg", append(args, "-metadata", "title=Vårens första lärka", "-metadata", "artist=Åsa", "-metadata", "copyright=© Åsa", "-metadata", "comment=Spelat på Öland", path)...)
		got := read(t, path)
		if got.Title.In() != "Vårens första lärka" || (len(got.Creator) == 0 && c.name != "f.mov") {
			t.Errorf("%s: %+v", c.name, got)
		}
		if c.name[0] != 'f' && got.Copyright.In() != "© Åsa" {
			t.Errorf("%s: copyright %q", c.name, got.Copyright)
		}
	}
	path := sample(t, "mov")
	write(t, path, "-Keys:CreationDate=2022:03:04 05:06:07+01:00", "-Keys:Make=Apple", "-Keys:Model=iPhone 15", "-Keys:GPSCoordinates=59.3293, 18.0686, 10", "-Keys:Title=Fjäril")
	got := read(t, path)
	if got.CameraModel != "iPhone 15" || got.GPS == nil || got.Title.In() != "Fjäril" || !got.Captured.Time.Equal(time.Date(2022, 3, 4, 4, 6, 7, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
}

func TestPDFInformation(t *testing.T) {
	t.Parallel()
	path := sample(t, "pdf")
	write(t, path, "-PDF:Title=Årsredovisning (2023)", "-PDF:Author=Ekonomi; Åsa", "-PDF:Subject=Bokslut", "-PDF:Keywords=budget, ål", "-PDF:CreateDate=2024:01:31 12:00:00+01:00")
	got := read(t, path)
	if got.Title.In() != "Årsredovisning (2023)" || !cmp.Equal(got.Creator, []string{"Ekonomi", "Åsa"}) || got.Description.In() != "Bokslut" ||
		len(got.Keywords) == 0 || !got.Captured.Time.Equal(time.Date(2024, 1, 31, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
	hexed := strings.Replace(plainPDF, "/Size 4>>", "/Size 5/Info 4 0 R>>", 1) + "\n4 0 obj\n<</Title<FEFF00C5007200730074006901f6>/TitleX (no)/Author(a\\(b\\)\\344)>>\nendobj\n"
	m, err := filemeta.Read(strings.NewReader(hexed), int64(len(hexed)), "application/pdf")
	if err != nil || m.Title.In() != "ÅrstiǶ" || m.Creator[0] != "a(b)ä" {
		t.Errorf("%+v %v", m, err)
	}
}

func TestALanguageIsChosen(t *testing.T) {
	t.Parallel()
	text := filemeta.Text{"": "?", "sv-SE": "å", "en": "a"}
	if text.In("sv") != "å" || text.In("fi", "en") != "a" || text.In("fi") != "?" || (filemeta.Text{"da": "x"}).In("sv") != "x" || filemeta.Text(nil).In("sv") != "" {
		t.Error(text)
	}
}

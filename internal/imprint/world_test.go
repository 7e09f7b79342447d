// SPDX-License-Identifier: Apache-2.0

package imprint_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tillgang/internal/imprint"
	"tillgang/internal/sandbox"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Command {
		os.Exit(sandbox.Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// world is a private folder, the sandbox around it, and the tool in the sandbox.
type world struct {
	t       *testing.T
	dir     string
	tool    imprint.Tool
	scratch func(context.Context) (string, func(), error)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := sandbox.New("", t.TempDir(), slog.New(slog.DiscardHandler))
	dir, remove, err := s.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		remove()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{t, dir, imprint.Tool{Run: func(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
		r, err := s.Run(ctx, sandbox.Task{Dir: dir, Read: inputs, Argv: argv})
		return r.Stdout, err
	}}, s.Scratch}
}

// folder is a further private folder.
func (w *world) folder() string {
	w.t.Helper()
	dir, remove, err := w.scratch(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(remove)
	return dir
}

// run starts a program of the machine, to make material or to look at results.
func run(t testing.TB, argv ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(argv[0]); err != nil {
		t.Fatalf("%s is missing: run make setup", argv[0])
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v: %s", argv, err, said.String())
	}
	return out.Bytes()
}

// tags are what exiftool reads of a file: "XMP-dc:Title" → value.
type tags map[string]any

func read(t testing.TB, name string) tags { return readAll(t, name)[0] }

// readAll reads many files with one exiftool, whose start takes most of its time.
func readAll(t testing.TB, names ...string) (list []tags) {
	t.Helper()
	out := run(t, append([]string{"exiftool", "-json", "-G1", "-struct", "-a", "-all", "-validate"}, names...)...)
	if err := json.Unmarshal(out, &list); err != nil || len(list) != len(names) {
		t.Fatal(err, string(out))
	}
	return list
}

// has reports whether any value holds the text.
func (g tags) has(text string) bool {
	b, _ := json.Marshal(g)
	return bytes.Contains(b, []byte(text))
}

func (g tags) group(prefix string) (names []string) {
	for name := range g {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}

const ai = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

var statement = imprint.Statement{
	ID:                  "ast_01k9zq0r6d3v7m8w2x4y5z6a7b",
	Title:               imprint.Text{"sv": "Midsommar på Skansen", "en": "Midsummer at Skansen", "": "Midsommar"},
	Headline:            imprint.Text{"sv": "Dans kring <stången> & musik"},
	Description:         imprint.Text{"sv": "Dans kring stången.\nOch \"fiol\".", "fi": "Juhannus"},
	AltText:             imprint.Text{"sv": "Tre barn dansar", "en": "Three children dancing"},
	ExtendedDescription: imprint.Text{"": "Lång beskrivning"},
	Keywords:            []string{"midsommar", "dans, folk", "Åäö"},
	Persons:             []string{"Eva Ek"},
	Creator:             []string{"Bo Östman", "Ann Å"},
	Credit:              "Kommunen/Bo Östman", Source: "Bildbyrån",
	Copyright:    imprint.Text{"sv": "© 2026 Kommunen", "en": "© 2026 The municipality"},
	UsageTerms:   imprint.Text{"sv": "Endast redaktionellt"},
	WebStatement: "https://example.se/licens?a=1&b=2", LicensorURL: "https://example.se/köp",
	DigitalSourceType: ai,
	Captured:          "2026-06-19", City: "Stockholm", Country: "Sverige",
}

// all is what exiftool must read of the whole statement, in any format.
var all = tags{
	"XMP-dc:Identifier": statement.ID, "XMP-iptcExt:DigitalImageGUID": statement.ID,
	"XMP-dc:Title": "Midsommar", "XMP-dc:Title-sv": "Midsommar på Skansen", "XMP-dc:Title-en": "Midsummer at Skansen",
	"XMP-photoshop:Headline": "Dans kring <stången> & musik",
	"XMP-dc:Description":     "Dans kring stången.\nOch \"fiol\".", "XMP-dc:Description-sv": "Dans kring stången.\nOch \"fiol\".", "XMP-dc:Description-fi": "Juhannus",
	"XMP-iptcCore:ExtDescrAccessibility": "Lång beskrivning",
	"XMP-dc:Subject":                     []any{"midsommar", "dans, folk", "Åäö"},
	"XMP-iptcExt:PersonInImage":          []any{"Eva Ek"},
	"XMP-photoshop:Source":               "Bildbyrån", "XMP-photoshop:DateCreated": "2026:06:19",
	"XMP-photoshop:City": "Stockholm", "XMP-photoshop:Country": "Sverige",
}

// rights is what it must read under both embed and rights.
var rights = tags{
	"XMP-iptcCore:AltTextAccessibility": "Tre barn dansar", "XMP-iptcCore:AltTextAccessibility-sv": "Tre barn dansar",
	"XMP-iptcCore:AltTextAccessibility-en": "Three children dancing",
	"XMP-dc:Creator":                       []any{"Bo Östman", "Ann Å"}, "XMP-photoshop:Credit": "Kommunen/Bo Östman",
	"XMP-dc:Rights": "© 2026 Kommunen", "XMP-dc:Rights-sv": "© 2026 Kommunen", "XMP-dc:Rights-en": "© 2026 The municipality",
	"XMP-xmpRights:Marked": true, "XMP-xmpRights:UsageTerms": "Endast redaktionellt", "XMP-xmpRights:UsageTerms-sv": "Endast redaktionellt",
	"XMP-xmpRights:WebStatement":    "https://example.se/licens?a=1&b=2",
	"XMP-plus:Licensor":             []any{map[string]any{"LicensorURL": "https://example.se/köp"}},
	"XMP-iptcExt:DigitalSourceType": ai,
}

// secrets stand in the files that copies are made of, and must not in the copies.
var secrets = []string{"Hemlig", "61 deg", "61.7", "SN-4711"}

// paint is a picture that shows when it was changed.
func paint(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 5), uint8(y * 7), uint8(x * y), 255})
		}
	}
	return m
}

// profile is an ICC profile that comes with Debian.
func profile(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"/usr/share/color/icc/ghostscript/srgb.icc", "/usr/share/color/icc/sRGB.icc", "/usr/share/color/icc/colord/sRGB.icc"} {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	t.Fatal("no ICC profile on this machine: run make setup")
	return ""
}

// burden fills files with what must not come out again, and with what must.
func burden(t testing.TB, names ...string) {
	t.Helper()
	run(t, append([]string{
		"exiftool", "-q", "-q", "-overwrite_original", "-IFD0:Artist=Hemlig Konstnär", "-IFD0:ImageDescription=Hemlig text", "-XMP-dc:Creator=Hemlig Person",
		"-XMP-iptcExt:PersonInImage=Hemlig Person", "-IPTC:Caption-Abstract=Hemlig bildtext", "-GPSLatitude=61.7", "-GPSLatitudeRef=N", "-GPSLongitude=18.1",
		"-GPSLongitudeRef=E", "-XMP-exif:GPSLatitude=61.7", "-Make=Canon", "-Model=EOS", "-ExposureTime=1/60", "-SerialNumber=SN-4711",
		"-DateTimeOriginal=2026:06:19 12:00:00", "-IFD0:Orientation#=6", "-Comment=Hemlig kommentar", "-UserData:Title=Hemlig titel", "-Keys:Artist=Hemlig artist",
		"-PDF:Author=Hemlig Person", "-XPComment=Hemlig", "-icc_profile<=" + profile(t),
	}, names...)...)
}

func writeFile(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// material makes one file with its burden.
func material(t testing.TB, dir, ext string) string {
	t.Helper()
	name := bare(t, dir, ext)
	burden(t, name)
	return name
}

// bare makes one file of a format.
func bare(t testing.TB, dir, ext string) string {
	t.Helper()
	name := filepath.Join(dir, "material."+ext)
	base := filepath.Join(dir, "base-"+ext+".png")
	var b bytes.Buffer
	if err := png.Encode(&b, paint(64, 48)); err != nil {
		t.Fatal(err)
	}
	writeFile(t, base, b.Bytes())
	ffmpeg := func(args ...string) {
		run(t, append(append([]string{"ffmpeg", "-v", "error", "-y"}, args...), name)...)
	}
	switch ext {
	case "png":
		writeFile(t, name, b.Bytes())
	case "jpg":
		b.Reset()
		if err := jpeg.Encode(&b, paint(64, 48), nil); err != nil {
			t.Fatal(err)
		}
		writeFile(t, name, b.Bytes())
	case "webp":
		ffmpeg("-i", base, "-lossless", "1")
	case "lossy.webp":
		ffmpeg("-i", base)
	case "tif", "jp2":
		ffmpeg("-i", base)
	case "dng":
		run(t, "ffmpeg", "-v", "error", "-i", base, name+".tif")
		if err := os.Rename(name+".tif", name); err != nil {
			t.Fatal(err)
		}
		run(t, "exiftool", "-q", "-overwrite_original", "-DNGVersion=1.4.0.0", name)
	case "gif":
		ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:d=1:r=5")
	case "mp4", "mov":
		ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:d=1:r=5", "-pix_fmt", "yuv420p", "-metadata", "creation_time=2026-06-19T12:00:00Z")
	case "heic":
		run(t, "heif-enc", base, "-o", name)
	case "avif":
		run(t, "heif-enc", "-A", base, "-o", name)
	case "psd":
		writeFile(t, name, psd())
	case "pdf":
		run(t, "qpdf", "--empty", name)
	default:
		t.Fatal("no material for ", ext)
	}
	return name
}

// psd is a Photoshop document of 4 × 4 pixels (Photoshop File Formats, "File Header").
func psd() []byte {
	b := []byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03")
	b = binary.BigEndian.AppendUint32(b, 4)
	b = binary.BigEndian.AppendUint32(b, 4)
	b = append(b, 0, 8, 0, 3)          // depth, RGB
	b = append(b, make([]byte, 12)...) // no colour table, resources, layers
	return append(b, make([]byte, 2+3*16)...)
}

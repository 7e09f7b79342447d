// SPDX-License-Identifier: Apache-2.0

package app

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tillgang/internal/blob/blobtest"
)

// fate is what must become of a file: the one state and its code.
type fate struct{ state, code string }

var ready = fate{state: "ready"}

// trialSort is a sort of file. Every seed gives other bytes.
type trialSort struct {
	ext    string
	weight int // how many there are in a thousand, about
	make   func(t *testing.T, seed int) []byte
	fate   fate
}

// trialSorts are the sorts of an ordinary archive, sound and broken.
var trialSorts = []trialSort{
	{"jpg", 170, picturedAs("jpg"), ready},
	{"camera.jpg", 40, cameraJPEG, ready},
	{"png", 50, picturedAs("png"), ready},
	{"gif", 25, picturedAs("gif"), ready},
	{"webp", 15, byFFmpeg("webp", "-c:v libwebp"), ready},
	{"tif", 15, byFFmpeg("tif", ""), ready},
	{"bmp", 15, byFFmpeg("bmp", ""), ready},
	{"heic", 8, byTool("heic", `heif-enc -q 50 "$0" -o "$1"`), ready},
	{"avif", 8, byTool("avif", `heif-enc -A -q 50 "$0" -o "$1"`), ready},
	{"jxl", 8, byTool("jxl", `cjxl --quiet -d 2 -e 3 "$0" "$1"`), ready},
	{"jp2", 8, byTool("jp2", `vips jp2ksave "$0" "$1"`), ready},
	{"svg", 20, svgOf, ready},
	{"psd", 10, psdOf, ready},
	{"dng", 10, rawOf("II*\x00"), ready},
	{"nef", 20, rawOf("II*\x00"), ready},
	{"arw", 10, rawOf("II*\x00"), ready},
	{"orf", 10, rawOf("IIRO"), ready},
	{"rw2", 10, rawOf("IIU\x00"), ready},
	{"raf", 10, rafOf, ready},
	{"eps", 8, epsOf, ready},
	{"pdf", 60, func(_ *testing.T, seed int) []byte { return page(fmt.Sprint("sida ", seed)) }, ready},
	{"docx", 15, docxOf, ready},
	{"odt", 10, odtOf, ready},
	{"xlsx", 6, xlsxOf, ready},
	{"html", 20, textOf("<!doctype html><title>Sida %d</title><p>Ett webbord%[1]d på en sida."), ready},
	{"rtf", 10, textOf(`{\rtf1\ansi Ett rtford%d i en text.}`), ready},
	{"eml", 10, textOf("From: a@example.se\r\nTo: b@example.se\r\nSubject: Brev %d\r\nDate: Mon, 1 Jan 2024 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHej %[1]d!\r\n"), ready},
	{"txt", 80, textOf("En anteckning med provord%d och mer text.\n"), ready},
	{"md", 20, textOf("# Rubrik %d\n\nText.\n"), ready},
	{"csv", 20, textOf("nr;namn\n%d;Å\n"), ready},
	{"json", 10, textOf(`{"nr": %d}`), ready},
	{"zip", 15, func(t *testing.T, seed int) []byte {
		return zipOf(t, 8, map[string]string{"läs mig.txt": fmt.Sprint("Hej ", seed)})
	}, ready},
	{"tar.gz", 5, tarOf, ready},
	{"obj", 5, textOf("# %d\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"), ready},
	{"mp4", 20, byFFmpegFilm("mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"), ready},
	{"mov", 10, byFFmpegFilm("mov", "-c:v mpeg4 -c:a aac"), ready},
	{"webm", 4, byFFmpegFilm("webm", "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus"), ready},
	{"mkv", 5, byFFmpegFilm("mkv", "-c:v mpeg4 -c:a libmp3lame"), ready},
	{"avi", 5, byFFmpegFilm("avi", "-c:v mpeg4 -c:a libmp3lame"), ready},
	{"mp3", 20, byFFmpegSound("mp3", "-c:a libmp3lame"), ready},
	{"wav", 10, byFFmpegSound("wav", ""), ready},
	{"flac", 10, byFFmpegSound("flac", "-c:a flac"), ready},
	{"ogg", 8, byFFmpegSound("ogg", "-c:a libvorbis"), ready},
	{"m4a", 8, byFFmpegSound("m4a", "-c:a aac"), ready},

	// Broken off in the middle.
	{"kapad.jpg", 15, cut(picturedAs("jpg")), fate{"failed", "picture.truncated"}},
	{"kapad.png", 10, cut(picturedAs("png")), fate{"failed", "picture.truncated"}},
	{"kapad.gif", 6, cut(picturedAs("gif")), fate{"failed", "picture.truncated"}},
	{"kapad.webp", 4, cut(byFFmpeg("webp", "-c:v libwebp")), fate{"failed", "picture.truncated"}},
	{"kapad.tif", 4, cut(byFFmpeg("tif", "")), fate{"failed", "picture.truncated"}},
	{"kapad.heic", 3, cut(byTool("heic", `heif-enc -q 50 "$0" -o "$1"`)), fate{"failed", "picture.truncated"}},
	{"kapad.raf", 4, cut(rafOf), fate{"failed", "picture.truncated"}},
	{"kapad.pdf", 8, cut(func(_ *testing.T, seed int) []byte { return page(fmt.Sprint("sida ", seed)) }), fate{"failed", "document.damaged"}},
	{"kapad.docx", 5, cut(docxOf), fate{"failed", "document.damaged"}},
	{"kapad.zip", 4, cut(func(t *testing.T, seed int) []byte {
		return zipOf(t, 0, map[string]string{"a.txt": strings.Repeat(fmt.Sprint("Hej ", seed), 100)})
	}), ready},
	{"kapad.mp4", 6, cut(byFFmpegFilm("mp4", "-c:v mpeg4 -c:a aac")), fate{"failed", "film.damaged"}},
	{"kapad.mp3", 5, cut(byFFmpegSound("mp3", "-c:a libmp3lame")), ready},
	{"last.pdf", 5, lockedPDF, fate{"failed", "document.encrypted"}},

	// Something else than its name says.
	{"brus.jpg", 8, noise, fate{"quarantined", "file.disagrees"}},
	{"brus.mp4", 5, noise, fate{"quarantined", "file.disagrees"}},
	{"stor.bin", 3, func(_ *testing.T, seed int) []byte { return blobtest.Bytes(uint64(seed), 18<<20) }, ready},
	{"brus.bin", 8, noise, ready},
	{"brus.pdf", 5, noise, fate{"quarantined", "file.disagrees"}},
	{"sida.jpg", 6, textOf("<!doctype html><p>Inget foto, %d."), fate{"quarantined", "file.disagrees"}},
	{"foto.pdf", 5, picturedAs("jpg"), fate{"quarantined", "file.disagrees"}},
	{"program.png", 5, func(_ *testing.T, seed int) []byte {
		return fmt.Appendf([]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00"), "%d", seed)
	}, fate{"quarantined", "file.disagrees"}},
}

// drawing differs for every seed and has something in it.
func drawing(seed int) *image.NRGBA {
	r := rand.New(rand.NewPCG(uint64(seed), 3))
	w, h := 160+r.IntN(320), 120+r.IntN(240)
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	a, b, c := r.IntN(200), r.IntN(200), r.IntN(200)
	x0, y0, size := r.IntN(w), r.IntN(h), 20+r.IntN(60)
	for y := range h {
		for x := range w {
			p := color.NRGBA{uint8(a + 55*x/w), uint8(b + 55*y/h), uint8(c), 255}
			if (x-x0)*(x-x0)+(y-y0)*(y-y0) < size*size {
				p = color.NRGBA{uint8(255 - a), uint8(255 - b), uint8(255 - c), 255}
			}
			m.SetNRGBA(x, y, p)
		}
	}
	return m
}

func picturedAs(ext string) func(*testing.T, int) []byte {
	return func(t *testing.T, seed int) []byte {
		t.Helper()
		var b bytes.Buffer
		var err error
		switch ext {
		case "jpg":
			return withComment(scene(seed%400, 640, 480), fmt.Sprint("nr ", seed))
		case "png":
			err = png.Encode(&b, drawing(seed))
		case "gif":
			err = gif.Encode(&b, drawing(seed), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
}

// cameraJPEG is a photograph with all that a camera and an editor say of it.
func cameraJPEG(t *testing.T, seed int) []byte {
	t.Helper()
	m, err := material()
	if err != nil {
		t.Fatal(err)
	}
	return withComment(m.photos[seed%len(m.photos)].content, fmt.Sprint("nr ", seed))
}

// made is what a shell script makes, told the names of files to read and to make.
func made(t *testing.T, script string, in []byte, inName, outName string) []byte {
	t.Helper()
	dir, err := os.MkdirTemp("", "tgm-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	from, to := filepath.Join(dir, inName), filepath.Join(dir, outName)
	if err := os.WriteFile(from, in, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", script, from, to).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v (run make setup)\n%s", script, err, out)
	}
	b, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func byTool(ext, script string) func(*testing.T, int) []byte {
	return func(t *testing.T, seed int) []byte {
		t.Helper()
		return made(t, script, picturedAs("png")(t, seed), "in.png", "out."+ext)
	}
}

func byFFmpeg(ext, args string) func(*testing.T, int) []byte {
	return func(t *testing.T, seed int) []byte {
		t.Helper()
		return made(t, `ffmpeg -nostdin -v error -i "$0" `+args+` "$1"`, picturedAs("png")(t, seed), "in.png", "out."+ext)
	}
}

func byFFmpegFilm(ext, args string) func(*testing.T, int) []byte {
	return func(t *testing.T, seed int) []byte {
		t.Helper()
		return made(t, fmt.Sprintf(`ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=192x108:rate=8:duration=1.5 -f lavfi -i sine=frequency=%d:duration=1.5 -metadata title="film %d" %s "$1"`, 200+seed, seed, args), nil, "none", "out."+ext)
	}
}

func byFFmpegSound(ext, args string) func(*testing.T, int) []byte {
	return func(t *testing.T, seed int) []byte {
		t.Helper()
		return made(t, fmt.Sprintf(`ffmpeg -nostdin -v error -f lavfi -i sine=frequency=%d:duration=1 -metadata title="ton %d" %s "$1"`, 200+seed, seed, args), nil, "none", "out."+ext)
	}
}

func textOf(format string) func(*testing.T, int) []byte {
	return func(_ *testing.T, seed int) []byte { return fmt.Appendf(nil, format, seed) }
}

func svgOf(_ *testing.T, seed int) []byte {
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="%d" height="%d" fill="#%06x"/></svg>`, 50+seed%100, 20+seed%70, seed*7919%0xffffff)
}

func bigEndian(v ...int) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// psdOf is a flat Photoshop document.
func psdOf(_ *testing.T, seed int) []byte {
	m := drawing(seed)
	w, h := m.Rect.Dx(), m.Rect.Dy()
	b := slicesOf([]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03"), bigEndian(h, w), []byte{0, 8, 0, 3}, bigEndian(0, 0, 0), []byte{0, 0})
	for c := range 3 {
		for i := c; i < len(m.Pix); i += 4 {
			b = append(b, m.Pix[i])
		}
	}
	return b
}

// rawOf is what a camera writes: a TIFF with the size of its raw data and a
// finished picture (TIFF 6.0 §2).
func rawOf(magic string) func(*testing.T, int) []byte {
	return func(_ *testing.T, seed int) []byte {
		jpg := scene(seed%400, 800, 600)
		entries := [][3]uint32{{0x100, 4, 6000}, {0x101, 4, 4000}, {0x112, 3, 1}, {0x201, 4, 0}, {0x202, 4, uint32(len(jpg))}}
		entries[3][2] = uint32(8 + 2 + len(entries)*12 + 4)
		b := binary.LittleEndian.AppendUint32([]byte(magic), 8)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(entries)))
		for _, e := range entries {
			b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, uint16(e[0])), uint16(e[1]))
			b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, 1), e[2])
		}
		return fmt.Appendf(slicesOf(b, make([]byte, 4), jpg), "sensor %d %s", seed, magic)
	}
}

// rafOf is what Fujifilm writes: the picture stands where the header says.
func rafOf(_ *testing.T, seed int) []byte {
	jpg := scene(seed%400, 800, 600)
	b := make([]byte, 160)
	copy(b, "FUJIFILMCCD-RAW 0201FF389501X-T3")
	copy(b[84:], bigEndian(len(b), len(jpg), 0, 0))
	return fmt.Appendf(append(b, jpg...), "sensor %d", seed)
}

// epsOf carries its picture in an XMP packet, as InDesign and Illustrator write it.
func epsOf(_ *testing.T, seed int) []byte {
	return fmt.Appendf(nil, "%%!PS-Adobe-3.0 EPSF-3.0\n%%%%BoundingBox: 0 0 9 9\n%%nr %d\n<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><xmpGImg:image>%s</xmpGImg:image><?xpacket end=\"w\"?>\nshowpage\n",
		seed, base64.StdEncoding.EncodeToString(scene(seed%400, 160, 120)))
}

func docxOf(t *testing.T, seed int) []byte {
	t.Helper()
	return zipOf(t, 8, map[string]string{
		"[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":         `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   fmt.Sprintf(`<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Ett wordord%d i ett brev.</w:t></w:r></w:p></w:body></w:document>`, seed),
	})
}

func xlsxOf(t *testing.T, seed int) []byte {
	t.Helper()
	return zipOf(t, 8, map[string]string{
		"[Content_Types].xml":        `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels":                `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Blad" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   fmt.Sprintf(`<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>cell %d</t></is></c></row></sheetData></worksheet>`, seed),
	})
}

func odtOf(t *testing.T, seed int) []byte {
	t.Helper()
	return odt(t, fmt.Sprintf(`<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:text><text:p>Ett odtord%d i en text.</text:p></office:text></office:body></office:document-content>`, seed))
}

func tarOf(t *testing.T, seed int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	text := fmt.Sprint("Hej ", seed)
	if err := w.WriteHeader(&tar.Header{Name: "läs mig.txt", Mode: 0o600, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	_ = z.Close()
	return b.Bytes()
}

func lockedPDF(t *testing.T, seed int) []byte {
	t.Helper()
	return made(t, `qpdf --encrypt hemligt hemligt 256 -- "$0" "$1"`, page(fmt.Sprint("hemlig ", seed)), "in.pdf", "out.pdf")
}

func noise(_ *testing.T, seed int) []byte { return blobtest.Bytes(uint64(seed)+7, 30_000) }

// cut gives the first 60 % of another sort's files.
func cut(whole func(*testing.T, int) []byte) func(*testing.T, int) []byte {
	return func(t *testing.T, seed int) []byte {
		t.Helper()
		b := whole(t, seed)
		return b[:len(b)*6/10]
	}
}

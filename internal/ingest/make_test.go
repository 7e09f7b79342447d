// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// scene is a picture with structure, different for every seed.
func scene(width, height int, seed uint64) *image.NRGBA {
	r := rand.New(rand.NewPCG(seed, 7))
	a, b, c := r.Float64(), r.Float64(), r.Float64()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			fx, fy := float64(x)/float64(width), float64(y)/float64(height)
			m.SetNRGBA(x, y, color.NRGBA{uint8(255 * fx * a), uint8(255 * fy * b), uint8(255 * (fx*fy*c + float64((x/16+y/16)%2)/8)), 255})
		}
	}
	return m
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func makeJPEG(tb testing.TB, width, height int, seed uint64) []byte {
	tb.Helper()
	var b bytes.Buffer
	must(tb, jpeg.Encode(&b, scene(width, height, seed), &jpeg.Options{Quality: 90}))
	return b.Bytes()
}

func makePNG(tb testing.TB, width, height int, seed uint64) []byte {
	tb.Helper()
	var b bytes.Buffer
	must(tb, png.Encode(&b, scene(width, height, seed)))
	return b.Bytes()
}

func makeGIF(tb testing.TB, width, height int) []byte {
	tb.Helper()
	var b bytes.Buffer
	must(tb, gif.Encode(&b, scene(width, height, 3), nil))
	return b.Bytes()
}

// makeHugePNG is a PNG of side × side pixels whose header is sound and whose
// content is not there.
func makeHugePNG(side uint32) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data)))
		body := append([]byte(kind), data...)
		b.Write(body)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, side), side)
	chunk("IHDR", append(head, 1, 0, 0, 0, 0))
	chunk("IDAT", []byte{0x78, 0x9c, 0x03, 0, 0, 0, 0, 1})
	chunk("IEND", nil)
	return b.Bytes()
}

// makeWAV is a second of silence: RIFF WAVE, 8 kHz, 8 bits, mono.
func makeWAV() []byte {
	data := bytes.Repeat([]byte{128}, 8000)
	b := []byte("RIFF")
	b = binary.LittleEndian.AppendUint32(b, uint32(36+len(data)))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	for _, v := range []uint16{1, 1} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, 8000)
	b = binary.LittleEndian.AppendUint32(b, 8000)
	for _, v := range []uint16{1, 8} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func makeZIP(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("readme.txt")
	must(tb, err)
	_, err = w.Write([]byte("Hej!"))
	must(tb, err)
	must(tb, z.Close())
	return b.Bytes()
}

// makePDF is one page of A4 with a black square (ISO 32000-1 §7.5).
func makePDF() []byte {
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.4\n")
	content := "0 0 0 rg 100 600 200 200 re f"
	for i, o := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

// byTool lets a program of the machine make a file of the given name.
func byTool(tb testing.TB, name string, argv ...string) []byte {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	for i, a := range argv {
		if a == "OUT" {
			argv[i] = path
		}
	}
	if out, err := exec.CommandContext(tb.Context(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v (run make setup)\n%s", argv[0], err, out)
	}
	b, err := os.ReadFile(path)
	must(tb, err)
	return b
}

func makeFilm(tb testing.TB, name string) []byte {
	tb.Helper()
	return byTool(tb, name, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=2",
		"-f", "lavfi", "-i", "sine=duration=2", "-c:v", "mpeg4", "-c:a", "aac", "-shortest", "OUT")
}

func makeMP3(tb testing.TB) []byte {
	tb.Helper()
	return byTool(tb, "a.mp3", "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=2", "-c:a", "libmp3lame", "-metadata", "title=En ton", "OUT")
}

func makeWebP(tb testing.TB) []byte {
	tb.Helper()
	return byTool(tb, "a.webp", "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=1:duration=1", "-frames:v", "1", "-c:v", "libwebp", "OUT")
}

func makeTIFF(tb testing.TB) []byte {
	tb.Helper()
	return byTool(tb, "a.tiff", "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=1:duration=1", "-frames:v", "1", "-pix_fmt", "rgb24", "OUT")
}

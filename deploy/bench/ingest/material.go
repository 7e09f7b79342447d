// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// file is something to upload; its bytes are its parts, one after the other.
type file struct {
	name, kind string
	parts      [][]byte
	id         string // of the asset, once it is uploaded
}

// makeJPEG writes a JPEG with as much detail as a camera gives, and returns its bytes.
func makeJPEG(path string, w, h int, seed uint64) ([]byte, error) {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	rnd := rand.New(rand.NewPCG(24, seed))
	turn := float64(seed)
	for y := range h {
		grain := 0.0
		for x := range w {
			grain = grain*0.6 + (rnd.Float64()-0.5)*9
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			v := 110 + 60*math.Sin(9*fx+4*fy+turn) + 30*math.Cos(40*fx*fy+turn) + grain
			if (x/37+y/53)%11 == 0 {
				v -= 35
			}
			m.Y[y*m.YStride+x] = uint8(max(0, min(255, v)))
		}
	}
	for y := range h / 2 {
		for x := range w / 2 {
			fx, fy := float64(2*x)/float64(w), float64(2*y)/float64(h)
			m.Cb[y*m.CStride+x] = uint8(128 + 50*math.Sin(5*fx+turn) + rnd.Float64()*4)
			m.Cr[y*m.CStride+x] = uint8(128 + 50*math.Cos(6*fy+turn) + rnd.Float64()*4)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		return nil, err
	}
	return b.Bytes(), os.WriteFile(path, b.Bytes(), 0o644)
}

// withComment is a JPEG with a comment of its own.
func withComment(b []byte, comment string) [][]byte {
	c := binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(2+len(comment)))
	return [][]byte{b[:2], append(c, comment...), b[2:]}
}

// withText is a PNG with a text of its own, after its header.
func withText(b []byte, text string) [][]byte {
	const header = 8 + 25
	c := append([]byte("tEXtComment\x00"), text...)
	n := binary.BigEndian.AppendUint32(nil, uint32(len(c)-4))
	return [][]byte{b[:header], n, c, binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(c)), b[header:]}
}

// withFree is an MP4 with a box of its own that players skip.
func withFree(b []byte, text string) [][]byte {
	n := binary.BigEndian.AppendUint32(nil, uint32(8+len(text)))
	return [][]byte{b, n, []byte("free" + text)}
}

// mix says of how many in a thousand files each kind is.
var mix = []struct {
	kind, ending string
	permille     int
}{
	{"JPEG", ".jpg", 420},
	{"PNG", ".png", 120},
	{"TIFF", ".tif", 80},
	{"PDF", ".pdf", 120},
	{"text", ".txt", 140},
	{"WAV", ".wav", 60},
	{"MP4", ".mp4", 40},
	{"DOCX", ".docx", 20},
}

// makeMixed makes so many files of many kinds in a folder. They lie there for
// the loops, and are uploaded from memory.
func makeMixed(ctx context.Context, dir string, n int) ([]file, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	bases := map[string][]byte{}
	photograph := filepath.Join(dir, "base.jpg")
	b, err := makeJPEG(photograph, 2400, 1600, 2)
	if err != nil {
		return nil, err
	}
	bases["JPEG"] = b
	for kind, argv := range map[string][]string{
		"PNG":  {"vips", "thumbnail", photograph, "base.png", "1200"},
		"TIFF": {"vips", "thumbnail", photograph, "base.tif", "1600"},
		"MP4":  {"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=4", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "base.mp4"},
		"WAV":  {"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=3", "base.wav"},
	} {
		c := exec.CommandContext(ctx, argv[0], argv[1:]...)
		c.Dir = dir
		if text, err := c.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w: %s", argv[0], err, text)
		}
		if bases[kind], err = os.ReadFile(filepath.Join(dir, "base"+map[string]string{"PNG": ".png", "TIFF": ".tif", "MP4": ".mp4", "WAV": ".wav"}[kind])); err != nil {
			return nil, err
		}
	}
	var all []file
	for _, m := range mix {
		for i := range max(1, n*m.permille/1000) {
			f := file{name: fmt.Sprintf("%s %04d%s", m.kind, i, m.ending), kind: m.kind}
			own := fmt.Sprintf("%s number %d", m.kind, i)
			switch m.kind {
			case "JPEG":
				f.parts = withComment(bases["JPEG"], own)
			case "PNG":
				f.parts = withText(bases["PNG"], own)
			case "MP4":
				f.parts = withFree(bases["MP4"], own)
			case "TIFF", "WAV":
				f.parts = [][]byte{bases[m.kind], []byte(own)}
			case "PDF":
				f.parts = [][]byte{makePDF(1+i%3, own)}
			case "DOCX":
				f.parts = [][]byte{makeDOCX(own)}
			default:
				f.parts = [][]byte{[]byte(prose(own, 400))}
			}
			if err := os.WriteFile(filepath.Join(dir, f.name), bytes.Join(f.parts, nil), 0o644); err != nil {
				return nil, err
			}
			all = append(all, f)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

// spread takes so many files of each kind that they are mixed as all are.
func spread(files []file, n int) (some []file) {
	step := max(1, len(files)/max(1, n))
	count := map[string]int{}
	for _, f := range files {
		if count[f.kind]%step == 0 {
			some = append(some, f)
		}
		count[f.kind]++
	}
	return some
}

// census says how many of each kind there are.
func census(files []file) string {
	count := map[string]int{}
	for _, f := range files {
		count[f.kind]++
	}
	var words []string
	for _, m := range mix {
		words = append(words, fmt.Sprintf("%d %s", count[m.kind], m.kind))
	}
	return strings.Join(words, ", ")
}

// prose is so many words.
func prose(own string, words int) string {
	rnd := rand.New(rand.NewPCG(uint64(len(own)), uint64(crc32.ChecksumIEEE([]byte(own)))))
	some := strings.Fields("hamnen båten kommunen mötet protokoll beslut snø fjell vinter havn byen lapset joutsen ranta forest school bridge council photograph summer")
	var b strings.Builder
	b.WriteString(own)
	for i := range words {
		if i%12 == 11 {
			b.WriteString(".\n")
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(some[rnd.IntN(len(some))])
	}
	return b.String()
}

// makePDF is a document of so many pages of text.
func makePDF(pages int, own string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	object := func(text string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj%s\nendobj\n", len(at), text)
	}
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 4+2*i))
	}
	object("<</Type/Catalog/Pages 2 0 R>>")
	object(fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), pages))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	for i := range pages {
		var text strings.Builder
		text.WriteString("BT /F1 10 Tf 14 TL 50 790 Td ")
		for l := range strings.Lines(prose(fmt.Sprint(own, " page ", i+1), 400)) {
			ascii := strings.Map(func(r rune) rune {
				if r < ' ' || r > '~' || strings.ContainsRune(`()\`, r) {
					return 'o'
				}
				return r
			}, strings.TrimSpace(l))
			fmt.Fprintf(&text, "(%s) Tj T* ", ascii)
		}
		text.WriteString("ET")
		object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>", 5+2*i))
		object(fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", text.Len(), text.String()))
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// makeDOCX is a Word document of some paragraphs.
func makeDOCX(own string) []byte {
	var text strings.Builder
	for l := range strings.Lines(prose(own, 300)) {
		text.WriteString("<w:p><w:r><w:t>" + strings.TrimSpace(l) + "</w:t></w:r></w:p>")
	}
	members := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + text.String() + `</w:body></w:document>`,
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?>` + members[name]))
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// captions of the twenty photographs, by language; none says what another does.
var captions = []string{
	"Två båtar ligger förtöjda i hamnen", "En räv smyger genom skogen", "En rav av bärnsten på stranden", "Tjänstemännen firar midsommar på torget",
	"Fiskerne gjør klar garnene før daggry", "Skiløperne hviler ved hytta på fjellet", "Et fossefall om vinteren", "Bryggene speiler seg i vågen",
	"Børnene leger på legepladsen", "Cyklisterne venter ved broen", "Kager fra bageriet på hjørnet", "Møllerne drejer i blæsten",
	"Lapset leikkivät puistossa", "Joutsenet uivat järvellä aamulla", "Saunan savu nousee illalla", "Kirjaston uudet hyllyt",
	"Volunteers planting trees near the school", "The mayor opens a bicycle bridge", "Snow covered benches downtown", "Musicians rehearsing for the concert",
}

// Names and a place that photographs carry and previews must not.
const (
	photographer = "Åke Ärlig"
	depicted     = "Eva Ekströmqvist"
)

// file is something to upload.
type file struct {
	name, caption string
	content       []byte
}

func (f file) sum() string { return hexSum(f.content) }

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// material is what the walks upload; made once, by the real tools.
var material = sync.OnceValues(func() (m struct {
	photos           []file
	pdf, sound, film file
}, err error,
) {
	dir, err := os.MkdirTemp("", "tillgang-material-")
	if err != nil {
		return m, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var script strings.Builder
	for i, caption := range captions {
		width, height := 640, 480
		if i == 0 {
			width, height = 2400, 1600
		}
		m.photos = append(m.photos, file{name: fmt.Sprintf("IMG_%04d.jpg", i+1), caption: caption})
		path := filepath.Join(dir, m.photos[i].name)
		if err := os.WriteFile(path, scene(i+1, width, height), 0o600); err != nil {
			return m, err
		}
		for _, arg := range []string{
			"-charset", "iptc=UTF8", "-codedcharacterset=utf8", "-overwrite_original",
			"-IPTC:Caption-Abstract=" + caption, "-IPTC:By-line=" + photographer, "-IPTC:Keywords=walk", fmt.Sprintf("-IPTC:Keywords=serie %d", i%4),
			"-XMP-iptcExt:PersonInImage=" + depicted, "-XMP-iptcCore:AltTextAccessibility-sv=Alternativtext " + fmt.Sprint(i),
			"-GPSLatitude=57.7089", "-GPSLatitudeRef=N", "-GPSLongitude=11.9746", "-GPSLongitudeRef=E",
			fmt.Sprintf("-DateTimeOriginal=20%02d:06:07 10:11:12", 10+i%3), path,
		} {
			script.WriteString(arg + "\n")
		}
		script.WriteString("-execute\n")
	}
	arguments := filepath.Join(dir, "arguments")
	if err := os.WriteFile(arguments, []byte(script.String()), 0o600); err != nil {
		return m, err
	}
	if out, err := exec.Command("exiftool", "-@", arguments).CombinedOutput(); err != nil {
		return m, fmt.Errorf("exiftool (run make setup): %w\n%s", err, out)
	}
	for i := range m.photos {
		if m.photos[i].content, err = os.ReadFile(filepath.Join(dir, m.photos[i].name)); err != nil {
			return m, err
		}
	}
	for _, media := range []struct {
		into *file
		name string
		args string
	}{
		{&m.sound, "intervju.mp3", "-f lavfi -i sine=frequency=440:duration=2 -c:a libmp3lame -metadata title=Intervju"},
		{&m.film, "film.mp4", "-f lavfi -i testsrc=size=640x360:rate=12:duration=2 -c:v libx264 -pix_fmt yuv420p -movflags +faststart"},
	} {
		path := filepath.Join(dir, media.name)
		if out, err := exec.Command("ffmpeg", append(append([]string{"-nostdin", "-v", "error"}, strings.Fields(media.args)...), path)...).CombinedOutput(); err != nil {
			return m, fmt.Errorf("ffmpeg (run make setup): %w\n%s", err, out)
		}
		media.into.name = media.name
		if media.into.content, err = os.ReadFile(path); err != nil {
			return m, err
		}
	}
	m.pdf = file{name: "protokoll.pdf", content: page("Protokoll")}
	return m, nil
})

// scene is a JPEG that differs for every seed and has something in it.
func scene(seed, width, height int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := 0; i < len(m.Pix); i += 4 {
		x, y := i/4%width, i/4/width
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = uint8(x*255/width), uint8(y*255/height), uint8(seed*12), 255
		if (x-width/2)*(x-width/2)+(y-height/2)*(y-height/2) < height*height/9 {
			m.Pix[i] = uint8(255 - seed*7)
		}
	}
	m.Set(seed, seed, color.White)
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, &jpeg.Options{Quality: 88})
	return b.Bytes()
}

// page is a PDF of one page with a word on it.
func page(word string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	text := "BT /F1 24 Tf 72 700 Td (" + word + ") Tj ET"
	var at []int
	for i, o := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(text), text), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// insideOf lists all that exiftool finds in a file.
func insideOf(t *testing.T, content []byte) string {
	t.Helper()
	c := exec.Command("exiftool", "-a", "-G1", "-ee", "-")
	c.Stdin = bytes.NewReader(content)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("exiftool (run make setup): %v\n%s", err, out)
	}
	return string(out)
}

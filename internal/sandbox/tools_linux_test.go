// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillgang/internal/sandbox"
)

const onePage = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 43>>stream
BT /F 24 Tf 20 100 Td (Hello archive) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
`

// The tools the product uses run inside the default limits.
func TestRealToolsWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pic := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i := range pic.Pix {
		pic.Pix[i] = byte(i * 7)
	}
	pic.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, pic, nil); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"in.jpg": b.Bytes(), "in.pdf": []byte(onePage)} {
		if err := os.WriteFile(filepath.Join(w.dir, name), content, 0o600); err != nil { // root's, until given
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ argv, wants string }{
		{"ffmpeg -nostdin -v error -f lavfi -i testsrc2=d=1:s=320x240 -c:v libx264 -y out.mp4", ""},
		{"ffprobe -v error -show_entries stream=codec_name -of csv=p=0 out.mp4", "h264"},
		{"exiftool -s3 -ImageWidth in.jpg", "640"},
		{"vipsthumbnail in.jpg -s 100 -o out.jpg", ""},
		{"pdftotext in.pdf -", "Hello archive"},
		{"pdftoppm -png -r 50 in.pdf page", ""},
	} {
		r, err := w.Run(t.Context(), sandbox.Task{Dir: w.dir, Argv: strings.Fields(c.argv)})
		if err != nil {
			t.Errorf("%s: %v (run make setup if it is not installed)\n%s", c.argv, err, r.StderrTail)
		} else if !strings.Contains(string(r.Stdout), c.wants) {
			t.Errorf("%s: %s", c.argv, r.Stdout)
		}
	}
	for _, made := range []string{"out.mp4", "out.jpg", "page-1.png"} {
		if st, err := os.Stat(filepath.Join(w.dir, made)); err != nil || st.Size() == 0 {
			t.Error(made, err)
		}
	}
}

// One start of the sandbox: about 5 ms on the machine this was built on.
func BenchmarkStart(b *testing.B) {
	s := sandbox.New("", b.TempDir(), slog.New(slog.DiscardHandler))
	dir, remove, err := s.Scratch(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer remove()
	for b.Loop() {
		if _, err := s.Run(b.Context(), sandbox.Task{Dir: dir, Argv: []string{"true"}}); err != nil {
			b.Fatal(err)
		}
	}
}

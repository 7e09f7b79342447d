// SPDX-License-Identifier: Apache-2.0

package imprint_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/fault"
	"tillgang/internal/imprint"
)

var mediaTypes = map[string]string{
	"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "lossy.webp": "image/webp",
	"tif": "image/tiff", "heic": "image/heic", "avif": "image/avif", "gif": "image/gif", "jp2": "image/jp2",
	"psd": "image/vnd.adobe.photoshop", "dng": "image/x-adobe-dng", "mp4": "video/mp4", "mov": "video/quicktime", "pdf": "application/pdf",
}

// copied makes a copy of a format's material.
func copied(t *testing.T, w *world, ext string, p imprint.Policy) (from, to string) {
	t.Helper()
	from = material(t, w.dir, ext)
	to, err := w.tool.Copy(t.Context(), w.dir, from, mediaTypes[ext], statement, p)
	if err != nil {
		t.Fatal(err)
	}
	return from, to
}

var policies = []imprint.Policy{imprint.Embed, imprint.Rights, imprint.Strip}

func TestEveryFormatCarriesTheStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var originals, copies []string
	for ext := range mediaTypes {
		originals = append(originals, bare(t, w.dir, ext))
	}
	burden(t, originals...)
	for _, from := range originals {
		ext := strings.TrimPrefix(filepath.Base(from), "material.")
		before, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range policies {
			if p != imprint.Embed && slices.Contains([]string{"avif", "gif", "jp2", "psd", "mov"}, ext) {
				continue // as heic, tif and mp4, and each takes a second
			}
			dir := w.folder()
			here := filepath.Join(dir, "original")
			writeFile(t, here, before)
			to, err := w.tool.Copy(t.Context(), dir, here, mediaTypes[ext], statement, p)
			if err != nil {
				t.Fatal(ext, p, err)
			}
			if after, err := os.ReadFile(here); err != nil || !bytes.Equal(before, after) {
				t.Error("the original changed", ext, err)
			}
			copies = append(copies, filepath.Join(filepath.Dir(dir), string(p)+" "+ext))
			if err := os.Rename(to, copies[len(copies)-1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, got := range readAll(t, copies...) {
		policy, ext, _ := strings.Cut(filepath.Base(copies[i]), " ")
		t.Run(ext+" "+policy, func(t *testing.T) {
			carries(t, ext, imprint.Policy(policy), got)
		})
	}
}

// carries holds what was read of a copy against its policy.
func carries(t *testing.T, ext string, p imprint.Policy, got tags) {
	t.Helper()
	compare := func(want tags, present bool) {
		for name, v := range want {
			if !present {
				v = nil
			}
			if d := cmp.Diff(v, got[name]); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	}
	compare(rights, p != imprint.Strip)
	compare(all, p == imprint.Embed)
	for _, s := range secrets {
		if got.has(s) && (s != "SN-4711" || ext != "dng") { // a camera's own number stays in its raw files
			t.Errorf("%q is still there", s)
		}
	}
	if left := append(got.group("XMP-"), got.group("IPTC")...); p == imprint.Strip && len(left) > 0 {
		t.Error("left:", left)
	}
	if v, _ := got["ExifTool:Validate"].(string); strings.Contains(v, "Error") {
		t.Error(v, got["ExifTool:Error"])
	}
	switch ext {
	case "jpg", "png", "tif", "dng", "psd":
		if len(got.group("ICC-header")) == 0 {
			t.Error("the colour profile is gone")
		}
	}
	switch ext {
	case "jpg", "png", "webp", "lossy.webp", "tif":
		compare(tags{"IFD0:Orientation": "Rotate 90 CW"}, true)
		compare(tags{"IFD0:Make": "Canon", "ExifIFD:ExposureTime": "1/60", "ExifIFD:DateTimeOriginal": "2026:06:19 12:00:00"}, p == imprint.Embed)
	}
}

func TestThePictureIsTheSame(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{"jpg", "png"} {
		from, to := copied(t, newWorld(t), ext, imprint.Embed)
		if !bytes.Equal(pixels(t, from), pixels(t, to)) {
			t.Error(ext, "shows something else")
		}
	}
	w := newWorld(t)
	from, to := copied(t, w, "webp", imprint.Embed)
	raw := func(name string) []byte {
		return run(t, "ffmpeg", "-v", "error", "-i", name, "-f", "rawvideo", "-pix_fmt", "rgba", "-")
	}
	if !bytes.Equal(raw(from), raw(to)) {
		t.Error("webp shows something else")
	}
}

func pixels(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	m, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOldReadersFindTheStatementInJPEG(t *testing.T) {
	t.Parallel()
	_, to := copied(t, newWorld(t), "jpg", imprint.Embed)
	got := read(t, to)
	old := tags{
		"IPTC:ObjectName": "Midsommar", "IPTC:Keywords": []any{"midsommar", "dans, folk", "Åäö"}, "IPTC:By-line": []any{"Bo Östman", "Ann Å"},
		"IPTC:CopyrightNotice": "© 2026 Kommunen", "IPTC:Caption-Abstract": "Dans kring stången.\nOch \"fiol\".", "IPTC:City": "Stockholm",
		"IPTC:Country-PrimaryLocationName": "Sverige", "IPTC:DateCreated": "2026:06:19", "IPTC:Headline": "Dans kring <stången> & musik", "IPTC:Credit": "Kommunen/Bo Östman",
	}
	for name, want := range old {
		if d := cmp.Diff(want, got[name]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if got["File:CurrentIPTCDigest"] != got["Photoshop:IPTCDigest"] {
		t.Error("the digest does not match:", got["File:CurrentIPTCDigest"], got["Photoshop:IPTCDigest"])
	}
}

func TestTextsTooLongForOneSegmentAreWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from := material(t, w.dir, "jpg")
	long := statement
	long.ExtendedDescription = imprint.Text{"sv": strings.Repeat("å lång beskrivning ", 6_000), "en": strings.Repeat("a long description ", 6_000)}
	long.Description = imprint.Text{"sv": strings.Repeat("beskrivning ", 4_000)}
	to, err := w.tool.Copy(t.Context(), w.dir, from, "image/jpeg", long, imprint.Embed)
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, to)
	if got["XMP-iptcCore:ExtDescrAccessibility-en"] != long.ExtendedDescription["en"] || got["XMP-dc:Description-sv"] != long.Description["sv"] {
		t.Error("a long text is not whole")
	}
	for name, want := range rights {
		if d := cmp.Diff(want, got[name]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestPreviewsAndManifestsAreNotCopied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from := material(t, w.dir, "jpg")
	thumb := filepath.Join(w.dir, "thumb.jpg")
	writeFile(t, thumb, []byte("\xff\xd8\xff\xdbhemlig miniatyr\xff\xd9"))
	run(t, "exiftool", "-q", "-q", "-overwrite_original", "-ThumbnailImage<="+thumb, from)
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	manifest := "JP\x00\x01\x00\x00\x00\x01\x00\x00\x00\x1ejumbmanifestet"
	b = append([]byte("\xff\xd8\xff\xeb\x00"+string(rune(len(manifest)+2))+manifest), b[2:]...)
	b = append(b, "efter bilden: hemlig film"...)
	for _, p := range policies {
		var out bytes.Buffer
		if err := imprint.Write(&out, bytes.NewReader(b), "image/jpeg", statement, p); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"hemlig miniatyr", "manifestet", "efter bilden", "Hemlig"} {
			if bytes.Contains(out.Bytes(), []byte(s)) {
				t.Errorf("%s: %q is in the copy", p, s)
			}
		}
	}
	// The same in PNG: a manifest, a text and what follows the end.
	p, err := os.ReadFile(material(t, w.dir, "png"))
	if err != nil {
		t.Fatal(err)
	}
	p = append(p[:33:33], append([]byte("\x00\x00\x00\x0acaBXmanifestet\x00\x00\x00\x00"), p[33:]...)...)
	var out bytes.Buffer
	if err := imprint.Write(&out, bytes.NewReader(append(p, "efter"...)), "image/png", statement, imprint.Embed); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"manifestet", "efter", "Hemlig"} {
		if bytes.Contains(out.Bytes(), []byte(s)) {
			t.Errorf("png: %q is in the copy", s)
		}
	}
	if _, err := png.Decode(&out); err != nil {
		t.Error(err)
	}
}

func TestAManifestInAFileOfBoxesBecomesFreeSpace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from := material(t, w.dir, "mp4")
	f, err := os.OpenFile(from, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\x00\x00\x00\x22uuid\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81manifestet"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	to, err := w.tool.Copy(t.Context(), w.dir, from, "video/mp4", statement, imprint.Embed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(to)
	if err != nil || bytes.Contains(b, []byte("manifestet")) {
		t.Error("the manifest is in the copy", err)
	}
	run(t, "ffmpeg", "-v", "error", "-xerror", "-i", to, "-f", "null", "-")
}

func TestDamagedAndUnknownFilesAreRefusedInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for ext, mediaType := range map[string]string{"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "tif": "image/tiff", "pdf": "application/pdf"} {
		from := bare(t, w.dir, ext)
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		dir := w.folder()
		broken := filepath.Join(dir, "broken")
		writeFile(t, broken, b[:len(b)/3])
		if _, err := w.tool.Copy(t.Context(), dir, broken, mediaType, statement, imprint.Embed); fault.CodeOf(err) != imprint.CodeDamaged {
			t.Errorf("%s: %v", ext, err)
		}
	}
	if _, err := w.tool.Copy(t.Context(), w.dir, "/dev/null", "text/plain", statement, imprint.Embed); fault.CodeOf(err) != imprint.CodeFormat {
		t.Error(err)
	}
}

func TestTheSameStatementHasOneDigest(t *testing.T) {
	t.Parallel()
	other := statement
	other.City = "Malmö"
	switch {
	case statement.Digest(imprint.Embed) == other.Digest(imprint.Embed):
		t.Error("embed ignores a field")
	case statement.Digest(imprint.Rights) != other.Digest(imprint.Rights):
		t.Error("rights minds a field that it does not write")
	case statement.Digest(imprint.Rights) == statement.Digest(imprint.Strip):
		t.Error("policies share a digest")
	}
}

func FuzzWrite(f *testing.F) {
	dir := f.TempDir()
	for _, ext := range []string{"jpg", "png", "webp"} {
		b, err := os.ReadFile(material(f, dir, ext))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, mediaType := range []string{"image/jpeg", "image/png", "image/webp"} {
			for _, p := range []imprint.Policy{imprint.Embed, imprint.Strip} {
				var out bytes.Buffer
				if err := imprint.Write(&out, bytes.NewReader(b), mediaType, statement, p); err != nil {
					continue
				}
				if out.Len() > len(b)+20_000 {
					t.Errorf("%d bytes became %d", len(b), out.Len())
				}
				// What was written can be written again.
				if err := imprint.Write(&bytes.Buffer{}, bytes.NewReader(out.Bytes()), mediaType, statement, p); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// secretive fills a file with everything a rendition must not tell.
func secretive(t *testing.T, data []byte, name string) []byte {
	t.Helper()
	dir := t.TempDir()
	path, thumb := filepath.Join(dir, name), filepath.Join(dir, "thumb.jpg")
	for p, b := range map[string][]byte{path: data, thumb: jpegOf(t, photo(160, 120, 9), 80)} {
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{
		"-q", "-overwrite_original", "-m",
		"-EXIF:GPSLatitude=59.334591", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=18.063240", "-EXIF:GPSLongitudeRef=E",
		"-EXIF:Artist=Hemlige Fotograf", "-EXIF:ImageDescription=Greta Hemlig vid dammen", "-EXIF:SerialNumber=HEMLIG-4711",
		"-EXIF:UserComment=hemlig kommentar", "-EXIF:OwnerName=Hemlig", "-XMP-iptcExt:PersonInImage=Greta Hemlig", "-XMP-dc:Creator=Hemlig",
		"-XMP-exif:GPSLatitude=59.334591", "-XMP-mwg-rs:RegionName=Greta Hemlig", "-XMP-mwg-rs:RegionType=Face", "-Comment=hemlig", path,
	}
	if strings.HasSuffix(name, ".jpg") || strings.HasSuffix(name, ".tif") {
		args = slices.Insert(args, 3, "-IPTC:By-line=Hemlige Fotograf", "-IPTC:City=Hemligstad", "-IPTC:Caption-Abstract=Greta Hemlig", "-ThumbnailImage<="+thumb, "-Photoshop:PhotoshopThumbnail<="+thumb)
	}
	if out, err := exec.Command("exiftool", args...).CombinedOutput(); err != nil {
		t.Fatalf("run make setup: %v: %s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "Hemlig") {
		t.Fatal("the original holds no secrets")
	}
	return b
}

// bare are the only groups of tags that a rendition may have.
var bare = []string{"SourceFile", "ExifTool", "System", "File", "Composite", "PNG", "PNG-pHYs", "RIFF", "JFIF"}

func TestRenditionsTellNothingButTheirPicture(t *testing.T) {
	t.Parallel()
	m := photo(640, 480, 8)
	icc := p3(2, oldName("Hemlig profil"), gamma(2.2))
	originals := map[string][]byte{
		"jpeg":            secretive(t, withSegments(jpegOf(t, m, 90), iccSegments(icc)), "in.jpg"),
		"png":             secretive(t, pngOf(t, m), "in.png"),
		"tiff":            secretive(t, tiffOf(t, m), "in.tif"),
		"webp":            secretive(t, convert(t, pngOf(t, m), "out.webp"), "in.webp"),
		"transparent png": secretive(t, pngOf(t, holes(m)), "in.png"),
	}
	for name, data := range originals {
		for _, e := range []Engine{builtin(t), vips(t)} {
			recipes := []Recipe{Box(320), Box(1024), {Width: 100, Height: 100, Fit: Cover}, lossless(200)}
			if e.Name() != "builtin" {
				recipes = append(recipes, Recipe{Width: 200, Format: WebP})
			}
			reply, _, err := render(t, e, data, recipes...)
			if err != nil {
				t.Fatalf("%s %s: %v", e.Name(), name, err)
			}
			args := []string{"-j", "-G1", "-a", "-u"}
			for _, made := range reply.Outputs {
				args = append(args, made.Path)
			}
			out, err := exec.Command("exiftool", args...).Output()
			if err != nil {
				t.Fatalf("run make setup: %v", err)
			}
			var tags []map[string]any
			if err := json.Unmarshal(out, &tags); err != nil || len(tags) != len(reply.Outputs) {
				t.Fatal(len(tags), err)
			}
			for i, made := range reply.Outputs {
				for tag := range tags[i] {
					group, _, _ := strings.Cut(tag, ":")
					if !slices.Contains(bare, group) || tag == "File:Comment" {
						t.Errorf("%s: %s made of %s carries %s", e.Name(), made.MediaType, name, tag)
					}
				}
				b, err := os.ReadFile(made.Path)
				if err != nil {
					t.Fatal(err)
				}
				for _, word := range []string{"Hemlig", "hemlig", "GPS", "Exif", "http://ns.adobe.com", "ICC_PROFILE", "iCCP"} {
					if strings.Contains(string(b), word) {
						t.Errorf("%s: %s made of %s holds %q", e.Name(), made.MediaType, name, word)
					}
				}
			}
		}
	}
}

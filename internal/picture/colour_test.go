// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf16"
)

// Makers of profiles. Everything is big-endian and numbers are s15Fixed16.

func fixed(v ...float64) []byte {
	var b []byte
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(x*65536))))
	}
	return b
}

func word(v ...float64) []byte {
	var b []byte
	for _, x := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(math.Round(clamp01(x)*65535)))
	}
	return b
}

func be(v ...uint32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}

type tag struct {
	name string
	body []byte
}

// makeProfile puts tags together to a display or output profile.
func makeProfile(version byte, space, pcs string, tags ...tag) []byte {
	h := make([]byte, 128)
	copy(h[4:], "test")
	h[8] = version
	copy(h[12:], map[bool]string{true: "prtr", false: "mntr"}[space == "CMYK"])
	copy(h[16:], space)
	copy(h[20:], pcs)
	copy(h[24:], []byte{7, 0xea, 0, 11, 0, 21})
	copy(h[36:], "acsp")
	copy(h[68:], fixed(0.9642, 1, 0.8249))
	tags = append(tags, tag{"wtpt", append([]byte("XYZ \x00\x00\x00\x00"), fixed(0.9642, 1, 0.8249)...)})
	table := be(uint32(len(tags)))
	off := 132 + 12*len(tags)
	var bodies []byte
	for _, t := range tags {
		body := slices.Concat(t.body, make([]byte, (4-len(t.body)%4)%4))
		table = append(append(table, t.name...), be(uint32(off+len(bodies)), uint32(len(t.body)))...)
		bodies = append(bodies, body...)
	}
	all := slices.Concat(h, table, bodies)
	binary.BigEndian.PutUint32(all, uint32(len(all)))
	return all
}

func gamma(g float64) []byte {
	return slices.Concat([]byte("curv\x00\x00\x00\x00"), be(1), binary.BigEndian.AppendUint16(nil, uint16(math.Round(g*256))))
}

func points(f func(float64) float64, n int) []byte {
	b := append([]byte("curv\x00\x00\x00\x00"), be(uint32(n))...)
	for i := range n {
		b = append(b, word(f(float64(i)/float64(n-1)))...)
	}
	return b
}

func para(kind uint16, v ...float64) []byte {
	return slices.Concat([]byte("para\x00\x00\x00\x00"), binary.BigEndian.AppendUint16(nil, kind), []byte{0, 0}, fixed(v...))
}

func xyz(x, y, z float64) []byte { return append([]byte("XYZ \x00\x00\x00\x00"), fixed(x, y, z)...) }

func oldName(s string) tag {
	return tag{"desc", slices.Concat([]byte("desc\x00\x00\x00\x00"), be(uint32(len(s)+1)), []byte(s), make([]byte, 1+4+4+2+1+67))}
}

func newName(s string) tag {
	u := utf16.Encode([]rune(s))
	b := slices.Concat([]byte("mluc\x00\x00\x00\x00"), be(1, 12), []byte("svSE"), be(uint32(2*len(u)), 28))
	for _, c := range u {
		b = binary.BigEndian.AppendUint16(b, c)
	}
	return tag{"desc", b}
}

// Display P3 under D50.
func p3(version byte, name tag, curve []byte) []byte {
	return makeProfile(version, "RGB ", "XYZ ", name,
		tag{"rXYZ", xyz(0.51512, 0.24120, -0.00105)}, tag{"gXYZ", xyz(0.29198, 0.69225, 0.04189)}, tag{"bXYZ", xyz(0.15710, 0.06657, 0.78407)},
		tag{"rTRC", curve}, tag{"gTRC", curve}, tag{"bTRC", curve})
}

// toLab is what the made lookup tables hold: a smooth, plausible colour for
// three or four device values.
func toLab(v []float64) (l, a, b float64) {
	if len(v) == 4 {
		c, m, y, k := v[0], v[1], v[2], v[3]
		l = 95 * (1 - 0.35*c) * (1 - 0.45*m) * (1 - 0.08*y) * (1 - 0.8*k)
		return l, (70*m - 35*c - 5*y) * (1 - k), (85*y - 45*c - 5*m) * (1 - k)
	}
	r, g, u := v[0], v[1], v[2]
	return 100 * math.Pow(0.3*r+0.6*g+0.1*u, 0.8), 80 * (r - g) * 0.8, 70 * (0.5*r + 0.5*g - u)
}

// eachCell calls f with the device values of every cell of a grid, the last
// channel running fastest.
func eachCell(channels, grid int, f func(v []float64)) {
	n := int(math.Pow(float64(grid), float64(channels)) + 0.5)
	v := make([]float64, channels)
	for i := range n {
		at := i
		for c := channels - 1; c >= 0; c-- {
			v[c] = float64(at%grid) / float64(grid-1)
			at /= grid
		}
		f(v)
	}
}

func mft(channels, grid int, wide bool) []byte {
	identity := fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
	b := slices.Concat([]byte{byte(channels), 3, byte(grid), 0}, identity)
	var out []byte
	if wide {
		b = slices.Concat([]byte("mft2\x00\x00\x00\x00"), b, []byte{0, 2, 0, 2})
		for range channels {
			b = append(b, word(0, 1)...)
		}
		eachCell(channels, grid, func(v []float64) {
			l, a, bb := toLab(v)
			b = append(b, word(l/100*65280/65535, (a+128)*256/65535, (bb+128)*256/65535)...)
		})
		for range 3 {
			out = append(out, word(0, 1)...)
		}
		return append(b, out...)
	}
	b = append([]byte("mft1\x00\x00\x00\x00"), b...)
	ramp := make([]byte, 256)
	for i := range ramp {
		ramp[i] = byte(i)
	}
	for range channels {
		b = append(b, ramp...)
	}
	eachCell(channels, grid, func(v []float64) {
		l, a, bb := toLab(v)
		for _, x := range []float64{l / 100 * 255, a + 128, bb + 128} {
			b = append(b, byte(max(0, min(255, math.Round(x)))))
		}
	})
	return append(b, bytes.Repeat(ramp, 3)...)
}

// mAB makes a lutAToBType with all its parts: curves, table, curves, matrix, curves.
func mAB(grid int) []byte {
	linear := para(0, 1)
	curves := bytes.Repeat(linear, 3)
	matrix := fixed(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0)
	clut := slices.Concat([]byte{byte(grid), byte(grid), byte(grid)}, make([]byte, 13), []byte{2, 0, 0, 0})
	eachCell(3, grid, func(v []float64) {
		l, a, b := toLab(v)
		clut = append(clut, word(l/100, (a+128)/255, (b+128)/255)...)
	})
	clut = append(clut, make([]byte, (4-len(clut)%4)%4)...)
	n := uint32(len(curves))
	bAt := uint32(32)
	matrixAt := bAt + n
	mAt := matrixAt + 48
	clutAt := mAt + n
	aAt := clutAt + uint32(len(clut))
	return slices.Concat([]byte("mAB \x00\x00\x00\x00\x03\x03\x00\x00"), be(bAt, matrixAt, mAt, clutAt, aAt), curves, matrix, curves, clut, bytes.Repeat(para(3, 1.2, 1, 0, 0.5, 0.1), 3))
}

func systemProfile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("/usr/share/color/icc", name))
	if err != nil {
		t.Fatal("run make setup: ", err)
	}
	return b
}

func TestColoursComeOutAsLibvipsAndLittleCMSMakeThem(t *testing.T) {
	t.Parallel()
	b, v := builtin(t), vips(t)
	m := photo(480, 320, 7)
	rgb := jpegOf(t, m, 95)
	tagged := func(icc []byte) []byte { return withChunk(pngOf(t, m), chunk("iCCP", deflated(t, "name", icc))) }
	cmyk := cmykOf(t, m)
	for _, c := range []struct {
		name, profile string
		data          []byte
		floor         float64 // dB in colour
		changes       bool    // must differ from the same picture without its profile
	}{
		{"Adobe RGB", "Compatible with Adobe RGB (1998)", tagged(systemProfile(t, "compatibleWithAdobeRGB1998.icc")), 40, true},
		{"L* RGB", "", tagged(systemProfile(t, "LStar-RGB.icc")), 40, true},
		{"sRGB", "", tagged(systemProfile(t, "sRGB.icc")), 40, false},
		{"P3, one gamma", "Prov P3", tagged(p3(2, oldName("Prov P3"), gamma(2.2))), 40, true},
		{"P3, parametric", "Skärm å", tagged(p3(4, newName("Skärm å"), para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045))), 40, true},
		{"P3, points", "x", tagged(p3(2, oldName("x"), points(func(x float64) float64 { return math.Pow(x, 1.8) }, 1024))), 40, true},
		{"P3 in jpeg", "jpeg", withSegments(rgb, iccSegments(p3(2, oldName("jpeg"), gamma(1.8)))), 34, true}, // libvips doubles its colours before it makes them small: see the next test
		{"P3 in transparent png", "png", withChunk(pngOf(t, holes(m)), chunk("iCCP", deflated(t, "name", p3(2, oldName("png"), gamma(1.8))))), 40, true},
		{"table of 16 bits", "lut", tagged(makeProfile(2, "RGB ", "Lab ", oldName("lut"), tag{"A2B0", mft(3, 17, true)})), 36, true},
		{"table of 8 bits", "lut", tagged(makeProfile(2, "RGB ", "Lab ", oldName("lut"), tag{"A2B1", mft(3, 17, false)})), 36, true},
		{"new table", "lut", tagged(makeProfile(4, "RGB ", "Lab ", newName("lut"), tag{"A2B1", mAB(17)})), 36, true},
		{"grey", "g", withSegments(jpegOf(t, greyOf(m), 95), iccSegments(makeProfile(2, "GRAY", "XYZ ", oldName("g"), tag{"kTRC", gamma(1.4)}))), 40, true},
		{"CMYK, own table", "ink", withSegments(cmyk, iccSegments(makeProfile(2, "CMYK", "Lab ", oldName("ink"), tag{"A2B0", mft(4, 9, true)}))), 36, true},
		{"CMYK, 8 bit table", "ink", withSegments(cmyk, iccSegments(makeProfile(2, "CMYK", "Lab ", oldName("ink"), tag{"A2B0", mft(4, 9, false)}))), 36, true},
		{"CMYK, real profile", "", cmykTagged(t, m), 36, true},
		{"garbage as profile", "", tagged(bytes.Repeat([]byte("garbage "), 99)), 36, false},
		{"grey profile in colour", "g", tagged(makeProfile(2, "GRAY", "XYZ ", oldName("g"), tag{"kTRC", gamma(1.4)})), 36, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r1, m1, err := render(t, b, c.data, lossless(240))
			if err != nil {
				t.Fatalf("builtin: %v", err)
			}
			_, m2, err := render(t, v, c.data, lossless(240))
			if err != nil {
				t.Fatalf("libvips: %v", err)
			}
			on := func(m image.Image) image.Image { return flatten(nrgba(m), Recipe{}) }
			db := colourPSNR(on(m1[0]), on(m2[0]))
			t.Logf("%q: %.1f dB in colour between the engines; warnings %q", r1.ColourProfile, db, r1.Warnings)
			if db < c.floor {
				t.Errorf("%.1f dB in colour between the engines, at least %.0f wanted", db, c.floor)
			}
			if c.profile != "" && r1.ColourProfile != c.profile {
				t.Errorf("profile %q, want %q", r1.ColourProfile, c.profile)
			}
			if len(r1.Warnings) > 0 && c.changes {
				t.Errorf("warnings %q", r1.Warnings)
			}
			plain := resize(m, image.Pt(240, 160))
			if changed := colourPSNR(on(m1[0]), plain) < 30; changed != c.changes && !r1.Alpha && c.name != "grey" {
				t.Errorf("%.1f dB from the picture without a profile", colourPSNR(on(m1[0]), plain))
			}
		})
	}
}

// In a JPEG half of the colours' samples are missing, and engines bring them to
// the size of the luma in different ways. Ours is as near to what the picture
// without loss gives as that of libvips.
func TestColoursOfJPEGsAreAsNearTheTruthAsLibvipsMakesThem(t *testing.T) {
	t.Parallel()
	m := photo(480, 320, 7)
	icc := p3(2, oldName("P3"), gamma(1.8))
	v := vips(t)
	for _, side := range []int{240, 200, 120} {
		_, truth, err := render(t, v, withChunk(pngOf(t, m), chunk("iCCP", deflated(t, "name", icc))), lossless(side))
		if err != nil {
			t.Fatal(err)
		}
		data := withSegments(jpegOf(t, m, 95), iccSegments(icc))
		_, ours, err := render(t, builtin(t), data, lossless(side))
		if err != nil {
			t.Fatal(err)
		}
		_, theirs, err := render(t, v, data, lossless(side))
		if err != nil {
			t.Fatal(err)
		}
		a, b := colourPSNR(ours[0], truth[0]), colourPSNR(theirs[0], truth[0])
		t.Logf("%d px: %.2f dB from the truth, libvips %.2f dB", side, a, b)
		if a < min(40, b-0.5) { // beyond 40 dB nobody sees a difference
			t.Errorf("%d px: %.2f dB from the truth, libvips %.2f dB", side, a, b)
		}
	}
}

func TestCMYKWithoutAProfileIsStillAPicture(t *testing.T) {
	t.Parallel()
	m := photo(480, 320, 7)
	_, m1, err := render(t, builtin(t), cmykOf(t, m), lossless(240))
	if err != nil {
		t.Fatal(err)
	}
	_, m2, err := render(t, vips(t), cmykOf(t, m), lossless(240))
	if err != nil {
		t.Fatal(err)
	}
	// The built-in engine has PostScript's formula, libvips a profile of its
	// own: alike, but not the same.
	if db := psnr(m1[0], m2[0]); db < 14 {
		t.Errorf("%.1f dB between the engines", db)
	} else {
		t.Logf("%.1f dB between the engines", db)
	}
}

// cmykOf makes a CMYK JPEG without a profile, the way Photoshop writes it.
func cmykOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	return stripICC(cmykTagged(t, m))
}

// cmykTagged makes a CMYK JPEG with the large profile that libvips has inside.
func cmykTagged(t *testing.T, m image.Image) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.jpg")
	if err := os.WriteFile(in, pngOf(t, m), 0o644); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("vips", "icc_transform", in, out+"[Q=95]", "cmyk", "--input-profile", "srgb").CombinedOutput(); err != nil {
		t.Fatalf("run make setup: %v: %s", err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stripICC leaves out the APP2 segments of a JPEG.
func stripICC(jpg []byte) []byte {
	out := slices.Clone(jpg[:2])
	for at := 2; at+4 < len(jpg); {
		n := 2 + be16(jpg[at+2:])
		if jpg[at+1] == 0xda {
			return append(out, jpg[at:]...)
		}
		if jpg[at+1] != 0xe2 {
			out = append(out, jpg[at:at+n]...)
		}
		at += n
	}
	return out
}

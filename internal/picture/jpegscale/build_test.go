// SPDX-License-Identifier: Apache-2.0

package jpegscale

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// plan is a sequential JPEG of random coefficients, of kinds that no encoder
// at hand writes.
type plan struct {
	w, h     int
	sampling []image.Point
	restart  int
	alone    bool // a scan for each component
	wide     bool // quantisation tables of 16 bits
	fill     bool // fill bytes before markers
}

// writer writes segments and entropy-coded data.
type writer struct {
	bytes.Buffer
	acc  uint64
	n    int
	fill bool
}

func (w *writer) segment(marker byte, body ...byte) {
	if w.fill {
		w.WriteString("\xff\xff")
	}
	w.Write(append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2)), body...))
}

func (w *writer) put(v, n int) {
	for i := n - 1; i >= 0; i-- {
		w.acc = w.acc<<1 | uint64(v>>i&1)
		if w.n++; w.n == 8 {
			w.WriteByte(byte(w.acc))
			if byte(w.acc) == 0xff {
				w.WriteByte(0)
			}
			w.acc, w.n = 0, 0
		}
	}
}

func (w *writer) flush() {
	for w.n != 0 {
		w.put(1, 1)
	}
}

// value writes the bits of a coefficient behind its code.
func (w *writer) value(v int) {
	n := bits.Len(uint(max(v, -v)))
	if v < 0 {
		v += 1<<n - 1
	}
	w.put(v, n)
}

// The tables: each size of a first coefficient has a code of 4 bits, its own
// number; each run and size of another a code of 8 bits (of 12, to meet long
// codes, when the size is even and the run odd).
func tables() (dc, ac []byte, code map[int][2]int) {
	dc = append([]byte{0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	var short, long []byte
	for run := range 16 {
		for size := range 11 {
			s := byte(run<<4 | size)
			switch {
			case size == 0 && run != 0 && run != 15:
			case size%2 == 0 && run%2 == 1:
				long = append(long, s)
			default:
				short = append(short, s)
			}
		}
	}
	code = map[int][2]int{}
	for i, s := range short {
		code[int(s)] = [2]int{i, 8}
	}
	for i, s := range long {
		code[int(s)] = [2]int{len(short)<<4 + i, 12}
	}
	ac = append([]byte{0x10, 0, 0, 0, 0, 0, 0, 0, byte(len(short)), 0, 0, 0, byte(len(long)), 0, 0, 0, 0}, short...)
	return dc, append(ac, long...), code
}

func (p plan) file(seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 9))
	w := &writer{fill: p.fill}
	w.WriteString("\xff\xd8")
	quant := []byte{0}
	if p.wide {
		quant[0] = 0x10
	}
	for i := range 64 {
		if p.wide {
			quant = append(quant, 0)
		}
		quant = append(quant, byte(3+i/4))
	}
	w.segment(dqt, quant...)
	dc, ac, code := tables()
	w.segment(dht, append(dc, ac...)...)
	frame := []byte{8, byte(p.h >> 8), byte(p.h), byte(p.w >> 8), byte(p.w), byte(len(p.sampling))}
	mostH, mostV := 1, 1
	for i, s := range p.sampling {
		frame = append(frame, byte(i+1), byte(s.X<<4|s.Y), 0)
		mostH, mostV = max(mostH, s.X), max(mostV, s.Y)
	}
	w.segment(sof0, frame...)
	if p.restart > 0 {
		w.segment(dri, byte(p.restart>>8), byte(p.restart))
	}
	last := make([]int, len(p.sampling))
	block := func(c int) {
		v := rnd.IntN(500) - 250
		size := bits.Len(uint(max(v-last[c], last[c]-v)))
		w.put(size, 4)
		w.value(v - last[c])
		last[c] = v
		k := 1
		for rnd.IntN(6) > 0 {
			run := rnd.IntN(16)
			if k+run > 63 {
				break
			}
			v := rnd.IntN(80/(k+1)+2)*(1-2*rnd.IntN(2)) + 1
			symbol := run<<4 | bits.Len(uint(max(v, -v)))
			if v == 0 {
				if symbol = 0xf0; k+16 > 63 {
					break
				}
				run = 15
			}
			w.put(code[symbol][0], code[symbol][1])
			if v != 0 {
				w.value(v)
			}
			k += run + 1
		}
		if k < 64 {
			w.put(code[0][0], code[0][1])
		}
	}
	scan := func(across, down int, mcu func(), of ...int) {
		head := []byte{byte(len(of))}
		for _, c := range of {
			head = append(head, byte(c+1), 0)
		}
		w.segment(sos, append(head, 0, 63, 0)...)
		clear(last)
		for i := range across * down {
			if p.restart > 0 && i > 0 && i%p.restart == 0 {
				w.flush()
				w.Write([]byte{0xff, rst0 + byte(i/p.restart-1)&7})
				clear(last)
			}
			mcu()
		}
		w.flush()
	}
	if p.alone || len(p.sampling) == 1 {
		for c, s := range p.sampling {
			if len(p.sampling) == 1 {
				s = image.Pt(mostH, mostV)
			}
			scan(over(over(p.w*s.X, mostH), 8), over(over(p.h*s.Y, mostV), 8), func() { block(c) }, c)
		}
	} else {
		scan(over(p.w, 8*mostH), over(p.h, 8*mostV), func() {
			for c, s := range p.sampling {
				for range s.X * s.Y {
					block(c)
				}
			}
		}, 0, 1, 2)
	}
	if p.fill {
		w.WriteString("\xff\xff")
	}
	w.WriteString("\xff\xd9")
	return w.Bytes()
}

func plans() map[string]plan {
	pt := image.Pt
	return map[string]plan{
		"4:4:4":                   {33, 21, []image.Point{pt(1, 1), pt(1, 1), pt(1, 1)}, 0, false, false, false},
		"4:2:2":                   {33, 21, []image.Point{pt(2, 1), pt(1, 1), pt(1, 1)}, 0, false, false, true},
		"4:4:0":                   {33, 21, []image.Point{pt(1, 2), pt(1, 1), pt(1, 1)}, 0, false, true, false},
		"4:2:0":                   {33, 21, []image.Point{pt(2, 2), pt(1, 1), pt(1, 1)}, 0, false, false, false},
		"4:2:0, restarts":         {90, 70, []image.Point{pt(2, 2), pt(1, 1), pt(1, 1)}, 3, false, false, true},
		"4:2:0, restart of 1":     {90, 70, []image.Point{pt(2, 2), pt(1, 1), pt(1, 1)}, 1, false, false, false},
		"4:2:0, a scan each":      {41, 57, []image.Point{pt(2, 2), pt(1, 1), pt(1, 1)}, 0, true, false, false},
		"4:2:2, a scan each":      {41, 57, []image.Point{pt(2, 1), pt(1, 1), pt(1, 1)}, 5, true, true, true},
		"grey":                    {41, 57, []image.Point{pt(1, 1)}, 0, false, false, false},
		"grey that says 2 × 2":    {41, 57, []image.Point{pt(2, 2)}, 4, false, false, false},
		"1 × 1":                   {1, 1, []image.Point{pt(2, 2), pt(1, 1), pt(1, 1)}, 0, false, false, false},
		"one pixel over an MCU":   {17, 17, []image.Point{pt(2, 2), pt(1, 1), pt(1, 1)}, 0, false, false, false},
		"one pixel high":          {200, 1, []image.Point{pt(2, 2), pt(1, 1), pt(1, 1)}, 0, false, false, false},
		"4:4:4 that says 2 × 2":   {33, 21, []image.Point{pt(2, 2), pt(2, 2), pt(2, 2)}, 0, false, false, false},
		"more chroma than luma":   {33, 21, []image.Point{pt(1, 1), pt(2, 2), pt(1, 1)}, 0, false, false, false},
		"chroma of two samplings": {33, 21, []image.Point{pt(2, 2), pt(2, 1), pt(1, 2)}, 0, false, false, false},
	}
}

func TestDecodesEveryLayoutLikeTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for name, p := range plans() {
		for seed := range uint64(8) {
			data := p.file(seed)
			got, err := decode(data, 8)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
				t.Logf("%s: the standard library does not read it: %v", name, err)
				break
			}
			oracle(t, data, got)
		}
	}
}

// A smaller picture covers the same ground: what each plane says of its span
// is its share of the picture.
func TestSmallerPicturesSpanTheWhole(t *testing.T) {
	t.Parallel()
	for name, p := range plans() {
		data := p.file(1)
		for _, n := range []int{1, 2, 3, 4, 6, 8} {
			for _, full := range []bool{false, true} {
				got, err := Decode(bytes.NewReader(data), Options{Eighths: n, FullChroma: full, MaxPixels: 1 << 20})
				if err != nil {
					t.Fatalf("%s: %d eighths: %v", name, n, err)
				}
				for i, c := range got.Planes {
					if c.SpanX <= 0 || c.SpanY <= 0 || float64(c.Width) < c.SpanX || float64(c.Height) < c.SpanY || float64(c.Width) >= c.SpanX+1 || float64(c.Height) >= c.SpanY+1 ||
						len(c.Pix) < c.Stride*(c.Height-1)+c.Width {
						t.Errorf("%s: %d eighths: plane %d is %d × %d and spans %g × %g", name, n, i, c.Width, c.Height, c.SpanX, c.SpanY)
					}
				}
			}
		}
	}
}

func TestFilesThatEndEarlyAreToldFromDamagedOnes(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"sequential":  plans()["4:2:0, restarts"].file(1),
		"progressive": made(t, texture(50, 40), "[Q=80,interlace]"),
	} {
		for n := range len(data) - 1 {
			if _, err := decode(data[:n], 4); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s: %d of %d bytes: %v", name, n, len(data), err)
			}
		}
	}
	broken := errors.New("broken disk")
	if _, err := Decode(io.MultiReader(bytes.NewReader([]byte("\xff\xd8\xff")), failing{broken}), Options{Eighths: 8, MaxPixels: 1}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

func TestHostileFilesAreRefusedBeforeTheyCostAnything(t *testing.T) {
	t.Parallel()
	frame := func(marker byte, w, h int) []byte {
		b := &writer{}
		b.WriteString("\xff\xd8")
		b.segment(dqt, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
		dc, ac, _ := tables()
		b.segment(dht, append(dc, ac...)...)
		b.segment(marker, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 1, 1, 0x11, 0)
		return b.Bytes()
	}
	flood := frame(sof2, 800, 600)
	for range 4000 {
		s := &writer{}
		s.segment(sos, 1, 1, 0, 1, 63, 0)
		flood = append(flood, s.Bytes()...)
	}
	segments := []byte("\xff\xd8")
	for range 10_000 {
		segments = append(segments, "\xff\xe5\x00\x04ab"...)
	}
	good := plans()["4:2:0"].file(2)
	cut := func(at int, by ...byte) []byte { return append(append(bytes.Clone(good[:at]), by...), good[at:]...) }
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"huge", frame(sof0, 65535, 65535), ErrDamaged},
		{"huge and progressive", frame(sof2, 65535, 65535), ErrDamaged},
		{"scans without end", flood, ErrDamaged},
		{"lossless", frame(0xc3, 8, 8), ErrUnsupported},
		{"arithmetic", frame(0xc9, 8, 8), ErrUnsupported},
		{"lines counted later", frame(sof0, 8, 0), ErrUnsupported},
		{"no pixels", frame(sof0, 0, 8), ErrDamaged},
		{"two frames", append(frame(sof0, 8, 8), frame(sof0, 8, 8)[2:]...), ErrDamaged},
		{"two starts", cut(2, 0xff, soi), ErrDamaged},
		{"no frame", []byte("\xff\xd8\xff\xd9"), ErrDamaged},
		{"no scan", append(frame(sof0, 8, 8), 0xff, eoi), ErrDamaged},
		{"more codes than there are", cut(2, append([]byte{0xff, dht, 0, 2 + 17 + 3, 0, 3}, make([]byte, 15+3)...)...), ErrDamaged},
		{"not a JPEG", []byte("GIF89a and more"), ErrDamaged},
	} {
		if _, err := Decode(bytes.NewReader(c.data), Options{Eighths: 8, MaxPixels: 1 << 20}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if p, err := decode(append(segments, good[2:]...), 1); err != nil || p.Width != 33 {
		t.Errorf("10,000 segments of application data: %v", err)
	}
	if _, err := Decode(bytes.NewReader(good), Options{Eighths: 5, MaxPixels: 1 << 20}); err == nil {
		t.Error("five eighths")
	}
}

func TestRGBIsToldFromYCbCr(t *testing.T) {
	t.Parallel()
	good := plans()["4:4:4"].file(3)
	named := bytes.Clone(good)
	at := bytes.Index(named, []byte{0xff, sof0})
	named[at+10], named[at+13], named[at+16] = 'R', 'G', 'B'
	at = bytes.Index(named, []byte{0xff, sos})
	named[at+5], named[at+7], named[at+9] = 'R', 'G', 'B'
	adobe := func(transform byte) []byte {
		w := &writer{}
		w.WriteString("\xff\xd8")
		w.segment(appE, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), transform)...)
		return append(w.Bytes(), good[2:]...)
	}
	for _, c := range []struct {
		name string
		data []byte
		want Space
	}{{"nothing said", good, YCbCr}, {"named", named, RGB}, {"Adobe RGB", adobe(0), RGB}, {"Adobe YCbCr", adobe(1), YCbCr}} {
		p, err := decode(c.data, 8)
		if err != nil || p.Space != c.want {
			t.Fatalf("%s: %+v, %v", c.name, p, err)
		}
		m, err := jpeg.Decode(bytes.NewReader(c.data))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%T", m) == "*image.RGBA"; got != (c.want == RGB) {
			t.Errorf("%s: the standard library says %T", c.name, m)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"strconv"

	"tillgang/internal/fault"
)

// Defaults of Limits. An engine that holds whole pictures in memory has the
// smaller ones.
const (
	BuiltinPixels = 120_000_000
	BuiltinMemory = 768 << 20
	VipsPixels    = 400_000_000
	VipsMemory    = 1536 << 20
	DefaultFrames = 10_000
)

// or fills what is not set with an engine's own limits, which nobody raises:
// they are what its memory allows.
func (l Limits) or(pixels, memory int64) Limits {
	if l.MaxPixels <= 0 || l.MaxPixels > pixels {
		l.MaxPixels = pixels
	}
	if l.MaxFrames <= 0 {
		l.MaxFrames = DefaultFrames
	}
	if l.Memory <= 0 {
		l.Memory = memory
	}
	return l
}

// Check returns a TooLarge fault with the numbers in its sentence if the
// picture passes a limit. need is the engine's estimate of bytes for it.
// All parts of l must be set.
func (l Limits) Check(h Header, need int64) error {
	if px := int64(h.Width) * int64(h.Height); px > l.MaxPixels {
		return fault.New(fault.TooLarge, CodeTooLarge, fmt.Sprintf(
			"The picture measures %s × %s pixels (%s million); the limit here is %s million. Make it smaller and upload it again.",
			group(int64(h.Width)), group(int64(h.Height)), group(millions(px)), group(millions(l.MaxPixels))))
	}
	if h.Frames > l.MaxFrames {
		return fault.New(fault.TooLarge, CodeFrames, fmt.Sprintf(
			"The file has more than %s frames or pages, which is the limit here. Split it and upload the parts.", group(int64(l.MaxFrames))))
	}
	if need > l.Memory {
		return fault.New(fault.TooLarge, CodeTooLarge, fmt.Sprintf(
			"Reading the picture of %s × %s pixels would take %s MiB of memory; the limit here is %s MiB. Make it smaller, or save it without progressive loading, and upload it again.",
			group(int64(h.Width)), group(int64(h.Height)), group(need>>20), group(l.Memory>>20)))
	}
	return nil
}

// CheckVips is Check with the defaults and the estimate for libvips.
func CheckVips(l Limits, h Header) error {
	return l.or(VipsPixels, VipsMemory).Check(h, vipsMemory(h))
}

func millions(n int64) int64 { return (n + 500_000) / 1_000_000 }

// group writes 60000 as "60,000".
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// builtinMemory estimates the bytes that the built-in engine takes at most. Of
// a JPEG it keeps planes, and of a progressive one all coefficients in 16 bits
// and a bit for each: 1.5 and 4.7 bytes a pixel at 4:2:0, 3 and 9.4 at 4:4:4,
// if it is needed at its full size, and far less otherwise.
func builtinMemory(h Header) int64 {
	px := int64(h.Width) * int64(h.Height)
	rows := 2048 * 4 * int64(max(h.Height, h.Width)) // the first pass of a resize
	switch h.MediaType {
	case TypeJPEG:
		switch {
		case h.Progressive && h.Channels == 4:
			return slowJPEGMemory(h)
		case h.Progressive:
			return px*h.planes*25/16 + rows
		}
		return px*h.planes/2 + rows
	case TypePNG, TypeTIFF:
		return px*max(int64(h.BitDepth)/8, 1)*4 + rows
	case TypeGIF:
		return px*5 + rows
	default:
		return px*4 + rows
	}
}

// slowJPEGMemory is the estimate for kinds of JPEG that only Go's own decoder
// reads, which keeps progressive coefficients in 32 bits.
func slowJPEGMemory(h Header) int64 {
	px := int64(h.Width) * int64(h.Height)
	rows := 2048 * 4 * int64(max(h.Height, h.Width))
	if h.Progressive {
		return px*h.planes*5/2 + rows
	}
	return px*h.planes/2 + rows
}

// vipsMemory estimates the bytes that libvips takes at most. It streams,
// but a progressive JPEG holds its coefficients in 16 bits and interlaced or
// whole-picture formats hold their pixels.
func vipsMemory(h Header) int64 {
	px := int64(h.Width) * int64(h.Height)
	const base = 96 << 20
	switch {
	case h.MediaType == TypeJPEG && h.Progressive:
		return px*h.planes + px*h.planes/2 + base
	case h.MediaType == TypePNG && h.Progressive:
		return px*4*max(int64(h.BitDepth)/8, 1) + base
	case h.MediaType == TypeWebP, h.MediaType == TypeGIF, h.MediaType == TypeHEIC, h.MediaType == TypeAVIF:
		return px*4 + base
	case h.MediaType == TypePSD:
		return px*12 + base
	case h.MediaType == TypeJXL, h.MediaType == TypeJP2:
		return px*16 + base
	default:
		return base
	}
}

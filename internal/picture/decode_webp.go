// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
)

const maxFrameBytes = 256 << 20 // of the first frame of an animation, compressed

// animatedWebP looks at the animation flag of the VP8X chunk and leaves f at
// its start.
func animatedWebP(f io.ReadSeeker) bool {
	var b [21]byte
	_, err := io.ReadFull(f, b[:])
	if _, e := f.Seek(0, io.SeekStart); e != nil {
		return false // the next read reports it
	}
	return err == nil && string(b[12:16]) == "VP8X" && b[20]&0x02 != 0
}

// firstFrame returns the first frame of an animated WebP as a file of its own
// and its place on the canvas.
func firstFrame(f io.ReadSeeker, size int64) (io.Reader, image.Point, error) {
	off := int64(12)
	for range maxSteps {
		if _, err := f.Seek(off, io.SeekStart); err != nil {
			return nil, image.Point{}, err
		}
		var head [8]byte
		if _, err := io.ReadFull(f, head[:]); err != nil {
			return nil, image.Point{}, io.ErrUnexpectedEOF
		}
		n := le32(head[4:])
		if string(head[:4]) != "ANMF" {
			off += 8 + n + n&1
			continue
		}
		if n < 16 || n > maxFrameBytes {
			return nil, image.Point{}, damaged("frame of %d bytes", n)
		}
		if off+8+n > size {
			return nil, image.Point{}, io.ErrUnexpectedEOF
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(f, b); err != nil {
			return nil, image.Point{}, io.ErrUnexpectedEOF
		}
		at := image.Pt(2*le24(b), 2*le24(b[3:]))
		return still(b[6:12], b[16:]), at, nil
	}
	return nil, image.Point{}, damaged("no frame")
}

// still wraps the chunks of a frame (ALPH and VP8, or VP8L) as a file. dims is
// width-1 and height-1 in 24 bits each, as VP8X has them too.
func still(dims, chunks []byte) io.Reader {
	var out bytes.Buffer
	vp8x := bytes.HasPrefix(chunks, []byte("ALPH"))
	total := 4 + len(chunks)
	if vp8x {
		total += 18
	}
	out.WriteString("RIFF")
	out.Write(binary.LittleEndian.AppendUint32(nil, uint32(total))) //nolint:gosec // G115: the file is limited to far less
	out.WriteString("WEBP")
	if vp8x {
		out.WriteString("VP8X\x0a\x00\x00\x00\x10\x00\x00\x00")
		out.Write(dims)
	}
	out.Write(chunks)
	return &out
}

// fullRange stretches the planes of a lossy WebP, in place. VP8 stores luma in
// 16–235 and chroma in 16–240 (RFC 6386, 9.2; BT.601), the decoder hands them
// out as they are, and image.YCbCr means the full range of JPEG.
func fullRange(m image.Image) image.Image {
	var c *image.YCbCr
	switch m := m.(type) {
	case *image.YCbCr:
		c = m
	case *image.NYCbCrA:
		c = &m.YCbCr
	default:
		return m
	}
	var luma, chroma [256]uint8
	for i := range luma {
		luma[i] = uint8(clamp01((float64(i)-16)/219)*255 + 0.5)
		chroma[i] = uint8(max(0, min(255, (float64(i)-128)*255/224+128.5)))
	}
	for i, v := range c.Y {
		c.Y[i] = luma[v]
	}
	for _, plane := range [][]uint8{c.Cb, c.Cr} {
		for i, v := range plane {
			plane[i] = chroma[v]
		}
	}
	return m
}

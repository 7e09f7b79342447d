// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/gabriel-vasile/mimetype"
)

// HeadSize is how much of a file's beginning Detect makes use of. With less,
// Office documents may be taken for plain ZIP archives; Detect forgives that.
const HeadSize = 64 << 10

// Kind is the coarse sort of a file, for icons, filters and pipelines.
type Kind string

// Kinds of files.
const (
	Image    Kind = "image"
	Video    Kind = "video"
	Audio    Kind = "audio"
	Document Kind = "document"
	Archive  Kind = "archive"
	Font     Kind = "font"
	Other    Kind = "other"
)

// Type is what a file is, judged by its content.
type Type struct {
	MediaType string // without parameters; "application/octet-stream" when unknown
	Kind      Kind
	Ext       string // extension of the name, lower case with its dot; "" when it has none
	Agrees    bool   // the extension claims nothing that the content is not
	Says      string // when it does not agree: one sentence for people
}

// SVGZ is the media type of SVG drawings that are compressed by gzip, as
// freedesktop.org's list has it; the IANA's has none.
const SVGZ = "image/svg+xml-compressed"

const unknown = "application/octet-stream"

var wholeHead sync.Once // mimetype's limit is global to the process

// Detect judges a file by its first bytes (HeadSize of them, or all there are)
// and compares with what its name claims. An extension that claims a picture,
// film, sound, PDF, font, archive or Office format must hold it. Extensions
// that claim text may hold any text, or bytes that are nothing known. Unknown
// extensions claim nothing and agree with everything.
func Detect(head []byte, name string) Type {
	wholeHead.Do(func() { mimetype.SetLimit(HeadSize) })
	t := Type{MediaType: unknown, Kind: Other, Ext: extension(name), Agrees: true}
	if len(head) == 0 {
		t.Agrees, t.Says = false, "The file is empty."
		return t
	}
	claim, claims := byExt[t.Ext]
	held, isText := content(head, claims && claim.media == "audio/mpeg")
	t.MediaType = held
	if f, ok := byType[held]; ok {
		t.Kind = f.kind
	} else {
		t.Kind = kindOf(held, isText)
	}
	if !claims {
		return t
	}
	switch {
	case claim.accepts(held, isText):
		// The name tells apart what the bytes cannot: .cr2 from .tif, .md from .txt.
		if claim.names(held) {
			t.MediaType, t.Kind = claim.media, claim.kind
		}
	default:
		t.Agrees = false
		if held == unknown {
			t.Says = "The file is named " + t.Ext + " but is not " + claim.name + "."
		} else {
			t.Says = "The file is named " + t.Ext + " but holds " + describe(held, isText) + "."
		}
	}
	return t
}

// extension returns the last extension of a name, whatever kind of slashes
// lead to it, lower-cased, or "" when it is not a plain one.
func extension(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	ext := strings.ToLower(path.Ext(path.Base(name)))
	if len(ext) < 2 || len(ext) > 16 {
		return ""
	}
	for _, r := range ext[1:] {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return ""
		}
	}
	return ext
}

// content names the media type of the bytes, and whether they are text. When
// they claim to be MP3, frames after other bytes are enough.
func content(head []byte, claimsMP3 bool) (media string, isText bool) {
	if m := signature(head); m != "" {
		return m, false
	}
	m := mimetype.Detect(head)
	for p := m; p != nil; p = p.Parent() {
		isText = isText || p.Is("text/plain")
	}
	media, _, err := mime.ParseMediaType(m.String())
	if err != nil {
		media = unknown
	}
	if c, ok := aliases[media]; ok {
		media = c
	}
	// mimetype looks for MP3 frames anywhere: too weak a sign by itself.
	if media == "audio/mpeg" && !claimsMP3 && string(head[:min(3, len(head))]) != "ID3" && (head[0] != 0xFF || head[1]&0xE0 != 0xE0) {
		media = unknown
	}
	// An ISO base media file of a brand that is not known is most likely a film
	// (ISO/IEC 14496-12 §4.3: brands are open).
	if media == unknown && len(head) >= 12 && string(head[4:8]) == "ftyp" {
		media = "video/mp4"
	}
	return media, isText
}

// signature knows formats that mimetype does not.
func signature(b []byte) string {
	at := func(i int, s string) bool { return len(b) >= i+len(s) && string(b[i:i+len(s)]) == s }
	switch {
	case at(0, "II\x2b\x00\x08\x00"), at(0, "MM\x00\x2b\x00\x08"): // BigTIFF
		return "image/tiff"
	case (at(0, "RF64") || at(0, "BW64") || at(0, "RIFX")) && at(8, "WAVE"): // EBU Tech 3306, ITU-R BS.2088; RIFX is big-endian
		return "audio/wav"
	case at(0, "\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02"): // SMPTE ST 377-1 partition pack
		return "application/mxf"
	case at(0, "\xc5\xd0\xd3\xc6"): // EPS with a preview
		return "image/x-eps"
	case at(0, "\x06\x06\xed\xf5\xd8\x1d\x46\xe5"):
		return "application/x-indesign"
	case at(4, "ftypcrx "):
		return "image/x-canon-cr3"
	case at(0, "FUJIFILMCCD-RAW"):
		return "image/x-fuji-raf"
	case at(0, "II*\x00") && at(8, "CR"):
		return "image/x-canon-cr2"
	case at(0, "IIRO"), at(0, "IIRS"), at(0, "MMOR"):
		return "image/x-olympus-orf"
	case at(0, "IIU\x00"):
		return "image/x-panasonic-rw2"
	case at(0, "II\x1a\x00") && at(6, "HEAPCCDR"):
		return "image/x-canon-crw"
	case at(0, "\x00MRM"):
		return "image/x-minolta-mrw"
	case at(0, "FOVb"):
		return "image/x-sigma-x3f"
	case at(0, "8BPS\x00\x01"), at(0, "8BPS\x00\x02"):
		return "image/vnd.adobe.photoshop"
	case at(0, "\xff\x4f\xff\x51"): // ISO/IEC 15444-1 A.4.1: a codestream by itself
		return "image/jp2"
	case at(0, "glTF\x01\x00\x00\x00"), at(0, "glTF\x02\x00\x00\x00"):
		return "model/gltf-binary"
	case at(0, "ISO-10303-21;"):
		return "model/step"
	case at(0, "Kaydara FBX Binary"):
		return "model/x-fbx"
	case at(0, "BLENDER"):
		return "model/x-blender"
	case at(0, "PXR-USDC"):
		return "model/vnd.usd"
	case at(0, "ply\nformat "), at(0, "ply\r\nformat "):
		return "model/ply"
	}
	if media := sfnt(b); media != "" {
		return media
	}
	for _, off := range []int{0, 4} { // ISO/IEC 13818-1: packets of 188 bytes, with 4 more in front on discs
		step := 188 + off
		if len(b) > off+2*step && b[off] == 0x47 && b[off+step] == 0x47 && b[off+2*step] == 0x47 {
			return "video/mp2t"
		}
	}
	// WebP and others share RIFF: tell a file with a broken size field apart.
	if at(0, "RIFF") && at(8, "WEBP") && binary.LittleEndian.Uint32(b[4:]) > 0 {
		return "image/webp"
	}
	if isSVG(b) {
		return "image/svg+xml"
	}
	if at(0, "\x1f\x8b\x08") && svgInside(b) {
		return SVGZ
	}
	return ""
}

// isSVG looks for the root element behind all that XML allows before it (XML
// 1.0 §2.8): a byte order mark, a declaration, comments, a document type.
func isSVG(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		end := ""
		switch {
		case bytes.HasPrefix(b, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(b, []byte("<!--")):
			end = "-->"
		default:
			for _, root := range []string{"<svg>", "<svg ", "<svg\t", "<svg\r", "<svg\n", "<svg:svg ", "<!DOCTYPE svg"} {
				if bytes.HasPrefix(b, []byte(root)) {
					return true
				}
			}
			return false
		}
		_, rest, ended := bytes.Cut(b, []byte(end))
		if !ended {
			return false
		}
		b = rest
	}
}

// sfnt knows fonts by their table directory (ISO/IEC 14496-22 §4.5), with
// whatever table they begin with; "" is none.
func sfnt(b []byte) string {
	if len(b) < 16 {
		return ""
	}
	if n := binary.BigEndian.Uint16(b[4:]); n == 0 || n > 256 {
		return ""
	}
	for _, c := range b[12:16] { // the first table's tag
		if c < ' ' || c > '~' {
			return ""
		}
	}
	switch string(b[:4]) {
	case "\x00\x01\x00\x00", "true":
		return "font/ttf"
	case "OTTO":
		return "font/otf"
	}
	return ""
}

// svgInside reports whether what is compressed by gzip begins as an SVG drawing.
func svgInside(b []byte) bool {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return false
	}
	head := make([]byte, 4<<10)
	n, _ := io.ReadFull(z, head) // b itself is cut off, so an error says nothing
	head = head[:n]
	return n > 0 && (isSVG(head) || mimetype.Detect(head).Is("image/svg+xml"))
}

func kindOf(media string, isText bool) Kind {
	if isText {
		return Document
	}
	switch top, _, _ := strings.Cut(media, "/"); top {
	case "image":
		return Image
	case "video":
		return Video
	case "audio":
		return Audio
	case "font":
		return Font
	case "text", "message":
		return Document
	}
	return Other
}

// describe names a media type for people.
func describe(media string, isText bool) string {
	if f, ok := byType[media]; ok {
		return f.name
	}
	switch {
	case media == "application/vnd.microsoft.portable-executable", media == "application/x-executable",
		media == "application/x-elf", media == "application/x-sharedlib", media == "application/x-mach-binary":
		return "a program"
	case isText && media == "text/x-shellscript", media == "text/javascript", media == "text/x-php", media == "text/x-python":
		return "a program as text"
	case isText:
		return "plain text"
	}
	return "another format (" + media + ")"
}

// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tillgang/internal/fault"
)

// Run starts a program in the sandbox, in dir, where it may write, and lets it
// read the inputs beside; it returns what the program wrote to standard output.
type Run func(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error)

// Tool makes copies of files in formats that Write does not know, by exiftool,
// and of PDF documents by qpdf too.
type Tool struct{ Run Run }

// family is how formats are treated.
type family int

const (
	still family = iota // pictures
	film                // films and sound in QuickTime's manner
	raw                 // camera raw
	paper               // PDF
)

// format is one that exiftool writes.
type format struct {
	family family
	ext    string // exiftool tells camera raw formats apart by it
}

var formats = map[string]format{
	"image/tiff": {still, "tif"}, "image/heic": {still, "heic"}, "image/avif": {still, "avif"}, "image/gif": {still, "gif"},
	"image/vnd.adobe.photoshop": {still, "psd"}, "image/jp2": {still, "jp2"},
	"image/x-adobe-dng": {raw, "dng"}, "image/x-canon-cr2": {raw, "cr2"}, "image/x-canon-cr3": {raw, "cr3"}, "image/x-nikon-nef": {raw, "nef"},
	"image/x-sony-arw": {raw, "arw"}, "image/x-pentax-pef": {raw, "pef"}, "image/x-olympus-orf": {raw, "orf"},
	"image/x-panasonic-rw2": {raw, "rw2"}, "image/x-fuji-raf": {raw, "raf"},
	"video/mp4": {film, "mp4"}, "video/quicktime": {film, "mov"}, "video/3gpp": {film, "3gp"}, "audio/mp4": {film, "m4a"},
	"application/pdf": {paper, "pdf"},
}

// Reads reports whether a file of the media type can carry a statement at all,
// through Write or through a Tool.
func Reads(mediaType string) bool {
	_, ok := formats[mediaType]
	return ok || Writes(mediaType)
}

// texts are what is said in the fields of TIFF itself.
var texts = []string{
	"-IFD0:ImageDescription=", "-IFD0:Artist=", "-IFD0:Copyright=", "-IFD0:DocumentName=", "-IFD0:PageName=", "-IFD0:HostComputer=",
	"-IFD0:XPTitle=", "-IFD0:XPComment=", "-IFD0:XPAuthor=", "-IFD0:XPKeywords=", "-IFD0:XPSubject=",
}

// camera and its owner, in what is not raw.
var owner = []string{
	"-MakerNotes:all=", "-IFD1:all=", "-ExifIFD:UserComment=", "-ExifIFD:OwnerName=", "-ExifIFD:SerialNumber=", "-ExifIFD:LensSerialNumber=",
	"-ExifIFD:ImageUniqueID=", "-PhotoshopThumbnail=", "-Comment=",
}

// arguments tells exiftool what goes. What comes is the packet, at the end.
func (f format) arguments(p Policy) (argv []string) {
	argv = []string{"-q", "-q", "-api", "LargeFileSupport=1"}
	switch {
	case f.family == raw:
		argv = append(argv, "-XMP:all=", "-IPTC:all=", "-GPS:all=")
		argv = append(argv, texts...)
	case f.family == paper:
		argv = append(argv, "-all=")
	case p == Embed:
		argv = append(argv, "-XMP:all=", "-IPTC:all=", "-GPS:all=")
		if f.family == film {
			argv = append(argv, "-UserData:all=", "-Keys:all=", "-ItemList:all=")
		} else {
			argv = append(append(argv, texts...), owner...)
		}
	default:
		argv = append(argv, "-all=", "--ICC_Profile:all")
		if f.family == still {
			argv = append(append(argv, texts...), "-IFD0:Make=", "-IFD0:Model=", "-IFD0:Software=", "-IFD0:ModifyDate=")
			argv = append(argv, "-tagsFromFile", "@", "-IFD0:Orientation")
		} else {
			const none = "1904:01:01 00:00:00" // is zero in the file: not known
			for _, tag := range []string{"CreateDate", "ModifyDate", "TrackCreateDate", "TrackModifyDate", "MediaCreateDate", "MediaModifyDate"} {
				argv = append(argv, "-QuickTime:"+tag+"="+none)
			}
		}
	}
	return argv
}

// Copy makes a copy of the file at path with what the policy lets through of
// the statement, in dir, a private folder, and returns where it is. The file
// itself is only read.
func (t Tool) Copy(ctx context.Context, dir, path, mediaType string, s Statement, p Policy) (string, error) {
	if !p.Valid() {
		return "", fmt.Errorf("imprint: no policy is called %q", p)
	}
	if Writes(mediaType) {
		return written(dir, path, mediaType, s, p)
	}
	f, ok := formats[mediaType]
	if !ok {
		return "", unknownFormat()
	}
	from, to := filepath.Join(dir, "imprint-from."+f.ext), filepath.Join(dir, "imprint-to."+f.ext)
	if err := os.Symlink(path, from); err != nil {
		return "", fmt.Errorf("imprint: %w", err)
	}
	argv := append([]string{"exiftool"}, f.arguments(p)...)
	said := s.under(p)
	if b := packet(said.properties()); b != nil {
		name := filepath.Join(dir, "imprint.xmp")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			return "", fmt.Errorf("imprint: %w", err)
		}
		argv = append(argv, "-XMP<="+name)
	}
	if _, err := t.Run(ctx, dir, []string{path}, append(argv, "-o", to, from)...); err != nil {
		return "", refused(err)
	}
	if f.family == paper { // exiftool appends to a PDF and leaves the old beneath
		whole := filepath.Join(dir, "imprint-whole.pdf")
		if _, err := t.Run(ctx, dir, nil, "qpdf", "--warning-exit-0", "--deterministic-id", to, whole); err != nil {
			return "", refused(err)
		}
		return whole, nil
	}
	if f.family != raw || f.ext == "cr3" {
		if err := blankManifests(to); err != nil {
			return "", fmt.Errorf("imprint: %w", err)
		}
	}
	return to, nil
}

// refused tells a program that could not handle the file from one that could
// not be run.
func refused(err error) error {
	if _, ran := errors.AsType[interface {
		error
		Tail() string
	}](err); !ran {
		return fmt.Errorf("imprint: %w", err)
	}
	return &fault.Error{
		Kind: fault.Invalid, Code: CodeDamaged, Err: err,
		Text: "Metadata could not be written into a copy of this file: it is damaged, protected, or of an unusual kind. Fetch it as it is.",
	}
}

func written(dir, path, mediaType string, s Statement, p Policy) (name string, err error) {
	from, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("imprint: %w", err)
	}
	defer func() { _ = from.Close() }()
	name = filepath.Join(dir, "imprint-to")
	to, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // in a private folder
	if err != nil {
		return "", fmt.Errorf("imprint: %w", err)
	}
	err = Write(to, from, mediaType, s, p)
	if e := to.Close(); err == nil && e != nil {
		err = fmt.Errorf("imprint: %w", e)
	}
	return name, err
}

// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"tillgang/internal/fault"
)

// Codes of faults.
const (
	CodeFormat  = "imprint.format"  // the format carries no metadata that can be written
	CodeDamaged = "imprint.damaged" // the file is not what its type says
)

// Media types that Write knows.
const (
	jpegType = "image/jpeg"
	pngType  = "image/png"
	webpType = "image/webp"
)

// Writes reports whether Write knows the media type.
func Writes(mediaType string) bool {
	return mediaType == jpegType || mediaType == pngType || mediaType == webpType
}

// Write copies a JPEG, PNG or WebP picture from src to dst with what the policy
// lets through of the statement. It holds a bounded part of it in memory.
func Write(dst io.Writer, src io.ReadSeeker, mediaType string, s Statement, p Policy) error {
	if !p.Valid() {
		return fmt.Errorf("imprint: no policy is called %q", p)
	}
	to := bufio.NewWriterSize(dst, 64<<10)
	said := s.under(p)
	var err error
	switch mediaType {
	case jpegType:
		err = writeJPEG(to, bufio.NewReaderSize(src, 128<<10), said, p)
	case pngType:
		err = writePNG(to, bufio.NewReaderSize(src, 64<<10), said, p)
	case webpType:
		err = writeWebP(to, src, said, p)
	default:
		return unknownFormat()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errDamaged) {
		return &fault.Error{Kind: fault.Invalid, Code: CodeDamaged, Err: err, Text: "The file is damaged, so nothing can be written into a copy of it. Fetch it as it is."}
	}
	if err != nil {
		return err
	}
	return to.Flush()
}

func unknownFormat() error {
	return fault.New(fault.Invalid, CodeFormat, "Files of this format cannot carry the archive's metadata. Fetch the file as it is.")
}

// errDamaged marks a file that is not what its type says.
var errDamaged = errors.New("imprint: damaged file")

func damaged(what string) error { return fmt.Errorf("%w: %s", errDamaged, what) }

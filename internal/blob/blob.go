// SPDX-License-Identifier: Apache-2.0

// Package blob is the socket for object storage: where originals and
// renditions rest.
//
// A Store keeps immutable blobs under keys. Two plugs fit the socket:
// blob/dir (a directory of this machine) and blob/s3 (an S3 server); blob/cache
// is a disk cache in front of the second. All pass one conformance suite,
// blob/blobtest. Only the house chooses the plug.
//
// What the caller can act on is a *fault.Error with one of the codes below;
// anything else is a defect or a broken machine.
package blob

import (
	"context"
	"io"
	"iter"
	"os"
	"time"

	"tillgang/internal/fault"
)

// Store keeps blobs. It is safe for concurrent use. Every method returns
// storage.unavailable (fault.Unavailable) while the storage is away or
// misconfigured; blob.absent is only said when the storage answered that the
// key does not exist.
type Store interface {
	// Put stores r under a new key and returns when it is durable: file and
	// directory synced, or acknowledged by the S3 server against a checksum.
	// Keys are immutable: an existing key is blob.exists and its blob unharmed.
	// size is the number of bytes r must give (blob.size if it gives another)
	// or -1 if unknown. Nothing is visible under the key before it is whole;
	// after an error or the end of ctx nothing remains. A read of r that blocks
	// must itself end when ctx does. Errors of r are returned wrapped. If a
	// remote server falls silent in the moment of storing, the outcome is
	// unknown: Put returns storage.unavailable, and a repetition may then find
	// blob.exists.
	// Info.ModTime may be zero where learning it would cost a round trip.
	Put(ctx context.Context, key Key, r io.Reader, size int64) (Info, error)

	// Open returns the whole blob. The caller closes the reader; ctx must live
	// as long as it is read.
	Open(ctx context.Context, key Key) (Reader, error)

	// OpenRange returns length bytes from offset, fewer if the blob ends
	// earlier; length -1 reads to the end. A negative offset asks for the last
	// -offset bytes (the whole blob if it is shorter) and needs length -1.
	// What selects no byte at all is blob.range (RFC 9110 §14.1.2): an offset
	// at or behind the end, any range of an empty blob, a length of 0.
	OpenRange(ctx context.Context, key Key, offset, length int64) (Reader, error)

	// Stat returns the blob's size and time.
	Stat(ctx context.Context, key Key) (Info, error)

	// Delete removes the blob; an absent one is no error.
	Delete(ctx context.Context, key Key) error

	// List yields the blobs whose keys start with prefix, which may be empty
	// or end inside a name, in the byte order of their keys. After an error it
	// ends. Blobs put or deleted meanwhile may or may not be seen.
	List(ctx context.Context, prefix string) iter.Seq2[Item, error]

	// Probe writes, reads, compares and deletes a small blob.
	Probe(ctx context.Context) error
}

// Info says what a store knows of a blob.
type Info struct {
	Size    int64     // bytes
	ModTime time.Time // when it was stored, by the storage's clock, to the second at least
}

// Item is one blob of a list.
type Item struct {
	Key Key
	Info
}

// Reader gives a blob's bytes, or those of a range of it. If the storage goes
// away or the bytes end too soon, Read says so with storage.unavailable: an
// io.EOF means that all Size bytes were given.
//
// A reader of the dir plug and of the cache is also a Filer and an
// io.WriterTo, so that io.Copy to a network connection uses sendfile.
type Reader interface {
	io.ReadCloser

	// Size is the number of bytes that this reader gives in all: the range's
	// length, not the blob's.
	Size() int64

	// Info is that of the whole blob.
	Info() Info
}

// Filer is a Reader over a local file.
type Filer interface {
	// File returns the open file and where in it the reader's next byte is; Size
	// in all belong to the reader. The file stays the reader's, which may share
	// it: do not close it, and read by place (ReadAt, sendfile) only.
	File() (f *os.File, at int64, ok bool)
}

// Pather is a Store whose blobs are local files.
type Pather interface {
	// Path returns the blob's file for tools that can only read by name. The
	// file is never to be written to. It may be absent; false means that this
	// store has no file for any key.
	Path(key Key) (string, bool)
}

// Codes of the faults that stores return.
const (
	CodeKey         = "blob.key"            // Invalid: not a well-formed key
	CodeExists      = "blob.exists"         // Conflict: keys are immutable
	CodeAbsent      = "blob.absent"         // NotFound: the storage answered that there is none
	CodeRange       = "blob.range"          // Invalid: the range selects no byte
	CodeSize        = "blob.size"           // Invalid: more or fewer bytes came than were announced
	CodeTooLarge    = "blob.too_large"      // TooLarge: the storage cannot hold a blob of this size
	CodeUnavailable = "storage.unavailable" // Unavailable: away, overloaded or misconfigured
	CodeFull        = "storage.full"        // Full: no space or quota left
)

// retryAfter is what callers are told to wait, in seconds.
const retryAfter = 5

// Exists is the fault for a Put under a key that is taken.
func Exists() error {
	return fault.New(fault.Conflict, CodeExists, "Something is already stored under this key, and what is stored is never overwritten.")
}

// Absent is the fault for a key under which nothing is stored.
func Absent() error {
	return fault.New(fault.NotFound, CodeAbsent, "Nothing is stored under this key.")
}

// BadRange is the fault for a range that selects no byte of a blob.
func BadRange() error {
	return fault.New(fault.Invalid, CodeRange, "The range lies outside the file.")
}

// WrongSize is the fault for a stream of another length than announced.
func WrongSize() error {
	return fault.New(fault.Invalid, CodeSize, "The number of bytes received differs from the announced size. Send the file again.")
}

// TooLarge is the fault for a blob that no storage of this kind can hold.
func TooLarge(text string) error { return fault.New(fault.TooLarge, CodeTooLarge, text) }

// Unavailable is the fault for a storage that cannot answer now; err is the
// cause, for the log.
func Unavailable(err error) error {
	return &fault.Error{
		Kind: fault.Unavailable, Code: CodeUnavailable,
		Text: "The file storage cannot be reached right now. Try again in a moment.", RetryAfter: retryAfter, Err: err,
	}
}

// Full is the fault for a storage without space; err is the cause.
func Full(err error) error {
	return &fault.Error{
		Kind: fault.Full, Code: CodeFull,
		Text: "The file storage is full. An operator must add space before files can be stored.", RetryAfter: 60, Err: err,
	}
}

// Span resolves what OpenRange was asked for against a blob's size: the first
// byte and the number of bytes, or blob.range.
func Span(size, offset, length int64) (first, n int64, err error) {
	if err := CheckRange(offset, length); err != nil {
		return 0, 0, err
	}
	if offset < 0 {
		offset = max(size+offset, 0)
	}
	if offset >= size {
		return 0, 0, BadRange()
	}
	n = size - offset
	if length >= 0 {
		n = min(n, length)
	}
	return offset, n, nil
}

// CheckRange refuses what is no range of any blob.
func CheckRange(offset, length int64) error {
	if length == 0 || length < -1 || offset < 0 && length != -1 {
		return BadRange()
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // G505: the protocol's checksum against broken lines, not against people
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgconn"

	"tillgang/internal/fault"
)

// pieceReader reads a piece on its way to storage: it bounds it and hashes
// exactly what it gives.
type pieceReader struct {
	r    io.Reader
	left int64
	hash hash.Hash
	over bool  // more came than may
	err  error // why reading ended too soon
}

func newPieceReader(r io.Reader, room int64, state []byte) (*pieceReader, error) {
	h, err := resumeHash(state)
	return &pieceReader{r: r, left: room, hash: h}, err
}

// resumeHash is the hash of what came, to go on with.
func resumeHash(state []byte) (hash.Hash, error) {
	h := sha256.New()
	if state == nil {
		return h, nil
	}
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		return nil, fmt.Errorf("read the hash of an upload: %w", err)
	}
	return h, nil
}

// hashState is how far a hash has come, for resumeHash.
func hashState(h hash.Hash) ([]byte, error) {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("keep the hash of an upload: %w", err)
	}
	return state, nil
}

// Read gives the next bytes, or io.EOF when all that may come has come.
func (p *pieceReader) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if p.left == 0 {
		var more [1]byte
		n, err := io.ReadFull(p.r, more[:])
		if p.over = n > 0; p.over {
			err = errors.New("more bytes came than were announced")
		}
		return 0, p.ended(err)
	}
	n, err := p.r.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	_, _ = p.hash.Write(b[:n])
	return n, p.ended(err)
}

func (p *pieceReader) ended(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		p.err = err
	}
	return err
}

// Checksum is what a piece must hash to.
type Checksum struct {
	Algorithm string // one of ChecksumAlgorithms
	Sum       []byte
}

// ChecksumAlgorithms are those that Continue knows.
func ChecksumAlgorithms() []string { return []string{"sha1", "sha256"} }

// NewChecksum returns nil for an algorithm that is not known, or a sum that
// cannot be one of it.
func NewChecksum(algorithm string, sum []byte) *Checksum {
	c := &Checksum{algorithm, sum}
	if h := c.hash(); h == nil || h.Size() != len(sum) {
		return nil
	}
	return c
}

func (c *Checksum) hash() hash.Hash {
	switch c.Algorithm {
	case "sha1":
		return sha1.New() //nolint:gosec // G401: see above
	case "sha256":
		return sha256.New()
	}
	return nil
}

// checked collects a piece in a private file and returns it if it hashes to
// what its sender says: none of it may count before.
func (s *Service) checked(ctx context.Context, l *lease, p Piece, r io.Reader) (piece io.Reader, remove func(), err error) {
	dir, away, err := s.tools.Scratch(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("check a piece of an upload: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "piece"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		away()
		return nil, nil, fmt.Errorf("check a piece of an upload: %w", err)
	}
	gone := func() { _ = f.Close(); away() }
	h := p.Checksum.hash()
	in := &pieceReader{r: r, left: s.room(l), hash: h}
	_, err = io.Copy(f, in)
	switch {
	case in.over:
		err = s.tooLong(l)
	case in.err != nil:
		err = brokenOff(in.err)
	case err != nil:
		err = fmt.Errorf("check a piece of an upload: %w", err)
	case !bytes.Equal(h.Sum(nil), p.Checksum.Sum):
		err = fault.New(fault.Invalid, "upload.checksum", "The bytes that came do not have the checksum that was announced. They are not kept; send them again.")
	default:
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		gone()
		return nil, nil, err
	}
	return f, gone, nil
}

// fenced is the error of a statement that only the holder of the lease may run.
func fenced(tag pgconn.CommandTag, err error) error {
	if err == nil && tag.RowsAffected() == 0 {
		return errLeaseLost
	}
	return err
}

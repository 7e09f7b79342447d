// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

const (
	fewParts    = 1000     // parts grow beyond partSize once there would be more
	unknownPart = 64 << 20 // of a stage whose size is not known: up to 593 GiB
	tails       = "tails/" // objects with what came behind the last whole part
	maxStageKey = 160      // bytes of a key: its tails need longer ones
)

// stage is what is kept of a multipart upload between two calls. A piece that
// ends inside a part is kept as an object of its own, the tail, until the part
// is whole.
type stage struct {
	Size   int64  `json:"size"`             // announced, or -1
	Part   int64  `json:"part"`             // size of all parts but the last
	Upload string `json:"upload,omitempty"` // once there is a part
	Token  string `json:"token"`            // marks the object as this stage's
	Parts  []part `json:"parts,omitempty"`
	Tail   string `json:"tail,omitempty"` // key of the tail
}

// part is a part that the server has acknowledged.
type part struct {
	ETag string `json:"e"`
	Sum  string `json:"s,omitempty"` // CRC32C
	Size int64  `json:"n"`
}

func partOfStage(size int64) int64 {
	if size < 0 {
		return unknownPart
	}
	p := int64(partSize)
	for size > p*fewParts {
		p *= 2
	}
	return p
}

func (g *stage) whole() (n int64) {
	for _, p := range g.Parts {
		n += p.Size
	}
	return n
}

// at is the stage as its owner keeps it.
func (g *stage) at(offset int64) (blob.Stage, error) {
	b, err := json.Marshal(g)
	return blob.Stage{Offset: offset, Plug: b}, err
}

func readStage(key blob.Key, at blob.Stage) (*stage, error) {
	if err := key.Valid(); err != nil {
		return nil, err
	}
	g := &stage{}
	if err := json.Unmarshal(at.Plug, g); err != nil || g.Part <= 0 || g.whole() > at.Offset {
		return nil, fmt.Errorf("read the stage of an upload: %w", errors.Join(err, errors.New("it is not one of this storage")))
	}
	return g, nil
}

// Begin makes an empty stage; see blob.Stager. The server is asked nothing
// but whether the key is free.
func (s *Store) Begin(ctx context.Context, key blob.Key, size int64) (blob.Stage, error) {
	if err := key.Valid(); err != nil {
		return blob.Stage{}, err
	}
	if len(key) > maxStageKey {
		return blob.Stage{}, fault.New(fault.Invalid, blob.CodeKey, "The storage key is too long to be stored piece by piece.")
	}
	if size > partOfStage(size)*maxParts {
		return blob.Stage{}, blob.TooLarge("The file is larger than the storage accepts.")
	}
	if err := (&put{s: s, key: key}).vacant(ctx); err != nil {
		return blob.Stage{}, err
	}
	g := &stage{Size: size, Part: partOfStage(size), Token: rand.Text()}
	return g.at(0)
}

// restore puts the stage's tail back into the spool.
func (s *Store) restore(ctx context.Context, g *stage, offset int64, sp *spool) error {
	want := offset - g.whole()
	if g.Tail == "" {
		if want != 0 {
			return blob.StageGone(fmt.Errorf("%d bytes are in no part", want))
		}
		return nil
	}
	r, err := s.Open(ctx, blob.Key(g.Tail))
	if fault.CodeOf(err) == blob.CodeAbsent {
		return blob.StageGone(err)
	}
	if err != nil {
		return err
	}
	in := &source{ctx: ctx, r: r}
	err = sp.fill(in, g.Part)
	if err2 := r.Close(); err == nil {
		err = err2
	}
	switch {
	case err != nil:
		return err
	case !errors.Is(in.err, io.EOF):
		return errors.Join(in.err, errors.New("the tail of an upload is longer than its part"))
	case sp.n != want:
		return blob.StageGone(fmt.Errorf("the tail has %d bytes of %d", sp.n, want))
	}
	return nil
}

// sendPart sends what is in the spool as the stage's next part.
func (s *Store) sendPart(ctx context.Context, key blob.Key, g *stage, sp *spool) error {
	if len(g.Parts) == maxParts {
		return blob.TooLarge("The file is too large to be stored without its size being announced. Announce it with Upload-Length.")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, sendLimit, errSlow)
	defer cancel()
	if g.Upload == "" {
		o := minio.PutObjectOptions{UserMetadata: map[string]string{markHeader: g.Token}}
		if s.conf.Checksums {
			o.UserMetadata["X-Amz-Checksum-Algorithm"] = "CRC32C"
		}
		id, err := s.core.NewMultipartUpload(ctx, s.conf.Bucket, s.object(key), o)
		if err != nil {
			return told(ctx, err)
		}
		g.Upload = id
	}
	sha, crc := sp.sums()
	o := minio.PutObjectPartOptions{Sha256Hex: sha, DisableContentSha256: true, CustomHeader: http.Header{}}
	p := part{Size: sp.n}
	if s.conf.Checksums {
		p.Sum = crc
		o.CustomHeader.Set("X-Amz-Checksum-Crc32c", crc)
	}
	sent, err := s.core.PutObjectPart(ctx, s.conf.Bucket, s.object(key), g.Upload, len(g.Parts)+1, sp.reader(), sp.n, o)
	if minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
		return blob.StageGone(err)
	}
	if err != nil {
		return told(ctx, err)
	}
	p.ETag = sent.ETag
	g.Parts = append(slices.Clip(g.Parts), p)
	return nil
}

// sendTail keeps what is in the spool as an object under a key of its own.
func (s *Store) sendTail(ctx context.Context, key blob.Key, sp *spool) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, sendLimit, errSlow)
	defer cancel()
	tail := tails + string(key) + "/" + strings.ToLower(rand.Text())
	sha, crc := sp.sums()
	o := minio.PutObjectOptions{DisableContentSha256: true, UserMetadata: map[string]string{}}
	if s.conf.Checksums {
		o.UserMetadata["X-Amz-Checksum-Crc32c"] = crc
	}
	_, err := s.core.PutObject(ctx, s.conf.Bucket, s.object(blob.Key(tail)), sp.reader(), sp.n, "", sha, o)
	return tail, told(ctx, err)
}

// forget removes a tail; what it cannot remove is found when the stage ends.
func (s *Store) forget(ctx context.Context, tail string) {
	ctx, cancel := context.WithTimeout(ctx, tidyLimit)
	defer cancel()
	_ = s.Delete(ctx, blob.Key(tail))
}

// Publish completes the multipart upload; see blob.Stager.
func (s *Store) Publish(ctx context.Context, key blob.Key, at blob.Stage) (blob.Info, error) {
	g, err := readStage(key, at)
	if err != nil {
		return blob.Info{}, err
	}
	p := &put{s: s, key: key, token: g.Token}
	switch st, err := s.head(ctx, key); {
	case err == nil && st.UserMetadata[markName] == g.Token && st.Size == at.Offset:
		return blob.Info{Size: st.Size, ModTime: st.LastModified}, s.dropTails(ctx, key) // an earlier call's
	case err == nil:
		return blob.Info{}, blob.Exists()
	case fault.CodeOf(err) != blob.CodeAbsent:
		return blob.Info{}, err
	}
	if at.Offset == 0 {
		return blob.Info{}, p.single(ctx, nil)
	}
	if g.Tail != "" {
		sp, err := s.newSpool()
		if err != nil {
			return blob.Info{}, err
		}
		defer sp.close()
		if err := s.restore(ctx, g, at.Offset, sp); err != nil {
			return blob.Info{}, err
		}
		if err := s.sendPart(ctx, key, g, sp); err != nil {
			return blob.Info{}, err
		}
	}
	if g.whole() != at.Offset {
		return blob.Info{}, blob.StageGone(fmt.Errorf("the parts have %d bytes of %d", g.whole(), at.Offset))
	}
	list := make([]minio.CompletePart, len(g.Parts))
	for i, one := range g.Parts {
		list[i] = minio.CompletePart{PartNumber: i + 1, ETag: one.ETag, ChecksumCRC32C: one.Sum}
	}
	err = p.complete(ctx, g.Upload, list)
	if e, ok := errors.AsType[minio.ErrorResponse](err); ok && (e.Code == minio.NoSuchUpload || e.Code == minio.InvalidPart) {
		return blob.Info{}, blob.StageGone(err)
	}
	if err != nil {
		return blob.Info{}, err
	}
	return blob.Info{Size: at.Offset}, s.dropTails(ctx, key)
}

// dropTails removes all tails of a key.
func (s *Store) dropTails(ctx context.Context, key blob.Key) error {
	for it, err := range s.List(ctx, tails+string(key)+"/") {
		if err != nil {
			return err
		}
		if err := s.Delete(ctx, it.Key); err != nil {
			return err
		}
	}
	return nil
}

// Abort gives the multipart upload up; see blob.Stager.
func (s *Store) Abort(ctx context.Context, key blob.Key, at blob.Stage) error {
	g, err := readStage(key, at)
	if err != nil {
		return err
	}
	if g.Upload != "" {
		s.abort(ctx, s.object(key), g.Upload)
	}
	return s.dropTails(ctx, key)
}

var _ blob.Stager = (*Store)(nil)

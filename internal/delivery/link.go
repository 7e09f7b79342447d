// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"sync"
	"time"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

// linkStep is what the ends of links are rounded up to, so that a page that is
// loaded again gives the browser the addresses it has cached. A link lives for
// one to two steps.
const linkStep = 10 * time.Minute

// macSize is how many bytes of the HMAC a link carries: 128 bits.
const macSize = 16

// renditionTypes are the only media types that links give out, by extension:
// pictures that we encoded ourselves.
var renditionTypes = map[string]string{
	"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif", "gif": "image/gif",
}

// LinkKey is a secret that links are signed with.
type LinkKey struct {
	ID     string // names it in links: 1 to 16 letters and digits
	Secret []byte // at least 32 bytes
}

// Signer signs and verifies the addresses of renditions, without a look-up.
// It is safe for concurrent use.
type Signer struct {
	id   string
	keys map[string]*sync.Pool // of *signing
}

// NewSigner returns a Signer that signs with the first key and verifies with
// all: to change the key, put the new one in front and take the old one out
// after 20 minutes.
func NewSigner(keys ...LinkKey) (*Signer, error) {
	s := &Signer{keys: map[string]*sync.Pool{}}
	for _, k := range keys {
		if k.ID == "" || len(k.ID) > 16 || strings.Trim(k.ID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return nil, fmt.Errorf("link key %q: its name must be 1 to 16 letters and digits", k.ID)
		}
		if len(k.Secret) < 32 {
			return nil, fmt.Errorf("link key %q: its secret must have at least 32 bytes", k.ID)
		}
		if _, twice := s.keys[k.ID]; twice {
			return nil, fmt.Errorf("link key %q is there twice", k.ID)
		}
		secret := append([]byte(nil), k.Secret...)
		s.keys[k.ID] = &sync.Pool{New: func() any { return &signing{Hash: hmac.New(sha256.New, secret)} }}
	}
	if len(keys) == 0 {
		return nil, errors.New("no link key")
	}
	s.id = keys[0].ID
	return s, nil
}

// SignRendition returns the path "/r/<end>.<key>.<mac>/<blob key>.<extension>"
// under which a rendition's bytes can be fetched for the next 10 to 20
// minutes. Sign only for whoever may see the asset. It fails for a media type
// that no rendition has, and for the keys of originals.
func (s *Signer) SignRendition(key blob.Key, mediaType string, now time.Time) (string, error) {
	ext := ""
	for e, t := range renditionTypes {
		if t == mediaType {
			ext = e
		}
	}
	if ext == "" {
		return "", fmt.Errorf("no rendition has the type %q", mediaType)
	}
	if err := linkable(key); err != nil {
		return "", err
	}
	end := strconv.FormatInt(now.Truncate(linkStep).Add(2*linkStep).Unix(), 36)
	path := string(key) + "." + ext
	var mac [macSize]byte
	s.mac(s.keys[s.id], end, path, &mac)
	return "/r/" + end + "." + s.id + "." + base64.RawURLEncoding.EncodeToString(mac[:]) + "/" + path, nil
}

// linkable refuses originals, whoever signed: they leave by ticket only.
func linkable(key blob.Key) error {
	if err := key.Valid(); err != nil {
		return err
	}
	if strings.HasPrefix(string(key), "originals/") {
		return errors.New("an original is never linked to")
	}
	return nil
}

// signing is what computing one signature needs, kept for the next.
type signing struct {
	hash.Hash
	text [512]byte
}

func (s *Signer) mac(pool *sync.Pool, end, path string, out *[macSize]byte) {
	h := pool.Get().(*signing)
	h.Reset()
	b := append(h.text[:0], "tillgang rendition 1\n"...)
	b = append(b, end...)
	b = append(b, '\n')
	b = append(b, path...)
	_, _ = h.Write(b)
	copy(out[:], h.Sum(h.text[:0]))
	pool.Put(h)
}

// Link is a verified address of a rendition.
type Link struct {
	Key       blob.Key
	MediaType string
	ETag      string    // strong, in its quotes: renditions are named by what they are made of
	Ends      time.Time // when the address stops working

	store blob.Store
}

// VerifyRendition is Signer's, and lets the link open what it leads to.
func (s *Service) VerifyRendition(path string, now time.Time) (Link, error) {
	l, err := s.Signer.VerifyRendition(path, now)
	l.store = s.store
	return l, err
}

// Open returns the rendition's bytes, or the range of them that r asks for.
// Close the reader; ctx must live as long as it is read. A range outside the
// file is CodeRange, with the size in Extra.
func (l Link) Open(ctx context.Context, r Range) (blob.Reader, Span, error) {
	if r.Range == "" {
		body, err := l.store.Open(ctx, l.Key)
		if err != nil {
			return nil, Span{}, absent(err)
		}
		return body, Span{Length: body.Size()}, nil
	}
	info, err := l.store.Stat(ctx, l.Key)
	if err != nil {
		return nil, Span{}, absent(err)
	}
	span, ok := r.Of(info.Size, l.ETag)
	if !ok {
		return nil, Span{}, outside(info.Size)
	}
	if !span.Partial {
		return l.Open(ctx, Range{})
	}
	body, err := l.store.OpenRange(ctx, l.Key, span.First, span.Length)
	return body, span, absent(err)
}

// absent: a rendition that was tidied away while its address was still good.
func absent(err error) error {
	if fault.CodeOf(err) == blob.CodeAbsent {
		return fault.New(fault.Gone, "link.gone", "This picture is no longer here. Load the page again.")
	}
	return err
}

// VerifyRendition reads what SignRendition wrote, with its leading "/r/" or
// without. What is forged or malformed is link.not_found; what has ended is
// link.expired.
func (s *Signer) VerifyRendition(path string, now time.Time) (Link, error) {
	var l Link
	path = strings.TrimPrefix(path, "/r/")
	head, rest, ok := strings.Cut(path, "/")
	end, tail, ok2 := strings.Cut(head, ".")
	kid, sum, ok3 := strings.Cut(tail, ".")
	if !ok || !ok2 || !ok3 || len(path) > 400 {
		return l, unknown()
	}
	pool := s.keys[kid]
	dot := strings.LastIndexByte(rest, '.')
	if pool == nil || dot < 0 {
		return l, unknown()
	}
	mediaType, ok := renditionTypes[rest[dot+1:]]
	if !ok {
		return l, unknown()
	}
	var want, got [macSize]byte
	s.mac(pool, end, rest, &want)
	n, err := base64.RawURLEncoding.Strict().Decode(got[:], []byte(cut(sum, base64.RawURLEncoding.EncodedLen(macSize))))
	if err != nil || n != macSize || !hmac.Equal(want[:], got[:]) {
		return l, unknown()
	}
	// From here on the text is ours.
	unix, err := strconv.ParseInt(end, 36, 64)
	if err != nil {
		return l, unknown()
	}
	l = Link{Key: blob.Key(rest[:dot]), MediaType: mediaType, Ends: time.Unix(unix, 0).UTC()}
	if linkable(l.Key) != nil {
		return Link{}, unknown()
	}
	if !now.Before(l.Ends) {
		return Link{}, fault.New(fault.Gone, "link.expired", "This address has expired. Load the page again.")
	}
	name := sha256.Sum256([]byte(l.Key))
	l.ETag = `"` + base64.RawURLEncoding.EncodeToString(name[:16]) + `"`
	return l, nil
}

func unknown() error {
	return fault.New(fault.NotFound, "link.not_found", "There is nothing here by that address.")
}

// cut returns s if it is n bytes long, so that Decode cannot write too far.
func cut(s string, n int) string {
	if len(s) != n {
		return ""
	}
	return s
}

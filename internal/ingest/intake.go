// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/filemeta"
)

// intake reads an upload on its way to storage: it hashes, counts and bounds
// it, keeps its beginning, and shows from time to time that it lives.
type intake struct {
	r     io.Reader
	max   int64 // bytes
	size  int64 // bytes read
	hash  hash.Hash
	head  []byte
	now   func() time.Time
	alive func() error // shows that the upload lives; an error ends it
	pause time.Duration
	shown time.Time
	err   error // why reading ended, other than by the end of the file
}

func newIntake(r io.Reader, limit int64, now func() time.Time, pause time.Duration, alive func() error) *intake {
	return &intake{r: r, max: limit, hash: sha256.New(), now: now, alive: alive, pause: pause, shown: now()}
}

func (t *intake) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.r.Read(p)
	t.size += int64(n)
	_, _ = t.hash.Write(p[:n])
	if room := filemeta.HeadSize - len(t.head); room > 0 {
		t.head = append(t.head, p[:min(n, room)]...)
	}
	switch {
	case t.size > t.max:
		err = tooLarge(t.max)
	case err != nil && !errors.Is(err, io.EOF):
		if fault.KindOf(err) != fault.TooLarge { // whoever bounds what comes says why
			err = interrupted(t.size, err)
		}
	case err == nil && t.now().Sub(t.shown) >= t.pause:
		t.shown = t.now()
		err = t.alive()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		t.err = err
		return n, err
	}
	return n, err
}

func interrupted(after int64, err error) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: "upload.interrupted", Err: err,
		Text: fmt.Sprintf("The upload was broken off after %s. Nothing was kept; send the file again.", Bytes(after)),
	}
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "upload.too_large",
		fmt.Sprintf("The file is larger than %s, which is the limit here. Make it smaller, or ask an administrator to raise the limit.", Bytes(limit)))
}

// Bytes writes a size for people: "5 GB".
func Bytes(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB", "EB"}
	v, u := float64(n), 0
	for v >= 1000 && u < len(units)-1 {
		v, u = v/1000, u+1
	}
	if v < 10 && v != float64(int64(v)) {
		return fmt.Sprintf("%.1f %s", v, units[u])
	}
	return fmt.Sprintf("%.0f %s", v, units[u])
}

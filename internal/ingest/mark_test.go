// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"time"

	"tillgang/internal/ingest"
)

// hook gives nothing, after doing something.
type hook func() error

// Read implements io.Reader.
func (h hook) Read([]byte) (int, error) {
	if err := h(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

// A long request is saved while it goes on, with the hash of what is saved and
// not of what was read; so a server that dies then loses no more than the rest.
func TestALongRequestIsSavedOnTheWayWithTheHashOfWhatIsSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const saved = 64 << 20 // the directory's checkpoint
	content := noise(saved + 3_000_000)
	u := w.begin(t, int64(len(content)))
	onTheWay := hook(func() error {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			got, err := w.Upload(t.Context(), w.who, u.ID)
			if err != nil || got.Offset > saved {
				return errors.Join(err, errors.New("more was saved than was durable"))
			}
			if got.Offset == saved {
				break
			}
			select {
			case <-tick.C:
			case <-t.Context().Done():
				return t.Context().Err()
			}
		}
		// What comes now is not saved any more: another server took the upload.
		w.in(t, func(tx tx) error {
			_, err := tx.Exec(t.Context(), `update upload set lease_token = 'other', lease_until = clock_timestamp() where id = $1`, u.ID)
			return err
		})
		return nil
	})
	came := io.MultiReader(bytes.NewReader(content[:saved]), bytes.NewReader(make([]byte, 1_000_000)), onTheWay, bytes.NewReader(make([]byte, 1_000_000)))
	if _, err := w.Continue(t.Context(), w.who, u.ID, ingest.Piece{Size: int64(len(content))}, came); code(err) != "upload.taken_over" {
		t.Fatal(err)
	}
	got, err := w.continues(t, u, saved, content[saved:])
	must(t, err)
	sum := sha256.Sum256(content)
	if a := w.get(t, got.Asset); got.State != ingest.Done || !bytes.Equal(a.SHA256, sum[:]) || !bytes.Equal(w.original(t, a.ID), content) {
		t.Errorf("%+v, %+v", got, a)
	}
}

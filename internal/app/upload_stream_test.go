// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

func TestAFileThatIsSentAsAFormIsStoredWhileItComes(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.adminKey()
	read, write := io.Pipe()
	form := multipart.NewWriter(write)
	type outcome struct {
		a   answer
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		a, err := w.try(admin, http.MethodPost, "/api/v1/assets", read, "Content-Type", form.FormDataContentType())
		done <- outcome{a, err}
	}()
	part, err := form.CreateFormFile("file", "long.txt")
	if err != nil {
		t.Fatal(err)
	}
	begun := bytes.Repeat([]byte("begun "), 1<<20)
	if _, err := part.Write(begun); err != nil {
		t.Fatal(err)
	}
	// Most of what was sent lies on the disk before the end was: nothing waits for it in memory.
	for deadline := time.Now().Add(time.Minute); w.bytesAtRest() < int64(len(begun))/2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes are stored of %d that were sent", w.bytesAtRest(), len(begun))
		}
	}
	_, err = part.Write([]byte("and ended"))
	if err := errors.Join(err, form.Close(), write.Close()); err != nil {
		t.Fatal(err)
	}
	o := <-done
	if o.err != nil || o.a.status != http.StatusCreated {
		t.Fatalf("%v, %d %s", o.err, o.a.status, o.a.body)
	}
	var made wireAsset
	if o.a.into(t, &made); made.Size != int64(len(begun)+len("and ended")) {
		t.Errorf("it is %d bytes long", made.Size)
	}
}

// bytesAtRest is how many bytes lie in the world's storage, whole or not.
func (w *world) bytesAtRest() (n int64) {
	_ = filepath.WalkDir(w.cfg.Data, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // what goes while we look is not counted
		}
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}

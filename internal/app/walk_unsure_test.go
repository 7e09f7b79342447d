// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tillgang/internal/blob/blobtest"
)

// One request to the storage in five goes wrong, in every way there is: nothing
// that was acknowledged is lost, and nothing is there twice.
func TestAnUnsureStorageLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	u := blobtest.OwnS3(t).Unsure(t, 7)
	w := newWorld(t, onS3(u.Server, u.Bucket(t)))
	admin := w.adminKey()
	contents := make([][]byte, 36)
	for i := range contents {
		switch {
		case i == 0:
			contents[i] = blobtest.Bytes(uint64(i+1), blobtest.PartSize*2+12345) // in several parts
		case i%6 == 1:
			contents[i] = scene(i, 640, 400)
		default:
			contents[i] = append(fmt.Appendf(nil, "file %d ", i), blobtest.Bytes(uint64(i+1), int64(i*997))...)
		}
	}
	u.Trouble.Store(20)
	ids := make([]string, len(contents))
	var all sync.WaitGroup
	queue := make(chan int)
	for range 4 {
		all.Go(func() {
			for i := range queue {
				ids[i] = w.insists(admin, i, contents[i])
			}
		})
	}
	for i := range contents {
		queue <- i
	}
	close(queue)
	all.Wait()
	for i, of := range ids {
		if of == "" {
			continue // said already
		}
		// Preparing meets the same trouble; its jobs try again.
		if a := w.settledWithin(admin, of, 4*time.Minute); a.State != "ready" {
			t.Errorf("file %d is %s (%s): %s", i, a.State, a.StateCode, a.StateReason)
		}
	}
	u.Trouble.Store(0)
	t.Logf("went wrong: %v", u.Went())
	for i, of := range ids {
		if of == "" {
			continue
		}
		got := w.do(asker{}, "GET", w.ticket(admin, of, "original").URL, nil)
		if got.status != http.StatusOK || !bytes.Equal(got.body, contents[i]) {
			t.Errorf("file %d comes back as %d with %d bytes, want %d", i, got.status, len(got.body), len(contents[i]))
		}
	}
	var list struct{ Total int }
	w.do(admin, "GET", "/api/v1/assets?limit=1", nil).into(t, &list)
	if list.Total != len(contents) {
		t.Errorf("%d assets of %d files", list.Total, len(contents))
	}
	wrong := 0
	for _, n := range u.Went() {
		wrong += n
	}
	if wrong < 5 {
		t.Errorf("too little went wrong to show anything: %v", u.Went())
	}
}

// insists uploads until the server says that it has the file.
func (w *world) insists(who asker, i int, content []byte) (asset string) {
	for range 60 {
		a, err := w.tryUpload(who, fmt.Sprintf("f%d.dat", i), content)
		if err != nil {
			continue
		}
		var said struct{ ID, Code string }
		a.into(w.t, &said)
		switch {
		case a.status == http.StatusCreated, a.status == http.StatusConflict && said.Code == "asset.duplicate":
			return said.ID
		case a.status != http.StatusServiceUnavailable:
			w.t.Errorf("file %d: %d %s", i, a.status, a.body)
			return ""
		}
	}
	w.t.Errorf("file %d is not taken, however often it is sent", i)
	return ""
}

// The storage's disk is full: whoever sends a file is told so with 507, what is
// there stays, and with space again all goes on.
func TestAFullDiskIsSaidAndHarmsNothing(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	blobs := filepath.Join(t.TempDir(), "blobs")
	if err := os.Mkdir(blobs, 0o700); err != nil {
		t.Fatal(err)
	}
	m.env = append(m.env, "TILLGANG_STORAGE_URL=dir://"+blobs)
	// A small disk of its own, in a mount namespace that ends with the server.
	small := filepath.Join(t.TempDir(), "tillgang")
	flags, again := "-m", ""
	if uid := os.Geteuid(); uid != 0 { // root for the mount only, in a user namespace
		flags, again = "-rm", fmt.Sprintf("unshare --user --map-user=%d --map-group=%d -- ", uid, os.Getegid())
	}
	script := fmt.Sprintf("#!/bin/sh\nmount -t tmpfs -o size=24m,mode=777 none %s && exec %s%s \"$@\"\n", blobs, again, m.bin)
	if err := os.WriteFile(small, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "unshare", flags, "true").Run(); err != nil {
		t.Fatalf("mount namespaces are needed: %v", err)
	}
	real := m.bin
	m.bin = filepath.Join(t.TempDir(), "start")
	if err := os.WriteFile(m.bin, fmt.Appendf(nil, "#!/bin/sh\nexec unshare %s %s \"$@\"\n", flags, small), 0o700); err != nil {
		t.Fatal(err)
	}
	s := m.serve()
	m.bin = real
	who := m.key()
	kept := map[string][]byte{}
	full := false
	for i := 0; i < 40 && !full; i++ {
		content := blobtest.Bytes(uint64(i+1), 1<<20)
		a := s.upload(who, fmt.Sprintf("f%d.bin", i), content)
		switch a.status {
		case http.StatusCreated:
			var made wireAsset
			a.into(t, &made)
			kept[made.ID] = content
		case http.StatusInsufficientStorage:
			full = true
			s.refused("a file for a full disk", a, http.StatusInsufficientStorage)
		default:
			t.Fatalf("upload %d: %d %s", i, a.status, a.body)
		}
	}
	if !full || len(kept) < 10 {
		t.Fatalf("full: %t, after %d files", full, len(kept))
	}
	var someone string
	for of, content := range kept {
		someone = of
		if got := s.do(asker{}, "GET", s.ticket(who, of, "original").URL, nil); !bytes.Equal(got.body, content) {
			t.Errorf("with a full disk %s comes back as %d with %d bytes", of, got.status, len(got.body))
		}
	}
	// Somebody makes space.
	for _, blob := range s.blobFiles(blobs) {
		if b, err := os.ReadFile(blob); err == nil && bytes.Equal(b, kept[someone]) {
			if err := os.Remove(blob); err != nil {
				t.Fatal(err)
			}
		}
	}
	if a := s.upload(who, "efter.bin", blobtest.Bytes(99, 512<<10)); a.status != http.StatusCreated {
		t.Errorf("with space again: %d %s", a.status, a.body)
	}
	s.unharmed(who)
}

// blobFiles lists the files of a directory as the server sees it.
func (s *server) blobFiles(dir string) (paths []string) {
	s.t.Helper()
	root := fmt.Sprintf("/proc/%d/root", s.cmd.Process.Pid)
	err := filepath.WalkDir(root+dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return paths
}

// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tillgang/internal/blob/blobtest"
	"tillgang/internal/pg/pgtest"
)

// closed is a start script for a machine's program: all that is mounted is read
// only but the data directory, as in the image with a read-only root.
func (m *machine) closed() {
	m.t.Helper()
	flags, again := "-m", ""
	if uid := os.Geteuid(); uid != 0 { // root for the mounts only, in a user namespace
		flags, again = "-rm", fmt.Sprintf("unshare --user --map-user=%d --map-group=%d -- ", uid, os.Getegid())
	}
	if err := exec.CommandContext(m.t.Context(), "unshare", flags, "true").Run(); err != nil {
		m.t.Fatalf("mount namespaces are needed: %v", err)
	}
	inside, start := filepath.Join(m.t.TempDir(), "inside"), filepath.Join(m.t.TempDir(), "start")
	script := fmt.Sprintf(`#!/bin/sh
set -e
mount --bind %[1]s %[1]s
for at in / /tmp /var /var/tmp /home /run; do
	if mountpoint -q $at; then mount -o remount,bind,ro $at; fi
done
for at in / /tmp /var/tmp "$HOME"; do
	if touch $at/tillgang-may-write 2>/dev/null; then echo "$at can be written to" >&2; exit 9; fi
done
exec %[2]s%[3]s "$@"
`, m.data, again, m.bin)
	for path, text := range map[string]string{inside: script, start: fmt.Sprintf("#!/bin/sh\nexec unshare %s %s \"$@\"\n", flags, inside)} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			m.t.Fatal(err)
		}
	}
	m.bin = start
}

// A web server keeps no data: nothing but its data directory is written to, what
// a job had there when the power failed is gone after the next start, and in the
// end nothing that anybody sent is on the machine; another one without anything
// has it all.
func TestMU8_AWebServerKeepsNoData(t *testing.T) {
	t.Parallel()
	s3 := blobtest.OwnS3(t)
	r := &region{t: t}
	bucket, owner := s3.Bucket(t), pgtest.URL(t)
	m := r.node(owner, s3, bucket)
	m.env = append(m.env, "TILLGANG_JOBS=true", "TILLGANG_STORAGE_CACHE=0")
	if err := os.Mkdir(m.data, 0o711); err != nil {
		t.Fatal(err)
	}
	real := m.bin
	m.closed()
	s := m.serve()
	open := *m
	open.bin = real
	who := open.key()
	jobs := func() []string {
		list, err := filepath.Glob(filepath.Join(m.data, "scratch", "proc-*", "job-*"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	sent := map[string][]byte{}
	var left []string
	for round := 0; len(left) == 0; round++ {
		if round == 8 {
			t.Fatal("no job was caught in the middle")
		}
		for i := range 3 {
			content := scene(10*round+i+1, 2400, 1600)
			var a wireAsset
			if got := s.upload(who, fmt.Sprintf("bild%d-%d.jpg", round, i), content); got.status != http.StatusCreated {
				t.Fatalf("upload: %d %s", got.status, got.body)
			} else {
				got.into(t, &a)
			}
			sent[a.ID] = content
		}
		s.until("a job has a folder", func() bool { return len(jobs()) > 0 || s.allReady(who, sent) })
		s.kill()
		if left = jobs(); len(left) == 0 {
			s = m.serve()
		}
	}
	s = m.serve()
	for _, dir := range left {
		if _, err := os.Stat(dir); err == nil {
			t.Error("what a job had when its server was killed is still there")
		}
	}
	for a := range sent {
		if got := s.settledWithin(who, a, 3*time.Minute); got.State != "ready" {
			t.Errorf("%s is %s: %s", got.Name, got.State, got.StateReason)
		}
	}
	s.until("no job has a folder", func() bool { return len(jobs()) == 0 })
	s.stop()
	if err := filepath.WalkDir(m.data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("\xff\xd8\xff")) {
			t.Errorf("%s holds a picture", path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	other := r.node(owner, s3, bucket).serve()
	for a, content := range sent {
		if got := other.do(asker{}, "GET", other.ticket(who, a, "original").URL, nil); !bytes.Equal(got.body, content) {
			t.Errorf("from a new machine %s comes back as %d with %d bytes", a, got.status, len(got.body))
		}
	}
}

// allReady reports whether nothing is being prepared any more.
func (s *server) allReady(who asker, assets map[string][]byte) bool {
	s.t.Helper()
	for of := range assets {
		var a wireAsset
		if s.do(who, "GET", "/api/v1/assets/"+of, nil).into(s.t, &a); a.State != "ready" {
			return false
		}
	}
	return true
}

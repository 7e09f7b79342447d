// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/pg/private"
)

func TestProgram_FromTheFirstStartToTheDoctor(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	first := m.serve()
	if n := len(first.links()); n != 1 {
		t.Fatalf("the first start printed %d links:\n%s", n, first.out)
	}
	first.stop()
	s := m.serve()
	links := s.links()
	if len(links) != 1 || links[0] == first.links()[0] {
		t.Fatalf("nobody has signed in, and the second start printed %v", links)
	}
	if a := s.do(asker{}, "POST", "/api/v1/session/link", object{"token": links[0]}); a.status != http.StatusCreated {
		t.Errorf("the link: %d %s", a.status, a.body)
	}
	for _, used := range []string{links[0], first.links()[0]} {
		if a := s.do(asker{}, "POST", "/api/v1/session/link", object{"token": used}); a.status < 400 || a.status >= 500 {
			t.Errorf("a used or replaced link: %d %s", a.status, a.body)
		}
	}
	if a := s.do(asker{}, "GET", "/metrics", nil); a.status != http.StatusNotFound {
		t.Errorf("/metrics at the main door: %d", a.status)
	}
	who := m.key()
	m.uploads(s, who)
	m.misuse()
	m.examines(s)
	s.drains(who)
}

// uploads sends a directory twice.
func (m *machine) uploads(s *server, who asker) {
	t := m.t
	t.Helper()
	mat, err := material()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range []file{mat.photos[0], mat.photos[4], mat.pdf, mat.sound, mat.film} {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"TILLGANG_KEY=" + strings.TrimPrefix(who.header, "Bearer ")}
	for _, want := range []string{"5 stored, 0 were there already, 0 failed\n", "0 stored, 5 were there already, 0 failed\n"} {
		if code, out, complaint := m.run(env, "upload", dir, "--url", s.url); code != 0 || !strings.HasSuffix(out, want) || strings.Count(out, "ast_") != 5 {
			t.Errorf("upload: %d %q %s, want %q", code, out, complaint, want)
		}
	}
	if code, _, complaint := m.run([]string{"TILLGANG_KEY=tg_wrong"}, "upload", dir, "--url", s.url); code != 1 || !strings.Contains(complaint, "key") {
		t.Errorf("upload with a wrong key: %d %s", code, complaint)
	}
	for _, a := range s.find(who, "").Items {
		if a = s.settled(who, a.ID); a.State != "ready" {
			t.Errorf("%s is %s: %s", a.Name, a.State, a.StateReason)
		}
		// With tillgang-vips beside the program a document is shown by its first page.
		if a.Name != mat.sound.name && len(a.Renditions) == 0 {
			t.Errorf("%s has no renditions", a.Name)
		}
	}
}

// misuse starts the program wrongly.
func (m *machine) misuse() {
	t := m.t
	t.Helper()
	for _, c := range []struct {
		env  []string
		args []string
		code int
		says string
	}{
		{[]string{"TILLGANG_COLOUR=red"}, []string{"serve"}, 1, "TILLGANG_COLOUR"},
		{[]string{"TILLGANG_MAX_UPLOAD=much"}, []string{"serve"}, 1, "TILLGANG_MAX_UPLOAD"},
		{nil, []string{"serve"}, 1, "TILLGANG_LISTEN"},
		{[]string{"TILLGANG_LISTEN=127.0.0.1:" + freePort(t)}, []string{"serve"}, 1, m.data},
		{nil, []string{"dance"}, 2, "help"},
		{nil, nil, 2, "tillgang serve"},
		{nil, []string{"key", "create", "--name", "x", "--role", "nobody"}, 1, "role"},
	} {
		if code, _, complaint := m.run(c.env, c.args...); code != c.code || !strings.Contains(complaint, c.says) {
			t.Errorf("%v %v: %d %q, want %d and %q", c.env, c.args, code, complaint, c.code, c.says)
		}
	}
	if code, out, _ := m.run(nil, "version"); code != 0 || !strings.HasPrefix(out, "tillgang ") {
		t.Error("version:", code, out)
	}
	if code, out, _ := m.run(nil, "migrate", "--plan"); code != 0 || !strings.Contains(out, "done") || strings.Contains(out, "to do") {
		t.Error("migrate --plan:", code, out)
	}
}

// examines asks the doctor, before and after the log of deeds was tampered with.
func (m *machine) examines(s *server) {
	t := m.t
	t.Helper()
	if code, out, complaint := m.run(nil, "doctor"); code != 0 || !strings.Contains(out, "Postgres") || !strings.Contains(out, "whole") || !strings.Contains(out, "TILLGANG_STORAGE_SITE") {
		t.Errorf("doctor: %d %s %s", code, out, complaint)
	}
	if code, out, complaint := m.run(nil, "doctor", "--audit"); code != 0 || !strings.Contains(out, "whole") {
		t.Errorf("doctor --audit: %d %s %s", code, out, complaint)
	}
	running, err := private.Attach(t.Context(), private.Config{Dir: filepath.Join(m.data, "postgres")})
	if err != nil {
		t.Fatal(err)
	}
	owner, err := pgx.Connect(t.Context(), running.URL(databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.Background()) }()
	tamper := func(verb string) int64 {
		tag, err := owner.Exec(t.Context(), "update audit_entry set verb = $1 where seq = 2", verb)
		if err != nil {
			t.Fatal(err)
		}
		return tag.RowsAffected()
	}
	var verb string
	if err := owner.QueryRow(t.Context(), "select verb from audit_entry where seq = 2").Scan(&verb); err != nil {
		t.Fatal(err)
	}
	if n := tamper("asset.nothing"); n != 1 {
		t.Fatal("tampered with", n, "entries")
	}
	if code, out, _ := m.run(nil, "doctor", "--audit"); code != 1 || !strings.Contains(out, "broken at deed 2") {
		t.Errorf("doctor --audit after tampering: %d %s", code, out)
	}
	tamper(verb)
}

// drains stops the server in the middle of an upload, which is still finished.
func (s *server) drains(who asker) {
	t := s.t
	t.Helper()
	read, write := io.Pipe()
	form := multipart.NewWriter(write)
	type outcome struct {
		a   answer
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		a, err := s.try(who, "POST", "/api/v1/assets", read, "Content-Type", form.FormDataContentType())
		done <- outcome{a, err}
	}()
	part, err := form.CreateFormFile("file", "långsam.txt")
	if err != nil {
		t.Fatal(err)
	}
	// More than the server holds in a buffer: when it is written, it was read.
	if _, err := part.Write(bytes.Repeat([]byte("begun "), 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.until("nobody new is let in", func() bool {
		_, err := s.try(asker{}, "GET", "/healthz", nil, "Connection", "close")
		return err != nil
	})
	_, err = part.Write([]byte("and ended"))
	if err := errors.Join(err, form.Close(), write.Close()); err != nil {
		t.Fatal(err)
	}
	if o := <-done; o.err != nil || o.a.status != http.StatusCreated {
		t.Errorf("an upload while the server stopped: %d %s %v", o.a.status, o.a.body, o.err)
	}
	<-s.ended
	if s.code != 0 {
		t.Error("the server ended with", s.code)
	}
}

// Killed again and again while it receives and prepares files, the server has
// every file that it acknowledged, whole, and no half one.
func TestKilled_NothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve()
	l := &load{w: s.world, who: m.key(), kept: map[string][]byte{}}
	const rounds = 3
	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		wait := l.beginPictures(ctx, round)
		want := l.good.Load() + 12
		s.until("uploads", func() bool { return l.good.Load() >= want })
		s.kill()
		stop()
		wait()
		s = m.serve()
	}
	if len(l.kept) < 12*rounds {
		t.Error("only", len(l.kept), "uploads were acknowledged")
	}
	for id, content := range l.kept {
		a := s.settled(l.who, id)
		if a.State != "ready" || a.SHA256 != hexSum(content) || !l.fetch(id, content) {
			t.Errorf("%s was acknowledged and is %s %s", id, a.State, a.StateReason)
		}
	}
	// What was stored and not acknowledged is whole, too.
	n := 0
	for cursor := "x"; cursor != ""; {
		p := s.find(l.who, "limit=200&cursor="+strings.TrimPrefix(cursor, "x"))
		for _, a := range p.Items {
			n++
			if a = s.settled(l.who, a.ID); a.State != "ready" {
				t.Errorf("%s ended %s: %s", a.ID, a.State, a.StateReason)
			}
			got := s.do(asker{}, "GET", s.ticket(l.who, a.ID, "original").URL, nil)
			if got.status != http.StatusOK || hexSum(got.body) != a.SHA256 {
				t.Errorf("%s is half there: %d", a.ID, got.status)
			}
		}
		cursor = p.Next
	}
	t.Logf("%d acknowledged, %d there, after %d kills", len(l.kept), n, rounds)
	s.stop()
}

// beginPictures uploads small pictures, each another one, by two people.
func (l *load) beginPictures(ctx context.Context, round int) (wait func()) {
	var all sync.WaitGroup
	for n := range 2 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				content := append(scene(round*5+n+1, 400, 300), fmt.Sprintf("%d %d %d", round, n, i)...)
				a, err := l.w.tryUpload(l.who, "bild.jpg", content)
				if err != nil || a.status != http.StatusCreated {
					continue // the server has been killed
				}
				var made wireAsset
				a.into(l.w.t, &made)
				l.mu.Lock()
				l.kept[made.ID] = content
				l.mu.Unlock()
				l.good.Add(1)
			}
		})
	}
	return all.Wait
}

// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"tillgang/internal/search/madeup"
)

// signedIn opens a session with the link that the command line prints.
func (m *machine) signedIn(s *server, email, tenant string) asker {
	m.t.Helper()
	code, out, complaint := m.run(nil, "person", "link", email, "--tenant", tenant)
	link := linkForm.FindStringSubmatch(out)
	if code != 0 || link == nil {
		m.t.Fatalf("person link: %d %q %s", code, out, complaint)
	}
	a := s.do(asker{}, "POST", "/api/v1/session/link", object{"token": link[1]})
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if strings.HasSuffix(c.Name, "tg_s") {
			return asker{name: email, cookie: c.Value}
		}
	}
	m.t.Fatalf("the link opened no session: %d %s", a.status, a.body)
	return asker{}
}

// A tenant is made up beside a running server, killed on the way and gone on
// with; then it is all there, and everybody sees of it what their groups let them.
func TestProgram_BenchDataIsAnArchiveLikeAnyOther(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.externally()
	s := m.serve()
	args := []string{"bench-data", "--tenant", "many", "--assets", "3000", "--folders", "40"}
	begun := exec.Command(m.bin, args...)
	begun.Env = m.env
	if err := begun.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = begun.Wait(); close(ended) }()
	s.until("the tenant is being made", func() bool {
		code, _, _ := m.run(nil, "person", "link", "ordinary@many.example", "--tenant", "many")
		return code == 0
	})
	_ = begun.Process.Kill()
	<-ended
	if code, _, complaint := m.run(nil, args...); code != 1 || !strings.Contains(complaint, "--resume") {
		t.Errorf("into a tenant that is there: %d %s", code, complaint)
	}
	if code, out, complaint := m.run(nil, append(args, "--resume")...); code != 0 || !strings.Contains(out, "person link ordinary@many.example") {
		t.Fatalf("gone on: %d %s %s", code, out, complaint)
	}

	all, some, none := m.signedIn(s, "admin@many.example", "many"), m.signedIn(s, "ordinary@many.example", "many"), m.signedIn(s, "none@many.example", "many")
	whole, part := s.find(all, "limit=100"), s.find(some, "limit=100")
	if whole.Total != 3000 || part.Total == 0 || part.Total >= 3000 || s.find(none, "").Total != 0 {
		t.Fatalf("the administrator sees %d assets, somebody in four groups %d, a stranger %d", whole.Total, part.Total, s.find(none, "").Total)
	}
	var facets struct{ Total int }
	if s.do(some, "GET", "/api/v1/assets/facets", nil).into(t, &facets); facets.Total != part.Total {
		t.Errorf("%d are counted, %d are listed", facets.Total, part.Total)
	}
	seen := map[string]bool{}
	for next := part; ; next = s.find(some, "limit=100&cursor="+url.QueryEscape(next.Next)) {
		for _, a := range next.Items {
			seen[a.ID] = true
		}
		if next.Next == "" {
			break
		}
	}
	if len(seen) != part.Total {
		t.Errorf("%d are listed, of %d", len(seen), part.Total)
	}
	words := madeup.New(1, 3000, 40).Words
	for _, q := range []string{words[0], words[40], words[0] + " " + words[1], string([]rune(words[60])[:3]) + "*"} {
		hits, mine := s.find(all, "limit=100&q="+url.QueryEscape(q)), s.find(some, "limit=100&q="+url.QueryEscape(q))
		if len(hits.Items) == 0 || len(mine.Items) == 0 || s.find(none, "q="+url.QueryEscape(q)).Total != 0 {
			t.Errorf("%q: the administrator finds %d, somebody in four groups %d", q, len(hits.Items), len(mine.Items))
		}
		for _, a := range mine.Items {
			if !seen[a.ID] {
				t.Errorf("%q: %s is found and not listed", q, a.ID)
			}
		}
	}
	one := part.Items[0]
	if a := s.do(some, "GET", "/api/v1/assets/"+one.ID, nil); a.status != http.StatusOK || one.State != "ready" {
		t.Errorf("an asset: %d %s", a.status, a.body)
	}
	if a := s.do(none, "GET", "/api/v1/assets/"+one.ID, nil); a.status != http.StatusNotFound {
		t.Errorf("a stranger and an asset: %d", a.status)
	}
	if a := s.do(all, "POST", "/api/v1/assets/"+one.ID+"/downloads", object{"variant": "original"}); a.status != http.StatusConflict || a.code() != "asset.made_up" {
		t.Errorf("the file of an asset that has none: %d %s", a.status, a.body)
	}
}

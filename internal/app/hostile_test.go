// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/scan/scantest"
)

// The whole corpus through every door, with the scanner on: each file ends in a
// named state, nothing is fetched from outside, nothing is written outside, no
// text runs, and the server answers throughout.
func TestTheHostileCorpusHarmsNothing(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	canary := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		t.Errorf("the canary was asked for %s", r.URL)
	}))
	t.Cleanup(canary.Close)
	d := scantest.Start(t)
	w := newWorld(t, func(c *Config) { c.ScanURL, c.ScanWindow = "unix://"+d.Socket, scantest.Limit })
	admin := w.adminKey()

	// Ordinary work goes on meanwhile.
	over := make(chan struct{})
	var aside sync.WaitGroup
	var slowest time.Duration
	aside.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(50 * time.Millisecond):
			}
			began := time.Now()
			if a, err := w.try(admin, "GET", "/api/v1/assets?limit=20", nil); err != nil || a.status != http.StatusOK {
				t.Errorf("an ordinary request meanwhile: %v %d", err, a.status)
				return
			}
			slowest = max(slowest, time.Since(began))
		}
	})

	type sent struct {
		hostileFile
		door, id string
	}
	var all []sent
	for _, f := range hostileFiles(t, canary.URL) {
		if a := w.upload(admin, f.name, f.content, "title", sentinel, "on_duplicate", "keep"); a.status == http.StatusCreated {
			var made wireAsset
			a.into(t, &made)
			all = append(all, sent{f, "form", made.ID})
		} else {
			t.Errorf("%s: %d %s", f.name, a.status, a.body)
		}
		path := tusBegin(t, w, admin, f.name, len(f.content), "title", sentinel, "on_duplicate", "keep")
		all = append(all, sent{f, "tus", tusSend(t, w, admin, path, 0, f.content)})
	}
	for _, f := range all {
		a := w.settledWithin(admin, f.id, 4*time.Minute)
		want := f.states
		if len(want) == 0 {
			want = []string{"ready", "failed", "quarantined"}
		}
		if !slices.Contains(want, a.State) {
			t.Errorf("%s by %s is %s (%s): %q, want %v", f.name, f.door, a.State, a.StateCode, a.StateReason, want)
		}
		if a.State != "ready" && (a.StateCode == "" || len(strings.Fields(a.StateReason)) < 4) {
			t.Errorf("%s by %s is %s and does not say why: %q %q", f.name, f.door, a.State, a.StateCode, a.StateReason)
		}
		if a.State == "quarantined" {
			w.refused(f.name, w.do(admin, "POST", "/api/v1/assets/"+a.ID+"/downloads", object{"variant": "original"}), http.StatusForbidden)
			continue
		}
		got := w.do(asker{}, "GET", w.ticket(admin, a.ID, "original").URL, nil)
		h := got.header
		if got.status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") ||
			h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s by %s is handed out as %d %v", f.name, f.door, got.status, h)
		}
		for _, r := range a.Renditions {
			p := w.do(admin, "GET", r.URL, nil)
			if p.status != http.StatusOK || !strings.HasPrefix(p.header.Get("Content-Type"), "image/") || strings.Contains(string(p.body), "document.title") {
				t.Errorf("%s: its rendition %s is %d %s, or carries its text", f.name, r.Preset, p.status, p.header.Get("Content-Type"))
			}
		}
		if page := w.do(admin, "GET", "/api/v1/assets/"+a.ID, nil); !strings.HasPrefix(page.header.Get("Content-Type"), "application/json") || page.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: the asset is answered as %v", f.name, page.header)
		}
	}
	close(over)
	aside.Wait()
	t.Logf("the slowest ordinary request among %d hostile files took %v", len(all), slowest)
	if asked.Load() > 0 {
		t.Errorf("%d requests went out", asked.Load())
	}
	for _, path := range []string{"/tmp/tillgang_pwned.php", "/tmp/tillgang_pwned_gs", "/tmp/tillgang_slipped"} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	if said := w.said.String(); strings.Contains(said, "PWNED") {
		t.Errorf("a payload was run: %s", said)
	}
	// What was found out is text, wherever it is shown.
	host, _ := os.Hostname()
	for _, f := range all {
		if f.class != "xxe" || host == "" {
			continue
		}
		if a := w.do(admin, "GET", "/api/v1/assets/"+f.id, nil); strings.Contains(string(a.body), fmt.Sprintf("%q", host)) {
			t.Errorf("%s shows the machine's name", f.name)
		}
	}
	w.unharmed(admin)
}

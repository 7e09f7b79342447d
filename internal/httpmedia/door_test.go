// SPDX-License-Identifier: Apache-2.0

package httpmedia_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillgang/internal/blob"
	"tillgang/internal/delivery"
	"tillgang/internal/pg"
)

func TestAnOriginalLeavesAsAnAttachmentThatNothingOpens(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, 300_000)
	path := w.ticket()
	head, b := w.ask(http.MethodHead, path)
	if head.StatusCode != 200 || len(b) != 0 {
		t.Fatal(head.Status)
	}
	resp, got := w.ask(http.MethodGet, path)
	if resp.StatusCode != 200 || !bytes.Equal(got, w.bytes) {
		t.Fatal(resp.Status, len(got))
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html", "Content-Length": "300000", "Accept-Ranges": "bytes", "Etag": w.etag, "Cache-Control": "private, no-store",
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-site",
		"Content-Disposition": `attachment; filename="Arsmote.html"; filename*=UTF-8''%C3%85rsm%C3%B6te.html`,
	} {
		if resp.Header.Get(name) != want || head.Header.Get(name) != want {
			t.Errorf("%s: %q, and %q to HEAD, want %q", name, resp.Header.Get(name), head.Header.Get(name), want)
		}
	}
	if c := resp.Header["Set-Cookie"]; c != nil {
		t.Error("cookies:", c)
	}
	for range 2 {
		resp, b = w.ask(http.MethodGet, path)
		if code, _ := problemOf(t, resp, b); resp.StatusCode != 410 || code != "ticket.used" || resp.Header.Get("Cache-Control") != "no-store" {
			t.Error(resp.Status, code)
		}
	}
	if resp, b := w.ask(http.MethodHead, path); resp.StatusCode != 410 || len(b) != 0 {
		t.Error(resp.Status)
	}
}

func TestRangesAreAnswered(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, 100_000)
	for _, tt := range []struct {
		asked, cond string
		status      int
		from, to    int
	}{
		{"bytes=10-19", "", 206, 10, 20},
		{"bytes=-5", "", 206, 99_995, 100_000},
		{"bytes=99990-", w.etag, 206, 99_990, 100_000},
		{"bytes=99990-", `"other"`, 200, 0, 100_000},
		{"bytes=0-1,5-6", "", 200, 0, 100_000},
		{"chapters=1-2", "", 200, 0, 100_000},
	} {
		header := []string{"Range", tt.asked}
		if tt.cond != "" {
			header = append(header, "If-Range", tt.cond)
		}
		resp, b := w.ask(http.MethodGet, w.ticket(), header...)
		if resp.StatusCode != tt.status || !bytes.Equal(b, w.bytes[tt.from:tt.to]) {
			t.Errorf("%+v: %s, %d bytes", tt, resp.Status, len(b))
		}
		if want := fmt.Sprintf("bytes %d-%d/100000", tt.from, tt.to-1); tt.status == 206 && resp.Header.Get("Content-Range") != want {
			t.Errorf("%+v: %s", tt, resp.Header.Get("Content-Range"))
		}
	}
	path := w.ticket()
	resp, b := w.ask(http.MethodGet, path, "Range", "bytes=100000-")
	if code, _ := problemOf(t, resp, b); resp.StatusCode != 416 || code != delivery.CodeRange || resp.Header.Get("Content-Range") != "bytes */100000" {
		t.Error(resp.Status, code, resp.Header)
	}
	if resp, _ := w.ask(http.MethodGet, path, "Range", "bytes=1-1", "Range", "bytes=3-3"); resp.StatusCode != 200 {
		t.Error("two fields:", resp.Status)
	}
}

func TestStrangersGetNothingAndSoonAWait(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, 10)
	for _, path := range []string{"/d/dl_" + strings.Repeat("A", 43), "/d/x", "/d/", "/d", "/", "/d/a/b", "/d/%00", "/d/..%2f..%2fetc", "/r/", "/r/x", "/r/../d/x", "/etc/passwd", "//d/x"} {
		resp, b := w.ask(http.MethodGet, path)
		if problemOf(t, resp, b); resp.StatusCode != 404 || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		resp, b := w.ask(method, "/d/dl_"+strings.Repeat("A", 43))
		if problemOf(t, resp, b); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %s", method, resp.Status)
		}
	}
	limited := false
	for range 100 {
		resp, _ := w.ask(http.MethodGet, "/d/dl_"+strings.Repeat("B", 43))
		if resp.StatusCode == 429 && resp.Header.Get("Retry-After") == "60" {
			limited = true
			break
		}
	}
	if !limited {
		t.Error("guessing went on and on")
	}
	if resp, _ := w.ask(http.MethodGet, w.ticket()); resp.StatusCode != 200 {
		t.Error("a right ticket suffers from the guesses of others:", resp.Status)
	}
}

func TestFilesGoOutBySendfile(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, 20<<20)
	if _, b := w.ask(http.MethodGet, w.ticket()); !bytes.Equal(b, w.bytes) || w.sendfile.Load() != 20<<20 {
		t.Errorf("original: %d of %d bytes by sendfile", w.sendfile.Swap(0), len(b))
	}
	w.sendfile.Store(0)
	if _, b := w.ask(http.MethodGet, w.ticket(), "Range", "bytes=1000-5000"); len(b) != 4001 || w.sendfile.Load() != 4001 {
		t.Errorf("range: %d bytes by sendfile", w.sendfile.Load())
	}
	w.sendfile.Store(0)
	w.put("renditions/a/b", w.bytes[:200_000])
	path, err := w.delivery.SignRendition("renditions/a/b", "image/jpeg", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, b := w.ask(http.MethodGet, path); len(b) != 200_000 || w.sendfile.Load() != 200_000 {
		t.Errorf("rendition: %d bytes by sendfile", w.sendfile.Load())
	}
}

func TestAStorageWithoutFilesGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t, 3<<20)
	p.plain = true
	if resp, b := w.ask(http.MethodGet, w.ticket()); resp.StatusCode != 200 || !bytes.Equal(b, w.bytes) {
		t.Error(resp.Status, len(b))
	}
	if resp, b := w.ask(http.MethodGet, w.ticket(), "Range", "bytes=5-1000004"); resp.StatusCode != 206 || !bytes.Equal(b, w.bytes[5:1000005]) {
		t.Error(resp.Status, len(b))
	}
	if w.sendfile.Load() != 0 {
		t.Error("what?")
	}
}

func TestARenditionIsCachedByBrowsersOnly(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, 10)
	w.put("renditions/a/b", []byte("a picture"))
	now := time.Now()
	path, err := w.delivery.SignRendition("renditions/a/b", "image/webp", now)
	if err != nil {
		t.Fatal(err)
	}
	resp, b := w.ask(http.MethodGet, path)
	cache := resp.Header.Get("Cache-Control")
	if resp.StatusCode != 200 || string(b) != "a picture" || resp.Header.Get("Content-Type") != "image/webp" || !regexp.MustCompile(`^private, max-age=\d{3,4}, immutable$`).MatchString(cache) || resp.Header.Get("Content-Disposition") != "" {
		t.Error(resp.Status, resp.Header)
	}
	etag := resp.Header.Get("Etag")
	for _, cond := range []string{etag, `"x", W/` + etag, "*"} {
		if resp, b := w.ask(http.MethodGet, path, "If-None-Match", cond); resp.StatusCode != 304 || len(b) != 0 || resp.Header.Get("Etag") != etag || resp.Header.Get("Cache-Control") == "" {
			t.Error(cond, resp.Status)
		}
	}
	if resp, b := w.ask(http.MethodGet, path, "Range", "bytes=2-4"); resp.StatusCode != 206 || string(b) != "pic" || resp.Header.Get("Content-Range") != "bytes 2-4/9" {
		t.Error(resp.Status, string(b))
	}
	if resp, _ := w.ask(http.MethodGet, path, "Range", "bytes=9-"); resp.StatusCode != 416 || resp.Header.Get("Content-Range") != "bytes */9" {
		t.Error(resp.Status)
	}
	if resp, b := w.ask(http.MethodHead, path); resp.StatusCode != 200 || len(b) != 0 || resp.Header.Get("Content-Length") != "9" {
		t.Error(resp.Status)
	}
	if resp, b := w.ask(http.MethodGet, strings.Replace(path, "a/b", "a/c", 1)); resp.StatusCode != 404 {
		t.Error(resp.Status, string(b))
	}
	gone, _ := w.delivery.SignRendition("renditions/never", "image/jpeg", now)
	if resp, b := w.ask(http.MethodGet, gone); resp.StatusCode != 410 || strings.Contains(resp.Header.Get("Cache-Control"), "max-age") {
		t.Error(resp.Status, string(b))
	}
	old, _ := w.delivery.SignRendition("renditions/a/b", "image/webp", now.Add(-time.Hour))
	if resp, b := w.ask(http.MethodGet, old); resp.StatusCode != 410 {
		t.Error(resp.Status, string(b))
	}
}

func TestADownloadIsCutWhenTheRightIsLost(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		w, p := newWorld(t, 48<<20)
		p.plain = plain
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+w.ticket(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Transport{ReadBufferSize: 4096}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		w.lost.Store(true)
		w.ahead.Store(int64(6 * time.Second))
		n, err := io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if !errors.Is(err, io.ErrUnexpectedEOF) || n+1<<20 >= 48<<20 {
			t.Errorf("plain %v: %d bytes more, and %v", plain, n, err)
		}
		resp2, b := w.ask(http.MethodGet, strings.TrimPrefix(req.URL.Path, w.url), "Range", "bytes=50000000-", "If-Range", w.etag)
		if code, _ := problemOf(t, resp2, b); code != "ticket.withdrawn" {
			t.Error(code)
		}
	}
}

func TestTroubleIsNamedByAnIncidentAndTellsNothingElse(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t, 10)
	path := w.ticket()
	p.fail = errors.New("the disk is on fire at /secret/place")
	resp, b := w.ask(http.MethodGet, path)
	code, incident := problemOf(t, resp, b)
	if resp.StatusCode != 500 || code != "internal" || incident == "" || strings.Contains(string(b), "fire") {
		t.Error(resp.Status, string(b))
	}
	if !strings.Contains(w.log.String(), incident) || !strings.Contains(w.log.String(), "on fire") {
		t.Error("the incident is not in the log:", w.log)
	}
	p.fail = blob.Unavailable(errors.New("away"))
	resp, b = w.ask(http.MethodGet, path)
	if code, _ := problemOf(t, resp, b); resp.StatusCode != 503 || code != blob.CodeUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Error(resp.Status, string(b))
	}
	p.fail = nil
	if resp, _ = w.ask(http.MethodGet, path); resp.StatusCode != 200 { // trouble of ours used nothing up
		t.Error(resp.Status)
	}
	if regexp.MustCompile(`dl_[A-Za-z0-9_-]{10}`).MatchString(w.log.String()) {
		t.Error("a token is in the log")
	}
}

func TestAClientThatTakesNothingIsCut(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		w, p := newWorldWith(t, 24<<20, 500*time.Millisecond)
		p.plain = plain
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+w.ticket(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Transport{ReadBufferSize: 4096, DialContext: narrow}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		deadline, tick := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
		for w.streams() > 0 {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("plain %v: the stream goes on", plain)
			}
		}
		if n, err := io.Copy(io.Discard, resp.Body); err == nil {
			t.Errorf("plain %v: all %d bytes came", plain, n)
		}
		_ = resp.Body.Close()
	}
}

// narrow dials a connection that holds little on its way.
func narrow(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		_ = c.(*net.TCPConn).SetReadBuffer(64 << 10)
	}
	return c, err
}

func (w *world) streams() (n int) {
	w.t.Helper()
	if err := pg.Across(w.t.Context(), w.db, func(tx pg.Tx) error {
		return tx.QueryRow(w.t.Context(), "select coalesce(sum(streams), 0) from ticket").Scan(&n)
	}); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// tus speaks the protocol as its text says, with one world's server.
type tus struct {
	*world
	t   *testing.T
	who asker
}

// say sends one request of the protocol; header are names and values, of which
// an empty value takes a default away.
func (u *tus) say(method, at string, body io.Reader, header ...string) answer {
	u.t.Helper()
	req, err := http.NewRequestWithContext(u.t.Context(), method, u.url+at, body)
	if err != nil {
		u.t.Fatal(err)
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	if body != nil {
		req.Header.Set("Content-Type", "application/offset+octet-stream")
	}
	req.Header.Set("Authorization", u.who.header)
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] == "" {
			req.Header.Del(header[i])
			continue
		}
		req.Header.Add(header[i], header[i+1])
		req.Header[http.CanonicalHeaderKey(header[i])] = req.Header.Values(header[i])[max(0, len(req.Header.Values(header[i]))-1):]
	}
	if u.who.cookie != "" {
		req.Header.Del("Authorization")
		req.AddCookie(&http.Cookie{Name: "tg_s", Value: u.who.cookie})
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		u.t.Fatal(method, at, err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, b}
}

// wants is say that insists on a status.
func (u *tus) wants(status int, method, at string, body io.Reader, header ...string) http.Header {
	u.t.Helper()
	a := u.say(method, at, body, header...)
	if a.status != status {
		u.t.Errorf("%s %s %q: %d %s, want %d", method, at, header, a.status, a.body, status)
	}
	if a.header.Get("Tus-Resumable") != "1.0.0" {
		u.t.Errorf("%s %s: no Tus-Resumable", method, at)
	}
	return a.header
}

const uploadsAt = "/api/v1/uploads"

func (u *tus) create(size int, header ...string) (at string) {
	u.t.Helper()
	h := u.wants(201, "POST", uploadsAt, nil, append([]string{"Upload-Length", strconv.Itoa(size)}, header...)...)
	if at = h.Get("Location"); !strings.HasPrefix(at, uploadsAt+"/upl_") {
		u.t.Fatal("Location:", at)
	}
	return at
}

func (u *tus) offset(at, want string) {
	u.t.Helper()
	h := u.wants(200, "HEAD", at, nil)
	if got := h.Get("Upload-Offset"); got != want {
		u.t.Errorf("HEAD says offset %s, want %s", got, want)
	}
}

func (u *tus) patch(status int, at string, offset int, b []byte, header ...string) http.Header {
	u.t.Helper()
	return u.wants(status, "PATCH", at, bytes.NewReader(b), append([]string{"Upload-Offset", strconv.Itoa(offset)}, header...)...)
}

// bytesOf fetches what the archive has of an asset.
func (u *tus) bytesOf(asset string) []byte {
	u.t.Helper()
	var d struct{ URL string }
	a := u.do(u.who, "POST", "/api/v1/assets/"+asset+"/downloads", object{"variant": "original"})
	if a.into(u.t, &d); a.status != http.StatusCreated {
		u.t.Fatalf("%d %s", a.status, a.body)
	}
	return u.do(asker{}, "GET", d.URL, nil).body
}

func (u *tus) holds(asset string, want []byte) {
	u.t.Helper()
	if got := u.bytesOf(asset); !bytes.Equal(got, want) {
		u.t.Errorf("%s holds %d bytes that differ from the %d sent", asset, len(got), len(want))
	}
}

func text(n int, seed string) []byte {
	return bytes.Repeat([]byte(seed+" på väg in\n"), n/len(seed+" på väg in\n")+1)[:n]
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

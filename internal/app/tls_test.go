// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// door is a served house's own listeners.
type door struct {
	tls, plain string // addresses
	name       string // of the certificate
	pool       *x509.CertPool
	stop       func()
}

// open serves the world's house at listeners of its own until the test ends or
// stop is called.
func (w *world) open(t *testing.T, pool *x509.CertPool, change func(*Config)) *door {
	t.Helper()
	h := *w.house // the rooms are shared, the listeners are not
	h.cfg.Listen, h.cfg.MetricsListen = "127.0.0.1:0", ""
	change(&h.cfg)
	l, err := listen(t.Context(), h.cfg, h.log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.serve(ctx, l, "", io.Discard) }()
	d := &door{tls: l.main.Addr().String(), name: "localhost", pool: pool}
	if l.plain != nil {
		d.plain = l.plain.Addr().String()
	}
	stopped := false
	d.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error("serve:", err)
		}
		l.close()
	}
	t.Cleanup(d.stop)
	return d
}

// shake makes a TLS connection and says how it came out.
func (d *door) shake(c *tls.Config) (tls.ConnectionState, error) {
	c.ServerName, c.RootCAs = d.name, d.pool
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 30 * time.Second}, "tcp", d.tls, c)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = conn.Close() }()
	return conn.ConnectionState(), nil
}

func (d *door) serial(t *testing.T) *big.Int {
	t.Helper()
	s, err := d.shake(&tls.Config{MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	return s.PeerCertificates[0].SerialNumber
}

// client asks the door over TLS and trusts its certificate, or any for a door
// without a pool.
func (d *door) client(t *testing.T, http2 bool) *http.Client {
	t.Helper()
	tr := &http.Transport{
		ForceAttemptHTTP2: http2,
		TLSClientConfig:   &tls.Config{ServerName: d.name, RootCAs: d.pool, MinVersion: tls.VersionTLS12, InsecureSkipVerify: d.pool == nil},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			to := d.tls
			if strings.HasSuffix(addr, ":80") {
				to = d.plain
			}
			return new(net.Dialer).DialContext(ctx, network, to)
		},
	}
	if !http2 {
		tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func ask(t *testing.T, c *http.Client, method, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, b
}

// warned returns the warnings that /readyz has, and wants it to be ready.
func (d *door) warned(t *testing.T) string {
	t.Helper()
	res, body := ask(t, d.client(t, true), http.MethodGet, "https://"+d.name+"/readyz")
	var a struct {
		Ready    bool
		Warnings []string
	}
	if err := json.Unmarshal(body, &a); err != nil || res.StatusCode != http.StatusOK || !a.Ready {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
	return strings.Join(a.Warnings, "; ")
}

// probe tries every version, every suite and both HTTPs at one listener, whose
// certificates are of the kinds that suites name so.
func (d *door) probe(t *testing.T, kinds ...string) {
	t.Helper()
	var all []uint16
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		all = append(all, s.ID)
	}
	for _, old := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if s, err := d.shake(&tls.Config{MinVersion: old, MaxVersion: old, CipherSuites: all}); err == nil {
			t.Errorf("%s was spoken, with %s", tls.VersionName(old), tls.CipherSuiteName(s.CipherSuite))
		}
	}
	good := 0
	for _, suite := range all {
		name := tls.CipherSuiteName(suite)
		if strings.HasPrefix(name, "TLS_AES") || strings.HasPrefix(name, "TLS_CHACHA20") {
			continue // of TLS 1.3, where the server chooses
		}
		want := strings.HasPrefix(name, "TLS_ECDHE_") && (strings.Contains(name, "GCM") || strings.Contains(name, "POLY1305")) && slices.ContainsFunc(kinds, func(k string) bool { return strings.Contains(name, k) })
		_, err := d.shake(&tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}})
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			good++
		}
	}
	if good != 3*len(kinds) {
		t.Errorf("%d suites of TLS 1.2 work", good)
	}
	if s, err := d.shake(&tls.Config{MinVersion: tls.VersionTLS13}); err != nil || s.Version != tls.VersionTLS13 {
		t.Error(s.Version, err)
	}
	for _, two := range []bool{true, false} {
		c := d.client(t, two)
		for path, status := range map[string]int{"/healthz": 200, "/api/v1/assets": 401, "/d/nothing": 404, "/api/docs": 200} {
			res, _ := ask(t, c, http.MethodGet, "https://"+d.name+path)
			if res.StatusCode != status || res.Header.Get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains" || (res.ProtoMajor == 2) != two {
				t.Errorf("%s by %s: %d %q", path, res.Proto, res.StatusCode, res.Header.Get("Strict-Transport-Security"))
			}
		}
	}
}

func mountedIn(dir string) func(*Config) {
	return func(c *Config) {
		c.TLSCert, c.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		c.BaseURL = "https://localhost"
	}
}

func TestMV1_OwnListenersSpeakOnlyGoodTLSWithAMountedCertificate(t *testing.T) {
	t.Parallel()
	w, a := newWorld(t), newAuthority(t)
	for name, key := range map[string]crypto.Signer{"ECDSA": ecdsaKey(t), "RSA": rsaKey(t)} {
		dir := t.TempDir()
		a.issue(t, dir, key, 90*24*time.Hour)
		d := w.open(t, a.pool, mountedIn(dir))
		t.Run(name, func(t *testing.T) { d.probe(t, "_"+name+"_") })
		if s := d.warned(t); s != "" {
			t.Error("warned of a young certificate:", s)
		}
	}

	t.Run("renewed on disk", func(t *testing.T) {
		dir, key := t.TempDir(), ecdsaKey(t)
		first := a.issue(t, dir, key, 20*24*time.Hour+time.Hour)
		d := w.open(t, a.pool, mountedIn(dir))
		if got := d.serial(t); got.Cmp(first) != 0 {
			t.Fatal(got)
		}
		if s := d.warned(t); s != "the TLS certificate expires in 20 days" {
			t.Error(s)
		}
		good, err := os.ReadFile(filepath.Join(dir, "cert.pem"))
		if err != nil {
			t.Fatal(err)
		}
		for what, broken := range map[string][]byte{"cut": good[:len(good)/2], "empty": nil, "of another": good} {
			if what == "of another" { // key and certificate do not belong together
				other := t.TempDir()
				a.issue(t, other, ecdsaKey(t), time.Hour)
				if broken, err = os.ReadFile(filepath.Join(other, "cert.pem")); err != nil {
					t.Fatal(err)
				}
			}
			replace(t, filepath.Join(dir, "cert.pem"), broken)
			if got := d.serial(t); got.Cmp(first) != 0 {
				t.Error(what, got)
			}
			if s := d.warned(t); !strings.Contains(s, "make no certificate") {
				t.Error(what, s)
			}
		}
		if err := os.Remove(filepath.Join(dir, "cert.pem")); err != nil {
			t.Fatal(err)
		}
		if got := d.serial(t); got.Cmp(first) != 0 {
			t.Error("removed", got)
		}
		second := a.issue(t, dir, ecdsaKey(t), 80*24*time.Hour)
		if got := d.serial(t); got.Cmp(second) != 0 {
			t.Error("a renewal needs a restart", got)
		}
		if s := d.warned(t); s != "" {
			t.Error(s)
		}
	})

	t.Run("expired", func(t *testing.T) {
		dir := t.TempDir()
		a.issue(t, dir, ecdsaKey(t), -time.Hour)
		d := w.open(t, nil, mountedIn(dir))
		if s := d.warned(t); !strings.HasPrefix(s, "the TLS certificate expired 20") {
			t.Error(s)
		}
	})

	t.Run("files that are none", func(t *testing.T) {
		dir := t.TempDir()
		cfg := Config{}
		mountedIn(dir)(&cfg)
		if _, err := newCertificates(cfg, nil, w.log); err == nil || !strings.Contains(err.Error(), "TILLGANG_TLS_CERT") {
			t.Error(err)
		}
		replace(t, cfg.TLSCert, []byte("hello"))
		replace(t, cfg.TLSKey, []byte("hello"))
		if _, err := newCertificates(cfg, nil, w.log); err == nil || !strings.Contains(err.Error(), "TILLGANG_TLS_KEY") {
			t.Error(err)
		}
	})
}

func TestMV1_ThePlainPortRedirectsPagesAndRefusesWhatCarriesARight(t *testing.T) {
	t.Parallel()
	w, a, dir := newWorld(t), newAuthority(t), t.TempDir()
	a.issue(t, dir, ecdsaKey(t), 90*24*time.Hour)
	d := w.open(t, a.pool, func(c *Config) { mountedIn(dir)(c); c.PlainListen = "127.0.0.1:0" })
	c := d.client(t, false)
	for path, to := range map[string]string{
		"/": "/", "/library?q=%C3%A5%20b": "/library?q=%C3%A5%20b", "/folders/a%2Fb": "/folders/a%2Fb", "//evil.example.com/x": "//evil.example.com/x",
	} {
		res, body := ask(t, c, http.MethodGet, "http://evil.example.com"+path)
		if res.StatusCode != http.StatusPermanentRedirect || res.Header.Get("Location") != "https://localhost"+to || res.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %d %v %s", path, res.StatusCode, res.Header, body)
		}
	}
	for _, refused := range []struct{ method, path, header string }{
		{http.MethodGet, "/api/v1/assets", ""},
		{http.MethodGet, "/api", ""},
		{http.MethodPost, "/api/v1/assets", "Bearer tg_x"},
		{http.MethodPost, "/sign-in", ""},
		{http.MethodGet, "/d/ticket", ""},
		{http.MethodGet, "/library", "Bearer tg_x"},
	} {
		res, body := ask(t, c, refused.method, "http://localhost"+refused.path, "Authorization", refused.header)
		var p struct{ Code string }
		if err := json.Unmarshal(body, &p); err != nil || res.StatusCode != http.StatusForbidden || p.Code != "request.not_tls" || res.Header.Get("Location") != "" || len(res.Cookies()) > 0 {
			t.Errorf("%v: %d %v %s", refused, res.StatusCode, res.Header, body)
		}
	}
}

func TestListenersSayWhatKeepsThemFromAPort(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	w := func(c Config) string {
		l, err := listen(t.Context(), c, quiet())
		l.close()
		return fmt.Sprint(err)
	}
	if s := w(Config{Listen: taken.Addr().String()}); !strings.Contains(s, "TILLGANG_LISTEN") || !strings.Contains(s, "another program uses it") {
		t.Error(s)
	}
	if s := w(Config{Listen: "127.0.0.1:0", TLSCert: "x", PlainListen: taken.Addr().String()}); !strings.Contains(s, "TILLGANG_PLAIN_LISTEN") {
		t.Error(s)
	}
	for name, env := range map[string]map[string]string{
		"plain beside plain": {"TILLGANG_PLAIN_LISTEN": ":80"},
		"both ways":          {"TILLGANG_TLS_CERT": "a", "TILLGANG_TLS_KEY": "b", "TILLGANG_ACME_DOMAINS": "a.example.se", "TILLGANG_ACME_DIRECTORY": "https://ca.example.se/dir", "TILLGANG_ACME_COUNTRY": "SE"},
		"half":               {"TILLGANG_TLS_CERT": "a"},
		"no authority":       {"TILLGANG_ACME_DOMAINS": "a.example.se"},
	} {
		if _, err := ReadConfig(env); err == nil {
			t.Error(name, "is taken")
		}
	}
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

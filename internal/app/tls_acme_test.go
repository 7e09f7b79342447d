// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pebble is a real ACME server: Let's Encrypt's own small one, for tests.
type pebble struct {
	directory string         // URL
	ca        string         // file with the authority of its own certificate
	roots     *x509.CertPool // of the certificates it issues
	stop      func()
}

// findPebble looks for the server where "make setup" and the Makefile put it.
func findPebble(t *testing.T) string {
	t.Helper()
	places := []string{os.Getenv("TILLGANG_TEST_PEBBLE"), "../../.cache/bin/pebble"}
	if home, err := os.UserHomeDir(); err == nil {
		places = append(places, filepath.Join(home, "go", "bin", "pebble"))
	}
	for _, p := range places {
		if st, err := os.Stat(p); p != "" && err == nil && st.Mode().IsRegular() {
			if p, err = filepath.Abs(p); err == nil {
				return p
			}
		}
	}
	t.Fatal("the ACME server pebble is not installed: run make setup")
	return ""
}

// startPebble starts one that reaches every name on the loopback, at the ports
// of d, and issues certificates at once.
func startPebble(t *testing.T, tlsPort, plainPort string) *pebble {
	t.Helper()
	program, a, dir := findPebble(t), newAuthority(t), t.TempDir()
	a.issue(t, dir, ecdsaKey(t), 24*time.Hour)
	p := &pebble{ca: filepath.Join(dir, "ca.pem")}
	replace(t, p.ca, pemOf(a.cert))
	for range 5 { // a free port may be taken meanwhile
		own, manage := freePort(t), freePort(t)
		replace(t, filepath.Join(dir, "pebble.json"), fmt.Appendf(nil, `{"pebble": {
			"listenAddress": "127.0.0.1:%s", "managementListenAddress": "127.0.0.1:%s", "certificate": "cert.pem", "privateKey": "key.pem",
			"httpPort": %s, "tlsPort": %s, "retryAfter": {"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa"}}`, own, manage, plainPort, tlsPort))
		c := exec.CommandContext(t.Context(), program, "-config", "pebble.json", "-strict", "-dnsserver", loopbackNames(t))
		c.Dir, c.Env = dir, []string{"PEBBLE_VA_NOSLEEP=1"}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		c.Stderr = c.Stdout
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { // its log; it ends with the process
			defer close(ended)
			for s := bufio.NewScanner(out); s.Scan(); {
				t.Log(s.Text())
			}
		}()
		stopped := false
		p.stop = func() {
			if stopped {
				return
			}
			stopped = true
			_ = c.Process.Kill()
			<-ended
			_ = c.Wait()
		}
		t.Cleanup(p.stop)
		if roots := issuers(t, a.pool, manage, ended); roots != nil {
			p.directory, p.roots = "https://localhost:"+own+"/dir", roots
			return p
		}
		p.stop()
	}
	t.Fatal("pebble does not start")
	return nil
}

// issuers asks pebble for its root as soon as it answers; nil when it ended.
func issuers(t *testing.T, trust *x509.CertPool, port string, ended <-chan struct{}) *x509.CertPool {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}}
	defer tr.CloseIdleConnections()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		select {
		case <-ended:
			return nil
		case <-time.After(20 * time.Millisecond):
		}
		res, err := (&http.Client{Transport: tr}).Get("https://localhost:" + port + "/roots/0")
		if err != nil {
			continue
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		roots := x509.NewCertPool()
		if err == nil && roots.AppendCertsFromPEM(b) {
			return roots
		}
	}
	return nil
}

// loopbackNames answers every question of the DNS with 127.0.0.1 (RFC 1035,
// over TCP), and returns its address.
func loopbackNames(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				for answerName(c) == nil {
				}
			}()
		}
	}()
	return l.Addr().String()
}

func answerName(c net.Conn) error {
	head := make([]byte, 2)
	if _, err := io.ReadFull(c, head); err != nil {
		return err
	}
	q := make([]byte, binary.BigEndian.Uint16(head))
	if _, err := io.ReadFull(c, q); err != nil || len(q) < 12 {
		return io.ErrUnexpectedEOF
	}
	end := 12
	for end < len(q) && q[end] != 0 {
		end += int(q[end]) + 1
	}
	if end += 5; end > len(q) { // the root label, type and class
		return io.ErrUnexpectedEOF
	}
	a := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
	if binary.BigEndian.Uint16(q[end-4:]) == 1 { // A
		a[7] = 1
		a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
	}
	_, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
	return err
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// served waits until the door has a certificate, and returns its serial number.
func (d *door) served(t *testing.T) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		s, err := d.shake(&tls.Config{MinVersion: tls.VersionTLS12})
		if err == nil {
			return s.PeerCertificates[0].SerialNumber.String()
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestMV1_ACertificateIsGotByACMEThroughTheGateAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, way := range []struct {
		name  string
		plain bool // by http-01, else by tls-alpn-01
	}{{"tls-alpn-01", false}, {"http-01", true}} {
		t.Run(way.name, func(t *testing.T) {
			data, domain := t.TempDir(), way.name+".bilder.example.se"
			port, plain, nobody := freePort(t), freePort(t), freePort(t)
			p := startPebble(t, port, nobody)
			if way.plain {
				p.stop()
				p = startPebble(t, nobody, plain)
			}
			with := func(c *Config) {
				c.Listen, c.Data = "127.0.0.1:"+port, data
				c.ACMEDomains, c.ACMEDirectory, c.ACMECountry, c.ACMEEmail, c.ACMECA = []string{domain}, p.directory, "SE", "drift@example.se", p.ca
				c.BaseURL = "https://" + domain
				if way.plain {
					c.PlainListen = "127.0.0.1:" + plain
				}
			}
			d := w.open(t, p.roots, with)
			d.name = domain
			first := d.served(t)
			d.probe(t, "_ECDSA_", "_RSA_") // it gets another for clients that know only RSA
			if s := d.warned(t); s != "" {
				t.Error(s)
			}
			if _, err := tls.Dial("tcp", d.tls, &tls.Config{ServerName: "other.example.se", InsecureSkipVerify: true}); err == nil {
				t.Error("a certificate for a name that nobody named")
			}
			asked := int64(0)
			for _, one := range w.destinations().Items {
				if one.Purpose == "acme" && strings.Contains(p.directory, fmt.Sprint(":", one.Port, "/")) {
					asked = one.Connections
				}
			}
			if asked == 0 {
				t.Error("the authority was not asked through the gate")
			}
			if way.plain { // challenges are not all that it answers
				res, _ := ask(t, d.client(t, false), http.MethodGet, "http://"+domain+"/api/v1/assets")
				if res.StatusCode != http.StatusForbidden {
					t.Error(res.Status)
				}
			}

			// Kept: the next start needs no authority.
			d.stop()
			p.stop()
			again := w.open(t, p.roots, with)
			again.name = domain
			if s := again.serial(t).String(); s != first {
				t.Error("another certificate after a restart", s, first)
			}
			if days := int(time.Until(again.leafEnd(t)) / (24 * time.Hour)); days < 1 {
				t.Error(days)
			}
		})
	}
}

func (d *door) leafEnd(t *testing.T) time.Time {
	t.Helper()
	s, err := d.shake(&tls.Config{MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	return s.PeerCertificates[0].NotAfter
}

func TestMV1_AnAuthorityThatCannotBeReachedIsSaidAndTheServerStaysUp(t *testing.T) {
	t.Parallel()
	w, data, port := newWorld(t), t.TempDir(), freePort(t)
	cfg := w.cfg
	cfg.Data, cfg.ACMEDomains, cfg.ACMEDirectory, cfg.ACMECountry = data, []string{"bilder.example.se"}, "https://localhost:"+port+"/dir", "SE"
	h := *w.house
	h.cfg = cfg
	transport, err := h.acmeTransport()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCertificates(cfg, transport, h.log)
	if err != nil {
		t.Fatal(err)
	}
	go c.maintain(t.Context())
	for deadline := time.Now().Add(time.Minute); len(c.warnings(clock())) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is said")
		}
	}
	if s := strings.Join(c.warnings(clock()), ""); !strings.Contains(s, "bilder.example.se") {
		t.Error(s)
	}
}

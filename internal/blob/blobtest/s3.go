// SPDX-License-Identifier: Apache-2.0

package blobtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"tillgang/internal/secret"
)

// Server is a running S3 server: versitygw over a directory, with TLS.
type Server struct {
	Endpoint  string // https://127.0.0.1:port
	Port      int
	AccessKey string
	SecretKey secret.Text
	CAFile    string // PEM of the authority to trust

	dir    string // all of the server's files
	binary string
	pool   *x509.CertPool

	mu   sync.Mutex
	stop func() // nil while stopped
}

var shared struct {
	mu    sync.Mutex
	users int
	s     *Server
}

// S3 returns the S3 server that the tests of this binary share. It runs as long
// as a test that asked for it does. Stop it not: others use it; see OwnS3.
func S3(t testing.TB) *Server {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.users == 0 {
		shared.s = start(t)
	}
	shared.users++
	t.Cleanup(func() {
		shared.mu.Lock()
		defer shared.mu.Unlock()
		if shared.users--; shared.users == 0 {
			shared.s.close()
		}
	})
	return shared.s
}

// OwnS3 returns an S3 server of the test's own, which it may stop and start.
func OwnS3(t testing.TB) *Server {
	t.Helper()
	s := start(t)
	t.Cleanup(s.close)
	return s
}

// Bucket makes an empty bucket and returns its name.
func (s *Server) Bucket(t testing.TB) string {
	t.Helper()
	name := "b" + strings.ToLower(rand.Text())[:20]
	if err := os.Mkdir(filepath.Join(s.dir, "buckets", name), 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

// URL is the storage URL of a bucket.
func (s *Server) URL(bucket string) string {
	return "s3://" + bucket + "?region=us-east-1&path_style=true&endpoint=" + s.Endpoint + "&ca_file=" + s.CAFile
}

// Pool holds the authority to trust.
func (s *Server) Pool() *x509.CertPool { return s.pool }

// Transport is one that trusts the server; tests of the whole house use the
// egress gate's instead.
func (s *Server) Transport(t testing.TB) *http.Transport {
	t.Helper()
	tr := &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: s.pool, MinVersion: tls.VersionTLS12},
		DisableCompression: true, MaxIdleConnsPerHost: 16,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func start(t testing.TB) *Server {
	t.Helper()
	binary, err := find()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tillgang-s3-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{AccessKey: "test" + rand.Text()[:12], SecretKey: secret.New(rand.Text()), dir: dir, binary: binary, CAFile: filepath.Join(dir, "ca.pem")}
	for _, d := range []string{"buckets", "sidecar"} {
		err = errors.Join(err, os.Mkdir(filepath.Join(dir, d), 0o700))
	}
	if err == nil {
		err = s.certify()
	}
	for range 3 { // the free port may be taken meanwhile
		if err != nil {
			break
		}
		if s.Port, err = freePort(); err == nil {
			if err = s.run(); err == nil {
				break
			}
		}
	}
	if err != nil {
		s.close()
		t.Fatalf("start versitygw: %v", err)
	}
	s.Endpoint = fmt.Sprintf("https://127.0.0.1:%d", s.Port)
	return s
}

// find looks for the server where deploy/setup.sh puts it and then around.
func find() (string, error) {
	var places []string
	if p := os.Getenv("TILLGANG_TEST_VERSITYGW"); p != "" {
		places = append(places, p)
	}
	if wd, err := os.Getwd(); err == nil {
		for d := wd; d != filepath.Dir(d); d = filepath.Dir(d) {
			if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
				places = append(places, filepath.Join(d, ".cache", "bin", "versitygw"))
				break
			}
		}
	}
	if p, err := exec.LookPath("versitygw"); err == nil {
		places = append(places, p)
	}
	gopath := os.Getenv("GOPATH")
	if home, err := os.UserHomeDir(); gopath == "" && err == nil {
		gopath = filepath.Join(home, "go")
	}
	places = append(places, filepath.Join(gopath, "bin", "versitygw"))
	for _, p := range places {
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return p, nil
		}
	}
	return "", errors.New("the S3 server versitygw is not installed: run make setup")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// certify makes an authority and a certificate for the loopback address.
func (s *Server) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Tillgang test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return err
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.pool = x509.NewCertPool()
	s.pool.AppendCertsFromPEM(cert)
	return errors.Join(
		os.WriteFile(s.CAFile, cert, 0o600),
		os.WriteFile(filepath.Join(s.dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k}), 0o600),
	)
}

// Start starts a stopped server again, on the same port with the same buckets.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return
	}
	if err := s.run(); err != nil {
		t.Fatalf("start versitygw again: %v", err)
	}
}

// Stop kills the server at once, as a power cut would. It returns when no
// connection is answered any more.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

func (s *Server) close() {
	s.Stop()
	_ = os.RemoveAll(s.dir)
}

func (s *Server) run() error {
	args := []string{
		"--port", fmt.Sprintf("127.0.0.1:%d", s.Port), "--cert", s.CAFile, "--key", filepath.Join(s.dir, "key.pem"),
		"--region", "us-east-1", "--keep-alive", "--quiet", "posix",
	}
	if !s.attributes() {
		args = append(args, "--sidecar", filepath.Join(s.dir, "sidecar"))
	}
	cmd := exec.Command(s.binary, append(args, filepath.Join(s.dir, "buckets"))...)
	cmd.Env = []string{"ROOT_ACCESS_KEY=" + s.AccessKey, "ROOT_SECRET_KEY=" + s.SecretKey.Reveal(), "HOME=" + s.dir, "PATH=" + os.Getenv("PATH")}
	cmd.Dir = s.dir
	cmd.SysProcAttr = dieWithParent()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	started, ended := make(chan error), make(chan struct{})
	go func() { // the kernel watches the thread that starts the child
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	stop := func() { _ = cmd.Process.Kill(); <-ended }
	for deadline := time.Now().Add(30 * time.Second); ; {
		c, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port), &tls.Config{RootCAs: s.pool, MinVersion: tls.VersionTLS12})
		if err == nil {
			_ = c.Close()
			s.stop = stop
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("it ended at once: %s", out.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			stop()
			return fmt.Errorf("it does not answer: %w: %s", err, out.String())
		}
	}
}

// attributes reports whether the file system has extended attributes, where the
// server keeps what it knows of objects.
func (s *Server) attributes() bool {
	return setAttribute(s.dir) == nil
}

// SPDX-License-Identifier: Apache-2.0

package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tillgang/internal/blob/blobtest"
	"tillgang/internal/pg/pgtest"
)

// region is several nodes over one database and one storage, behind nginx.
type region struct {
	t      *testing.T
	front  *world // through nginx
	serves []*machine
	works  []*machine

	balance func(out int) // takes the node of this number out of nginx's turn; -1: none
}

// node is a machine of the region; all share database, storage and secret.
func (r *region) node(owner string, s3 *blobtest.Server, bucket string) *machine {
	m := newMachine(r.t)
	m.env = append(m.env,
		"TILLGANG_DATABASE_URL="+owner, "TILLGANG_SECRET="+strings.Repeat("region ", 6),
		"TILLGANG_STORAGE_URL="+s3.URL(bucket), "TILLGANG_STORAGE_ACCESS_KEY="+s3.AccessKey, "TILLGANG_STORAGE_SECRET_KEY="+s3.SecretKey.Reveal(),
		"TILLGANG_STORAGE_COUNTRY=SE", "TILLGANG_STORAGE_SITE=Testhallen", "TILLGANG_STORAGE_JURISDICTION=SE",
		"TILLGANG_TRUSTED_PROXIES=127.0.0.0/8", "TILLGANG_DRAIN=2s", "TILLGANG_JOBS=false", "TILLGANG_WORKERS=1")
	return m
}

func newRegion(t *testing.T) *region {
	t.Helper()
	s3 := blobtest.OwnS3(t)
	bucket, owner := s3.Bucket(t), pgtest.URL(t)
	r := &region{t: t}
	for range 2 {
		r.serves = append(r.serves, r.node(owner, s3, bucket))
		r.works = append(r.works, r.node(owner, s3, bucket))
	}
	r.front = &world{t: t, url: r.nginx(), resend: true} // nginx closes kept connections when it reloads
	return r
}

// nginx runs the configuration that we ship, with other addresses.
func (r *region) nginx() string {
	t := r.t
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		if path = "/usr/sbin/nginx"; !isFile(path) {
			t.Fatal("nginx is missing: run make setup")
		}
	}
	shipped, err := os.ReadFile(filepath.Join("..", "..", "deploy", "nginx", "tillgang.conf"))
	if err != nil {
		t.Fatal(err)
	}
	dir, port := t.TempDir(), freePort(t)
	site := strings.NewReplacer("127.0.0.1:8081", "127.0.0.1:"+r.serves[0].port, "127.0.0.1:8082", "127.0.0.1:"+r.serves[1].port, "127.0.0.1:8080", "127.0.0.1:"+port).Replace(string(shipped))
	conf := "daemon off; worker_processes 1; pid " + dir + "/pid; error_log stderr warn;\nevents { worker_connections 512; }\nhttp {\naccess_log off;\n"
	for _, p := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += fmt.Sprintf("%s_temp_path %s/%s;\n", p, dir, p)
	}
	if os.Geteuid() == 0 {
		conf = "user root;\n" + conf
	}
	file := filepath.Join(dir, "nginx.conf")
	write := func(out int) {
		now := site
		if out >= 0 {
			now = strings.Replace(site, r.serves[out].port+" max_fails", r.serves[out].port+" down max_fails", 1)
		}
		if err := os.WriteFile(file, []byte(conf+now+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(-1)
	said := &notebook{}
	c := exec.Command(path, "-p", dir, "-e", "stderr", "-c", file)
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r.balance = func(out int) {
		write(out)
		if err := c.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // the old worker hands over; what it still sends meets a node that lingers
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
		if t.Failed() {
			t.Logf("nginx: %s", said)
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = conn.Close()
			return "http://127.0.0.1:" + port
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx does not listen: %s", said)
		}
	}
}

func isFile(path string) bool { _, err := os.Stat(path); return err == nil }

// work starts a node that only works jobs.
func (m *machine) work() *server {
	m.t.Helper()
	return m.launch("work")
}

// launch starts a node and does not wait for it.
func (m *machine) launch(command string) *server {
	m.t.Helper()
	s := &server{world: &world{t: m.t, url: "http://127.0.0.1:" + m.port}, out: &notebook{}, ended: make(chan struct{})}
	s.cmd = exec.Command(m.bin, command)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = m.env, s.out, s.out
	if err := s.cmd.Start(); err != nil {
		m.t.Error(err)
		close(s.ended)
		return s
	}
	go func() {
		_ = s.cmd.Wait()
		s.code = s.cmd.ProcessState.ExitCode()
		close(s.ended)
	}()
	m.t.Cleanup(s.kill)
	return s
}

// load sends requests of an ordinary day until stop is called, which returns
// how many were sent and what was stored. Whatever fails fails the test.
func (r *region) load(who asker) (stop func() (sent int64, stored []wireAsset)) {
	var wg sync.WaitGroup
	var sent atomic.Int64
	var mu sync.Mutex
	var stored []wireAsset
	over := make(chan struct{})
	worker := func(do func(n int) (string, answer, error)) {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				what, a, err := do(n)
				sent.Add(1)
				if err != nil || a.status >= 400 {
					r.t.Errorf("%s failed: %v %d %.200s", what, err, a.status, a.body)
					return
				}
			}
		})
	}
	for i := range 2 {
		worker(func(n int) (string, answer, error) {
			content := fmt.Appendf(nil, "file %d of %d: %s", n, i, strings.Repeat("x", n%1000))
			a, err := r.front.tryUpload(who, fmt.Sprintf("f%d-%d.txt", i, n), content)
			if err == nil && a.status == http.StatusCreated {
				var made wireAsset
				a.into(r.t, &made)
				if sum := sha256.Sum256(content); made.SHA256 != hex.EncodeToString(sum[:]) {
					r.t.Errorf("%s has the wrong hash", made.Name)
				}
				mu.Lock()
				stored = append(stored, made)
				mu.Unlock()
			}
			return "an upload", a, err
		})
		worker(func(int) (string, answer, error) {
			a, err := r.front.try(who, "GET", "/api/v1/assets?limit=20", nil)
			return "a list", a, err
		})
		worker(func(n int) (string, answer, error) {
			mu.Lock()
			var of string
			if len(stored) > 0 {
				of = stored[n%len(stored)].ID
			}
			mu.Unlock()
			if of == "" { // nothing is stored yet
				a, err := r.front.try(who, "GET", "/api/v1/folders", nil)
				return "a tree", a, err
			}
			a, err := r.front.try(who, "PATCH", "/api/v1/assets/"+of, object{"fields": object{"credit": object{"value": fmt.Sprint("n ", n)}}})
			return "an edit", a, err
		})
	}
	return func() (int64, []wireAsset) {
		close(over)
		wg.Wait()
		return sent.Load(), stored
	}
}

// MV-7: changing the version of one node after the other is seen by nobody.
func TestMV7_ARollingRestartFailsNoRequest(t *testing.T) {
	t.Parallel()
	r := newRegion(t)
	serves := []*server{r.serves[0].serve(), r.serves[1].serve()}
	works := []*server{r.works[0].work(), r.works[1].work()}
	who := r.serves[0].key()
	stop := r.load(who)
	for i, s := range serves {
		r.balance(i)
		s.stop()
		serves[i] = r.serves[i].serve()
		r.balance(-1)
		works[i].stop()
		works[i] = r.works[i].work()
	}
	sent, stored := stop()
	t.Logf("%d requests, %d of them uploads, during two restarts of everything", sent, len(stored))
	if sent < 50 || len(stored) == 0 {
		t.Errorf("only %d requests and %d uploads: the load was none", sent, len(stored))
	}
	for _, a := range stored {
		if got := r.front.settled(who, a.ID); got.State != "ready" {
			t.Errorf("%s is %s: %s", a.Name, got.State, got.StateReason)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

// Package scantest runs a real ClamAV daemon that knows one signature: that of
// the EICAR test file, which is harmless and made for this.
package scantest

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Signature is what the daemon calls the test file.
const Signature = "Eicar-Test-Signature.UNOFFICIAL"

// Limit is the daemon's StreamMaxLength, in bytes.
const Limit = 4 << 20

// Eicar returns the EICAR test file. It is put together here so that scanners
// do not find it in this source.
func Eicar() []byte {
	return []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + "EICAR-STANDARD" + "-ANTIVIRUS-TEST-FILE!" + `$H+H*`)
}

// Daemon is a clamd of one test.
type Daemon struct {
	Socket string // path of its unix socket

	t    testing.TB
	dir  string
	stop func()
}

// Start runs a daemon until the test ends.
func Start(t testing.TB) *Daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "clamd") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &Daemon{Socket: filepath.Join(dir, "clamd.ctl"), t: t, dir: dir}
	db := filepath.Join(dir, "db")
	write(t, filepath.Join(db, "eicar.ndb"), fmt.Sprintf("%s:0:*:%s\n", strings.TrimSuffix(Signature, ".UNOFFICIAL"), hex.EncodeToString(Eicar())))
	write(t, filepath.Join(dir, "clamd.conf"), fmt.Sprintf(
		"LocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nForeground yes\nStreamMaxLength %d\nDisableCache yes\nExitOnOOM yes\n",
		d.Socket, db, dir, Limit))
	d.Run()
	t.Cleanup(d.Stop)
	return d
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Run starts the daemon again after Stop and waits until it answers.
func (d *Daemon) Run() {
	d.t.Helper()
	path, err := exec.LookPath("clamd")
	if err != nil {
		if path = "/usr/sbin/clamd"; !exists(path) {
			d.t.Fatal("clamd is missing: run make setup")
		}
	}
	var log bytes.Buffer
	cmd := exec.Command(path, "--config-file="+filepath.Join(d.dir, "clamd.conf"))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	d.stop = func() { _ = cmd.Process.Kill(); <-ended }
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for {
		if c, err := d.Dial(context.Background()); err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-ended:
			d.t.Fatalf("clamd ended: %s", log.String())
		case <-limit.C:
			d.stop()
			d.t.Fatalf("clamd does not answer: %s", log.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// Stop kills the daemon.
func (d *Daemon) Stop() {
	if d.stop != nil {
		d.stop()
		d.stop = nil
		_ = os.Remove(d.Socket)
	}
}

// Dial connects to the daemon.
func (d *Daemon) Dial(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", d.Socket)
}

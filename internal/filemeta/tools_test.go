// SPDX-License-Identifier: Apache-2.0

package filemeta_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// tool runs a program of the machine.
func tool(tb testing.TB, name string, args ...string) {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		tb.Fatal(name + " is missing: run make setup")
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// writer is one exiftool for all tests, since starting it takes most of its time.
var writer struct {
	sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

func TestMain(m *testing.M) {
	code := m.Run()
	if writer.cmd != nil {
		_, _ = io.WriteString(writer.in, "-stay_open\nFalse\n")
		_ = writer.in.Close()
		_ = writer.cmd.Wait()
	}
	os.Exit(code)
}

// exiftool writes tags. The last argument is the file.
func exiftool(tb testing.TB, args ...string) {
	tb.Helper()
	writer.Lock()
	defer writer.Unlock()
	if writer.cmd == nil {
		path, err := exec.LookPath("exiftool")
		if err != nil {
			tb.Fatal("exiftool is missing: run make setup")
		}
		c := exec.Command(path, "-stay_open", "True", "-@", "-")
		in, err1 := c.StdinPipe()
		out, err2 := c.StdoutPipe()
		c.Stderr = c.Stdout
		if err1 != nil || err2 != nil || c.Start() != nil {
			tb.Fatal("exiftool does not start", err1, err2)
		}
		writer.in, writer.out, writer.cmd = in, bufio.NewReader(out), c
	}
	for _, a := range append([]string{"-overwrite_original"}, args...) {
		if _, err := fmt.Fprintln(writer.in, a); err != nil {
			tb.Fatal(err)
		}
	}
	_, _ = fmt.Fprintln(writer.in, "-execute")
	var said strings.Builder
	for {
		line, err := writer.out.ReadString('\n')
		if err != nil {
			tb.Fatal(err)
		}
		if strings.HasPrefix(line, "{ready}") {
			break
		}
		said.WriteString(line)
	}
	if s := said.String(); !strings.Contains(s, "1 image files updated") && !strings.Contains(s, "1 image files unchanged") || strings.Contains(said.String(), "Error") {
		tb.Fatalf("exiftool %v: %s", args, said.String())
	}
}

// SPDX-License-Identifier: Apache-2.0

package document

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tillgang/internal/sandbox"
)

// The test binary is also the first stage of a sandbox, and the reader in it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case sandbox.Command:
			os.Exit(sandbox.Main(os.Args[2:]))
		case WorkerArg:
			os.Exit(WorkerMain(os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// open returns a reader with real tools in a real sandbox, and a private folder.
func open(t *testing.T) (Reader, string) {
	t.Helper()
	box := sandbox.New("", filepath.Join(t.TempDir(), "scratch"), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { must(t, box.Close()) })
	dir, remove, err := box.Scratch(t.Context())
	must(t, err)
	t.Cleanup(remove)
	office, _ := FindOffice()
	run := func(l sandbox.Limits, env ...string) Run {
		return func(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
			r, err := box.Run(ctx, sandbox.Task{Dir: dir, Read: inputs, Argv: argv, Limits: l, Env: env})
			return r.Stdout, err
		}
	}
	slow := sandbox.Limits{Memory: 4 << 30, CPU: 120 * time.Second, Wall: 120 * time.Second}
	return Reader{Exe: os.Args[0], Run: run(sandbox.Limits{}), Slow: run(slow, "GODEBUG=asyncpreemptoff=1"), Kit: kit(), Office: office, Has: func(tool string) bool {
		_, err := box.Find(tool)
		return err == nil
	}}, dir
}

// kit builds tillgang-office, once.
var kit = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "tillgang-office")
	if err != nil {
		panic(err)
	}
	exe := filepath.Join(dir, "tillgang-office")
	build := exec.Command("go", "build", "-o", exe, "tillgang/cmd/tillgang-office")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	return exe
})

// put writes a file where the reader can get it.
func put(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	must(t, os.WriteFile(path, content, 0o600))
	return path
}

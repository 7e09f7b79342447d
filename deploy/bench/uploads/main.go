// SPDX-License-Identifier: Apache-2.0

// Command uploads measures a tus upload against writing and hashing the same
// bytes on the same disk, in turn, and the memory that the server takes for
// many uploads at once.
//
// With -versitygw the memory is measured for a storage behind S3, too.
//
//	go run ./deploy/bench/uploads [-binary bin/tillgang] [-mib 1024] [-n 5] [-many 50] [-versitygw PROGRAM] [-out FILE.md]
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"tillgang/deploy/bench/benchserver"
)

func main() {
	binary := flag.String("binary", "bin/tillgang", "the `program`, as make build makes it")
	mib := flag.Int64("mib", 1024, "MiB of a file")
	rounds := flag.Int("n", 5, "how many of each kind")
	many := flag.Int("many", 50, "uploads at once")
	versitygw := flag.String("versitygw", os.Getenv("TILLGANG_TEST_VERSITYGW"), "the S3 server's `program`; empty: without S3")
	out := flag.String("out", "", "write the table to this `file` (default: standard output)")
	flag.Parse()
	text, err := run(context.Background(), *binary, *versitygw, *mib<<20, *rounds, *many)
	if err == nil && *out != "" {
		err = os.WriteFile(*out, []byte(text), 0o644)
	} else {
		fmt.Print(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "uploads bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, versitygw string, size int64, rounds, many int) (string, error) {
	dir, err := os.MkdirTemp("", "bench-uploads-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	s, err := start(ctx, binary, filepath.Join(dir, "data"))
	if err != nil {
		return "", err
	}
	defer func() { s.Stop() }()
	var plain, tus []time.Duration
	for i := range rounds {
		fmt.Fprintf(os.Stderr, "uploads bench: round %d of %d\n", i+1, rounds)
		one, err := write(filepath.Join(dir, "plain"), size)
		if err != nil {
			return "", err
		}
		settle()
		other, err := s.upload(ctx, size)
		if err != nil {
			return "", err
		}
		if err := s.forget(size); err != nil {
			return "", err
		}
		settle()
		fmt.Fprintf(os.Stderr, "uploads bench: %.2f s and %.2f s\n", one.Seconds(), other.Seconds())
		plain, tus = append(plain, one), append(tus, other)
	}
	before, during, err := s.memory(ctx, many)
	if err != nil {
		return "", err
	}
	lines := fmt.Sprintf("| %d uploads at once, to a directory | %d | %d | %d |\n", many, before>>20, during>>20, (during-before)>>20)
	if versitygw != "" {
		s.Stop()
		env, end, err := gateway(ctx, versitygw, dir)
		if err != nil {
			return "", err
		}
		defer end()
		if s, err = start(ctx, binary, filepath.Join(dir, "data-s3"), env...); err != nil {
			return "", err
		}
		if before, during, err = s.memory(ctx, many); err != nil {
			return "", err
		}
		lines += fmt.Sprintf("| %d uploads at once, to S3 | %d | %d | %d |\n", many, before>>20, during>>20, (during-before)>>20)
	}
	a, b := median(plain), median(tus)
	rate := func(d time.Duration) float64 { return float64(size) / (1 << 20) / d.Seconds() }
	return fmt.Sprintf(`## Uploads

Files of %d MiB, %d of each kind in turn; medians. Written and hashed: the bytes go through SHA-256 into a file that is synced at the end. Each file is removed, and the disk has settled, before the next one comes.

| | s | MiB/s | ratio |
|---|--:|--:|--:|
| written and hashed | %.2f | %.0f | |
| tus upload | %.2f | %.0f | %.2f |

| | RSS before, MiB | highest, MiB | extra MiB |
|---|--:|--:|--:|
%s`, size>>20, rounds, a.Seconds(), rate(a), b.Seconds(), rate(b), float64(a)/float64(b), lines), nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// block is what files are made of; each file begins with bytes of its own.
var block = func() []byte {
	b := make([]byte, 8<<20)
	_, _ = rand.Read(b)
	return b
}()

func content(size int64) io.Reader {
	own := make([]byte, 32)
	_, _ = rand.Read(own)
	readers := []io.Reader{bytes.NewReader(own)}
	for n := int64(0); n < size; n += int64(len(block)) {
		readers = append(readers, bytes.NewReader(block))
	}
	return io.LimitReader(io.MultiReader(readers...), size)
}

// settle waits until the disk has done what was asked of it before, such as
// giving up the blocks of a file that was removed, so that nobody's time has
// another's work in it.
func settle() { syscall.Sync() }

// forget removes what the server keeps of an upload, as the yardstick's file is
// removed: on a machine that must be given memory and blocks when they are first
// written to, whoever writes where somebody else has been is faster by far.
func (s *server) forget(size int64) error {
	n := 0
	err := filepath.WalkDir(filepath.Join(s.data, "blobs"), func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if st, err := e.Info(); err != nil || st.Size() != size {
			return err
		}
		n++
		return os.Remove(path)
	})
	if err == nil && n != 1 {
		err = fmt.Errorf("%d files are as large as the upload", n)
	}
	return err
}

// write is the yardstick.
func write(path string, size int64) (time.Duration, error) {
	defer func() { _ = os.Remove(path) }()
	begin := time.Now()
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	h := sha256.New()
	_, err = io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(f, h)}, struct{ io.Reader }{content(size)}, make([]byte, 256<<10))
	err = errors.Join(err, f.Sync(), f.Close())
	return time.Since(begin), err
}

// server is a running server, spoken to in the protocol.
type server struct {
	*benchserver.Server
	data string
}

func start(ctx context.Context, binary, data string, env ...string) (*server, error) {
	s, err := benchserver.Start(ctx, benchserver.Options{Binary: binary, Data: data, Env: env})
	return &server{s, data}, err
}

// gateway starts an S3 server over a directory and returns the settings that
// lead to it.
func gateway(ctx context.Context, program, dir string) (env []string, end func(), err error) {
	at, err := benchserver.FreePort()
	if err != nil {
		return nil, nil, err
	}
	root := filepath.Join(dir, "s3")
	if err := os.MkdirAll(filepath.Join(root, "bench"), 0o755); err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, program, "--port", at, "--quiet", "posix", root)
	cmd.Env, cmd.Stderr = append(os.Environ(), "ROOT_ACCESS_KEY=benchkey", "ROOT_SECRET_KEY=benchsecret1"), os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	end = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	for range 200 {
		if c, err := net.Dial("tcp", at); err == nil {
			_ = c.Close()
			return []string{
				"TILLGANG_STORAGE_URL=s3://bench?endpoint=http://" + at, "TILLGANG_STORAGE_ACCESS_KEY=benchkey", "TILLGANG_STORAGE_SECRET_KEY=benchsecret1",
				"TILLGANG_STORAGE_COUNTRY=SE", "TILLGANG_STORAGE_SITE=bench", "TILLGANG_STORAGE_JURISDICTION=SE",
			}, end, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	end()
	return nil, nil, errors.New("the S3 server does not answer")
}

func (s *server) do(ctx context.Context, method, at string, body io.Reader, size int64, want int, header ...string) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.URL+at, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	req.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	head, _, err := s.Do(req, want)
	return head, err
}

func (s *server) create(ctx context.Context, size int64) (string, error) {
	said, err := s.do(ctx, http.MethodPost, "/api/v1/uploads", nil, 0, http.StatusCreated, "Upload-Length", strconv.FormatInt(size, 10))
	if err != nil {
		return "", err
	}
	return said.Get("Location"), nil
}

func (s *server) patch(ctx context.Context, at string, r io.Reader, size int64) error {
	_, err := s.do(ctx, http.MethodPatch, at, r, size, http.StatusNoContent, "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
	return err
}

func (s *server) upload(ctx context.Context, size int64) (time.Duration, error) {
	begin := time.Now()
	at, err := s.create(ctx, size)
	if err == nil {
		err = s.patch(ctx, at, content(size), size)
	}
	return time.Since(begin), err
}

// memory sends many files at once, all of which are half there before any ends.
func (s *server) memory(ctx context.Context, many int) (before, during int64, err error) {
	const size = 16 << 20
	if before, _, err = s.Memory(); err != nil {
		return 0, 0, err
	}
	var half, all sync.WaitGroup
	half.Add(many)
	end := make(chan struct{})
	failed := make(chan error, many)
	for range many {
		all.Go(func() {
			at, err := s.create(ctx, size)
			r := content(size)
			wait := readerFunc(func() { half.Done(); <-end })
			if err != nil {
				half.Done()
			} else {
				err = s.patch(ctx, at, io.MultiReader(io.LimitReader(r, size/2), wait, r), size)
			}
			failed <- err
		})
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go func() {
		highest := int64(0)
		for {
			n, _, _ := s.Memory()
			highest = max(highest, n)
			select {
			case <-ended:
				peak <- highest
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	half.Wait()
	close(end)
	all.Wait()
	close(ended)
	during = <-peak
	for range many {
		err = errors.Join(err, <-failed)
	}
	return before, during, err
}

// readerFunc gives no bytes, after doing something.
type readerFunc func()

func (f readerFunc) Read([]byte) (int, error) { f(); return 0, io.EOF }

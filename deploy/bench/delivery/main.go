// SPDX-License-Identifier: Apache-2.0

// Command delivery measures how bytes leave: renditions with their check
// against nginx, an original with its ticket against a plain file server, and
// from an S3 server against one piped GET. Each pair runs in turn, in processes
// of their own whose processor time is counted; the table has ratios.
//
//	go run ./internal/pg/pgtest/withpostgres -- sh -c 'go run ./deploy/bench/delivery -url "$TILLGANG_TEST_POSTGRES" -out delivery.md'
//
// It needs nginx, wrk and versitygw.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"tillgang/internal/blob"
	"tillgang/internal/blob/dir"
	"tillgang/internal/delivery"
)

type options struct {
	url, out, versitygw, work string
	size                      int64
	rounds                    int
	only, profile             string

	serve, listen, store, object string // of a server process
}

func main() {
	var o options
	flag.StringVar(&o.url, "url", "", "`URL` of a database server on which a database may be made and dropped")
	flag.StringVar(&o.out, "out", "", "write the table to this `file` (default: standard output)")
	flag.StringVar(&o.versitygw, "versitygw", os.Getenv("TILLGANG_TEST_VERSITYGW"), "the S3 server's `program`; empty: without S3")
	flag.StringVar(&o.work, "dir", "", "`directory` for some gigabytes of files (default: a temporary one)")
	flag.Int64Var(&o.size, "size", 1<<30, "`bytes` of the original")
	flag.IntVar(&o.rounds, "n", 7, "how many pairs of rounds")
	flag.StringVar(&o.only, "only", "", "measure only this: renditions, original or s3")
	flag.StringVar(&o.profile, "profile", "", "write the processor profile of our server to this `file`; slower")
	flag.StringVar(&o.serve, "serve", "", "used by the program itself: be a server of this kind")
	flag.StringVar(&o.listen, "listen", "", "used by the program itself")
	flag.StringVar(&o.store, "store", "", "used by the program itself")
	flag.StringVar(&o.object, "object", "", "used by the program itself")
	flag.Parse()
	run := bench
	if o.serve != "" {
		run = serve
	}
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "delivery bench:", err)
		os.Exit(1)
	}
}

const rendition = blob.Key("renditions/bench/r200k.large")

// bench sets everything up, measures, and takes it down again.
func bench(ctx context.Context, o options) (err error) {
	if o.work == "" {
		if o.work, err = os.MkdirTemp("", "tillgang-bench-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(o.work) }()
	}
	h, err := newHouse(ctx, o)
	if err != nil {
		return err
	}
	defer h.close()
	to := io.Writer(os.Stdout)
	if o.out != "" {
		f, err := os.Create(o.out)
		if err != nil {
			return err
		}
		defer func() { err = f.Close() }()
		to = f
	}
	fmt.Fprintf(to, "%d rounds of each pair in turn, %d of the original from a directory, %d processors, all files in memory. Median of the ratios [lowest–highest].\n\n| what | against | speed | CPU | CPU per request or GiB: ours, theirs |\n|---|---|--:|--:|--:|\n", o.rounds, o.rounds*quick, runtime.NumCPU())
	for _, part := range []struct {
		name    string
		measure func(context.Context, io.Writer) error
	}{{"renditions", h.renditions}, {"original", h.original}, {"s3", h.remote}} {
		if o.only != "" && o.only != part.name || part.name == "s3" && o.versitygw == "" {
			continue
		}
		if err := part.measure(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// renditions: 200 KB under a signed address, and the same file from nginx.
func (h *house) renditions(ctx context.Context, to io.Writer) error {
	picture := make([]byte, 200_000)
	_, _ = rand.Read(picture)
	store, err := dir.Open(h.dir)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	if _, err := store.Put(ctx, rendition, bytes.NewReader(picture), int64(len(picture))); err != nil {
		return err
	}
	static := filepath.Join(h.o.work, "static")
	if err := os.MkdirAll(static, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(static, "r200k.jpg"), picture, 0o644); err != nil {
		return err
	}
	path, err := h.signer().SignRendition(rendition, "image/jpeg", time.Now())
	if err != nil {
		return err
	}
	ours, err := h.start(ctx, "door", h.dir, "")
	if err != nil {
		return err
	}
	defer ours.stop()
	wrk := func(s *server, path string) func() (float64, time.Duration, error) {
		return func() (float64, time.Duration, error) {
			before := s.spent()
			n, err := load(ctx, s.url+path)
			return n / 3, time.Duration(float64(s.spent()-before) / n), err
		}
	}
	for _, c := range []struct{ workers, name string }{
		{"auto", "nginx, static, sendfile, a worker for each processor"}, // as it is packaged, and as we run
		{"1", "the same with one worker, the other processors left to who asks"},
	} {
		theirs, err := h.nginx(ctx, static, c.workers)
		if err != nil {
			return err
		}
		err = pairs(to, "200 KB rendition with its check", c.name, h.o.rounds, wrk(ours, path), wrk(theirs, "/r200k.jpg"))
		theirs.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

var requests = regexp.MustCompile(`(\d+) requests in`)

// load sends requests for three seconds over 16 connections and returns how
// many were answered.
func load(ctx context.Context, url string) (float64, error) {
	out, err := exec.CommandContext(ctx, "wrk", "-t1", "-c16", "-d3s", url).CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("Non-2xx")) {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	m := requests.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("wrk said %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// get fetches a file and returns GiB/s and the server's processor time per GiB.
func get(ctx context.Context, s *server, path func() (string, error), size int64) func() (float64, time.Duration, error) {
	return func() (float64, time.Duration, error) {
		p, err := path()
		if err != nil {
			return 0, 0, err
		}
		before, start := s.spent(), time.Now()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+p, nil)
		if err != nil {
			return 0, 0, err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, 0, err
		}
		defer resp.Body.Close()
		n, err := drain(resp.Body)
		if err != nil || n != size || resp.StatusCode != http.StatusOK {
			return 0, 0, fmt.Errorf("%s: %d of %d bytes: %w", resp.Status, n, size, err)
		}
		gib := float64(size) / (1 << 30)
		return gib / time.Since(start).Seconds(), time.Duration(float64(s.spent()-before) / gib), nil
	}
}

// drain reads all there is, 1 MiB at a time: io.Copy to io.Discard would take 8 KiB
// at a time, and time of its own, on whichever side.
func drain(r io.Reader) (n int64, err error) {
	for buf := make([]byte, 1<<20); err == nil; {
		var m int
		m, err = r.Read(buf)
		n += int64(m)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func fixed(path string) func() (string, error) { return func() (string, error) { return path, nil } }

// quick is how many times as many rounds the original from a directory gets: a GiB
// takes so little there that a single pair says little.
const quick = 3

// original: a large file with a ticket each time, and the same from net/http.
func (h *house) original(ctx context.Context, to io.Writer) error {
	store, err := dir.Open(h.dir)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	if _, err := store.Put(ctx, h.key, io.LimitReader(noise{}, h.o.size), h.o.size); err != nil {
		return err
	}
	file, _ := store.Path(h.key)
	ours, err := h.start(ctx, "door", h.dir, "")
	if err != nil {
		return err
	}
	defer ours.stop()
	theirs, err := h.start(ctx, "plain", file, "")
	if err != nil {
		return err
	}
	defer theirs.stop()
	return pairs(to, size(h.o.size)+" original with a ticket, from a directory", "net/http, sendfile", h.o.rounds*quick,
		get(ctx, ours, h.ticket(ctx), h.o.size), get(ctx, theirs, fixed("/"), h.o.size))
}

// remote: the same from an S3 server, and one GET of it piped through.
func (h *house) remote(ctx context.Context, to io.Writer) error {
	gw, err := h.gateway(ctx)
	if err != nil {
		return err
	}
	defer gw.stop()
	ours, err := h.start(ctx, "door", gw.url, "")
	if err != nil {
		return err
	}
	defer ours.stop()
	theirs, err := h.start(ctx, "pipe", gw.url, string(h.key))
	if err != nil {
		return err
	}
	defer theirs.stop()
	if err := pairs(to, size(h.o.size)+" original with a ticket, from S3", "one GET piped through net/http", h.o.rounds,
		get(ctx, ours, h.ticket(ctx), h.o.size), get(ctx, theirs, fixed("/"), h.o.size)); err != nil {
		return err
	}
	return pairs(to, size(h.o.size)+" original with a ticket, from S3", "the S3 client itself, reading", h.o.rounds,
		get(ctx, ours, h.ticket(ctx), h.o.size), h.direct(ctx, gw))
}

// direct reads the original with the S3 client in this process and returns GiB/s
// and this process's processor time per GiB.
func (h *house) direct(ctx context.Context, gw *server) func() (float64, time.Duration, error) {
	return func() (float64, time.Duration, error) {
		client, err := s3Client(gw.url)
		if err != nil {
			return 0, 0, err
		}
		before, start := spent(os.Getpid()), time.Now()
		body, _, _, err := client.GetObject(ctx, bucket, string(h.key), minio.GetObjectOptions{})
		if err != nil {
			return 0, 0, err
		}
		defer func() { _ = body.Close() }()
		n, err := drain(body)
		if err != nil || n != h.o.size {
			return 0, 0, fmt.Errorf("%d of %d bytes: %w", n, h.o.size, err)
		}
		gib := float64(h.o.size) / (1 << 30)
		return gib / time.Since(start).Seconds(), time.Duration(float64(spent(os.Getpid())-before) / gib), nil
	}
}

// ticket issues a ticket for the original and returns its address.
func (h *house) ticket(ctx context.Context) func() (string, error) {
	return func() (string, error) {
		t, err := h.delivery.Issue(ctx, h.who, h.asset, delivery.Request{Variant: delivery.Original})
		return t.URL, err
	}
}

func size(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%g GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%g MiB", float64(n)/(1<<20))
}

// noise is what originals are made of: bytes that nobody can compress.
type noise struct{}

func (noise) Read(p []byte) (int, error) { return rand.Read(p) }

// pairs runs both in turn and writes the ratios.
func pairs(to io.Writer, what, against string, rounds int, ours, theirs func() (float64, time.Duration, error)) error {
	var speed, cpu, mine, other []float64
	for i := range rounds + 1 {
		s1, c1, err := ours()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		s2, c2, err := theirs()
		if err != nil {
			return fmt.Errorf("%s: %w", against, err)
		}
		if i == 0 { // the first fills the caches
			continue
		}
		speed, cpu = append(speed, s1/s2), append(cpu, float64(c1)/math.Max(float64(c2), float64(time.Microsecond)))
		mine, other = append(mine, c1.Seconds()), append(other, c2.Seconds())
	}
	unit := func(s float64) string {
		if s < 0.01 {
			return fmt.Sprintf("%.0f µs", s*1e6)
		}
		return fmt.Sprintf("%.2f s", s)
	}
	ratio := func(r []float64) string {
		slices.Sort(r)
		return fmt.Sprintf("%.2f [%.2f–%.2f]", r[len(r)/2], r[0], r[len(r)-1])
	}
	slices.Sort(mine)
	slices.Sort(other)
	_, err := fmt.Fprintf(to, "| %s | %s | %s | %s | %s, %s |\n", what, against, ratio(speed), ratio(cpu), unit(mine[len(mine)/2]), unit(other[len(other)/2]))
	return err
}

// spent is the processor time that the server and its workers have used so far.
func (s *server) spent() time.Duration {
	pid := s.cmd.Process.Pid
	sum := spent(pid)
	workers, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for one := range strings.FieldsSeq(string(workers)) {
		if n, err := strconv.Atoi(one); err == nil {
			sum += spent(n)
		}
	}
	return sum
}

// spent is the processor time that a process has used so far: to the nanosecond,
// while /proc/PID/stat counts hundredths of a second, three of a hundred of what a
// GiB takes.
func spent(pid int) (sum time.Duration) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, name := range threads {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // a thread that has just ended
		}
		ran, _, _ := strings.Cut(string(b), " ")
		ns, _ := strconv.ParseInt(ran, 10, 64)
		sum += time.Duration(ns)
	}
	return sum
}

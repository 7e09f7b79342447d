// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/blob/blobtest"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/scan/scantest"
)

// trialScale is how large the trial is.
type trialScale struct {
	files     int           // in the folder, about
	zip       int           // files in the archive that is fetched meanwhile
	kills     time.Duration // about every so often the server is killed
	calm      time.Duration // the trouble lasts at least so long
	workKills int           // how often a worker is killed
	rate      int           // bytes a second of one connection
}

// trial is the last test of all: a folder of everything is uploaded while all
// that can go wrong does, and people work.
type trial struct {
	t     *testing.T
	scale trialScale
	dir   string
	want  map[string]*trialFile // by SHA-256
	paths map[string]*trialFile // by path

	s3     *blobtest.Unsure
	bucket string
	owner  string
	serve  *machine
	works  []*machine
	line   *badLine
	who    asker
	front  *world // the server, wherever it is in its lives
	asked  atomic.Int32
	kills  atomic.Int32
}

// trialFile is a file of the folder, and what must become of it.
type trialFile struct {
	sort, sum string
	fate      fate
	says      string // why `tillgang upload` cannot send it; empty: it can
	copies    int
	known     int // copies of which `tillgang upload` said that the archive had them
	asset     string
}

// The final trial. Every file ends in the one state that is right for it, no
// byte that was acknowledged is lost, nothing is there twice, and nothing is
// left lying about.
func TestTheTrial(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	r.material()
	serving, working := r.keep(r.serve, "serve"), []*kept{r.keep(r.works[0], "work"), r.keep(r.works[1], "work")}
	r.answers()
	r.who = r.serve.key()
	calm := r.trouble(serving, working)
	people := r.people()
	out, code := r.upload()
	people()
	calm()
	r.reported(out, code)
	r.settles()
	r.holds()
	r.again()
	r.swept()
	t.Logf("%d files, %d kills, %d cuts; storage: %v", len(r.paths), r.kills.Load(), r.line.cuts.Load(), r.s3.Went())
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	r := &trial{t: t, scale: trialSize, want: map[string]*trialFile{}, paths: map[string]*trialFile{}, owner: pgtest.URL(t)}
	r.s3 = blobtest.OwnS3(t).Unsure(t, 11)
	r.bucket = r.s3.Bucket(t)
	clam := scantest.Start(t)
	if err := os.Chmod(filepath.Dir(clam.Socket), 0o755); err != nil {
		t.Fatal(err)
	}
	g := &region{t: t}
	node := func() *machine {
		m := g.node(r.owner, r.s3.Server, r.bucket)
		m.env = append(m.env, "TILLGANG_SCAN_URL=unix://"+clam.Socket, fmt.Sprint("TILLGANG_SCAN_WINDOW=", scantest.Limit), "TILLGANG_MAX_UPLOAD=64000000")
		return m
	}
	r.serve, r.works = node(), []*machine{node(), node()}
	r.line = newBadLine(t, "127.0.0.1:"+r.serve.port, r.scale.rate)
	r.front = &world{t: t, url: "http://127.0.0.1:" + r.serve.port}
	return r
}

// canary is an address that nobody may ask for anything.
func (r *trial) canary() string {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		r.asked.Add(1)
		r.t.Errorf("the canary was asked for %s", q.URL)
	}))
	r.t.Cleanup(s.Close)
	return s.URL
}

// put writes a file into the folder. One of the same bytes is a copy.
func (r *trial) put(path, sort string, content []byte, f fate, says string) {
	full := filepath.Join(r.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, content, 0o644); err != nil {
		r.t.Fatal(err)
	}
	sum := hexSum(content)
	one := r.want[sum]
	if one == nil {
		one = &trialFile{sort: sort, sum: sum, fate: f, says: says}
		if r.want[sum] = one; says != "" {
			delete(r.want, sum)
		}
	}
	one.copies++
	r.paths[full] = one
}

// material fills the folder.
func (r *trial) material() {
	t := r.t
	t.Helper()
	began := time.Now()
	r.dir = t.TempDir()
	type order struct {
		path string
		sort trialSort
		seed int
	}
	var orders []order
	all := 0
	for _, s := range trialSorts {
		all += s.weight
	}
	hostile := hostileFiles(t, r.canary())
	if len(hostile)*4 > r.scale.files { // some of each
		hostile = slices.DeleteFunc(hostile, func(f hostileFile) bool { return rand.IntN(5) > 0 })
	}
	left := r.scale.files - len(hostile) - 12
	for i, s := range trialSorts {
		for n := range max(1, (s.weight*left+all/2)/all) {
			orders = append(orders, order{fmt.Sprintf("%02d %s/%s%04d.%s", i%12, s.ext[strings.LastIndex(s.ext, ".")+1:], "Fil ", n, s.ext), s, i*1000 + n})
		}
	}
	contents := make([][]byte, len(orders))
	var hands sync.WaitGroup
	var next atomic.Int64
	for range 3 {
		hands.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(orders); i = next.Add(1) - 1 {
				contents[i] = orders[i].sort.make(t, orders[i].seed)
			}
		})
	}
	hands.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for i, o := range orders {
		r.put(o.path, o.sort.ext, contents[i], o.sort.fate, "")
	}
	for _, f := range hostile {
		r.put("hostile/"+f.name, f.name, f.content, hostileFates[f.name], "")
	}
	for i := range 4 { // the same bytes elsewhere under other names
		r.put(fmt.Sprintf("kopior/\u202ekopia\n%d av \xff.%s", i, orders[i].sort.ext), orders[i].sort.ext, contents[i], orders[i].sort.fate, "")
	}
	for i := range 3 {
		r.put(fmt.Sprintf("tomma/tom%d.jpg", i), "empty", nil, fate{}, "The file is empty")
	}
	r.put("stora/för stor.mov", "too large", nil, fate{}, "The file is larger than 64 MB")
	if err := os.Truncate(filepath.Join(r.dir, "stora/för stor.mov"), 64_000_001); err != nil {
		t.Fatal(err)
	}
	r.paths[filepath.Join(r.dir, "stora/för stor.mov")] = &trialFile{sort: "too large", says: "The file is larger than 64 MB", copies: 1}
	t.Logf("%d files of %d sorts made in %v", len(r.paths), len(trialSorts), time.Since(began).Round(time.Second))
}

// kept is a node under a supervisor, who starts it again whenever it ends.
type kept struct {
	mu   sync.Mutex
	s    *server
	over chan struct{}
	done chan struct{}
}

func (r *trial) keep(m *machine, command string) *kept {
	k := &kept{over: make(chan struct{}), done: make(chan struct{}), s: m.launch(command)}
	go func() {
		defer close(k.done)
		for s := k.s; ; {
			select {
			case <-s.ended:
			case <-k.over:
				s.kill()
				return
			}
			s = m.launch(command)
			k.mu.Lock()
			k.s = s
			k.mu.Unlock()
		}
	}()
	r.t.Cleanup(k.stop)
	return k
}

// kill kills the node as a power cut would.
func (k *kept) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = k.s.cmd.Process.Kill()
}

func (k *kept) stop() {
	close(k.over)
	<-k.done
}

// answers waits until the server does.
func (r *trial) answers() {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if a, err := r.front.try(asker{}, "GET", "/readyz", nil); err == nil && a.status == http.StatusOK {
			return
		}
	}
	r.t.Fatal("the server does not start")
}

// trouble begins: the network breaks, the storage errs and is full, nodes are
// killed. The function that it returns ends it, and brings all up again.
func (r *trial) trouble(serving *kept, working []*kept) (calm func()) {
	over := make(chan struct{})
	began := time.Now()
	var all sync.WaitGroup
	wait := func(d time.Duration) bool {
		select {
		case <-over:
			return false
		case <-time.After(d):
			return true
		}
	}
	between := func(d time.Duration) time.Duration { return d/2 + rand.N(d) }
	all.Go(func() { // the network
		for n := 0; wait(between(1500 * time.Millisecond)); n++ {
			if n%4 != 3 {
				r.line.cut()
				continue
			}
			r.line.still.Lock()
			wait(between(time.Second))
			r.line.still.Unlock()
		}
	})
	all.Go(func() { // the storage
		for n := 0; ; n++ {
			r.s3.Trouble.Store(20)
			if !wait(between(6 * time.Second)) {
				break
			}
			r.s3.Full.Store(n%2 == 0)
			if !wait(between(2 * time.Second)) {
				break
			}
			r.s3.Full.Store(false)
			r.s3.Trouble.Store(0)
			if !wait(between(3 * time.Second)) {
				break
			}
		}
		r.s3.Full.Store(false)
		r.s3.Trouble.Store(0)
	})
	all.Go(func() { // the server
		for wait(between(r.scale.kills)) {
			serving.kill()
			r.kills.Add(1)
		}
	})
	all.Go(func() { // the workers
		for n := range r.scale.workKills {
			if !wait(between(r.scale.kills)) {
				break
			}
			working[n%2].kill()
			r.kills.Add(1)
		}
	})
	return func() {
		if rest := r.scale.calm - time.Since(began); rest > 0 {
			time.Sleep(rest)
		}
		close(over)
		all.Wait()
		r.answers()
	}
}

// upload runs `tillgang upload` on the bad line.
func (r *trial) upload() (out string, code int) {
	began := time.Now()
	s := &sender{server: &server{world: r.front}, m: r.serve, who: r.who}
	c, o, e := s.command("http://"+r.line.l.Addr().String(), r.dir, "--parallel", "8", "--patience", "5m", "--progress", "20s")
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	_ = c.Wait()
	r.t.Logf("upload took %v and sent %d MB", time.Since(began).Round(time.Second), r.line.sent.Load()>>20)
	if r.t.Failed() {
		r.t.Logf("%s", e)
	}
	return o.String(), c.ProcessState.ExitCode()
}

var reportLine = regexp.MustCompile(`^(stored|there) +(ast_[0-9a-z]+) (.+)$`)

// reported holds what `tillgang upload` says of each file against what is so.
func (r *trial) reported(out string, code int) {
	t := r.t
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	said := map[string]bool{}
	refused, copies := 0, 0
	for _, f := range r.paths {
		if f.says != "" {
			refused++
		}
	}
	unquote := map[string]string{}
	for path := range r.paths {
		unquote[shown(path)] = path
	}
	for _, line := range lines[:len(lines)-1] {
		if m := reportLine.FindStringSubmatch(line); m != nil {
			path := unquote[m[3]]
			f := r.paths[path]
			if f == nil || f.says != "" || said[path] || f.asset != "" && f.asset != m[2] {
				t.Errorf("said: %q", line)
				continue
			}
			said[path], f.asset = true, m[2]
			if m[1] == "there" {
				f.known++
			}
			continue
		}
		rest, failed := strings.CutPrefix(line, "failed  ")
		path, reason, _ := strings.Cut(rest, ": ")
		f := r.paths[unquote[path]]
		if !failed || f == nil || f.says == "" || !strings.HasPrefix(reason, f.says) {
			t.Errorf("said: %q", line)
			continue
		}
		said[unquote[path]] = true
	}
	for path, f := range r.paths {
		if !said[path] {
			t.Errorf("nothing is said of %q", path)
		}
		if f.says == "" && f.known >= f.copies {
			t.Errorf("%q is said to have been there", path)
		}
	}
	for _, f := range r.want {
		copies += f.copies - 1
	}
	last := fmt.Sprintf("%d stored, %d were there already, %d failed", len(r.want), copies, refused)
	if code != 1 || lines[len(lines)-1] != last {
		t.Errorf("upload ended with %d and %q, want %q", code, lines[len(lines)-1], last)
	}
}

// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"tillgang/internal/blob/blobtest"
)

// sender is a server without jobs, a key for it, and a directory to send.
type sender struct {
	*server
	m   *machine
	who asker
	dir string
}

func newSender(t *testing.T) *sender {
	t.Helper()
	m := newMachine(t)
	m.externally()
	// t.TempDir is closed to other users, whom a test may send as.
	dir, err := os.MkdirTemp("", "tgs-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &sender{server: m.serve(), m: m, dir: dir}
	s.who = m.key()
	return s
}

// put writes a file below the directory.
func (s *sender) put(name string, content []byte) (path string) {
	s.t.Helper()
	path = filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// command is `tillgang upload`, not started yet.
func (s *sender) command(at string, args ...string) (c *exec.Cmd, out, complaint *notebook) {
	c = exec.CommandContext(s.t.Context(), s.m.bin, append([]string{"upload", "--url", at}, args...)...)
	c.Env = append(append([]string{}, s.m.env...), "TILLGANG_KEY="+strings.TrimPrefix(s.who.header, "Bearer "))
	out, complaint = &notebook{}, &notebook{}
	c.Stdout, c.Stderr = out, complaint
	return c, out, complaint
}

// send uploads and holds the end of what is said against last.
func (s *sender) send(code int, last string, args ...string) (out, complaint string) {
	s.t.Helper()
	c, o, e := s.command(s.url, args...)
	_ = c.Run()
	if out = o.String(); c.ProcessState.ExitCode() != code || last != "" && !strings.HasSuffix(out, last+"\n") {
		s.t.Errorf("upload %q: %d, %q and %q; want %d and %q at the end", args, c.ProcessState.ExitCode(), out, e, code, last)
	}
	return out, e.String()
}

func TestUpload_FoldersAreMadeOnceWhateverTheyAreCalled(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	var top struct{ Items []struct{ ID, Name string } }
	s.do(s.who, "GET", "/api/v1/folders", nil).into(t, &top)
	root := top.Items[0].ID
	for path, in := range map[string]string{
		"plain.txt":                           "",
		"2024/sommar/a.txt":                   "2024/sommar",
		"2024/sommar/deep/er/b.txt":           "2024/sommar/deep/er",
		"2024/Sommar bilder/c.txt":            "2024/Sommar bilder",
		"A\u030angstro\u0308m/d.txt":          "Ångström", // as macOS writes it
		"två  rum/e.txt":                      "två rum",
		`back\slash/f.txt`:                    "back_slash",
		"inv\xffalid/g.txt":                   "inv_alid",
		"ÅNGSTRÖM/h.txt":                      "Ångström", // the server keeps no two folders apart by case
		strings.Repeat("lång", 50) + "/i.txt": strings.Repeat("lång", 50),
	} {
		s.put(path, []byte("in "+in+" is "+filepath.Base(path)))
	}
	s.put(strings.Repeat("x", 201)+"/too long.txt", []byte("its folder's name is too long"))
	out, _ := s.send(1, "10 stored, 0 were there already, 1 failed", s.dir, "--folder", root, "--folders")
	if !strings.Contains(out, "failed  "+s.dir+"/"+strings.Repeat("x", 201)+"/too long.txt: its folder") || !strings.Contains(out, "200 characters") {
		t.Errorf("a folder that cannot be: %s", out)
	}
	tree := s.tree(root, "")
	for _, want := range []string{"2024/sommar/deep/er", "2024/Sommar bilder", "två rum", "back_slash", "inv_alid", strings.Repeat("lång", 50)} {
		if tree[want] == "" {
			t.Errorf("there is no folder %q in %v", want, tree)
		}
	}
	if n := s.find(s.who, "folder="+tree["2024/sommar/deep/er"]).Total; n != 1 {
		t.Errorf("%d files in the deepest folder", n)
	}
	s.send(1, "0 stored, 10 were there already, 1 failed", s.dir, "--folder", root, "--folders")
	if again := s.tree(root, ""); len(again) != len(tree) {
		t.Errorf("a second run made folders: %v, then %v", tree, again)
	}
	if code, _, complaint := s.m.run([]string{"TILLGANG_KEY=x"}, "upload", s.dir, "--folders"); code != 2 || !strings.Contains(complaint, "--folder") {
		t.Errorf("--folders without --folder: %d %s", code, complaint)
	}
}

// tree lists the folders below one by their paths.
func (s *sender) tree(of, path string) map[string]string {
	s.t.Helper()
	all := map[string]string{}
	var page struct{ Items []struct{ ID, Name string } }
	s.do(s.who, "GET", "/api/v1/folders?limit=200&parent="+of, nil).into(s.t, &page)
	for _, f := range page.Items {
		all[path+f.Name] = f.ID
		maps.Copy(all, s.tree(f.ID, path+f.Name+"/"))
	}
	return all
}

func TestUpload_SaysTheTruthAboutEveryEntryOfADirectory(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	names := []string{
		"plain.txt", "-rf.txt", "två\nrader.txt", "\x1b[2J\x1b]0;x\x07.txt", "a\xff\xfe.txt", "\u202egpj.exe.txt", "CON.txt", "slut.", "'\"`$(id).txt",
		"🏔️ fjäll.txt", strings.Repeat("å", 120) + ".txt", `back\slash.txt`, "percent%00%2f.txt",
	}
	for i, name := range names {
		s.put(name, fmt.Appendf(nil, "innehåll %d", i))
	}
	s.put("empty.txt", nil)
	s.put(".DS_Store", []byte("x"))
	s.put(".git/config", []byte("x"))
	s.put("closed/inside.txt", []byte("x"))
	s.put("closed.txt", []byte("x"))
	for link, to := range map[string]string{"loop": s.dir, "link.txt": "plain.txt", "nowhere": "/does/not/exist"} {
		if err := os.Symlink(to, filepath.Join(s.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(s.dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"closed", "closed.txt"} {
		if err := os.Chmod(filepath.Join(s.dir, path), 0); err != nil {
			t.Fatal(err)
		}
	}
	c, o, e := s.command(s.url, s.dir)
	if os.Geteuid() == 0 { // whom nothing is closed to
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	_ = c.Run()
	out := o.String()
	want := fmt.Sprintf("%d stored, 0 were there already, 3 failed, 6 left out\n", len(names))
	if c.ProcessState.ExitCode() != 1 || !strings.HasSuffix(out, want) || !strings.Contains(e.String(), "3 of 16 files") {
		t.Errorf("%d %s\n%s, want %s", c.ProcessState.ExitCode(), out, e, want)
	}
	for _, line := range []string{
		"failed  " + s.dir + "/closed: permission denied", "failed  " + s.dir + "/closed.txt: permission denied",
		"failed  " + s.dir + "/empty.txt: The file is empty",
		"left    " + s.dir + "/.DS_Store: hidden", "left    " + s.dir + "/.git: hidden", "left    " + s.dir + "/loop: a link", "left    " + s.dir + "/link.txt: a link",
		"left    " + s.dir + "/nowhere: a link", "left    " + s.dir + "/pipe: no file",
		`"` + s.dir + `/två\nrader.txt"`,
	} {
		if strings.Count(out, line) != 1 {
			t.Errorf("%q is not said once: %s", line, out)
		}
	}
	if n := strings.Count(out, "\n"); n != len(names)+3+6+1 {
		t.Errorf("%d lines", n)
	}
	if i := strings.IndexFunc(strings.ReplaceAll(out, "\n", ""), func(r rune) bool { return unicode.IsControl(r) || r == '\u202e' || r == unicode.ReplacementChar }); i >= 0 {
		t.Errorf("what is said holds characters that move the cursor: %q", out)
	}
	if p := s.find(s.who, "limit=100"); p.Total != len(names) {
		t.Errorf("%d assets of %d files", p.Total, len(names))
	}
	s.misused(out)
}

// misused names links, nothing and what is not there.
func (s *sender) misused(string) {
	t := s.t
	t.Helper()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(s.dir, "plain.txt"), link); err != nil {
		t.Fatal(err)
	}
	s.send(0, "0 stored, 1 were there already, 0 failed", link)
	empty := t.TempDir()
	if out, _ := s.send(0, "", empty); !strings.Contains(out, "no file in "+empty) {
		t.Errorf("an empty directory: %s", out)
	}
	for _, path := range []string{filepath.Join(s.dir, "nothing"), filepath.Join(s.dir, "nowhere"), filepath.Join(s.dir, "pipe")} {
		if _, complaint := s.send(1, "", path); !strings.Contains(complaint, path) {
			t.Errorf("%s: %s", path, complaint)
		}
	}
}

func TestUpload_HelpAndMistakes(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	code, out, complaint := m.run(nil, "upload", "--help")
	if code != 0 || complaint != "" {
		t.Errorf("--help: %d %s", code, complaint)
	}
	for _, word := range []string{"TILLGANG_KEY", "-folders", "-folder ", "-parallel", "-patience", "-progress", "-url", "start the same command again", "exit code"} {
		if !strings.Contains(out, word) {
			t.Errorf("--help does not tell of %q:\n%s", word, out)
		}
	}
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{2, "help", []string{"upload"}},
		{2, "-colour", []string{"upload", "--colour", "x"}},
		{2, "help", []string{"upload", ".", "--parallel", "0"}},
		{2, "--url", []string{"upload", ".", "--url", "ftp://x"}},
		{2, "--url", []string{"upload", ".", "--url", "::"}},
		{2, "invalid value", []string{"upload", ".", "--patience", "long"}},
		{1, "TILLGANG_KEY", []string{"upload", "."}},
	} {
		if code, _, complaint := m.run(nil, c.args...); code != c.code || !strings.Contains(complaint, c.says) {
			t.Errorf("%v: %d %s", c.args, code, complaint)
		}
	}
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, complaint = m.run([]string{"TILLGANG_KEY=tg_x"}, "upload", path, "--url", "http://127.0.0.1:"+freePort(t), "--patience", "1s")
	if code != 1 || !strings.Contains(complaint, "refused") || !strings.Contains(out, "1 not sent") {
		t.Errorf("where nobody answers: %d %s %s", code, out, complaint)
	}
}

// reach waits until the line has taken so many bytes.
func (b *badLine) reach(t *testing.T, n int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); b.sent.Load() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the line took %d bytes", b.sent.Load())
		}
	}
}

func TestUpload_InterruptedItGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	line := newBadLine(t, "127.0.0.1:"+s.m.port, 6<<20)
	at := "http://" + line.l.Addr().String()
	content := blobtest.Bytes(41, 24<<20)
	s.put("a.txt", []byte("a small one, sent first"))
	s.put("stor.bin", content)
	s.put("z.txt", []byte("one that has not begun"))
	c, out, complaint := s.command(at, s.dir, "--parallel", "1", "--progress", "1ms")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line.reach(t, 12<<20)
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if c.ProcessState.ExitCode() != 1 || !strings.HasSuffix(out.String(), "1 stored, 0 were there already, 0 failed, 2 not sent\n") ||
		!strings.Contains(complaint.String(), "interrupted; what came is kept") {
		t.Errorf("interrupted: %d %s %s", c.ProcessState.ExitCode(), out, complaint)
	}
	if said := complaint.String(); !strings.Contains(said, "1 of 3 files, ") || !strings.Contains(said, "of 25 MB\n") {
		t.Errorf("how far it was is not said: %.500s", said)
	}
	if said := out.String() + complaint.String(); strings.ContainsAny(said, "\r\x1b") {
		t.Errorf("a pipe is treated as a terminal: %q", said)
	}
	line.sent.Store(0)
	c, out, complaint = s.command(at, s.dir, "--progress", "0")
	if err := c.Run(); err != nil || !strings.HasSuffix(out.String(), "2 stored, 1 were there already, 0 failed\n") || complaint.String() != "" {
		t.Errorf("again: %v %s %s", err, out, complaint)
	}
	if n := line.sent.Load(); n > 18<<20 {
		t.Errorf("%d bytes were sent again of %d", n, len(content))
	}
	line.sent.Store(0)
	c, out, _ = s.command(at, s.dir)
	if err := c.Run(); err != nil || !strings.HasSuffix(out.String(), "0 stored, 3 were there already, 0 failed\n") || line.sent.Load() > 20_000 {
		t.Errorf("a third time: %v %s, %d bytes sent", err, out, line.sent.Load())
	}
	for _, a := range s.find(s.who, "q="+url.QueryEscape("sha256:"+hexSum(content))).Items {
		if got := s.do(asker{}, "GET", s.ticket(s.who, a.ID, "original").URL, nil); hexSum(got.body) != hexSum(content) {
			t.Error("what was sent in two parts is other bytes")
		}
	}
	if p := s.find(s.who, ""); p.Total != 3 {
		t.Errorf("%d assets", p.Total)
	}
}

// A file that is written to while it is sent, to the same size and time as
// before, is not in the archive as nobody ever had it.
func TestUpload_AFileThatChangesMeanwhileIsNotStored(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	line := newBadLine(t, "127.0.0.1:"+s.m.port, 8<<20)
	content := blobtest.Bytes(42, 32<<20)
	path := s.put("levande.bin", content)
	was, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	c, out, complaint := s.command("http://"+line.l.Addr().String(), s.dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line.reach(t, 2<<20)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("other bytes"), int64(len(content)-20)); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if err := os.Chtimes(path, was.ModTime(), was.ModTime()); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if c.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "the file changed while it was sent") || !strings.HasSuffix(out.String(), "0 stored, 0 were there already, 1 failed\n") {
		t.Errorf("%d %s %s", c.ProcessState.ExitCode(), out, complaint)
	}
	if p := s.find(s.who, ""); p.Total != 0 {
		t.Errorf("it is in the archive: %+v", p.Items)
	}
	s.send(0, "1 stored, 0 were there already, 0 failed", s.dir)
}

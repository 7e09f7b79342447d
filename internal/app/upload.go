// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"tillgang/internal/ingest"
)

const uploadUsage = `tillgang upload PATH… sends files, and directories with all that is in them.

The key is in the environment variable TILLGANG_KEY. What the server has already
is not sent again, and what was begun goes on where it was: after a lost network,
a restarted server or an interruption (Ctrl+C) start the same command again.

Each file has a line on standard output:
  stored   it is in the archive now, and the archive's hash is the file's
  there    the archive had it already
  failed   it is not in the archive, with the reason
  left     it was not asked for: hidden files, links, and what is no file
The exit code is 0 if every file is in the archive, else 1; 2 if the command was
not understood.

`

// uploadOptions are what the command line says.
type uploadOptions struct {
	server, folder     string
	tree               bool
	parallel           int
	patience, progress time.Duration
}

func uploadFlags(out io.Writer) (*flag.FlagSet, *uploadOptions) {
	flags, o := flag.NewFlagSet("upload", flag.ContinueOnError), &uploadOptions{}
	flags.StringVar(&o.server, "url", "http://localhost:8080", "the server")
	flags.StringVar(&o.folder, "folder", "", "the folder's identifier (fld_…); default: the inbox")
	flags.BoolVar(&o.tree, "folders", false, "make the directories' own folders below --folder")
	flags.IntVar(&o.parallel, "parallel", 4, "files sent at the same time")
	flags.DurationVar(&o.patience, "patience", 10*time.Minute, "how long to try without getting on")
	flags.DurationVar(&o.progress, "progress", 30*time.Second, "how often to say on standard error how far it is, where that is no terminal; 0: never")
	flags.SetOutput(out)
	flags.Usage = func() {
		_, _ = io.WriteString(out, uploadUsage)
		flags.PrintDefaults()
	}
	return flags, o
}

// uploadCommand sends files and whole directories to a server, several at once,
// and goes on through lost networks and restarted servers. Started again, it
// goes on with what it had begun and leaves out what the server has. It is a
// client: it talks to the server that its user names, from the user's own
// machine. For each file it says how it ended.
func uploadCommand(ctx context.Context, args []string, out io.Writer) error {
	help := &strings.Builder{}
	flags, o := uploadFlags(help)
	paths, err := mixed(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		_, err := io.WriteString(out, help.String())
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w; see `tillgang upload --help`", err, errUsage)
	}
	if len(paths) == 0 || o.parallel < 1 || o.tree && o.folder == "" {
		return fmt.Errorf("upload needs files or directories; --folders needs --folder: %w", errUsage)
	}
	u, err := o.uploader()
	if err != nil {
		return err
	}
	found, err := look(paths)
	if err != nil {
		return err
	}
	u.bar = progress(found.size)
	t := &tally{out: out}
	t.found(found)
	if len(found.files) == 0 && t.failed == 0 {
		_, err := fmt.Fprintln(out, "There is no file in", shown(strings.Join(paths, ", ")))
		return err
	}
	interrupted, quiet := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer quiet()
	ctx, stop := context.WithCancelCause(interrupted)
	defer stop(nil)
	defer t.tell(u.bar, len(found.files), o.progress)()
	err = u.all(ctx, stop, found.files, o, t)
	if interrupted.Err() != nil {
		quiet() // a second signal ends the program at once
		err = errInterrupted
	}
	return errors.Join(err, t.sum(len(found.files)))
}

// uploader speaks to the server that the command line names.
func (o *uploadOptions) uploader() (*uploader, error) {
	if at, err := url.Parse(o.server); err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return nil, fmt.Errorf("--url must be a server such as https://bilder.example.se: %w", errUsage)
	}
	key := os.Getenv(prefix + "KEY")
	if key == "" {
		return nil, fmt.Errorf("put your API key into the environment variable %sKEY", prefix)
	}
	return &uploader{
		server: strings.TrimRight(o.server, "/"), key: key, folder: o.folder, patience: o.patience, bar: progress(0),
		client: &http.Client{
			Transport: &http.Transport{
				DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, ResponseHeaderTimeout: 5 * time.Minute,
				Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: o.parallel,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// errInterrupted is why an upload ended that its user ended.
var errInterrupted = errors.New("interrupted; what came is kept: start the same command again to go on")

// all sends files, several at once, and notes how each ended.
func (u *uploader) all(ctx context.Context, stop context.CancelCauseFunc, files []sending, o *uploadOptions, t *tally) error {
	if err := u.unfinished(ctx); err != nil {
		return err
	}
	if o.tree {
		u.plant(ctx, files)
	}
	queue := make(chan sending)
	var all sync.WaitGroup
	for range min(o.parallel, len(files)) {
		all.Go(func() {
			for f := range queue {
				end := u.send(ctx, f)
				if errors.Is(end.err, errStop) {
					stop(end.err)
				}
				if end.err == nil || ctx.Err() == nil {
					t.note(f, end)
				}
			}
		})
	}
	for _, f := range files {
		select {
		case queue <- f:
		case <-ctx.Done():
		}
	}
	close(queue)
	all.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	_ = u.bar.Finish()
	return nil
}

// tally writes how each file ended.
type tally struct {
	mu                          sync.Mutex
	out                         io.Writer
	stored, known, failed, left int
	unread                      int // of the failed, those that were not even tried
}

// found notes what was looked for and is not to be sent.
func (t *tally) found(f findings) {
	for _, l := range f.left {
		t.left++
		_, _ = fmt.Fprintf(t.out, "left    %s: %s\n", shown(l.path), l.why)
	}
	for _, l := range f.unread {
		t.failed, t.unread = t.failed+1, t.unread+1
		_, _ = fmt.Fprintf(t.out, "failed  %s: %s\n", shown(l.path), l.why)
	}
}

func (t *tally) note(f sending, e ending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case e.err != nil:
		t.failed++
		_, _ = fmt.Fprintf(t.out, "failed  %s: %s\n", shown(f.path), shown(e.err.Error()))
	case e.known:
		t.known++
		_, _ = fmt.Fprintf(t.out, "there   %s %s\n", e.asset, shown(f.path))
	default:
		t.stored++
		_, _ = fmt.Fprintf(t.out, "stored  %s %s\n", e.asset, shown(f.path))
	}
}

// sum writes the last line; files is how many were to be sent.
func (t *tally) sum(files int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	line := fmt.Sprintf("%d stored, %d were there already, %d failed", t.stored, t.known, t.failed)
	if unsent := files - t.stored - t.known - t.failed + t.unread; unsent > 0 {
		line += fmt.Sprintf(", %d not sent", unsent)
	}
	if t.left > 0 {
		line += fmt.Sprintf(", %d left out", t.left)
	}
	_, err := fmt.Fprintln(t.out, line)
	if t.failed > 0 {
		return fmt.Errorf("%d of %d files are not in the archive; start the same command again to go on with them", t.failed, files+t.unread)
	}
	return err
}

// tell says now and then how far the upload is, for logs: a terminal has a bar.
func (t *tally) tell(bar *progressbar.ProgressBar, files int, every time.Duration) (stop func()) {
	if every <= 0 || term.IsTerminal(int(os.Stderr.Fd())) {
		return func() {}
	}
	tick, over := time.NewTicker(every), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			t.mu.Lock()
			ended := t.stored + t.known + t.failed - t.unread
			t.mu.Unlock()
			_, _ = fmt.Fprintf(os.Stderr, "%d of %d files, %s of %s\n", ended, files, ingest.Bytes(bar.State().CurrentNum), ingest.Bytes(bar.GetMax64()))
		}
	})
	return func() { close(over); done.Wait() }
}

func progress(total int64) *progressbar.ProgressBar {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return progressbar.DefaultBytesSilent(total)
	}
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
}

// errStop ends the whole upload: what went wrong would go wrong for every file.
var errStop = errors.New("stopped")

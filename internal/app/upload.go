// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// uploadCommand sends files and whole directories to a server, several at once,
// and goes on through lost networks and restarted servers. Started again, it
// goes on with what it had begun and leaves out what the server has. It is a
// client: it talks to the server that its user names, from the user's own
// machine. For each file it says how it ended.
func uploadCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("upload", flag.ContinueOnError)
	server := flags.String("url", "http://localhost:8080", "the server")
	folder := flags.String("folder", "", "the folder's identifier (fld_…); default: the inbox")
	tree := flags.Bool("folders", false, "make the directories' own folders below --folder")
	parallel := flags.Int("parallel", 4, "files sent at the same time")
	patience := flags.Duration("patience", 10*time.Minute, "how long to try without getting on")
	paths, err := mixed(flags, args)
	if err != nil {
		return err
	}
	if len(paths) == 0 || *parallel < 1 || *tree && *folder == "" {
		return fmt.Errorf("upload needs files or directories; --folders needs --folder: %w", errUsage)
	}
	key := os.Getenv(prefix + "KEY")
	if key == "" {
		return fmt.Errorf("put your API key into the environment variable %sKEY", prefix)
	}
	var files []sending
	var total int64
	for _, p := range paths {
		more, n, err := filesBelow(p)
		if err != nil {
			return err
		}
		files, total = append(files, more...), total+n
	}
	if len(files) == 0 {
		_, err := fmt.Fprintln(out, "There is no file in", strings.Join(paths, ", "))
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	u := &uploader{
		server: strings.TrimRight(*server, "/"), key: key, folder: *folder, patience: *patience, bar: progress(total),
		client: &http.Client{
			Transport: &http.Transport{
				DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, ResponseHeaderTimeout: 5 * time.Minute,
				Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: *parallel,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if err := u.unfinished(ctx); err != nil {
		return err
	}
	if *tree {
		if err := u.plant(ctx, files); err != nil {
			return err
		}
	}
	t := &tally{out: out}
	queue := make(chan sending)
	var all sync.WaitGroup
	for range min(*parallel, len(files)) {
		all.Go(func() {
			for f := range queue {
				end := u.send(ctx, f)
				if errors.Is(end.err, errStop) {
					stop(end.err)
					continue
				}
				t.note(f, end)
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
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	_ = u.bar.Finish()
	return t.sum()
}

// tally writes how each file ended.
type tally struct {
	mu                    sync.Mutex
	out                   io.Writer
	stored, known, failed int
}

func (t *tally) note(f sending, e ending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case e.err != nil:
		t.failed++
		_, _ = fmt.Fprintf(t.out, "failed  %s: %v\n", f.path, e.err)
	case e.known:
		t.known++
		_, _ = fmt.Fprintf(t.out, "there   %s %s\n", e.asset, f.path)
	default:
		t.stored++
		_, _ = fmt.Fprintf(t.out, "stored  %s %s\n", e.asset, f.path)
	}
}

func (t *tally) sum() error {
	_, err := fmt.Fprintf(t.out, "%d stored, %d were there already, %d failed\n", t.stored, t.known, t.failed)
	if t.failed > 0 {
		return fmt.Errorf("%d of %d files are not in the archive; start the same command again to go on with them", t.failed, t.failed+t.stored+t.known)
	}
	return err
}

// sending is a file to be sent.
type sending struct {
	path   string
	below  string // its directory below the one that was named, with slashes; "" for that itself
	folder string // where to; empty: the one of all
}

// filesBelow lists the regular files below a directory, without hidden ones, or
// the one file that is named, and their size.
func filesBelow(root string) (files []sending, total int64, err error) {
	err = filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(e.Name(), ".") && p != root {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !e.Type().IsRegular() {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		f := sending{path: p}
		if below, err := filepath.Rel(root, filepath.Dir(p)); err == nil && below != "." && p != root {
			f.below = filepath.ToSlash(below)
		}
		files, total = append(files, f), total+info.Size()
		return nil
	})
	return files, total, err
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

// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// uploadCommand sends the files below a directory to a server, one after the
// other. Files that the server has already are left out, so that an upload
// that was interrupted is simply started again. It is a client: it talks to
// the server that its user names, from the user's own machine.
func uploadCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("upload", flag.ContinueOnError)
	server := flags.String("url", "http://localhost:8080", "the server")
	folder := flags.String("folder", "", "the folder's identifier (fld_…); default: the inbox")
	dirs, err := mixed(flags, args)
	if err != nil {
		return err
	}
	if len(dirs) != 1 {
		return fmt.Errorf("upload needs one directory: %w", errUsage)
	}
	key := os.Getenv(prefix + "KEY")
	if key == "" {
		return fmt.Errorf("put your API key into the environment variable %sKEY", prefix)
	}
	files, total, err := filesBelow(dirs[0])
	if err != nil {
		return err
	}
	if len(files) == 0 {
		_, err := fmt.Fprintln(out, "There is no file in", dirs[0])
		return err
	}
	u := &uploader{
		server: strings.TrimRight(*server, "/"), key: key, folder: *folder,
		client: &http.Client{
			Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, ResponseHeaderTimeout: 5 * time.Minute, Proxy: http.ProxyFromEnvironment},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		bar: progress(total),
	}
	var stored, known int
	var failed []error
	for _, f := range files {
		u.bar.Describe(short(filepath.Base(f)))
		switch had, err := u.send(ctx, f); {
		case errors.Is(err, errStop):
			return err
		case err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", f, err))
		case had:
			known++
		default:
			stored++
		}
	}
	_ = u.bar.Finish()
	_, _ = fmt.Fprintf(out, "%d stored, %d were there already, %d failed\n", stored, known, len(failed))
	return errors.Join(failed...)
}

// filesBelow lists the regular files below dir, without hidden ones, and their size.
func filesBelow(dir string) (files []string, total int64, err error) {
	err = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(e.Name(), ".") && p != dir {
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
		files, total = append(files, p), total+info.Size()
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

func short(name string) string {
	if r := []rune(name); len(r) > 30 {
		return string(r[:29]) + "…"
	}
	return name
}

// errStop ends the whole upload: what went wrong would go wrong for every file.
var errStop = errors.New("stopped")

type uploader struct {
	server, key, folder string
	client              *http.Client
	bar                 *progressbar.ProgressBar
}

// send uploads one file; had says that the server had it already.
func (u *uploader) send(ctx context.Context, path string) (had bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	read, write := io.Pipe()
	form := multipart.NewWriter(write)
	go func() {
		err := func() error {
			if u.folder != "" {
				if err := form.WriteField("folder", u.folder); err != nil {
					return err
				}
			}
			part, err := form.CreateFormFile("file", filepath.Base(path))
			if err != nil {
				return err
			}
			if _, err := io.Copy(io.MultiWriter(part, u.bar), f); err != nil {
				return err
			}
			return form.Close()
		}()
		_ = write.CloseWithError(err)
	}()
	defer func() { _ = read.Close() }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.server+"/api/v1/assets", read)
	if err != nil {
		return false, fmt.Errorf("%w: --url must be a server such as https://bilder.example.se", errStop)
	}
	req.Header.Set("Authorization", "Bearer "+u.key)
	req.Header.Set("Content-Type", form.FormDataContentType())
	res, err := u.client.Do(req)
	if err != nil {
		return false, fmt.Errorf("%w: the server cannot be reached: %w", errStop, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusCreated {
		return false, nil
	}
	var p struct {
		Title string `json:"title"`
		Code  string `json:"code"`
	}
	_ = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&p)
	switch {
	case p.Code == "asset.duplicate":
		return true, nil
	case res.StatusCode == http.StatusUnauthorized:
		return false, fmt.Errorf("%w: the server does not take this key: %s", errStop, p.Title)
	case p.Title != "":
		return false, errors.New(p.Title)
	}
	return false, fmt.Errorf("the server answered %s", res.Status)
}

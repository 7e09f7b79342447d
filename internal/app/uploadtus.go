// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// sentAtOnce is what is sent in one request, in bytes: little enough that a proxy
// which keeps requests to itself first does not stand in the way.
const sentAtOnce = 64 << 20

// uploader sends files by the tus protocol.
type uploader struct {
	server, key, folder string
	patience            time.Duration
	client              *http.Client
	bar                 *progressbar.ProgressBar

	mu    sync.Mutex
	begun map[string]string // fingerprint of a file → address of the upload that a run before this one began
}

// ending is how a file ended.
type ending struct {
	asset string
	known bool // the server had it already
	err   error
}

// unfinished asks which uploads a run before this one has begun.
func (u *uploader) unfinished(ctx context.Context) error {
	u.begun = map[string]string{}
	for cursor := "-"; cursor != ""; {
		a, err := u.surely(ctx, http.MethodGet, "/api/v1/uploads?limit=200&cursor="+url.QueryEscape(strings.TrimPrefix(cursor, "-")), nil)
		if err != nil {
			return fmt.Errorf("the server cannot be used: %w", err)
		}
		var page struct {
			Items []struct {
				ID       string `json:"id"`
				Metadata string `json:"metadata"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := json.Unmarshal(a.body, &page); err != nil {
			return fmt.Errorf("%w: this is no Tillgång server: %w", errStop, err)
		}
		for _, one := range page.Items {
			for pair := range strings.SplitSeq(one.Metadata, ",") {
				if name, value, _ := strings.Cut(pair, " "); name == "fingerprint" {
					u.begun[value] = u.server + "/api/v1/uploads/" + one.ID
				}
			}
		}
		cursor = page.Next
	}
	return nil
}

// errChanged is why a file is not in the archive as it is on the disk.
var errChanged = errors.New("the file changed while it was sent; send it again")

// errUnknown says that the upload must be begun again.
var errUnknown = errors.New("the server does not know the upload any more")

// uploading is one file on its way.
type uploading struct {
	*uploader
	file   *os.File
	info   os.FileInfo
	at     string // its address; empty: it has not begun
	offset int64
	shown  int64 // of the bar
}

// send sends one file to its end.
func (u *uploader) send(ctx context.Context, f sending) ending {
	if f.err != nil {
		return ending{err: f.err}
	}
	file, err := os.Open(f.path)
	if err != nil {
		return ending{err: errors.New(why(err))}
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return ending{err: err}
	}
	one := &uploading{uploader: u, file: file, info: info}
	defer func() { one.show(info.Size()) }()
	meta, mark, err := one.metadata(f)
	if err != nil {
		return ending{err: err}
	}
	u.mu.Lock()
	one.at = u.begun[mark]
	u.mu.Unlock()
	if one.at != "" {
		one.offset = -1
	}
	sum, err := one.hash(ctx)
	if err != nil {
		return ending{err: err}
	}
	if one.at == "" {
		if asset := u.has(ctx, sum); asset != "" {
			return ending{asset: asset, known: true}
		}
	}
	for p := u.pacing(); ; {
		before := one.offset
		end, done, err := one.step(ctx, meta)
		switch {
		case done && end.err == nil && !end.known:
			return u.checked(ctx, end, sum)
		case done:
			return end
		case err == nil && one.offset != before:
			p.got()
		case err != nil:
			one.offset = -1 // ask how much came
			if err := p.again(ctx, err); err != nil {
				return ending{err: err}
			}
		}
	}
}

// metadata is what the server is told of the file. The fingerprint lets a later
// run find the upload again; it tells nothing of the file's name or place.
func (o *uploading) metadata(f sending) (meta, mark string, err error) {
	abs, err := filepath.Abs(f.path)
	if err != nil {
		return "", "", err
	}
	to := f.folder
	if to == "" {
		to = o.folder
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d\x00%s", abs, o.info.Size(), o.info.ModTime().UnixNano(), to))
	mark = base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:16])))
	meta = "filename " + base64.StdEncoding.EncodeToString([]byte(strings.ToValidUTF8(filepath.Base(f.path), "_"))) + ",fingerprint " + mark
	if to != "" {
		meta += ",folder " + base64.StdEncoding.EncodeToString([]byte(to))
	}
	return meta, mark, nil
}

// step does the next thing: begin, ask how far it is, or send a chunk.
func (o *uploading) step(ctx context.Context, meta string) (end ending, done bool, err error) {
	switch {
	case o.at == "":
		a, err := o.ask(ctx, http.MethodPost, o.server+"/api/v1/uploads", nil, 0, "Upload-Length", strconv.FormatInt(o.info.Size(), 10), "Upload-Metadata", meta)
		if err != nil {
			return end, false, err
		}
		if o.at, o.offset = o.server+a.header.Get("Location"), 0; o.at == o.server {
			return end, false, fmt.Errorf("%w: this is no Tillgång server", errStop)
		}
		return end, false, nil
	case o.offset < 0:
		a, err := o.ask(ctx, http.MethodHead, o.at, nil, 0)
		if said, ok := errors.AsType[*problem](err); ok && (said.status == http.StatusNotFound || said.status == http.StatusGone) {
			o.at = "" // it has expired, or what it was about is gone: the next answer says which
			return end, false, errUnknown
		}
		if err != nil {
			return end, false, err
		}
		return o.look(ctx, a)
	}
	if now, err := os.Stat(o.file.Name()); err != nil || now.Size() != o.info.Size() || !now.ModTime().Equal(o.info.ModTime()) {
		_, _ = o.ask(ctx, http.MethodDelete, o.at, nil, 0)
		return ending{err: errChanged}, true, nil //nolint:nilerr // the ending carries the reason
	}
	size := min(sentAtOnce, o.info.Size()-o.offset)
	a, err := o.ask(ctx, http.MethodPatch, o.at, io.NewSectionReader(o.file, o.offset, size), size,
		"Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.FormatInt(o.offset, 10))
	if said, ok := errors.AsType[*problem](err); ok {
		switch said.Code {
		case "asset.duplicate":
			_, _ = o.ask(ctx, http.MethodDelete, o.at, nil, 0)
			return ending{asset: said.ID, known: true}, true, nil
		case "upload.not_found":
			o.at = ""
			return end, false, errUnknown
		}
	}
	if err != nil {
		return end, false, err
	}
	return o.look(ctx, a)
}

// look reads where the upload is from the headers of an answer.
func (o *uploading) look(ctx context.Context, a *problem) (end ending, done bool, err error) {
	asset := a.header.Get("Tillgang-Asset")
	switch a.header.Get("Tillgang-Upload-State") {
	case "done":
		return ending{asset: asset}, true, nil
	case "duplicate":
		_, _ = o.ask(ctx, http.MethodDelete, o.at, nil, 0)
		return ending{asset: asset, known: true}, true, nil
	}
	n, err := strconv.ParseInt(a.header.Get("Upload-Offset"), 10, 64)
	if err != nil || n < 0 || n > o.info.Size() {
		return end, false, fmt.Errorf("%w: this is no Tillgång server", errStop)
	}
	o.offset = n
	o.show(n)
	return end, false, nil
}

// show moves the bar.
func (o *uploading) show(n int64) {
	if n > o.shown {
		_ = o.bar.Add64(n - o.shown)
		o.shown = n
	}
}

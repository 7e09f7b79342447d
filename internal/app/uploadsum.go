// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
)

// hash is the SHA-256 of the file as it is on the disk, in hexadecimal.
func (o *uploading) hash(ctx context.Context) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, until{ctx, io.NewSectionReader(o.file, 0, math.MaxInt64)}); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", fmt.Errorf("the file cannot be read: %s", why(err))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// until reads until a context ends.
type until struct {
	ctx context.Context //nolint:containedctx // it lives as long as one copy
	r   io.Reader
}

// Read implements io.Reader.
func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// has returns the asset of exactly these bytes that the key's owner sees; "":
// none, or no telling: then the bytes are sent and the server says.
func (u *uploader) has(ctx context.Context, sum string) (asset string) {
	a, err := u.surely(ctx, http.MethodGet, "/api/v1/assets?limit=1&q=sha256:"+sum, nil)
	if err != nil {
		return ""
	}
	var page struct {
		Items []struct {
			ID     string `json:"id"`
			SHA256 string `json:"sha256"`
		} `json:"items"`
	}
	if json.Unmarshal(a.body, &page) != nil || len(page.Items) != 1 || page.Items[0].SHA256 != sum {
		return ""
	}
	return page.Items[0].ID
}

// checked holds what the archive has against the file: one that changed on its
// way, in size or not, is in the archive as nobody ever had it. That goes to the
// bin, and the file counts as not sent.
func (u *uploader) checked(ctx context.Context, end ending, sum string) ending {
	at := "/api/v1/assets/" + end.asset
	a, err := u.surely(ctx, http.MethodGet, at, nil)
	if err != nil {
		return end // it is stored; this key may not look at it
	}
	var got struct {
		SHA256 string `json:"sha256"`
	}
	if json.Unmarshal(a.body, &got) != nil || got.SHA256 == sum {
		return end
	}
	if _, err := u.surely(ctx, http.MethodDelete, at, nil); err != nil {
		return ending{err: fmt.Errorf("%w, and remove what came, which is %s", errChanged, end.asset)}
	}
	return ending{err: errChanged}
}

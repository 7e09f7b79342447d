// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"context"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"tillgang/internal/blob"
)

// SweepStages gives up multipart uploads and tails; see blob.Stager. It takes
// those of every kind of put, since all look alike to the server.
func (s *Store) SweepStages(ctx context.Context, before time.Time, keep func(blob.Key) (bool, error)) (int, error) {
	n, err := s.sweepUploads(ctx, before, keep)
	if err != nil {
		return n, err
	}
	for it, err := range s.List(ctx, tails) {
		if err != nil {
			return n, err
		}
		if !it.ModTime.Before(before) {
			continue
		}
		wanted, err := keep(blob.Key(path.Dir(strings.TrimPrefix(string(it.Key), tails))))
		if err == nil && !wanted {
			err = s.Delete(ctx, it.Key)
		}
		if err != nil {
			return n, err
		}
		if !wanted {
			n++
		}
	}
	return n, nil
}

func (s *Store) sweepUploads(ctx context.Context, before time.Time, keep func(blob.Key) (bool, error)) (int, error) {
	n := 0
	var mark, upload string
	for {
		page, err := s.core.ListMultipartUploads(ctx, s.conf.Bucket, s.conf.Prefix, mark, upload, "", 1000)
		if err != nil {
			return n, told(ctx, err)
		}
		for _, u := range page.Uploads {
			if !u.Initiated.Before(before) {
				continue
			}
			wanted, err := keep(blob.Key(strings.TrimPrefix(u.Key, s.conf.Prefix)))
			if err != nil {
				return n, err
			}
			if wanted {
				continue
			}
			err = s.core.AbortMultipartUpload(ctx, s.conf.Bucket, u.Key, u.UploadID)
			if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
				return n, told(ctx, err)
			}
			n++
		}
		if !page.IsTruncated || page.NextKeyMarker == mark && page.NextUploadIDMarker == upload {
			return n, nil
		}
		mark, upload = page.NextKeyMarker, page.NextUploadIDMarker
	}
}

// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"strings"

	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
)

// maxFormField bounds a form field beside the file, in bytes.
const maxFormField = 64 << 10

// UploadAsset answers POST /api/v1/assets: it walks the parts of the form as
// they come in and streams the file on. Fields may stand before the file or
// behind it.
func (s *server) UploadAsset(ctx context.Context, r UploadAssetRequestObject) (UploadAssetResponseObject, error) {
	var f uploadForm
	for {
		part, err := r.Body.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fault.Fields("upload.no_file", "The form has no file in it. Send it as the field `file`.", map[string]string{"file": "is missing"})
		}
		if err != nil {
			return nil, brokenForm(err)
		}
		if part.FormName() != "file" {
			if err := f.field(part); err != nil {
				return nil, err
			}
			continue
		}
		plan := ingest.Plan{Folder: f.folder, Name: part.FileName(), Title: f.title, OnDuplicate: f.onDuplicate, Size: -1}
		plan.Late = func() (ingest.Late, error) {
			var late uploadForm
			for {
				part, err := r.Body.NextPart()
				if errors.Is(err, io.EOF) {
					return ingest.Late{Folder: late.folder, Title: late.title, OnDuplicate: late.onDuplicate}, nil
				}
				if err != nil {
					return ingest.Late{}, brokenForm(err)
				}
				if err := late.field(part); err != nil {
					return ingest.Late{}, err
				}
			}
		}
		a, err := s.Ingest.Receive(ctx, actor(ctx), plan, formReader{part})
		if err != nil {
			return nil, err
		}
		out, err := s.assetOut(ctx, a)
		if err != nil {
			return nil, err
		}
		at := "/api/v1/assets/" + a.ID.String()
		return UploadAsset201JSONResponse{Body: out, Headers: UploadAsset201ResponseHeaders{ETag: etag(a.Version), Location: &at}}, nil
	}
}

type uploadForm struct {
	folder      id.Folder
	title       string
	onDuplicate ingest.OnDuplicate
}

func (f *uploadForm) field(part *multipart.Part) error {
	b, err := io.ReadAll(io.LimitReader(part, maxFormField+1))
	if err != nil {
		return brokenForm(err)
	}
	wrong := func(what string) error {
		return fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{part.FormName(): what})
	}
	if len(b) > maxFormField {
		return wrong("is too long")
	}
	switch text := strings.TrimSpace(string(b)); part.FormName() {
	case "folder":
		if text == "" {
			return nil
		}
		if f.folder, err = id.Parse[id.Folder](text); err != nil {
			return wrong(err.Error())
		}
	case "title":
		f.title = text
		return asset.CheckTitle(text)
	case "on_duplicate":
		switch text {
		case "", "refuse":
			f.onDuplicate = ingest.Refuse
		case "keep":
			f.onDuplicate = ingest.Keep
		default:
			return wrong("must be refuse or keep")
		}
	case "file":
		return fault.Fields("upload.one_file", "Send one file in each request.", map[string]string{"file": "is there twice"})
	default:
		return wrong("is no field of this form; there are file, folder, title and on_duplicate")
	}
	return nil
}

// formReader says of a form that ends too soon that the sender broke off.
type formReader struct{ r io.Reader }

// Read reads on.
func (f formReader) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = brokenForm(err)
	}
	return n, err
}

func brokenForm(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return &fault.Error{
		Kind: fault.Invalid, Code: "upload.broken", Err: err,
		Text: "The upload broke off or is not a whole form. Nothing was stored; send it again.",
	}
}

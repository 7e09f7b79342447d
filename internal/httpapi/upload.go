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

// takesFile reports whether an operation takes a form with a file, which is
// streamed.
func takesFile(operation string) bool {
	return operation == "uploadAsset" || operation == "addAssetRevision" || operation == "checkMetadata"
}

// UploadAsset answers POST /api/v1/assets.
func (s *server) UploadAsset(ctx context.Context, r UploadAssetRequestObject) (UploadAssetResponseObject, error) {
	a, err := s.receive(ctx, r.Body, uploadForm{}, ingest.Plan{})
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

// AddAssetRevision answers POST /api/v1/assets/{id}/revisions.
func (s *server) AddAssetRevision(ctx context.Context, r AddAssetRevisionRequestObject) (AddAssetRevisionResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	a, err := s.receive(ctx, r.Body, uploadForm{revision: true}, ingest.Plan{Asset: r.Id, Version: version})
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	if err != nil {
		return nil, err
	}
	at := "/api/v1/assets/" + a.ID.String() + "/revisions"
	return AddAssetRevision201JSONResponse{Body: out, Headers: AddAssetRevision201ResponseHeaders{ETag: etag(a.Version), Location: &at}}, nil
}

// receive walks the parts of a form as they come in and streams the file on.
// Fields may stand before the file or behind it; f says which there are.
func (s *server) receive(ctx context.Context, body *multipart.Reader, f uploadForm, plan ingest.Plan) (asset.Asset, error) {
	late := f
	for {
		part, err := body.NextPart()
		if errors.Is(err, io.EOF) {
			return asset.Asset{}, fault.Fields("upload.no_file", "The form has no file in it. Send it as the field `file`.", map[string]string{"file": "is missing"})
		}
		if err != nil {
			return asset.Asset{}, brokenForm(err)
		}
		if part.FormName() != "file" {
			if err := f.field(part); err != nil {
				return asset.Asset{}, err
			}
			continue
		}
		plan.Name, plan.Size = part.FileName(), -1
		plan.Folder, plan.Title, plan.OnDuplicate, plan.AnyKind = f.folder, f.title, f.onDuplicate, f.anyKind
		plan.Late = func() (ingest.Late, error) {
			for {
				part, err := body.NextPart()
				if errors.Is(err, io.EOF) {
					return ingest.Late{Folder: late.folder, Title: late.title, OnDuplicate: late.onDuplicate, AnyKind: late.anyKind}, nil
				}
				if err != nil {
					return ingest.Late{}, brokenForm(err)
				}
				if err := late.field(part); err != nil {
					return ingest.Late{}, err
				}
			}
		}
		return s.Ingest.Receive(ctx, actor(ctx), plan, formReader{part})
	}
}

type uploadForm struct {
	folder      id.Folder
	title       string
	onDuplicate ingest.OnDuplicate
	anyKind     bool
	revision    bool // of an asset that is there: the form has allow_kind_change and none of the others
}

// fields names the fields of the form, for whoever got one wrong.
func (f *uploadForm) fields() string {
	if f.revision {
		return "file and allow_kind_change"
	}
	return "file, folder, title and on_duplicate"
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
	text := strings.TrimSpace(string(b))
	if name := part.FormName(); name != "file" && f.revision != (name == "allow_kind_change") {
		return wrong("is no field of this form; there are " + f.fields())
	}
	switch part.FormName() {
	case "allow_kind_change":
		if text != "" && text != "true" && text != "false" {
			return wrong("must be true or false")
		}
		f.anyKind = text == "true"
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
		return wrong("is no field of this form; there are " + f.fields())
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

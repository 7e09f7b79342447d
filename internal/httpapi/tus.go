// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
)

// The tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload) with core,
// creation, creation-with-upload, creation-defer-length, checksum, expiration,
// termination and concatenation. The room keeps the uploads; here are headers.
const (
	tusVersion = "1.0.0"
	tusExtend  = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination,concatenation"
	uploadsAt  = "/api/v1/uploads"
)

// Codes of faults that have a status of their own in the protocol.
const (
	codeHeader  = "upload.header"
	codeVersion = "upload.version"
	codeType    = "upload.media_type"
)

// tusStatus holds the statuses that the protocol wants instead of the usual ones.
var tusStatus = map[string]int{
	codeHeader:           http.StatusBadRequest,
	"upload.length":      http.StatusBadRequest,
	"upload.parts":       http.StatusBadRequest,
	"upload.interrupted": http.StatusBadRequest,
	codeVersion:          http.StatusPreconditionFailed,
	codeType:             http.StatusUnsupportedMediaType,
	"upload.busy":        http.StatusLocked,
	"upload.checksum":    460,
}

// tusOps are the operations whose requests are spoken by hand.
var tusOps = map[string]bool{"getUploadOptions": true, "createUpload": true, "resumeUpload": true, "appendUpload": true, "terminateUpload": true}

// unhurried are those of them that may take as long as bytes or storage take.
var unhurried = map[string]bool{"createUpload": true, "resumeUpload": true, "appendUpload": true}

func (s *server) tusRoutes(r *gin.Engine) {
	r.OPTIONS(uploadsAt, s.tusOptions)
	r.POST(uploadsAt, s.tusCreate)
	r.HEAD(uploadsAt+"/:id", s.tusHead)
	r.PATCH(uploadsAt+"/:id", s.tusPatch)
	r.DELETE(uploadsAt+"/:id", s.tusDelete)
}

// overridden lets clients that can only POST say what they mean. The request
// has passed the check of its origin as the POST that it is.
func overridden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		means := r.Header.Get("X-HTTP-Method-Override")
		if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, uploadsAt+"/") &&
			(means == http.MethodPatch || means == http.MethodDelete || means == http.MethodHead) {
			r = r.Clone(r.Context())
			r.Method = means
		}
		next.ServeHTTP(w, r)
	})
}

// tus says on each answer of the protocol which version is spoken, and refuses
// requests of another before anything else is looked at.
func (s *server) tus(c *gin.Context) {
	op := operationOf(c).id
	if !tusOps[op] {
		return
	}
	c.Header("Tus-Resumable", tusVersion)
	if v := c.GetHeader("Tus-Resumable"); v != tusVersion && op != "getUploadOptions" {
		c.Header("Tus-Version", tusVersion)
		s.fail(c, fault.New(fault.Invalid, codeVersion, "This server speaks tus 1.0.0. Send `Tus-Resumable: 1.0.0`."))
	}
}

func (s *server) tusOptions(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", tusExtend)
	h.Set("Tus-Max-Size", strconv.FormatInt(s.Ingest.MaxBytes(), 10))
	h.Set("Tus-Checksum-Algorithm", strings.Join(ingest.ChecksumAlgorithms(), ","))
	c.Status(http.StatusNoContent)
}

// refuse answers with a problem, having read a little of what still comes: a
// client that is cut off while it sends mostly does not see the answer.
func (s *server) refuse(c *gin.Context, err error) {
	control := http.NewResponseController(c.Writer)
	if control.SetReadDeadline(s.Now().Add(2*time.Second)) == nil {
		_, _ = io.CopyN(io.Discard, c.Request.Body, 8<<20)
	}
	s.fail(c, err)
}

func (s *server) tusCreate(c *gin.Context) {
	n, err := newUpload(c.Request.Header)
	if err != nil {
		s.refuse(c, err)
		return
	}
	sends := carriesBytes(c.Request.Header)
	p, err := s.pieceOf(c, 0)
	switch {
	case err != nil:
	case sends && len(n.Parts) > 0:
		err = badHeader("Upload-Concat", "joins uploads; no bytes may come with it")
	case !sends && c.Request.ContentLength > 0:
		err = fault.New(fault.Invalid, codeType, "Bytes that come with the creation must be of the type "+octets+".")
	}
	if err != nil {
		s.refuse(c, err)
		return
	}
	u, err := s.Ingest.Begin(c, actor(c), n)
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Header("Location", uploadsAt+"/"+u.ID.String())
	switch {
	case sends:
		u, err = s.Ingest.Continue(c.Request.Context(), actor(c), u.ID, p.Piece, p.body)
	case u.Concat == ingest.Final:
		if u, err = s.Ingest.Resume(c.Request.Context(), actor(c), u.ID); err == nil && u.State == ingest.Duplicate {
			err = ingest.IsDuplicate(u.Asset)
		}
	}
	if err != nil {
		s.refuse(c, err)
		return
	}
	s.tell(c, u)
	if sends {
		c.Header("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	}
	c.Status(http.StatusCreated)
}

func newUpload(h http.Header) (n ingest.NewUpload, err error) {
	if n.Partial, n.Parts, err = concatOf(h); err != nil {
		return n, err
	}
	size := int64(-1)
	if len(n.Parts) == 0 {
		size, err = lengthOf(h)
	} else if _, there := h["Upload-Length"]; there {
		err = badHeader("Upload-Length", "follows from the parts of a final upload")
	}
	if err != nil {
		return n, err
	}
	var values map[string]string
	if n.Metadata, values, err = metadataOf(h); err != nil {
		return n, err
	}
	n.Plan, err = planOf(values, size)
	return n, err
}

// pieceOf is what a request says of the bytes in its body.
type piece struct {
	ingest.Piece
	body io.Reader
}

func (s *server) pieceOf(c *gin.Context, offset int64) (p piece, err error) {
	b := &stoppable{patient: patient{ReadCloser: c.Request.Body, control: http.NewResponseController(c.Writer), now: s.Now}}
	p.Offset, p.Size, p.Stop, p.body = offset, c.Request.ContentLength, b.stop, b
	p.Checksum, err = checksumOf(c.Request.Header)
	return p, err
}

// stoppable is a patient body that a newer request can end at once.
type stoppable struct {
	patient
	mu      sync.Mutex
	stopped bool
}

var errStopped = errors.New("a newer request goes on with this upload")

// Read reads on unless it was stopped.
func (b *stoppable) Read(p []byte) (int, error) {
	if b.move() {
		return 0, errStopped
	}
	return b.ReadCloser.Read(p)
}

// move moves the deadline unless the body was stopped meanwhile.
func (b *stoppable) move() (stopped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stopped {
		b.extend()
	}
	return b.stopped
}

func (b *stoppable) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	_ = b.control.SetReadDeadline(time.Unix(1, 0)) // what waits for bytes ends
}

// uploadID is the upload that the path names. A malformed one is as unknown as
// any other.
func uploadID(c *gin.Context) (id.Upload, error) {
	of, err := id.Parse[id.Upload](c.Param("id"))
	if err != nil {
		return of, fault.New(fault.NotFound, "upload.not_found", "There is nothing here by that identifier, or it is not yours to see.")
	}
	return of, nil
}

func (s *server) tusHead(c *gin.Context) {
	of, err := uploadID(c)
	var u ingest.Upload
	if err == nil {
		u, err = s.Ingest.Resume(c.Request.Context(), actor(c), of)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.tell(c, u)
	h := c.Writer.Header()
	if u.Concat != ingest.Final || u.Whole() {
		h.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	}
	if u.Length != nil {
		h.Set("Upload-Length", strconv.FormatInt(*u.Length, 10))
	} else {
		h.Set("Upload-Defer-Length", "1")
	}
	if u.Metadata != "" {
		h.Set("Upload-Metadata", u.Metadata)
	}
	switch u.Concat {
	case ingest.Alone:
	case ingest.Partial:
		h.Set("Upload-Concat", "partial")
	case ingest.Final:
		at := make([]string, len(u.Parts))
		for i, p := range u.Parts {
			at[i] = uploadsAt + "/" + p.String()
		}
		h.Set("Upload-Concat", "final;"+strings.Join(at, " "))
	}
	c.Status(http.StatusOK)
}

// tell sets the headers that each answer about an upload has.
func (s *server) tell(c *gin.Context, u ingest.Upload) {
	h := c.Writer.Header()
	h.Set("Tillgang-Upload-State", string(u.State))
	if u.State == ingest.Open || u.State == ingest.Stored {
		h.Set("Upload-Expires", u.ExpiresAt.UTC().Format(http.TimeFormat))
	}
	if !u.Asset.IsZero() {
		h.Set("Tillgang-Asset", u.Asset.String())
	}
}

func (s *server) tusPatch(c *gin.Context) {
	of, err := uploadID(c)
	if err != nil {
		s.refuse(c, err)
		return
	}
	if !carriesBytes(c.Request.Header) {
		s.refuse(c, fault.New(fault.Invalid, codeType, "The bytes of an upload must be of the type "+octets+"."))
		return
	}
	p, err := s.continued(c)
	if err != nil {
		s.refuse(c, err)
		return
	}
	u, err := s.Ingest.Continue(c.Request.Context(), actor(c), of, p.Piece, p.body)
	if u.State != "" {
		s.tell(c, u)
	}
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Header("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	c.Status(http.StatusNoContent)
}

// continued reads the headers of a PATCH.
func (s *server) continued(c *gin.Context) (p piece, err error) {
	h := c.Request.Header
	text, there, err := single(h, "Upload-Offset")
	if err == nil && !there {
		err = badHeader("Upload-Offset", "is missing")
	}
	if err != nil {
		return p, err
	}
	offset, err := wholeNumber("Upload-Offset", text)
	if err != nil {
		return p, err
	}
	if p, err = s.pieceOf(c, offset); err != nil {
		return p, err
	}
	if text, there, err = single(h, "Upload-Length"); err != nil || !there {
		return p, err
	}
	n, err := wholeNumber("Upload-Length", text)
	p.Length = &n
	return p, err
}

func (s *server) tusDelete(c *gin.Context) {
	of, err := uploadID(c)
	if err == nil {
		err = s.Ingest.Terminate(c.Request.Context(), actor(c), of)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// ListUploads answers GET /api/v1/uploads.
func (s *server) ListUploads(ctx context.Context, r ListUploadsRequestObject) (ListUploadsResponseObject, error) {
	p, err := s.Ingest.Uploads(ctx, actor(ctx), or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := ListUploads200JSONResponse{Items: make([]Upload, len(p.Items)), Next: some(p.Next)}
	for i, u := range p.Items {
		out.Items[i] = uploadOut(u)
	}
	return out, nil
}

// GetUpload answers GET /api/v1/uploads/{id}.
func (s *server) GetUpload(ctx context.Context, r GetUploadRequestObject) (GetUploadResponseObject, error) {
	u, err := s.Ingest.Upload(ctx, actor(ctx), r.Id)
	return GetUpload200JSONResponse(uploadOut(u)), err
}

// AcceptUpload answers POST /api/v1/uploads/{id}/acceptance.
func (s *server) AcceptUpload(ctx context.Context, r AcceptUploadRequestObject) (AcceptUploadResponseObject, error) {
	u, err := s.Ingest.KeepDuplicate(ctx, actor(ctx), r.Id)
	return AcceptUpload200JSONResponse(uploadOut(u)), err
}

func uploadOut(u ingest.Upload) Upload {
	out := Upload{
		Id: u.ID, State: UploadState(u.State), Offset: u.Offset, Length: u.Length, Name: u.Name, Metadata: some(u.Metadata),
		StartedAt: u.StartedAt, ExpiresAt: u.ExpiresAt,
	}
	if !u.Asset.IsZero() {
		out.Asset = &u.Asset
	}
	if u.Reason != nil {
		out.Reason = &struct {
			Code  string `json:"code"`
			Title string `json:"title"`
		}{u.Reason.Code, u.Reason.Text}
	}
	return out
}

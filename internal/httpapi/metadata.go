// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/getkin/kin-openapi/openapi3filter"

	"tillgang/internal/asset"
	"tillgang/internal/delivery"
	"tillgang/internal/filemeta"
)

// sidecarType is the media type of XMP.
const sidecarType = "application/rdf+xml"

// knowXMP tells the validator of requests that a sidecar is a file.
var knowXMP = sync.OnceFunc(func() { openapi3filter.RegisterBodyDecoder(sidecarType, openapi3filter.FileBodyDecoder) })

// GetAssetSidecar answers GET /api/v1/assets/{id}/sidecar.
func (s *server) GetAssetSidecar(ctx context.Context, r GetAssetSidecarRequestObject) (GetAssetSidecarResponseObject, error) {
	b, version, err := s.Assets.Sidecar(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	name := delivery.Disposition(r.Id.String()+".xmp", sidecarType)
	return GetAssetSidecar200ApplicationrdfXmlResponse{
		Body: bytes.NewReader(b), ContentLength: int64(len(b)),
		Headers: GetAssetSidecar200ResponseHeaders{ETag: etag(version), ContentDisposition: &name},
	}, nil
}

// PutAssetSidecar answers PUT /api/v1/assets/{id}/sidecar.
func (s *server) PutAssetSidecar(ctx context.Context, r PutAssetSidecarRequestObject) (PutAssetSidecarResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r.Body) // the door has read and bounded it
	if err != nil {
		return nil, err
	}
	a, err := s.Ingest.ReadSidecar(ctx, actor(ctx), r.Id, version, b)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return PutAssetSidecar200JSONResponse{Body: out, Headers: PutAssetSidecar200ResponseHeaders{ETag: etag(a.Version)}}, err
}

// originOf says how the content came about; nil when nobody said.
func originOf(a asset.Asset, c *asset.Credentials) *Origin {
	said := a.Fields["digital_source_type"].Value
	if said == "" && c == nil {
		return nil
	}
	ai := filemeta.MadeByAI(said) || c != nil && c.AI
	out := &Origin{DigitalSourceType: some(said), Ai: &ai}
	if c != nil {
		out.C2pa = &ContentCredentials{Present: true, ClaimGenerator: some(c.Generator), DigitalSourceType: some(c.SourceType), Ai: c.AI}
	}
	return out
}

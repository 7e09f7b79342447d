// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"tillgang/internal/asset"
)

// unscanned is the state code, and its reason, of what is to be prepared: until
// a configured scanner has seen it, nobody gets any of it.
func (s *Service) unscanned() (code, reason string) {
	if s.Scan == nil {
		return "", ""
	}
	return asset.CodeUnscanned, "The file waits for the virus scan. Nobody can fetch it before."
}

// scan has the scanner look at an original, before any other tool does. What it
// finds becomes part of the finding, and nothing else is done with the file; an
// error means that there is no verdict, and so no access.
func (s *Service) scan(ctx context.Context, r asset.Revision, f *finding) (clean bool, err error) {
	if s.Scan == nil {
		return true, nil
	}
	in, err := s.blobs.Open(ctx, r.BlobKey)
	if err != nil {
		return false, fmt.Errorf("scan an original: %w", err)
	}
	found, parts, err := s.Scan(ctx, in)
	if err = errors.Join(err, in.Close()); err != nil {
		return false, fmt.Errorf("scan an original: %w", err)
	}
	f.tells("scan", map[string]any{"found": found, "in_parts": parts, "at": s.now()})
	if found == "" {
		return true, nil
	}
	s.log.WarnContext(ctx, "the scanner found a harmful file; it is held back", slog.String("revision", r.ID.String()), slog.String("found", found))
	f.state, f.code = asset.Quarantined, CodeInfected
	f.reason = fmt.Sprintf("The virus scanner found %q in this file. Nobody can fetch it: delete it, and tell whoever sent it.", found)
	return false, nil
}

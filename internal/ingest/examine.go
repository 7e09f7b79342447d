// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/picture"
)

// examine reads the original with the tools that its kind asks for. What is
// wrong with the file becomes part of the finding; an error is this machine's.
func (s *Service) examine(ctx context.Context, who access.Actor, a asset.Asset, r asset.Revision, f *finding) error {
	if !s.worthwhile(a) {
		return nil // kept as it is, and shown as an icon of its type
	}
	dir, remove, err := s.tools.Scratch(ctx)
	if err != nil {
		return err
	}
	defer remove()
	path, err := s.local(ctx, r.BlobKey, dir)
	if err != nil {
		return fmt.Errorf("fetch an original: %w", err)
	}
	of := Original{Asset: a.ID, Revision: r.ID, Path: path, MediaType: r.MediaType, Dir: dir}
	if err := f.hear(of); err != nil {
		return err
	}
	if a.Kind == asset.Video || a.Kind == asset.Audio {
		return s.film(ctx, who, of, f)
	}
	return s.picture(ctx, who, of, f)
}

// worthwhile reports whether any tool can say something about the asset's file.
func (s *Service) worthwhile(a asset.Asset) bool {
	switch a.Kind {
	case asset.Image, asset.Video, asset.Audio:
		return true
	case asset.Document:
		return a.MediaType == picture.TypePDF
	default:
		return false
	}
}

// local returns the original as a file that tools may read: where it rests, or
// a copy in dir.
func (s *Service) local(ctx context.Context, key blob.Key, dir string) (string, error) {
	if p, ok := s.blobs.(blob.Pather); ok && s.cfg.InPlace {
		if path, ok := p.Path(key); ok {
			return path, nil
		}
	}
	from, err := s.blobs.Open(ctx, key)
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }()
	path := filepath.Join(dir, "original")
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // in our own private folder
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return path, errors.Join(err, to.Close())
}

// picture has the renditions of a picture or a document made.
func (s *Service) picture(ctx context.Context, who access.Actor, of Original, f *finding) error {
	reply, err := s.render(ctx, who, of, f)
	if err != nil || reply.MediaType == "" {
		return err
	}
	// A document's size is in points, which says nothing of its pixels.
	if reply.MediaType != picture.TypePDF && reply.Width > 0 {
		f.measure.Width, f.measure.Height = &reply.Width, &reply.Height
	}
	f.tells("picture", map[string]any{
		"media_type": reply.MediaType, "orientation": reply.Orientation, "pages": reply.Pages, "frames": reply.Frames,
		"colour_profile": reply.ColourProfile, "alpha": reply.Alpha, "bit_depth": reply.BitDepth,
	})
	return nil
}

// render has renditions made, if anything here reads the media type. What is
// wrong with the picture becomes part of the finding.
func (s *Service) render(ctx context.Context, who access.Actor, of Original, f *finding) (picture.Reply, error) {
	if !s.Reads(of.MediaType) {
		return picture.Reply{}, nil
	}
	reply, err := s.Render(ctx, who, of)
	if err != nil && f.fails(err) {
		err = nil
	}
	return reply, err
}

// tells adds what a tool found to what is kept with the revision.
func (f *finding) tells(tool string, what any) {
	if f.meta == nil {
		f.meta = map[string]any{}
	}
	f.meta[tool] = what
}

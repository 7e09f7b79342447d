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
	path, err := s.local(ctx, r.BlobKey, filepath.Join(dir, "original"))
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
	if goOn, err := s.document(ctx, of, f); err != nil || !goOn {
		return err
	}
	err = s.picture(ctx, who, of, f)
	f.pageless(of.MediaType)
	return err
}

// worthwhile reports whether any tool can say something about the asset's file.
func (s *Service) worthwhile(a asset.Asset) bool {
	switch a.Kind {
	case asset.Image, asset.Video, asset.Audio:
		return true
	default:
		return drawnAs(a.MediaType) == picture.TypePDF || s.standsIn(a.MediaType) || s.tools.Documents.Reads(a.MediaType)
	}
}

// drawnAs is the media type by which renditions are made of an original: an
// Illustrator document is a PDF with more in it.
func drawnAs(mediaType string) string {
	if mediaType == "application/vnd.adobe.illustrator" {
		return picture.TypePDF
	}
	return mediaType
}

// local returns an object as a file that tools may read: where it rests, or a
// copy at the given path in a private folder.
func (s *Service) local(ctx context.Context, key blob.Key, path string) (string, error) {
	if p, ok := s.blobs.(blob.Pather); ok && s.cfg.InPlace {
		if rests, ok := p.Path(key); ok {
			return rests, nil
		}
	}
	from, err := s.blobs.Open(ctx, key)
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // in our own private folder
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return path, errors.Join(err, to.Close())
}

// picture has the renditions of a picture or a document made: of itself, else
// of what can stand in for it.
func (s *Service) picture(ctx context.Context, who access.Actor, of Original, f *finding) error {
	itself := of
	itself.MediaType = drawnAs(of.MediaType)
	if s.Reads(itself.MediaType) {
		reply, err := s.Render(ctx, who, itself)
		if err == nil || !aboutTheFile(err) || !s.standsIn(of.MediaType) {
			return f.drawn(reply, err)
		}
		// Damaged or too large to draw: what it carries of itself may do.
		stood, e := s.standIn(ctx, who, of, f)
		if e != nil || stood {
			return e
		}
		return f.drawn(reply, err)
	}
	_, err := s.standIn(ctx, who, of, f)
	return err
}

// standIn has a stand-in made and kept, and the renditions made of it. It
// reports whether there is one that can be shown.
func (s *Service) standIn(ctx context.Context, who access.Actor, of Original, f *finding) (bool, error) {
	in, by, err := s.made(ctx, of)
	if err != nil {
		if f.fails(err) {
			return false, nil
		}
		return false, err
	}
	if in.Path == "" {
		return in.Nothing, nil
	}
	stand := of
	stand.Path, stand.MediaType = in.Path, in.MediaType
	if !s.Reads(stand.MediaType) {
		return false, nil
	}
	reply, err := s.Render(ctx, who, stand)
	if err != nil {
		if f.fails(err) {
			return false, nil
		}
		return false, err
	}
	if err := s.keepStandIn(ctx, who, of, in); err != nil {
		return false, err
	}
	if in.Tells != nil {
		f.tells(by.Name, in.Tells)
	}
	if err := s.reread(ctx, of, in, f); err != nil {
		return false, err
	}
	f.tells("stand_in", map[string]any{"media_type": in.MediaType, "origin": in.Origin, "width": reply.Width, "height": reply.Height, "pages": reply.Pages})
	switch {
	case in.OriginalWidth > 0 && in.OriginalHeight > 0:
		f.measure.Width, f.measure.Height = &in.OriginalWidth, &in.OriginalHeight
	case in.Origin == Embedded && reply.MediaType != picture.TypePDF && f.measure.Kind == asset.Image:
		f.measure.Width, f.measure.Height = &reply.Width, &reply.Height
	}
	return true, nil
}

// drawn takes over what the engine said of a picture it has drawn, or why not.
func (f *finding) drawn(reply picture.Reply, err error) error {
	if err != nil && !f.fails(err) {
		return err
	}
	if reply.MediaType == "" {
		return nil
	}
	// A document's size is in points, which says nothing of its pixels.
	if reply.MediaType != picture.TypePDF && reply.Width > 0 {
		f.measure.Width, f.measure.Height = &reply.Width, &reply.Height
	}
	if f.measure.Pages == nil && reply.Pages > 1 {
		f.measure.Pages = &reply.Pages
	}
	f.tells("picture", map[string]any{
		"media_type": reply.MediaType, "orientation": reply.Orientation, "pages": reply.Pages, "frames": reply.Frames,
		"colour_profile": reply.ColourProfile, "alpha": reply.Alpha, "bit_depth": reply.BitDepth,
	})
	return nil
}

// tells adds what a tool found to what is kept with the revision.
func (f *finding) tells(tool string, what any) {
	if f.meta == nil {
		f.meta = map[string]any{}
	}
	f.meta[tool] = what
}

// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/film"
	"tillgang/internal/picture"
)

// posterEdge is the longest edge of the picture that stands for a film, in
// pixels: what the largest preset needs.
const posterEdge = 2048

// film looks into a film or a recording, and has renditions made of a picture
// that stands for it, if there is one.
func (s *Service) film(ctx context.Context, who access.Actor, of Original, f *finding) error {
	run := film.Run(s.tools.Run)
	m, err := film.Probe(ctx, run, of.Dir, of.Path)
	if err != nil {
		if f.fails(err) {
			return nil
		}
		return err
	}
	f.filmed(m)
	poster, err := s.poster(ctx, run, of, m)
	if err != nil {
		if f.fails(err) {
			return nil
		}
		return err
	}
	if poster == "" {
		return nil
	}
	of.Path, of.MediaType = poster, picture.TypePNG
	if !s.Reads(of.MediaType) {
		return nil
	}
	if _, err = s.Render(ctx, who, of); err != nil && f.fails(err) {
		return nil
	}
	return err
}

// filmed takes over what a look into the film found.
func (f *finding) filmed(m film.Film) {
	f.measure.Kind = asset.Audio // what an .mp4 or .ogg is, its streams say
	if m.VideoStreams > 0 {
		f.measure.Kind = asset.Video
	}
	if m.Duration > 0 {
		ms := m.Duration.Milliseconds()
		f.measure.DurationMS = &ms
	}
	if m.Width > 0 && m.Height > 0 {
		f.measure.Width, f.measure.Height = &m.Width, &m.Height
	}
	if _, ok := f.told.Fields["title"]; !ok && m.Title != "" {
		f.told.Fields["title"] = asset.Field{Value: m.Title}
	}
	f.tells("film", map[string]any{
		"container": m.Container, "bitrate": m.Bitrate, "video_codec": m.VideoCodec, "rotation": m.Rotation, "frame_rate": m.FrameRate,
		"pixel_format": m.PixelFormat, "audio_codec": m.AudioCodec, "channels": m.Channels, "sample_rate": m.SampleRate,
		"video_streams": m.VideoStreams, "audio_streams": m.AudioStreams, "subtitle_streams": m.SubtitleStreams,
	})
}

// poster makes the picture that stands for a film or a recording: the path is
// empty when there is none. A recording is none the worse for a bad cover.
func (*Service) poster(ctx context.Context, run film.Run, of Original, m film.Film) (path string, err error) {
	switch {
	case m.VideoStreams > 0:
		path, err = film.Poster(ctx, run, of.Dir, of.Path, 0, posterEdge)
	case m.HasCover:
		path, err = film.Cover(ctx, run, of.Dir, of.Path, posterEdge)
	}
	if k := fault.KindOf(err); k == fault.Invalid && (m.VideoStreams == 0 || fault.CodeOf(err) == "film.no_picture") {
		return "", nil
	}
	return path, err
}

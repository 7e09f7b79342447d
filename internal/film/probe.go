// SPDX-License-Identifier: Apache-2.0

package film

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// Numbers of ffprobe's JSON, which come as numbers or as texts.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0 // "N/A"
	}
	*n = number(v)
	return nil
}

type probed struct {
	Format struct {
		Name      string            `json:"format_name"`
		Duration  number            `json:"duration"`
		StartTime number            `json:"start_time"`
		BitRate   number            `json:"bit_rate"`
		Tags      map[string]string `json:"tags"`
	} `json:"format"`
	Streams []stream `json:"streams"`
}

type stream struct {
	Kind        string            `json:"codec_type"`
	Codec       string            `json:"codec_name"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	Aspect      string            `json:"sample_aspect_ratio"`
	FrameRate   string            `json:"avg_frame_rate"`
	Duration    number            `json:"duration"`
	PixelFormat string            `json:"pix_fmt"`
	Channels    int               `json:"channels"`
	SampleRate  number            `json:"sample_rate"`
	Tags        map[string]string `json:"tags"`
	SideData    []struct {
		Rotation number `json:"rotation"`
	} `json:"side_data_list"`
	Disposition struct {
		AttachedPicture int `json:"attached_pic"`
	} `json:"disposition"`
}

// Probe looks into the file. dir is a private folder for the tool; path is the
// file, inside of dir or readable by the sandbox. Both are absolute. A file
// that cannot be used gives a fault with one of the codes film.format,
// film.damaged, film.truncated, film.empty, film.too_hard and film.too_large.
func Probe(ctx context.Context, run Run, dir, path string) (Film, error) {
	if err := check(dir, path); err != nil {
		return Film{}, err
	}
	if st, err := os.Stat(path); err != nil {
		return Film{}, fmt.Errorf("film: %w", err)
	} else if st.Size() == 0 {
		return Film{}, because(errEmpty, nil)
	}
	out, err := run(ctx, dir, inputs(dir, path), append([]string{
		"ffprobe", "-v", "error", "-of", "json", "-show_entries",
		"format=format_name,duration,start_time,bit_rate:format_tags=title,artist,album,author,album_artist:" +
			"stream=codec_type,codec_name,width,height,sample_aspect_ratio,avg_frame_rate,duration,pix_fmt,channels,sample_rate:" +
			"stream_tags=rotate,title:stream_side_data=rotation:stream_disposition=attached_pic",
	}, input(path)...)...)
	if err != nil {
		return Film{}, explain(err)
	}
	var p probed
	if err := json.Unmarshal(out, &p); err != nil {
		return Film{}, fmt.Errorf("film: ffprobe's answer: %w", err)
	}
	f, err := p.film()
	if err != nil {
		return Film{}, err
	}
	return f, whole(ctx, run, dir, path, &p, f)
}

// film sums up the streams.
func (p *probed) film() (Film, error) {
	f := Film{
		Container: p.Format.Name, Duration: seconds(p.Format.Duration), Bitrate: int64(p.Format.BitRate),
		Title: tag(p.Format.Tags, "title"), Album: tag(p.Format.Tags, "album"), Artist: tag(p.Format.Tags, "artist", "author", "album_artist"),
	}
	for i := range p.Streams {
		s := &p.Streams[i]
		if f.Duration == 0 {
			f.Duration = seconds(s.Duration)
		}
		switch {
		case s.Kind == "video" && s.Disposition.AttachedPicture == 1:
			f.HasCover = true
		case s.Kind == "video":
			if f.VideoStreams++; f.VideoStreams == 1 {
				f.takePicture(s)
			}
		case s.Kind == "audio":
			if f.AudioStreams++; f.AudioStreams == 1 {
				f.AudioCodec, f.Channels, f.SampleRate = s.Codec, s.Channels, int(s.SampleRate)
			}
		case s.Kind == "subtitle":
			f.SubtitleStreams++
		}
	}
	switch {
	case f.VideoStreams+f.AudioStreams == 0:
		return Film{}, because(errEmpty, nil)
	case f.VideoStreams > 0 && (f.Width <= 0 || f.Height <= 0):
		return Film{}, because(errDamaged, errors.New("a moving picture without a size"))
	case f.Width > maxEdge || f.Height > maxEdge || len(p.Streams) > maxStreams:
		return Film{}, because(errTooLarge, nil)
	}
	return f, nil
}

func (f *Film) takePicture(s *stream) {
	f.VideoCodec, f.Width, f.Height, f.PixelFormat = s.Codec, s.Width, s.Height, s.PixelFormat
	if wide, high, ok := ratio(s.Aspect); ok { // pixels that are not square
		f.Width = int(math.Round(float64(s.Width) * wide / high))
	}
	if n, d, ok := ratio(strings.Replace(s.FrameRate, "/", ":", 1)); ok {
		f.FrameRate = math.Round(n/d*1000) / 1000
	}
	turn := 0.0
	if v, err := strconv.ParseFloat(s.Tags["rotate"], 64); err == nil {
		turn = v
	}
	for _, d := range s.SideData {
		if d.Rotation != 0 {
			turn = -float64(d.Rotation) // the matrix turns the other way round
		}
	}
	f.Rotation = ((int(math.Round(turn/90))*90)%360 + 360) % 360
	if f.Rotation%180 == 90 {
		f.Width, f.Height = f.Height, f.Width
	}
}

// ratio reads "16:9"; parts of a ratio are above zero and the ratio is sane.
func ratio(s string) (a, b float64, ok bool) {
	l, r, _ := strings.Cut(s, ":")
	a, err1 := strconv.ParseFloat(l, 64)
	b, err2 := strconv.ParseFloat(r, 64)
	return a, b, err1 == nil && err2 == nil && a > 0 && b > 0 && a/b < 1000 && b/a < 1000
}

func seconds(n number) time.Duration {
	if n <= 0 || n > 1e7 { // 115 days: a lie
		return 0
	}
	return time.Duration(float64(n) * float64(time.Second))
}

func tag(tags map[string]string, names ...string) string {
	for _, name := range names {
		for k, v := range tags {
			if strings.EqualFold(k, name) && v != "" {
				return v
			}
		}
	}
	return ""
}

// whole finds files that say how long they are and end before that: it looks
// for packets near the end. Formats that are read from front to back, such as
// MP3, say no length and cannot be cut off in this sense.
func whole(ctx context.Context, run Run, dir, path string, p *probed, f Film) error {
	mov, mkv := strings.HasPrefix(p.Format.Name, "mov"), strings.HasPrefix(p.Format.Name, "matroska")
	end := float64(p.Format.Duration)
	if (!mov && !mkv) || f.Duration < time.Second {
		return nil
	}
	slack := min(max(2, end*0.05), end/4)
	argv := []string{
		"ffprobe", "-v", "quiet", "-of", "csv=p=0", "-show_entries", "packet=pts_time",
		"-read_intervals", fmt.Sprintf("%.3f%%", max(0, float64(p.Format.StartTime)+end-slack)),
	}
	out, err := run(ctx, dir, inputs(dir, path), append(argv, input(path)...)...)
	if failed, ran := errors.AsType[interface {
		error
		Exhausted() bool
	}](err); ran && failed.Exhausted() {
		return nil // too many packets to tell; playing will
	} else if !ran && err != nil {
		return err
	}
	last := math.Inf(-1)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if t, err := strconv.ParseFloat(strings.TrimRight(lines.Text(), ", \r"), 64); err == nil {
			last = max(last, t)
		}
	}
	if last < float64(p.Format.StartTime)+end-2*slack {
		return because(errTruncated, nil)
	}
	return nil
}

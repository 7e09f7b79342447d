// SPDX-License-Identifier: Apache-2.0

package film_test

import (
	"context"
	"errors"
	"image"
	"image/png"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/film"
	"tillgang/internal/sandbox"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Command {
		os.Exit(sandbox.Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// world is a private folder and the sandbox around it.
type world struct {
	t   *testing.T
	dir string
	run film.Run
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := sandbox.New("", t.TempDir(), slog.New(slog.DiscardHandler))
	dir, remove, err := s.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		remove()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{t, dir, func(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
		r, err := s.Run(ctx, sandbox.Task{Dir: dir, Read: inputs, Argv: argv})
		return r.Stdout, err
	}}
}

// make writes a file with ffmpeg.
func (w *world) make(name, args string) string {
	w.t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		w.t.Fatal("ffmpeg is missing: run make setup")
	}
	path := filepath.Join(w.dir, name)
	c := exec.Command(ffmpeg, append(append([]string{"-nostdin", "-v", "error"}, strings.Fields(args)...), path)...)
	c.Dir = w.dir
	if out, err := c.CombinedOutput(); err != nil {
		w.t.Fatalf("ffmpeg %s: %v\n%s", args, err, out)
	}
	return path
}

func (w *world) write(name string, b []byte) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) read(path string) []byte {
	w.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

const (
	moving = "-f lavfi -i testsrc2=d=2:s=320x180:r=25 "
	sound  = "-f lavfi -i sine=d=2 "
	h264   = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p "
)

func TestProbe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		name, args string
		want       film.Film
	}{
		{"both.mp4", moving + sound + h264 + "-c:a aac -metadata title=Vår -metadata artist=Åsa", film.Film{
			Width: 320, Height: 180, VideoCodec: "h264", AudioCodec: "aac", FrameRate: 25, VideoStreams: 1, AudioStreams: 1, Channels: 1, SampleRate: 44100, Title: "Vår", Artist: "Åsa", PixelFormat: "yuv420p",
		}},
		{"silent.mov", moving + h264, film.Film{Width: 320, Height: 180, VideoCodec: "h264", FrameRate: 25, VideoStreams: 1, PixelFormat: "yuv420p"}},
		{"wide.mkv", moving + "-vf setsar=4/3 " + h264, film.Film{Width: 427, Height: 180, VideoCodec: "h264", FrameRate: 25, VideoStreams: 1, PixelFormat: "yuv420p"}},
		{"s.mp3", sound, film.Film{AudioCodec: "mp3", AudioStreams: 1, Channels: 1, SampleRate: 44100}},
		{"s.wav", sound, film.Film{AudioCodec: "pcm_s16le", AudioStreams: 1, Channels: 1, SampleRate: 44100}},
		{"s.m4a", sound + "-c:a aac", film.Film{AudioCodec: "aac", AudioStreams: 1, Channels: 1, SampleRate: 44100}},
		{"named .mp4", moving + sound + "-c:v mpeg4 -c:a mp2 -f mpegts", film.Film{
			Width: 320, Height: 180, VideoCodec: "mpeg4", AudioCodec: "mp2", FrameRate: 25, VideoStreams: 1, AudioStreams: 1, Channels: 1, SampleRate: 44100, PixelFormat: "yuv420p",
		}},
	} {
		got, err := film.Probe(t.Context(), w.run, w.dir, w.make(c.name, c.args))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if math.Abs(got.Duration.Seconds()-2) > 0.2 || got.Bitrate <= 0 || got.Container == "" {
			t.Errorf("%s: %+v", c.name, got)
		}
		got.Duration, got.Bitrate, got.Container = 0, 0, ""
		if got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestARotatedFilmIsShownUpright(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flat := w.make("flat.mp4", moving+h264)
	for degrees, want := range map[string]struct{ rotation, width, height int }{"90": {270, 180, 320}, "270": {90, 180, 320}, "180": {180, 320, 180}} {
		path := w.make("turned"+degrees+".mp4", "-i "+flat+" -c copy -metadata:s:v:0 rotate="+degrees)
		got, err := film.Probe(t.Context(), w.run, w.dir, path)
		if err != nil || got.Width != want.width || got.Height != want.height || (got.Rotation != want.rotation && got.Rotation != 360-want.rotation) {
			t.Errorf("%s: %+v %v", degrees, got, err)
		}
		poster, err := film.Poster(t.Context(), w.run, w.dir, path, 0, 1024)
		if err != nil {
			t.Fatal(err)
		}
		if m := open(t, poster); m.Bounds().Dx() != want.width || m.Bounds().Dy() != want.height {
			t.Errorf("%s: poster %v", degrees, m.Bounds())
		}
	}
}

func open(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func brightness(m image.Image) float64 {
	var sum, n float64
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			_, g, _, _ := m.At(x, y).RGBA()
			sum, n = sum+float64(g)/257, n+1
		}
	}
	return sum / n
}

func TestAPosterIsNotBlack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Black for the first 40 %, then something to see.
	path := w.make("fade.mp4", "-f lavfi -i color=black:d=4:s=320x180:r=10 -f lavfi -i testsrc2=d=6:s=320x180:r=10 -filter_complex [0][1]concat=n=2:v=1:a=0 "+h264)
	poster, err := film.Poster(t.Context(), w.run, w.dir, path, 0, 160)
	if err != nil {
		t.Fatal(err)
	}
	if m := open(t, poster); m.Bounds().Dx() != 160 || m.Bounds().Dy() != 90 || brightness(m) < 40 {
		t.Error(m.Bounds(), brightness(m))
	}
	poster, err = film.Poster(t.Context(), w.run, w.dir, path, time.Second, 160)
	if err != nil || brightness(open(t, poster)) > 10 {
		t.Error("a chosen moment must be kept, black or not:", err)
	}
	black := w.make("black.mp4", "-f lavfi -i color=black:d=1:s=320x180:r=10 "+h264)
	if _, err := film.Poster(t.Context(), w.run, w.dir, black, 0, 160); err != nil {
		t.Error("a black film has a black poster:", err)
	}
	one := w.make("one.mp4", "-f lavfi -i testsrc2=d=0.04:s=320x180:r=25 "+h264)
	if _, err := film.Poster(t.Context(), w.run, w.dir, one, time.Hour, 160); err != nil {
		t.Error("a moment after the end falls back to what there is:", err)
	}
	left, _ := filepath.Glob(filepath.Join(w.dir, "poster-*.png"))
	if len(left) > 3 {
		t.Error("frames that were not chosen stay behind:", left)
	}
}

func TestACoverIsAPictureAndNoFilm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	art := w.make("art.png", "-f lavfi -i testsrc2=s=300x300 -frames:v 1")
	path := w.make("song.mp3", sound+"-i "+art+" -map 0:a -map 1:v -c:v png -disposition:v attached_pic -id3v2_version 3")
	got, err := film.Probe(t.Context(), w.run, w.dir, path)
	if err != nil || !got.HasCover || got.VideoStreams != 0 || got.Width != 0 || got.AudioCodec != "mp3" {
		t.Fatalf("%+v %v", got, err)
	}
	cover, err := film.Cover(t.Context(), w.run, w.dir, path, 200)
	if err != nil || open(t, cover).Bounds().Dx() != 200 {
		t.Error(err)
	}
	_, err = film.Poster(t.Context(), w.run, w.dir, path, 0, 200)
	wants(t, "poster of a recording", err, "film.no_picture")
	_, err = film.Cover(t.Context(), w.run, w.dir, w.make("bare.wav", sound), 200)
	wants(t, "cover of a bare recording", err, "film.no_picture")
}

func wants(t *testing.T, what string, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code || fault.KindOf(err) != fault.Invalid {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func TestWhatCannotBePlayedIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	atEnd := w.read(w.make("end.mp4", moving+sound+h264+"-c:a aac"))
	atFront := w.read(w.make("front.mp4", "-f lavfi -i testsrc2=d=20:s=320x180:r=25 "+h264+"-movflags +faststart"))
	mkv := w.read(w.make("m.mkv", "-f lavfi -i testsrc2=d=20:s=320x180:r=25 "+h264))
	secret := w.make("secret.ts", moving+h264)
	for _, c := range []struct {
		name    string
		content []byte
		code    string
	}{
		{"zero.mp4", nil, "film.empty"},
		{"noise.mp4", []byte(strings.Repeat("noise ", 1000)), "film.damaged"},
		{"index-lost.mp4", atEnd[:len(atEnd)/2], "film.damaged"},
		{"head-only.mp4", atEnd[:40], "film.damaged"},
		{"cut.mp4", atFront[:len(atFront)/2], "film.truncated"},
		{"cut.mkv", mkv[:len(mkv)/2], "film.truncated"},
		{"playlist.mp4", []byte("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + secret + "\n#EXT-X-ENDLIST\n"), "film.format"},
		{"concat.mp4", []byte("ffconcat version 1.0\nfile " + secret + "\n"), "film.format"},
		{"dash.mp4", []byte(`<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period/></MPD>`), "film.format"},
		{"text.mp4", []byte("just words\n"), "film.damaged"},
	} {
		path := w.write(c.name, c.content)
		_, err := film.Probe(t.Context(), w.run, w.dir, path)
		wants(t, c.name, err, c.code)
		_, err = film.Poster(t.Context(), w.run, w.dir, path, 0, 100)
		wants(t, c.name+" poster", err, c.code)
	}
	if _, err := film.Probe(t.Context(), w.run, w.dir, w.write("whole.mp4", atFront)); err != nil {
		t.Error("the whole one is fine:", err)
	}
	if _, err := film.Probe(t.Context(), w.run, w.dir, w.write("whole.mkv", mkv)); err != nil {
		t.Error("the whole one is fine:", err)
	}
}

// limited is the failure of a tool that a limit has ended.
type limited struct{}

func (limited) Error() string   { return "limit" }
func (limited) Tail() string    { return "" }
func (limited) Exhausted() bool { return true }

func TestLimitsAndBrokenMachinesAreToldApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.write("x.mp4", []byte("x"))
	_, err := film.Probe(t.Context(), func(context.Context, string, []string, ...string) ([]byte, error) { return nil, limited{} }, w.dir, path)
	wants(t, "limit", err, "film.too_hard")
	gone := errors.New("no such tool")
	_, err = film.Probe(t.Context(), func(context.Context, string, []string, ...string) ([]byte, error) { return nil, gone }, w.dir, path)
	if !errors.Is(err, gone) || fault.KindOf(err) != fault.Internal {
		t.Error(err)
	}
	if _, err := film.Probe(t.Context(), w.run, w.dir, "relative.mp4"); err == nil || fault.KindOf(err) != fault.Internal {
		t.Error(err)
	}
}

// A tool that was taken over leaves something else than a picture.
func TestALinkInPlaceOfAPosterIsNotFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.make("a.mp4", moving+h264)
	outside := filepath.Join(t.TempDir(), "outside.png")
	good := w.read(w.make("good.png", "-f lavfi -i testsrc2=s=64x64 -frames:v 1"))
	if err := os.WriteFile(outside, good, 0o600); err != nil {
		t.Fatal(err)
	}
	evil := func(ctx context.Context, dir string, in []string, argv ...string) ([]byte, error) {
		if argv[0] == "ffmpeg" {
			target := strings.TrimPrefix(argv[len(argv)-1], "file:")
			return nil, os.Symlink(outside, target)
		}
		return w.run(ctx, dir, in, argv...)
	}
	if got, err := film.Poster(t.Context(), evil, w.dir, path, 0, 100); err == nil {
		t.Error("followed", got)
	}
}

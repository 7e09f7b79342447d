// SPDX-License-Identifier: Apache-2.0

// Package film looks into films and recordings with ffprobe and ffmpeg: what
// they hold (Probe), a picture that stands for them (Poster) and the cover of
// a recording (Cover). It starts nothing itself: the house hands it a Run that
// puts the tools into the sandbox.
//
// What is wrong with a file is a fault whose code begins with "film.". All
// other errors are the machine's.
package film

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tillgang/internal/fault"
)

// Run starts a tool in the sandbox, waits for it and returns its standard
// output. dir is a private folder that it may write in; inputs are files it
// may read besides. When the tool ran and failed, the error has a method
// Tail() string with the end of its standard error, and Exhausted() bool,
// which says whether a limit ended it; any other error means that it could not
// be run.
type Run func(ctx context.Context, dir string, inputs []string, argv ...string) (stdout []byte, err error)

// Film is what a film or recording holds.
type Film struct {
	Container string        // ffmpeg's name of the format, such as "mov,mp4,m4a,3gp,3g2,mj2"
	Duration  time.Duration // zero when the file does not say
	Bitrate   int64         // bits per second over all; zero when unknown

	// Of the first moving picture; zero in recordings.
	VideoCodec    string
	Width, Height int // as it is shown: after rotation, with square pixels
	Rotation      int // 0, 90, 180 or 270 degrees clockwise to show it upright
	FrameRate     float64
	PixelFormat   string // ffmpeg's name, such as "yuv420p10le"

	// Of the first sound; zero in silent films.
	AudioCodec string
	Channels   int
	SampleRate int

	VideoStreams, AudioStreams, SubtitleStreams int
	HasCover                                    bool // an attached picture, as of a record

	// What the container says about itself, as it is: clean before use.
	Title, Artist, Album string
}

// Limits of what is looked into.
const (
	maxStreams = 100
	maxEdge    = 16_384 // pixels of a moving picture
)

// Faults. All mean that the file cannot be used as a film; it can still be kept.
var (
	errRefused   = fault.New(fault.Invalid, "film.format", "This kind of film is not accepted: it may be a playlist that only points to other files. Upload the film itself, as MP4, MOV or WebM.")
	errDamaged   = fault.New(fault.Invalid, "film.damaged", "The film cannot be played: it is damaged, or the upload was cut off. Upload it again from the source.")
	errTruncated = fault.New(fault.Invalid, "film.truncated", "The film ends before it should: it was cut off. Upload it again from the source.")
	errEmpty     = fault.New(fault.Invalid, "film.empty", "The file holds neither moving pictures nor sound.")
	errTooHard   = fault.New(fault.Invalid, "film.too_hard", "The film takes more time or memory to read than is allowed. Export it again in a common format such as MP4.")
	errTooLarge  = fault.New(fault.Invalid, "film.too_large", "The film's pictures or streams are more than can be shown: at most 16,384 pixels wide or high, and 100 streams.")
	errNoPicture = fault.New(fault.Invalid, "film.no_picture", "The recording has no moving pictures and no cover to make a picture of.")
)

// formats are the demuxers a file may meet. Playlists (HLS, concat, DASH) are
// not among them: they make ffmpeg open other files.
const formats = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mp3,wav,flac,ogg,aac,mxf,asf"

// input are the options that stand before every input: only this file, only
// these formats, however it is named.
func input(path string) []string {
	return []string{
		"-protocol_whitelist", "file,pipe", "-format_whitelist", formats, "-max_streams", fmt.Sprint(maxStreams), "-i", "file:" + path,
	}
}

// explain turns the failure of a tool into a fault.
func explain(err error) error {
	failed, ran := errors.AsType[interface {
		error
		Tail() string
		Exhausted() bool
	}](err)
	if !ran {
		return err
	}
	why := errDamaged
	switch tail := failed.Tail(); {
	case failed.Exhausted():
		why = errTooHard
	case strings.Contains(tail, "not on whitelist"):
		why = errRefused
	case strings.Contains(tail, "max_streams"):
		why = errTooLarge
	}
	return because(why, err)
}

// because returns a copy of the fault with its cause.
func because(f *fault.Error, err error) error {
	c := *f
	c.Err = err
	return &c
}

// inputs names the file for the sandbox unless it lies in the private folder.
func inputs(dir, path string) []string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return nil
	}
	return []string{path}
}

// check refuses paths that are not what they seem.
func check(dir, path string) error {
	if !filepath.IsAbs(dir) || !filepath.IsAbs(path) {
		return errors.New("film: folder and file are named by absolute paths")
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"

	"tillgang/internal/fault"
)

// Job is what a worker is asked to do, one JSON object.
type Job struct {
	Input     string   `json:"input"`      // absolute path of the original
	MediaType string   `json:"media_type"` // the type found by content; empty means that the worker finds it
	Limits    Limits   `json:"limits"`     // zero parts mean the engine's defaults
	Outputs   []Output `json:"outputs"`    // none: the picture is described, not decoded; all show the same page, turned alike
	Likeness  bool     `json:"likeness"`   // say what the picture looks like, if any output shows all of it
}

// Output is one rendition wanted.
type Output struct {
	Path   string `json:"path"` // a file that does not exist yet; Engine.Render takes a bare name in its dir
	Recipe Recipe `json:"recipe"`
}

// Limits bound what a picture may cost. Zero means the engine's default.
type Limits struct {
	MaxPixels int64 `json:"max_pixels"` // width × height of one frame
	MaxFrames int   `json:"max_frames"` // frames or pages
	Memory    int64 `json:"memory"`     // bytes that decoding may take, by estimate from the header
}

// Reply is what a worker answers, one JSON object on standard output.
type Reply struct {
	MediaType     string   `json:"media_type"`
	Width         int      `json:"width"`  // upright, in pixels; of documents in points (1/72 inch)
	Height        int      `json:"height"` // upright, in pixels; of documents in points (1/72 inch)
	Orientation   int      `json:"orientation"`
	Pages         int      `json:"pages"`          // of TIFF and documents; otherwise 1
	Frames        int      `json:"frames"`         // of animations; otherwise 1
	ColourProfile string   `json:"colour_profile"` // the embedded profile's own name; empty without one
	Alpha         bool     `json:"alpha"`          // really transparent somewhere, once decoded; able to be so, when only described
	BitDepth      int      `json:"bit_depth"`      // bits per channel of the original
	Outputs       []Made   `json:"outputs"`        // in the order of the job
	Warnings      []string `json:"warnings"`       // for the log
	Likeness      *uint64  `json:"likeness"`       // see Likeness; nil when not asked for, or without features
	Error         *Problem `json:"error,omitempty"`
}

// Made is one finished rendition.
type Made struct {
	Path      string `json:"path"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"` // bytes
}

// Problem is a worker's way to say why there is no picture.
type Problem struct {
	Code   string `json:"code"`   // one of the codes below
	Text   string `json:"text"`   // a sentence for people; only shown for TooLarge codes, where it has the numbers
	Detail string `json:"detail"` // for the log
}

// Codes of faults, with their sentences. A code is stable; a room may keep it
// as the reason why an asset failed.
const (
	CodeTooLarge    = "picture.too_large"       // pixels or memory (TooLarge)
	CodeFrames      = "picture.too_many_frames" // frames or pages (TooLarge)
	CodeTruncated   = "picture.truncated"       // the file ends too early (Invalid)
	CodeUnreadable  = "picture.unreadable"      // damaged, or not what it says it is (Invalid)
	CodeUnsupported = "picture.unsupported"     // a sound file of a kind that this engine does not read (Invalid)
	CodeUnknown     = "picture.unknown"         // not a picture at all (Invalid)
)

// codeInternal is fault.As's code for a broken machine, such as a full disk.
const codeInternal = "internal"

var texts = map[string]string{
	CodeTruncated:   "The file ends too early; it was probably cut off on its way. Upload it again from its source.",
	CodeUnreadable:  "The file is damaged and cannot be shown. Open it in the program it was made with, save it anew and upload that file.",
	CodeUnsupported: "This kind of picture cannot be shown here. The file is kept; save it as JPEG, PNG or TIFF to get a preview.",
	CodeUnknown:     "The file is not a picture of a known kind, whatever its name says. Check the file and upload it again.",
}

// Fault returns the Invalid fault of one of the codes above, with its sentence.
// err is the cause, for the log.
func Fault(code string, err error) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Code: code, Text: texts[code], Err: err}
}

// asFault turns a child's answer into a fault. Texts are the parent's own,
// except the numbers of a limit, which the caller must have cleaned.
func (p *Problem) asFault() error {
	cause := errDetail(p.Detail)
	switch p.Code {
	case codeInternal:
		return fmt.Errorf("picture: in the worker: %w", cause)
	case CodeTooLarge, CodeFrames:
		return &fault.Error{Kind: fault.TooLarge, Code: p.Code, Text: p.Text, Err: cause}
	case CodeTruncated, CodeUnsupported, CodeUnknown:
		return Fault(p.Code, cause)
	default:
		return Fault(CodeUnreadable, cause)
	}
}

type errDetail string

func (e errDetail) Error() string { return string(e) }

// ProblemOf returns how a worker reports err.
func ProblemOf(err error) *Problem {
	f := fault.As(err)
	p := &Problem{Code: f.Code, Text: f.Text}
	if f.Err != nil {
		p.Detail = f.Err.Error()
	}
	return p
}

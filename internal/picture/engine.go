// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"unicode"

	"tillgang/internal/fault"
)

// Run starts a child in the sandbox, waits for it and returns its standard
// output. dir is a private folder the child may write in; inputs are the files
// it may read beside the system's libraries. An error with the method
// Exhausted() bool means that the child ran and failed, by a limit if that
// answers true; any other error means that it could not be run.
type Run func(ctx context.Context, dir string, inputs []string, argv ...string) (stdout []byte, err error)

// Engine makes renditions. Engines are safe for concurrent use; each call is
// one child process.
type Engine interface {
	// Name says which engine it is, with the version of its library: for the log.
	Name() string

	// Reads reports whether the engine makes renditions of the media type.
	Reads(mediaType string) bool

	// Writes reports whether the engine can encode a format; Auto it always can.
	Writes(format Format) bool

	// Render carries out the job: Input is an absolute path, and outputs name
	// files that do not exist yet in dir, an absolute path to a private folder.
	// The reply's outputs are in the order of the job's and their paths are
	// absolute. A fault says why there is no picture, in words for people; the
	// reply then still holds what is known. Any other error is a broken
	// machine and worth another try. The caller removes what lies in dir.
	Render(ctx context.Context, dir string, job Job) (Reply, error)
}

// work is what both engines have in common on the parent's side.
type work struct {
	run    Run
	argv   []string
	limits Limits // defaults
	need   func(Header) int64
	reads  func(mediaType string) bool
	types  map[string]bool // that may come out
}

func (w work) render(ctx context.Context, dir string, job Job) (Reply, error) {
	f, err := os.Open(job.Input)
	if err != nil {
		return Reply{}, fmt.Errorf("picture: open the original: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Reply{}, fmt.Errorf("picture: open the original: %w", err)
	}
	h, err := ReadHeader(f, info.Size())
	if err != nil {
		return Reply{}, err
	}
	known := Describe(h)
	job.Limits = job.Limits.or(w.limits.MaxPixels, w.limits.Memory)
	if err := job.Limits.Check(h, w.need(h)); err != nil {
		return known, err
	}
	if !w.reads(h.MediaType) {
		return known, Fault(CodeUnsupported, fmt.Errorf("picture: the engine does not read %s", h.MediaType))
	}
	if job.MediaType == "" {
		job.MediaType = h.MediaType
	} else if job.MediaType != h.MediaType {
		return known, Fault(CodeUnreadable, fmt.Errorf("picture: %q announced, %q found", job.MediaType, h.MediaType))
	}
	outputs, err := placed(dir, job.Outputs)
	if err != nil {
		return known, err
	}
	job.Outputs = outputs
	reply, err := w.ask(ctx, dir, job)
	if err != nil {
		return known, err
	}
	if h.Width > 0 {
		known.Alpha, known.Warnings, known.Likeness = reply.Alpha, reply.Warnings, reply.Likeness
	} else {
		known = reply
		known.MediaType, known.ColourProfile = h.MediaType, cleanName(reply.ColourProfile)
	}
	known.Outputs, known.Error = []Made{}, nil
	if reply.Error != nil {
		return known, reply.Error.clean().asFault()
	}
	if known.Outputs, err = w.verified(job, reply); err != nil {
		return known, err
	}
	return known, nil
}

// placed turns the names of outputs into paths in dir.
func placed(dir string, outputs []Output) ([]Output, error) {
	var all []Output
	for _, out := range outputs {
		if err := out.Recipe.Validate(); err != nil {
			return nil, err
		}
		if out.Path == "" || filepath.Base(out.Path) != out.Path || out.Path == jobFile || out.Path == "." || out.Path == ".." {
			return nil, fmt.Errorf("picture: %q is not the name of an output", out.Path)
		}
		if !out.Recipe.sameView(outputs[0].Recipe) {
			return nil, errors.New("picture: the outputs of one job look at the original in different ways")
		}
		recipe := out.Recipe.normal()
		if mark := out.Recipe.Mark; !mark.none() {
			if mark.Path == "" || filepath.Base(mark.Path) != mark.Path {
				return nil, fmt.Errorf("picture: %q is not the name of a watermark", mark.Path)
			}
			recipe.Mark.Path = filepath.Join(dir, mark.Path)
		}
		all = append(all, Output{Path: filepath.Join(dir, out.Path), Recipe: recipe})
	}
	return all, nil
}

const jobFile = "picture-job.json"

// ask runs the child and reads its reply.
func (w work) ask(ctx context.Context, dir string, job Job) (Reply, error) {
	text, err := json.Marshal(job)
	if err != nil {
		return Reply{}, fmt.Errorf("picture: write the job: %w", err)
	}
	path := filepath.Join(dir, jobFile)
	defer func() { _ = os.Remove(path) }()
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // G306: the sandbox's user reads it
		return Reply{}, fmt.Errorf("picture: write the job: %w", err)
	}
	out, err := w.run(ctx, dir, []string{job.Input}, append(slices.Clip(w.argv), path)...)
	if ctx.Err() != nil {
		return Reply{}, ctx.Err()
	}
	if err != nil {
		return Reply{}, runFault(err)
	}
	var reply Reply
	if err := json.Unmarshal(out, &reply); err != nil {
		return Reply{}, Fault(CodeUnreadable, fmt.Errorf("picture: the worker's answer: %w", err))
	}
	return reply, nil
}

// runFault tells a picture that breaks its reader from a machine that cannot
// run it.
func runFault(err error) error {
	ran, ok := errors.AsType[interface {
		error
		Exhausted() bool
	}](err)
	switch {
	case !ok:
		return fmt.Errorf("picture: run the worker: %w", err)
	case ran.Exhausted():
		return &fault.Error{
			Kind: fault.TooLarge, Code: CodeTooLarge, Err: err,
			Text: "Reading the picture took more time or memory than one picture may take here. Make it smaller, or save it without progressive loading, and upload it again.",
		}
	default:
		return Fault(CodeUnreadable, err)
	}
}

// verified checks the finished files against what was asked and answered: the
// child has read a stranger's file and is not believed.
func (w work) verified(job Job, reply Reply) ([]Made, error) {
	bad := func(format string, args ...any) ([]Made, error) {
		return nil, Fault(CodeUnreadable, fmt.Errorf("picture: the worker's answer: "+format, args...))
	}
	if len(reply.Outputs) != len(job.Outputs) {
		return bad("%d outputs instead of %d", len(reply.Outputs), len(job.Outputs))
	}
	made := make([]Made, len(job.Outputs))
	for i, out := range job.Outputs {
		info, err := os.Lstat(out.Path)
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			return bad("no file for output %d", i)
		}
		f, err := os.Open(out.Path)
		if err != nil {
			return nil, fmt.Errorf("picture: open a rendition: %w", err)
		}
		h, err := ReadHeader(f, info.Size())
		_ = f.Close()
		if err != nil {
			return bad("output %d: %w", i, err)
		}
		r := out.Recipe
		if !w.types[h.MediaType] || r.Format != Auto && "image/"+string(r.Format) != h.MediaType {
			return bad("output %d is %s", i, h.MediaType)
		}
		if h.Width == 0 { // a format that this process does not look into
			h.Width, h.Height = reply.Outputs[i].Width, reply.Outputs[i].Height
		}
		if h.Width < 1 || h.Height < 1 {
			return bad("output %d has no size", i)
		}
		if r.Width > 0 && h.Width > r.Width || r.Height > 0 && h.Height > r.Height {
			return bad("output %d is %d × %d", i, h.Width, h.Height)
		}
		made[i] = Made{Path: out.Path, Width: h.Width, Height: h.Height, MediaType: h.MediaType, Size: info.Size()}
	}
	return made, nil
}

// clean bounds what a child says to printable text.
func (p *Problem) clean() *Problem {
	text := func(s, otherwise string, most int) string {
		n := 0
		for _, r := range s {
			if n++; n > most || !unicode.IsPrint(r) && r != '\n' {
				return otherwise
			}
		}
		return s
	}
	return &Problem{
		Code:   p.Code,
		Text:   text(p.Text, "The picture is larger than may be read here.", 400),
		Detail: text(p.Detail, "unprintable", 2000),
	}
}

// SPDX-License-Identifier: Apache-2.0

package document

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"tillgang/internal/fault"
)

// WorkerArg is the first argument with which the server's own executable is
// started to become the reader of documents.
const WorkerArg = "document-worker"

// childMemory is what the child's heap should stay under; the sandbox's limit
// ends it when it does not.
const childMemory = 768 << 20

// answer is what the child writes.
type answer struct {
	Reading Reading `json:"reading"`
	Code    string  `json:"code,omitempty"`   // of the fault, if there is one
	Detail  string  `json:"detail,omitempty"` // for the log
}

const (
	readingFile  = "document-reading.json"
	specimenFile = "document-specimen.png"
	maxAnswer    = 8 * MaxText // JSON makes six bytes of one at worst
)

// ask has the child read a file and reads its answer, which is not believed
// beyond its bounds.
func (r Reader) ask(ctx context.Context, dir, path, mediaType string) (Reading, error) {
	to := filepath.Join(dir, readingFile)
	defer func() { _ = os.Remove(to) }()
	_, err := r.Run(ctx, dir, inputs(dir, path), r.Exe, WorkerArg, mediaType, path, to)
	if err != nil {
		return Reading{}, explain(err)
	}
	b, whole, err := bounded(to, maxAnswer)
	if err != nil {
		return Reading{}, fmt.Errorf("document: the reader's answer: %w", err)
	}
	var a answer
	if err := json.Unmarshal(b, &a); err != nil || !whole {
		return Reading{}, Fault(CodeDamaged, fmt.Errorf("document: the reader's answer: %w", err))
	}
	a.Reading.bound()
	if a.Code != "" {
		if _, ok := texts[a.Code]; !ok {
			a.Code = CodeDamaged
		}
		return a.Reading, Fault(a.Code, errors.New(head(strings.ToValidUTF8(a.Detail, ""), 500)))
	}
	return a.Reading, nil
}

// bound holds an answer to the bounds of a reading, once more.
func (r *Reading) bound() {
	left := MaxText
	var kept []Page
	last := -1
	for _, p := range r.Text {
		if p.Number <= last || p.Number > MaxPages || left <= 0 {
			continue
		}
		last = p.Number
		p.Text = head(strings.ToValidUTF8(p.Text, "\uFFFD"), left)
		left -= len(p.Text)
		kept = append(kept, p)
	}
	r.Text = kept
	r.Pages = max(r.Pages, 0)
	if c := r.Contents; c != nil && len(c.Items) > MaxEntries {
		c.Items = c.Items[:MaxEntries]
	}
	r.Notes = r.Notes[:min(len(r.Notes), 20)]
}

// WorkerMain is the main function of the child. args are the media type, the
// file, and where the answer goes. It returns the exit status: 0 when it
// answered, even if the answer is a fault.
func WorkerMain(args []string) int {
	if len(args) != 3 {
		fmt.Fprintln(os.Stderr, "document: media type, file and answer are wanted")
		return 2
	}
	debug.SetMemoryLimit(childMemory)
	a := work(args[0], args[1], filepath.Dir(args[2]))
	b, err := json.Marshal(a)
	if err == nil {
		err = os.WriteFile(args[2], b, 0o644) //nolint:gosec // G306: the server, another user, reads it
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "document: answer:", err)
		return 2
	}
	return 0
}

// work reads a file; a panic is a damaged file.
func work(mediaType, path, dir string) (a answer) {
	f, err := os.Open(path)
	if err != nil {
		return answer{Code: CodeDamaged, Detail: "the file cannot be opened"}
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return answer{Code: CodeDamaged, Detail: "the file cannot be opened"}
	}
	return read(mediaType, source{f, info.Size()}, dir)
}

func read(mediaType string, src source, dir string) (a answer) {
	c := &collector{left: MaxText, dir: dir, texts: map[int]*strings.Builder{}}
	defer func() {
		if p := recover(); p != nil {
			a = answer{Code: CodeDamaged, Detail: fmt.Sprint("panic: ", p)}
		}
	}()
	reader, ok := readers[mediaType]
	if !ok {
		return answer{Code: CodeDamaged, Detail: "no reader"}
	}
	err := reader(src, c)
	a.Reading = c.reading()
	if err != nil {
		a.Code, a.Detail = CodeDamaged, err.Error()
		if f, ok := errors.AsType[*fault.Error](err); ok {
			a.Code = f.Code
		}
	}
	return a
}

// source is the file that is read.
type source struct {
	io.ReaderAt
	size int64
}

// reader returns the file from its beginning, at most n bytes of it.
func (s source) reader(n int64) io.Reader { return io.NewSectionReader(s, 0, min(s.size, n)) }

// collector gathers a reading within its bounds.
type collector struct {
	r     Reading
	left  int // bytes of text
	page  int
	texts map[int]*strings.Builder // by page
	dir   string                   // where a specimen may be drawn; empty: nowhere
}

// begin says to which page what is written from now on belongs. A page may be
// begun several times.
func (c *collector) begin(page int) { c.page = page }

// write adds text to the page; it reports false when no more is kept.
func (c *collector) write(s string) bool {
	if len(s) > c.left {
		s, c.left = head(s, c.left), 0
		c.r.note("The document holds more text than is kept; the rest was left.")
	} else {
		c.left -= len(s)
	}
	if c.page > MaxPages {
		c.r.note(tooManyPages)
		return c.left > 0
	}
	t := c.texts[c.page]
	if t == nil {
		t = &strings.Builder{}
		c.texts[c.page] = t
	}
	t.WriteString(s)
	return c.left > 0
}

// reading is what was gathered.
func (c *collector) reading() Reading {
	for _, n := range slices.Sorted(maps.Keys(c.texts)) {
		if s := c.texts[n].String(); strings.TrimSpace(s) != "" {
			c.r.Text = append(c.r.Text, Page{Number: n, Text: s})
		}
	}
	return c.r
}

// errFull ends reading when enough was read; it is no fault.
var errFull = errors.New("document: enough text")

// readers reads files by media type, inside the child.
var readers = map[string]func(source, *collector) error{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   wordprocessing,
	"application/vnd.ms-word.document.macroenabled.12":                          wordprocessing,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         spreadsheet,
	"application/vnd.ms-excel.sheet.macroenabled.12":                            spreadsheet,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": presentation,
	"application/vnd.ms-powerpoint.presentation.macroenabled.12":                presentation,
	"application/vnd.oasis.opendocument.text":                                   openDocument,
	"application/vnd.oasis.opendocument.spreadsheet":                            openDocument,
	"application/vnd.oasis.opendocument.presentation":                           openDocument,
	"application/vnd.oasis.opendocument.graphics":                               openDocument,
	"application/msword":            legacy,
	"application/vnd.ms-excel":      legacy,
	"application/vnd.ms-powerpoint": legacy,

	"text/rtf": richText, "text/plain": plainText, "text/markdown": plainText, "text/csv": plainText, "text/tab-separated-values": plainText,
	"application/json": plainText, "application/yaml": plainText, "text/vtt": plainText, "application/x-subrip": plainText,
	"text/calendar": plainText, "text/vcard": plainText, "text/html": webPage, "text/xml": webPage,

	"message/rfc822": mailMessage, "application/vnd.ms-outlook": outlookMessage,
	"application/zip": zipArchive, "application/java-archive": zipArchive, "application/x-tar": tarArchive, "application/gzip": gzipArchive,
	"font/ttf": fontFile, "font/otf": fontFile, "font/woff": webFont, "font/collection": fontFile,
}

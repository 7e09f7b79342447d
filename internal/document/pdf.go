// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const typePDF = "application/pdf"

// pdf reads a PDF with poppler's pdfinfo and pdftotext. Neither runs scripts,
// follows links or opens another file.
func (r Reader) pdf(ctx context.Context, dir, path string) (Reading, error) {
	out, err := r.Run(ctx, dir, inputs(dir, path), "pdfinfo", "-enc", "UTF-8", path)
	if err != nil {
		return Reading{}, pdfFault(err)
	}
	reading := pdfInfo(string(out))
	const name = "document-text.txt"
	text := filepath.Join(dir, name)
	defer func() { _ = os.Remove(text) }()
	_, err = r.Run(ctx, dir, inputs(dir, path), "pdftotext", "-enc", "UTF-8", "-eol", "unix", "-l", strconv.Itoa(MaxPages), path, text)
	if failed, ran := errors.AsType[ended](err); ran {
		// The document says that its text may not be taken (exit 3), or has more
		// than can be read; its pages can be shown all the same.
		reading.note("The text could not be taken out of the document.")
		if !failed.Exhausted() {
			return reading, nil
		}
	} else if err != nil {
		return reading, err
	}
	b, whole, err := bounded(text, MaxText)
	if err != nil {
		return reading, fmt.Errorf("document: the text of a PDF: %w", err)
	}
	if !whole {
		reading.note("The document holds more text than is kept; the rest was left.")
	}
	reading.Text = pagesOf(string(b))
	return reading, nil
}

// pdfFault tells protected documents from damaged ones.
func pdfFault(err error) error {
	if failed, ran := errors.AsType[ended](err); ran && !failed.Exhausted() && strings.Contains(failed.Tail(), "Incorrect password") {
		return Fault(CodeEncrypted, err)
	}
	return explain(err)
}

const tooManyPages = "The document has more pages than are read; text was taken of the first 2,000."

// pdfInfo reads pdfinfo's answer. A value with a line break may pose as another
// line; it can only make the document lie about itself.
func pdfInfo(out string) Reading {
	var r Reading
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(line, ":")
		value = head(strings.TrimSpace(value), 10_000)
		switch p := &r.Properties; key {
		case "Title":
			p.Title = value
		case "Subject":
			p.Description = value
		case "Keywords":
			p.Keywords = words(value)
		case "Author":
			p.Creators = people(value)
		case "Pages":
			r.Pages, _ = strconv.Atoi(value)
		}
	}
	if r.Pages = max(r.Pages, 0); r.Pages > MaxPages {
		r.note(tooManyPages)
	}
	return r
}

// pagesOf cuts text at form feeds, which end pages, and leaves out empty pages.
func pagesOf(text string) []Page {
	var pages []Page
	n := 0
	for page := range strings.SplitSeq(text, "\f") {
		if n++; n > MaxPages {
			break
		}
		if strings.TrimSpace(page) != "" {
			pages = append(pages, Page{Number: n, Text: strings.ToValidUTF8(page, "\uFFFD")})
		}
	}
	return pages
}

// bounded reads the beginning of a file that a child wrote, which must be a
// plain one. A file that is not there is empty.
func bounded(path string, most int64) (b []byte, whole bool, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	if !info.Mode().IsRegular() {
		return nil, false, errors.New("not a plain file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }()
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(f, most+1))
	return buf.Bytes()[:min(n, most)], n <= most, err
}

// head returns at most the first n bytes of s, in whole characters.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// words cuts a list of keywords.
func words(s string) []string {
	return list(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
}

// people cuts a list of names: not at commas, which stand in names.
func people(s string) []string {
	return list(s, func(r rune) bool { return r == ';' || r == '\n' })
}

func list(s string, sep func(rune) bool) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, sep) {
		if w = strings.TrimSpace(w); w != "" && len(out) < 500 {
			out = append(out, head(w, maxName))
		}
	}
	return out
}

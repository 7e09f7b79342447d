// SPDX-License-Identifier: Apache-2.0

// Package document reads documents: their text page by page, what they say of
// themselves, and what containers hold.
//
// Words: a reading is what was found in one file. A page is a page of a
// document, a slide or a sheet; page 0 is what stands on no page.
//
// PDF is read by poppler's tools, all else by readers of our own. Nothing is
// parsed in the server itself: the tools, and the server's own executable
// started again as "document-worker" (see WorkerMain), run as children through
// a Run given by the house, which is the sandbox.
//
// Promises: text, pages, entries and work are bounded whatever a file claims.
// XML with a document type declaration is refused, so no entity is ever
// expanded. Nothing is fetched, executed or unpacked to a file. What a file
// holds beyond the bounds is left out with a note that holds nothing of it.
package document

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"tillgang/internal/fault"
)

// Bounds of a reading.
const (
	MaxPages   = 2000
	MaxText    = 10 << 20 // bytes of text in all
	MaxEntries = 1000     // entries of a container that are listed
	maxName    = 500      // bytes of a name or a header that are kept
)

// Page is the text of one page. Number 0 is what stands on no page.
type Page struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
}

// Properties are what a document says of itself, as it is: clean before use.
type Properties struct {
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
	Creators    []string `json:"creators,omitempty"`
	Licence     string   `json:"licence,omitempty"`
	LicenceURL  string   `json:"licence_url,omitempty"`
	Copyright   string   `json:"copyright,omitempty"`
}

// Reading is what was found in a file. Texts are as they stand there: clean
// before use.
type Reading struct {
	Pages      int        `json:"pages,omitempty"` // pages, slides or sheets; 0: unknown or none
	Text       []Page     `json:"text,omitempty"`  // by number, those with text
	Properties Properties `json:"properties"`
	Contents   *Contents  `json:"contents,omitempty"` // of mails and archives
	Font       *Font      `json:"font,omitempty"`
	Notes      []string   `json:"notes,omitempty"` // sentences about what was left out
}

// note adds a sentence once.
func (r *Reading) note(s string) {
	if len(r.Notes) < 20 && !slices.Contains(r.Notes, s) {
		r.Notes = append(r.Notes, s)
	}
}

// Run starts a program in the sandbox, waits for it and returns its standard
// output. dir is a private folder that it may write in; inputs are files it may
// read besides. When the program ran and failed, the error has a method
// Tail() string with the end of its standard error, and Exhausted() bool,
// which says whether a limit ended it; any other error means that it could not
// be run.
type Run func(ctx context.Context, dir string, inputs []string, argv ...string) (stdout []byte, err error)

// Reader reads documents. The zero value reads none.
type Reader struct {
	Exe    string                 // the server's own executable, whose main calls WorkerMain
	Run    Run                    // starts programs
	Slow   Run                    // starts Kit, with GODEBUG=asyncpreemptoff=1 and limits that suit LibreOffice
	Has    func(tool string) bool // whether the machine has a program; nil: it has
	Kit    string                 // path of tillgang-office; empty: no pages are made of office documents
	Office string                 // LibreOffice's folder of programs, see FindOffice; empty: there is none
}

// Codes of faults. Those that are Invalid are about the file.
const (
	CodeEncrypted = "document.encrypted" // Invalid
	CodeDamaged   = "document.damaged"   // Invalid
	CodeUnsafe    = "document.unsafe"    // Invalid
	CodeTooLarge  = "document.too_large" // TooLarge
)

var texts = map[string]string{
	CodeEncrypted: "The document is protected by a password, so it can be kept and fetched but not shown or searched here. Upload a copy without a password to get a preview.",
	CodeDamaged:   "The file is damaged and cannot be read. Open it in the program it was made with, save it anew and upload that file.",
	CodeUnsafe:    "The document holds an XML document type declaration, which no office program writes and which can be used for attacks, so it was not read. Save it anew in an office program and upload that file.",
	CodeTooLarge:  "Reading the document took more time or memory than one document may take here. Divide it into smaller ones.",
}

// Fault returns the fault of one of the codes above. err is the cause, for the log.
func Fault(code string, err error) *fault.Error {
	kind := fault.Invalid
	if code == CodeTooLarge {
		kind = fault.TooLarge
	}
	return &fault.Error{Kind: kind, Code: code, Text: texts[code], Err: err}
}

// ended is a program that ran and failed.
type ended interface {
	error
	Exhausted() bool
	Tail() string
}

// explain turns the failure of a program into a fault; what could not be run
// at all stays an error of the machine.
func explain(err error) error {
	failed, ran := errors.AsType[ended](err)
	switch {
	case !ran:
		return err
	case failed.Exhausted():
		return Fault(CodeTooLarge, err)
	}
	return Fault(CodeDamaged, err)
}

// Reads reports whether something is read of files of the media type.
func (r Reader) Reads(mediaType string) bool {
	if r.Run == nil {
		return false
	}
	if mediaType == typePDF {
		return r.has("pdftotext") && r.has("pdfinfo")
	}
	_, ok := readers[mediaType]
	return ok
}

func (r Reader) has(tool string) bool { return r.Has == nil || r.Has(tool) }

// Read reads a file. dir is a private folder; path is the file, inside of dir
// or readable by the sandbox. Both are absolute. A fault is about the file; any
// other error is worth another try.
func (r Reader) Read(ctx context.Context, dir, path, mediaType string) (Reading, error) {
	if mediaType == typePDF {
		return r.pdf(ctx, dir, path)
	}
	return r.ask(ctx, dir, path, mediaType)
}

// inputs names the file for the sandbox unless it lies in the private folder.
func inputs(dir, path string) []string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return nil
	}
	return []string{path}
}

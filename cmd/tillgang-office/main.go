// SPDX-License-Identifier: Apache-2.0

// Command tillgang-office makes a PDF of an office document with the
// LibreOffice of the machine, in its own process and without LibreOffice's
// program: that one wants sockets, which the sandbox refuses. Only the sandbox
// starts it.
//
//	tillgang-office PROGRAM-FOLDER PROFILE INPUT OUTPUT.pdf
//
// It loads LibreOfficeKit (LibreOffice's include/LibreOfficeKit/LibreOfficeKit.h,
// whose structures only ever grow at their ends), which never runs macros
// unless it is told to.
package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// kit is struct _LibreOfficeKit, or a document: a pointer to its functions.
type kit struct{ class *functions }

// functions are the first members of both structures of functions.
type functions struct {
	size  uintptr
	_     uintptr // destroy
	first uintptr // documentLoad, or saveAs
	err   uintptr // getError
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0) // without LibreOffice's own farewell
}

func run(args []string) error {
	if len(args) != 4 {
		return errors.New("program folder, profile, input and output are wanted")
	}
	runtime.LockOSThread()
	office, err := load(args[0], args[1])
	if err != nil {
		return err
	}
	var open func(this *kit, address string) *kit
	purego.RegisterFunc(&open, office.class.first)
	document := open(office, address(args[2]))
	if document == nil || document.class == nil {
		var why func(this *kit) string
		purego.RegisterFunc(&why, office.class.err)
		return fmt.Errorf("the document cannot be opened: %s", why(office))
	}
	var save func(this *kit, address, format, options string) int32
	purego.RegisterFunc(&save, document.class.first)
	if save(document, address(args[3]), "pdf", "") == 0 {
		return errors.New("no PDF could be made")
	}
	return nil
}

// load starts LibreOffice within this process.
func load(program, profile string) (*kit, error) {
	var errs []error
	for _, name := range []string{"libmergedlo.so", "libsofficeapp.so"} {
		handle, err := purego.Dlopen(filepath.Join(program, name), purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		var hook func(program, profile string) *kit
		symbol, err := purego.Dlsym(handle, "libreofficekit_hook_2")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		purego.RegisterFunc(&hook, symbol)
		office := hook(program, address(profile))
		if office == nil || office.class == nil || office.class.size < unsafe.Sizeof(functions{}) {
			return nil, errors.New("LibreOffice does not start")
		}
		return office, nil
	}
	return nil, errors.Join(errs...)
}

// address is a path as a URL.
func address(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

// SPDX-License-Identifier: Apache-2.0

package document

import (
	"errors"
	"testing"
)

func TestLibreOfficeMakesPagesInTheSandbox(t *testing.T) {
	t.Parallel()
	r, dir := open(t)
	if r.Office == "" {
		t.Fatal("LibreOffice is missing: run make setup")
	}
	path := put(t, dir, "original", []byte(`{\rtf1\ansi{\fonttbl\f0\fswiss Helvetica;}\f0\pard Hej fr\'e5n kommunen.\page Sida tv\'e5.\par}`))
	pdf, err := r.ToPDF(t.Context(), dir, path, "text/rtf")
	if f, ok := errors.AsType[ended](err); ok {
		t.Log(f.Tail())
	}
	must(t, err)
	got, err := r.Read(t.Context(), dir, pdf, typePDF)
	must(t, err)
	if got.Pages != 2 || len(got.Text) != 2 {
		t.Errorf("%+v", got)
	}
}

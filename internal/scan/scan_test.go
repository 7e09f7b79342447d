// SPDX-License-Identifier: Apache-2.0

package scan_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"tillgang/internal/fault"
	"tillgang/internal/scan"
	"tillgang/internal/scan/scantest"
)

func TestScannerFindsTheTestFileWhereverItIs(t *testing.T) {
	t.Parallel()
	d := scantest.Start(t)
	s := scan.New(d.Dial, scantest.Limit)
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	w, err := z.Create("inner.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(scantest.Eicar()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	long := bytes.Repeat([]byte("just some text that goes on\n"), 3*scantest.Limit/28)
	// Across the border of the first two windows, where only their overlap shows it whole.
	across := bytes.Clone(long)
	copy(across[scantest.Limit-30:], scantest.Eicar())
	for name, c := range map[string]struct {
		file  []byte
		found string
		parts bool
	}{
		"plain":                   {scantest.Eicar(), scantest.Signature, false},
		"zipped":                  {zipped.Bytes(), scantest.Signature, false},
		"behind other bytes":      {append([]byte("\xff\xd8\xff\xe0 no picture"), scantest.Eicar()...), scantest.Signature, false},
		"harmless":                {[]byte("hej"), "", false},
		"empty":                   {nil, "", false},
		"exactly one window":      {long[:scantest.Limit], "", false},
		"long and harmless":       {long, "", true},
		"long, across the border": {across, scantest.Signature, true},
		"long, at its end":        {append(bytes.Clone(long), scantest.Eicar()...), scantest.Signature, true},
	} {
		v, err := s.Scan(t.Context(), bytes.NewReader(c.file))
		if err != nil || v.Found != c.found || v.Partly != c.parts {
			t.Errorf("%s: found %q, in parts %v, error %v", name, v.Found, v.Partly, err)
		}
	}
	if v, err := s.Version(t.Context()); err != nil || !strings.HasPrefix(v, "ClamAV ") {
		t.Errorf("version %q, error %v", v, err)
	}
}

func TestScannerGivesNoVerdictItWasNotGiven(t *testing.T) {
	t.Parallel()
	d := scantest.Start(t)
	long := bytes.NewReader(make([]byte, 3*scantest.Limit))
	_, err := scan.New(d.Dial, 2*scantest.Limit).Scan(t.Context(), long)
	if e, ok := errors.AsType[*fault.Error](err); !ok || e.Code != scan.CodeLimit {
		t.Errorf("a stream over the daemon's limit: %v", err)
	}
	s := scan.New(d.Dial, scantest.Limit)
	broken := errors.New("the storage broke")
	if _, err := s.Scan(t.Context(), io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a file that cannot be read: %v", err)
	}
	d.Stop()
	for range 2 {
		_, err := s.Scan(t.Context(), strings.NewReader("hej"))
		if e, ok := errors.AsType[*fault.Error](err); !ok || e.Code != scan.CodeUnavailable || e.Kind != fault.Unavailable {
			t.Errorf("without a daemon: %v", err)
		}
	}
	d.Run()
	if _, err := s.Scan(t.Context(), strings.NewReader("hej")); err != nil {
		t.Errorf("with the daemon back: %v", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

//go:build trial

package delivery_test

import (
	"archive/zip"
	"io"
	"testing"
)

// Every byte of an archive of more than 4 GiB, by Go's reader and by unzip,
// whose checksums take it long.
func TestAnArchiveOfMoreThanFourGiBByEveryReader(t *testing.T) {
	t.Parallel()
	_, path := hugeArchive(t)
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != int64(f.UncompressedSize64) {
			t.Errorf("%s: %d bytes, %v", f.Name, n, err)
		}
	}
	reads(t, "unzip", "-tqq", path)
}

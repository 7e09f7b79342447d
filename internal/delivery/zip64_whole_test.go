// SPDX-License-Identifier: Apache-2.0

//go:build trial

package delivery_test

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
	"testing"
)

// Every byte of an archive of more than 4 GiB, and its checksum, by three readers.
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
	const script = `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
last = b''
with z.open('film.bin') as f:
    while b := f.read(1 << 20):
        last = b
print(z.testzip(), last[-7:])`
	if got := reads(t, "python3", "-c", script, path); strings.TrimSpace(got) != fmt.Sprintf("None b'%s'", hugeEnd) {
		t.Error("python3:", got)
	}
}

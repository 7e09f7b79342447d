// SPDX-License-Identifier: Apache-2.0

package document

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"
)

// Bounds of archives that have to be unpacked to be listed. Nothing of what is
// unpacked is kept.
const (
	maxUnpacked = 2 << 30
	maxCounted  = 200_000 // entries
)

// zipArchive lists a ZIP archive by its directory; nothing is unpacked.
func zipArchive(src source, c *collector) error {
	box := &Contents{Form: "archive"}
	c.r.Contents = box
	z, err := zip.NewReader(src, src.size)
	if err != nil {
		c.r.note("The archive's directory could not be read.")
		return nil //nolint:nilerr // nothing is listed of it; it is kept all the same
	}
	box.Whole = true
	c.begin(1)
	for _, f := range z.File {
		mode := f.Mode()
		e := Entry{
			Name: f.Name, Folder: mode.IsDir(), Link: mode&fs.ModeSymlink != 0, Encrypted: f.Flags&1 != 0,
			Size: int64(min(f.UncompressedSize64, 1<<62)), Modified: moment(f.Modified),
		}
		if f.NonUTF8 {
			e.Name = charset([]byte(f.Name), "windows-1252")
		}
		box.listed(e, c)
	}
	return nil
}

// listed lists an entry, whose name is text to be found by.
func (c *Contents) listed(e Entry, to *collector) {
	if c.Size > 1<<62-max(e.Size, 0) {
		e.Size = 0
	}
	c.add(e)
	if len(c.Items) < MaxEntries {
		to.write(strings.ToValidUTF8(e.Name, "\uFFFD") + "\n")
	}
}

func moment(t time.Time) *time.Time {
	if t.Year() < 1980 || t.Year() > 9998 { // writers that know no time write one before
		return nil
	}
	t = t.UTC()
	return &t
}

// tarArchive lists a tar archive.
func tarArchive(src source, c *collector) error {
	c.r.Contents = &Contents{Form: "archive"}
	c.begin(1)
	listTar(src.reader(src.size), c)
	return nil
}

func listTar(r io.Reader, c *collector) {
	box := c.r.Contents
	t := tar.NewReader(r)
	for box.Entries < maxCounted {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			box.Whole = true
			return
		}
		if err != nil {
			c.r.note("The archive is damaged, or unpacks to more than is looked at; not all of it is listed.")
			return
		}
		box.listed(Entry{
			Name: h.Name, Size: max(h.Size, 0), Folder: h.Typeflag == tar.TypeDir,
			Link: h.Typeflag == tar.TypeSymlink || h.Typeflag == tar.TypeLink, Modified: moment(h.ModTime),
		}, c)
	}
	c.r.note("The archive has more entries than are counted.")
}

// gzipArchive lists what is in a gzip file: a tar archive, or one file, whose
// unpacked size nobody knows without unpacking it.
func gzipArchive(src source, c *collector) error {
	c.r.Contents = &Contents{Form: "archive"}
	c.begin(1)
	z, err := gzip.NewReader(bufio.NewReader(src.reader(src.size)))
	if err != nil {
		c.r.note("The archive is damaged.")
		return nil //nolint:nilerr // as above
	}
	r := bufio.NewReaderSize(io.LimitReader(z, maxUnpacked), 64<<10)
	if block, _ := r.Peek(512); len(block) == 512 && string(block[257:262]) == "ustar" {
		listTar(r, c)
		return nil
	}
	name := charset([]byte(z.Name), "windows-1252")
	c.r.Contents.listed(Entry{Name: name, Modified: moment(z.ModTime)}, c)
	c.r.Contents.Whole = true
	c.r.note("How large the file is when it is unpacked is not known.")
	return nil
}

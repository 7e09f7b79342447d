// SPDX-License-Identifier: Apache-2.0

package document

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// Bounds of a compound file.
const (
	maxSectors = 1 << 20 // entries of its tables that are looked at
	maxEntries = 20_000  // of its directory
	maxStream  = 16 << 20
)

// cfb is a compound file ([MS-CFB]): a small file system in a file, which older
// office documents, Outlook messages and protected new documents are.
type cfb struct {
	src        source
	sectorSize int64
	fat        []uint32
	mini       []uint32 // the table of small sectors
	miniData   []byte
	entries    []cfbEntry
}

type cfbEntry struct {
	name               string
	kind               byte // 1 storage, 2 stream, 5 root
	left, right, child uint32
	start              uint32
	size               int64
}

const (
	cfbMagic  = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	noSector  = 0xFFFFFFFE // and above: ends a chain
	noEntry   = 0xFFFFFFFF
	miniSize  = 64
	miniBelow = 4096
)

var errCFB = errors.New("document: damaged compound file")

// openCFB reads the tables of a compound file.
func openCFB(src source) (*cfb, error) {
	h := make([]byte, 512)
	if _, err := src.ReadAt(h, 0); err != nil || string(h[:8]) != cfbMagic {
		return nil, errCFB
	}
	le := binary.LittleEndian
	shift := le.Uint16(h[30:])
	if shift != 9 && shift != 12 {
		return nil, errCFB
	}
	c := &cfb{src: src, sectorSize: 1 << shift}
	// The sectors of the allocation table: 109 in the header, more in a chain.
	var tables []uint32
	for i := range 109 {
		tables = append(tables, le.Uint32(h[76+4*i:]))
	}
	for next, n := le.Uint32(h[68:]), 0; next < noSector && n < maxSectors/128; n++ {
		b, err := c.sector(next)
		if err != nil {
			return nil, err
		}
		for i := 0; i+8 <= len(b); i += 4 {
			tables = append(tables, le.Uint32(b[i:]))
		}
		next = le.Uint32(b[len(b)-4:])
	}
	for _, t := range tables {
		if t >= noSector || len(c.fat) >= maxSectors {
			break
		}
		b, err := c.sector(t)
		if err != nil {
			return nil, err
		}
		c.fat = append(c.fat, numbers(b)...)
	}
	dir, err := c.chain(le.Uint32(h[48:]), maxEntries*128)
	if err != nil {
		return nil, err
	}
	for at := 0; at+128 <= len(dir); at += 128 {
		c.entries = append(c.entries, entryOf(dir[at:at+128]))
	}
	if len(c.entries) == 0 {
		return nil, errCFB
	}
	table, err := c.chain(le.Uint32(h[60:]), 4*maxSectors)
	if err != nil {
		return nil, err
	}
	c.mini = numbers(table)
	c.miniData, err = c.chain(c.entries[0].start, maxStream)
	return c, err
}

func entryOf(b []byte) cfbEntry {
	le := binary.LittleEndian
	n := min(int(le.Uint16(b[64:])), 64)
	return cfbEntry{
		name: strings.TrimRight(wide(b[:max(n-2, 0)], false), "\x00"), kind: b[66],
		left: le.Uint32(b[68:]), right: le.Uint32(b[72:]), child: le.Uint32(b[76:]), start: le.Uint32(b[116:]),
		size: int64(le.Uint32(b[120:])), // the upper half is of no use for what is read here
	}
}

func numbers(b []byte) []uint32 {
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}

func (c *cfb) sector(n uint32) ([]byte, error) {
	b := make([]byte, c.sectorSize)
	read, err := c.src.ReadAt(b, (int64(n)+1)*c.sectorSize)
	if read == 0 || err != nil && !errors.Is(err, io.EOF) {
		return nil, errCFB
	}
	return b, nil
}

// chain reads sectors that follow one another, at most n bytes of them. A chain
// that runs in a circle ends by that bound.
func (c *cfb) chain(start uint32, n int64) ([]byte, error) {
	var out []byte
	for at := start; at < noSector && int64(len(out)) < n; {
		b, err := c.sector(at)
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
		if int(at) >= len(c.fat) {
			return nil, errCFB
		}
		at = c.fat[at]
	}
	return out, nil
}

// children lists the entries in a storage.
func (c *cfb) children(of uint32) []uint32 {
	if int(of) >= len(c.entries) {
		return nil
	}
	var out []uint32
	seen := map[uint32]bool{}
	wait := []uint32{c.entries[of].child}
	for len(wait) > 0 && len(seen) < maxEntries {
		i := wait[len(wait)-1]
		wait = wait[:len(wait)-1]
		if i == noEntry || int(i) >= len(c.entries) || seen[i] {
			continue
		}
		seen[i] = true
		out = append(out, i)
		wait = append(wait, c.entries[i].left, c.entries[i].right)
	}
	return out
}

// content reads a stream, up to a bound.
func (c *cfb) content(e cfbEntry) []byte {
	size := min(e.size, maxStream)
	if e.size >= miniBelow {
		b, err := c.chain(e.start, size)
		if err != nil {
			return nil
		}
		return b[:min(int64(len(b)), size)]
	}
	var out []byte
	for at := e.start; at < noSector && int64(len(out)) < size; {
		from := int64(at) * miniSize
		if from+miniSize > int64(len(c.miniData)) || int(at) >= len(c.mini) {
			break
		}
		out = append(out, c.miniData[from:from+miniSize]...)
		at = c.mini[at]
	}
	return out[:min(int64(len(out)), size)]
}

// stream returns an entry of the root by its name, or nil.
func (c *cfb) stream(name string) *cfbEntry {
	for _, i := range c.children(0) {
		if c.entries[i].name == name {
			return &c.entries[i]
		}
	}
	return nil
}

// legacy looks at an older office document: whether it is protected. Its text
// is read from the pages that LibreOffice makes of it.
func legacy(src source, c *collector) error {
	box, err := openCFB(src)
	if err != nil {
		b := make([]byte, 6)
		if n, _ := src.ReadAt(b, 0); n == len(b) && strings.HasPrefix(string(b), "{\\rtf") {
			return richText(src, c) // as many programs save .doc
		}
		return nil // LibreOffice knows kinds that are older still
	}
	if box.stream("EncryptedPackage") != nil || box.protected() {
		return Fault(CodeEncrypted, nil)
	}
	return nil
}

// protected tells Word ([MS-DOC] §2.5.2, fEncrypted) and Excel ([MS-XLS]
// §2.4.117, the record FilePass) documents that need a password.
func (c *cfb) protected() bool {
	if e := c.stream("WordDocument"); e != nil {
		b := c.content(cfbEntry{start: e.start, size: max(e.size, miniBelow)})
		return len(b) > 12 && b[0] == 0xEC && b[1] == 0xA5 && b[11]&1 != 0
	}
	if e := c.stream("Workbook"); e != nil {
		b := c.content(*e)
		for n := 0; n < 50 && len(b) >= 4; n++ {
			kind, size := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
			if kind == 0x2F {
				return true
			}
			if 4+size > len(b) {
				break
			}
			b = b[4+size:]
		}
	}
	return c.stream("EncryptedSummary") != nil // PowerPoint
}

// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// c2paBox is the user type of the box that holds a manifest (C2PA 2.1 §A.5).
const c2paBox = "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81"

const (
	maxBoxes    = 20_000
	maxManifest = 64 << 20
)

// blankManifests turns the manifests of a file made of boxes (ISO/IEC 14496-12)
// into free space of the same size, so that no offset in it changes. A file
// that is not made of boxes is left alone.
func blankManifests(name string) (err error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var b [32]byte
	if n, _ := f.ReadAt(b[:12], 0); n < 12 || string(b[4:8]) != "ftyp" && string(b[4:8]) != "jP  " {
		return nil
	}
	at := int64(0)
	for range maxBoxes {
		n, err := f.ReadAt(b[:], at)
		if n < 8 {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
		head, size := int64(8), int64(binary.BigEndian.Uint32(b[:]))
		switch size {
		case 0:
			size = info.Size() - at
		case 1:
			head, size = 16, int64(binary.BigEndian.Uint64(b[8:])&(1<<62-1))
		}
		if size < head || size > info.Size()-at {
			return nil
		}
		kind := string(b[4:8])
		if kind == "jumb" || kind == "uuid" && n >= int(head)+16 && string(b[head:head+16]) == c2paBox {
			if size > maxManifest {
				return errors.New("a manifest that is too long")
			}
			if _, err := f.WriteAt([]byte("free"), at+4); err != nil {
				return err
			}
			if _, err := f.WriteAt(make([]byte, size-head), at+head); err != nil {
				return err
			}
		}
		at += size
	}
	return nil
}

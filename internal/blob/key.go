// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"strings"

	"tillgang/internal/fault"
)

// Key names a blob: "originals/<tenant>/<id>". Keys carry no user's text. A
// key must not be the folder of another ("a" beside "a/b"): some servers
// cannot hold both.
type Key string

// maxKey and maxName are small enough for any server and any file system.
const (
	maxKey  = 200 // bytes of a key
	maxName = 120 // bytes between two slashes
)

// Valid reports as blob.key what is wrong with k: it must have 1–200
// characters of a–z, 0–9, "_", ".", "-" in names of at most 120 characters,
// separated by single slashes, none of which starts with a dot.
func (k Key) Valid() error {
	if k == "" || len(k) > maxKey {
		return badKey()
	}
	for name := range strings.SplitSeq(string(k), "/") {
		if name == "" || len(name) > maxName || name[0] == '.' || strings.Contains(name, "..") {
			return badKey()
		}
		for i := range len(name) {
			if !plain(name[i]) {
				return badKey()
			}
		}
	}
	return nil
}

// ValidPrefix reports as blob.key a prefix that no valid key can start with.
func ValidPrefix(p string) error {
	if p == "" {
		return nil
	}
	// What can be continued to a valid key is a prefix of one.
	if strings.HasSuffix(p, "/") {
		p += "x"
	}
	return Key(p).Valid()
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '.' || c == '-'
}

func badKey() error {
	return fault.New(fault.Invalid, CodeKey, "The storage key is malformed.")
}

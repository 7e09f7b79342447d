// SPDX-License-Identifier: Apache-2.0

package account

import (
	"crypto/rand"
	"encoding/base64"
	"hash/crc32"
	"strings"
)

// A key reads tg_<8 look-up>_<43 secret>_<6 checksum>, all letters and digits:
// scanners of source code find it with
//
//	\btg_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\b
//
// and tell it from an accident by the checksum, CRC-32 (IEEE) over all before
// the last underscore, in base 62, most significant digit first.
const (
	digits     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	lookupSize = 8
	secretSize = 43 // 62⁴³ > 2²⁵⁶
	sumSize    = 6
)

// newKey makes a key; lookup is the part of it that is kept in the clear.
func newKey() (key, lookup string) {
	lookup = randomText(lookupSize)
	key = "tg_" + lookup + "_" + randomText(secretSize)
	return key + "_" + checksum(key), lookup
}

// readKey returns the look-up part of what has the form of a key.
func readKey(key string) (lookup string, ok bool) {
	const size = 3 + lookupSize + 1 + secretSize + 1 + sumSize
	if len(key) != size || !strings.HasPrefix(key, "tg_") {
		return "", false
	}
	body, sum := key[:size-1-sumSize], key[size-sumSize:]
	lookup = body[3 : 3+lookupSize]
	return lookup, key[size-1-sumSize] == '_' && body[3+lookupSize] == '_' && strings.Trim(lookup, digits) == "" && checksum(body) == sum
}

func checksum(s string) string {
	n := crc32.ChecksumIEEE([]byte(s))
	var b [sumSize]byte
	for i := sumSize - 1; i >= 0; i-- {
		b[i] = digits[n%62]
		n /= 62
	}
	return string(b[:])
}

// randomText returns n random letters and digits, each of the 62 as likely.
func randomText(n int) string {
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n)
	for len(out) < n {
		_, _ = rand.Read(buf) // never fails (crypto/rand)
		for _, b := range buf {
			if b < 4*62 && len(out) < n {
				out = append(out, digits[b%62])
			}
		}
	}
	return string(out)
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

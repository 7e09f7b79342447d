// SPDX-License-Identifier: Apache-2.0

package account

import (
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Normal is the one form of an e-mail address or sign-in name: trimmed, NFKC
// and folded, until nothing changes any more. Counters and look-ups use only
// this form, so that "Ann@…", " ann@…" and full-width letters are one name.
func Normal(name string) string {
	for range 4 {
		next := strings.TrimFunc(norm.NFKC.String(cases.Fold().String(strings.ToValidUTF8(name, "\uFFFD"))), func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
		})
		if next == name {
			break
		}
		name = next
	}
	return name
}

// plausible reports whether the normalised name has the form of an address.
// Whether mail arrives there is found out by sending some.
func plausible(email string) bool {
	at := strings.LastIndexByte(email, '@')
	return at > 0 && at < len(email)-1 && len(email) <= 254 &&
		!strings.ContainsFunc(email, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>()[]\,;:"`, r)
		})
}

// shown cleans a name that people type: NFC, trimmed, one line, no control
// or bidirectional formatting characters.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == '\uFFFD', r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069', r == '\u200E', r == '\u200F', r == '\uFEFF':
			return -1
		}
		return r
	}, name)
	return strings.Join(strings.Fields(norm.NFC.String(name)), " ")
}

// Network is the network that addr is counted under: /24 for IPv4 (also when
// it is written as IPv6), /48 for IPv6. An invalid address gives the zero
// Prefix, which is counted nowhere.
func Network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

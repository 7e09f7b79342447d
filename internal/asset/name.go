// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"path"
	"strings"
	"unicode/utf8"

	"tillgang/internal/plain"
)

// maxName is the longest file name, in bytes: what every file system takes.
const maxName = 255

// reserved are names that Windows takes for devices, with any extension.
const reserved = " con prn aux nul com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 "

// SafeName makes a file's name fit to keep and to save under on any system:
// the last part of a path, in Unicode NFC, without control characters, marks
// that turn the direction of text, characters that Windows refuses, leading
// dots and dashes or trailing dots, no device's name, at most 255 bytes with
// the extension kept. Letters of all scripts and emoji stay. A name of which
// nothing is left becomes "unnamed".
func SafeName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name, _ = plain.Line(name)
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"|?*`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimRight(name, ". "), ".- ")
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if stem == "" || strings.Trim(name, "._ ") == "" {
		return "unnamed"
	}
	first, _, _ := strings.Cut(name, ".")
	if strings.Contains(reserved, " "+strings.ToLower(strings.TrimSpace(first))+" ") {
		stem = "_" + stem
	}
	if len(ext) > 32 {
		stem, ext = stem+ext, ""
	}
	for len(stem)+len(ext) > maxName {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	return strings.TrimSpace(stem) + ext
}

// SPDX-License-Identifier: Apache-2.0

package account

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed words.txt
var wordsText string

// commonWords are the words that guessers try first, folded. The list was
// written for this product: what people here make passwords of.
var commonWords = sync.OnceValue(func() []string {
	var words []string
	for line := range strings.Lines(wordsText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for w := range strings.FieldsSeq(line) {
			if w = folded(w); utf8.RuneCountInString(w) >= 3 {
				words = append(words, w)
			}
		}
	}
	return words
})

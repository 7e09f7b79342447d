// SPDX-License-Identifier: Apache-2.0

package search_test

import "strings"

// hostile are texts that must be found or refused, and never break anything.
var hostile = []string{
	"a & b | !c <-> d", "'", "''", "\\'", `\`, `"`, `""`, `"""`, `"a`, "-", "--", "-\"", "*", "**", "a*b*", "-*", ":*", "'a':*", "a:b", "a:A", "#", "~", "^", "#a", "~a",
	"nul\x00nul", "\x00", "\xff\xfe", "å\xcc", "'; drop table asset; --", "1 or 1=1", "%s%n", "$1", "@q", "@ask::tsquery", "{}", "[]", "(((", ")))", "()", "!", "!!a", "&&", "||",
	"och att det som en", "the of and", "🏔️", "👩‍👩‍👧 🇸🇪", "\u202egpj.exe", "\ufeff", "e\u0301\u0301\u0301", strings.Repeat("\u0301", 300), "İIıi", "ẞß", "ﬁﬂ", "½²③", "Ⅷ", "中文字", "עברית", "العربية", "ไทย",
	strings.Repeat("å", 5000), strings.Repeat("a ", 2500), strings.Repeat("ord", 3000), strings.Repeat("\"", 5000), strings.Repeat("-", 1999), strings.Repeat("x-", 900),
	strings.Repeat("😀", 1500), strings.Repeat("ab ", 23), "http://example.org/?q=1&b=2#x", "user@example.org", "C:\\fil.jpg", "<script>alert(1)</script>", "\t\n\r\v", "1e400", "-1", "0x00", "NaN", "null", "true", "1.2.3.4", "2024-01-01",
}

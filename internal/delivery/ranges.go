// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math"
	"strings"
)

// Range is what a request asks of a file, by its header fields.
type Range struct {
	Range   string // Range (RFC 9110 §14.2); empty: the whole file
	IfRange string // If-Range (RFC 9110 §13.1.5): the range counts only if this is the file's ETag
}

// Span is a run of a file's bytes.
type Span struct {
	First, Length int64
	Partial       bool // a range was asked for and is answered
}

// Of resolves r against a file of size bytes with the strong ETag etag (in its
// quotes). Only single ranges are answered: several, other units and what is
// malformed give the whole file, as RFC 9110 §14.2 allows. It reports false if
// the range lies outside the file.
func (r Range) Of(size int64, etag string) (Span, bool) {
	whole := Span{Length: size}
	if r.Range == "" || r.IfRange != "" && r.IfRange != etag {
		return whole, true
	}
	unit, set, ok := strings.Cut(r.Range, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return whole, true
	}
	from, to, ok := strings.Cut(strings.Trim(set, " \t"), "-")
	if !ok || from == "" && to == "" {
		return whole, true
	}
	first, ok1 := decimal(from)
	last, ok2 := decimal(to)
	switch {
	case !ok1 || !ok2:
		return whole, true
	case from == "": // the last bytes
		if last == 0 || size == 0 {
			return Span{}, false
		}
		n := min(last, size)
		return Span{size - n, n, true}, true
	case to == "":
		last = math.MaxInt64
	case last < first:
		return whole, true
	}
	if first >= size {
		return Span{}, false
	}
	return Span{first, min(last, size-1) - first + 1, true}, true
}

// decimal reads digits, the largest number for those too large; the empty
// text is 0.
func decimal(s string) (int64, bool) {
	var n int64
	for i := range len(s) {
		d := int64(s[i]) - '0'
		if d < 0 || d > 9 {
			return 0, false
		}
		if n > (math.MaxInt64-d)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + d
	}
	return n, true
}

// continues reports whether the request goes on where an earlier one ended.
func (r Range) continues(s Span, etag string) bool {
	return s.Partial && (s.First > 0 || r.IfRange != "" && r.IfRange == etag)
}

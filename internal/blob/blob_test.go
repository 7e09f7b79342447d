// SPDX-License-Identifier: Apache-2.0

package blob_test

import (
	"math"
	"strings"
	"testing"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

func TestSpanStaysInsideTheBlob(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{0, 1, 10, math.MaxInt64} {
		for _, offset := range []int64{0, 1, 9, 10, math.MaxInt64, -1, -10, -11, math.MinInt64} {
			for _, length := range []int64{-1, 0, 1, 10, math.MaxInt64, -2} {
				first, n, err := blob.Span(size, offset, length)
				if err != nil {
					if fault.CodeOf(err) != blob.CodeRange {
						t.Error(size, offset, length, err)
					}
					continue
				}
				if first < 0 || n < 1 || first > size-n {
					t.Errorf("%d bytes, %d+%d: %d+%d", size, offset, length, first, n)
				}
			}
		}
	}
}

func FuzzAKeyIsNoWayOutOfAFolder(f *testing.F) {
	for _, s := range []string{"originals/t/1", "../x", "a//b", ".a", "a/..", "a.b-c_d/0", strings.Repeat("a", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if blob.Key(s).Valid() != nil {
			return
		}
		if len(s) == 0 || len(s) > 200 || strings.Contains(s, "..") || strings.Contains("/"+s+"/", "//") || strings.Contains("/"+s, "/.") ||
			strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-/") != "" {
			t.Fatalf("%q", s)
		}
		for i := range s {
			// Every beginning of a key may be asked for as a prefix, unless it
			// ends in the middle of what a name may not start with.
			if err := blob.ValidPrefix(s[:i]); err != nil {
				t.Fatalf("%q: %v", s[:i], err)
			}
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package page_test

import (
	"testing"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/page"
)

func TestCursor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	c := page.Cursor("assets?q=bro", at, 7)
	var got time.Time
	var n int
	if ok, err := page.Read(c, "assets?q=bro", &got, &n); !ok || err != nil || !got.Equal(at) || n != 7 {
		t.Fatal(ok, err, got, n)
	}
	if ok, err := page.Read("", "x", &got); ok || err != nil {
		t.Fatal("an empty cursor is the beginning", ok, err)
	}
	for _, tt := range []struct{ name, cursor, list, code string }{
		{"other list", c, "assets?q=å", "cursor.mismatch"},
		{"not base64", "!!", "assets?q=bro", "cursor.invalid"},
		{"not json", "YWJj", "assets?q=bro", "cursor.invalid"},
		{"wrong shape", page.Cursor("assets?q=bro"), "assets?q=bro", "cursor.invalid"},
		{"wrong type", page.Cursor("assets?q=bro", "x", "y"), "assets?q=bro", "cursor.invalid"},
	} {
		if _, err := page.Read(tt.cursor, tt.list, &got, &n); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	key := func(n int) []any { return []any{n} }
	if p := page.Cut([]int{1, 2, 3}, 2, "l", key); len(p.Items) != 2 || p.Next != page.Cursor("l", 2) {
		t.Fatal(p)
	}
	if p := page.Cut([]int(nil), 2, "l", key); p.Items == nil || p.Next != "" {
		t.Fatal(p)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("YWJj")
	f.Fuzz(func(t *testing.T, s string) {
		var at time.Time
		if _, err := page.Read(s, "l", &at); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"testing"

	"tillgang/internal/delivery"
)

func TestRange(t *testing.T) {
	t.Parallel()
	const etag = `"e"`
	whole := delivery.Span{Length: 100}
	for _, tt := range []struct {
		r       delivery.Range
		want    delivery.Span
		outside bool
	}{
		{r: delivery.Range{}, want: whole},
		{r: delivery.Range{Range: "bytes=0-"}, want: delivery.Span{First: 0, Length: 100, Partial: true}},
		{r: delivery.Range{Range: "bytes=0-0"}, want: delivery.Span{First: 0, Length: 1, Partial: true}},
		{r: delivery.Range{Range: "BYTES=10-19"}, want: delivery.Span{First: 10, Length: 10, Partial: true}},
		{r: delivery.Range{Range: "bytes= 10-19 "}, want: delivery.Span{First: 10, Length: 10, Partial: true}},
		{r: delivery.Range{Range: "bytes=90-200"}, want: delivery.Span{First: 90, Length: 10, Partial: true}},
		{r: delivery.Range{Range: "bytes=90-99999999999999999999999"}, want: delivery.Span{First: 90, Length: 10, Partial: true}},
		{r: delivery.Range{Range: "bytes=-1"}, want: delivery.Span{First: 99, Length: 1, Partial: true}},
		{r: delivery.Range{Range: "bytes=-1000"}, want: delivery.Span{First: 0, Length: 100, Partial: true}},
		{r: delivery.Range{Range: "bytes=99-"}, want: delivery.Span{First: 99, Length: 1, Partial: true}},
		{r: delivery.Range{Range: "bytes=100-"}, outside: true},
		{r: delivery.Range{Range: "bytes=99999999999999999999999-"}, outside: true},
		{r: delivery.Range{Range: "bytes=-0"}, outside: true},
		{r: delivery.Range{Range: "bytes=5-4"}, want: whole},
		{r: delivery.Range{Range: "bytes=0-1,5-6"}, want: whole},
		{r: delivery.Range{Range: "bytes=-"}, want: whole},
		{r: delivery.Range{Range: "bytes="}, want: whole},
		{r: delivery.Range{Range: "bytes"}, want: whole},
		{r: delivery.Range{Range: "bytes=a-b"}, want: whole},
		{r: delivery.Range{Range: "bytes=+1-2"}, want: whole},
		{r: delivery.Range{Range: "bytes=1--2"}, want: whole},
		{r: delivery.Range{Range: "bytes=1 - 2"}, want: whole},
		{r: delivery.Range{Range: "seconds=1-2"}, want: whole},
		{r: delivery.Range{Range: "bytes=10-19", IfRange: etag}, want: delivery.Span{First: 10, Length: 10, Partial: true}},
		{r: delivery.Range{Range: "bytes=10-19", IfRange: "W/" + etag}, want: whole},
		{r: delivery.Range{Range: "bytes=10-19", IfRange: `"f"`}, want: whole},
		{r: delivery.Range{Range: "bytes=10-19", IfRange: "Sat, 01 Nov 2025 12:00:00 GMT"}, want: whole},
		{r: delivery.Range{Range: "bytes=200-", IfRange: `"f"`}, want: whole},
	} {
		got, ok := tt.r.Of(100, etag)
		if got != tt.want || ok == tt.outside {
			t.Errorf("%+v: %+v, %v", tt.r, got, ok)
		}
	}
	for _, r := range []string{"bytes=0-", "bytes=-1", "bytes=0-0"} {
		if _, ok := (delivery.Range{Range: r}).Of(0, etag); ok {
			t.Errorf("%s of an empty file", r)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{"", "bytes=0-", "bytes=-5", "bytes=1-2,3-4", "bytes=9223372036854775807-9223372036854775807", "bytes=18446744073709551617-"} {
		f.Add(s, int64(100))
	}
	f.Fuzz(func(t *testing.T, s string, size int64) {
		if size < 0 {
			size = -(size + 1)
		}
		got, ok := delivery.Range{Range: s}.Of(size, `"e"`)
		switch {
		case !ok && got != (delivery.Span{}):
			t.Fatalf("%q of %d: outside, but %+v", s, size, got)
		case !ok:
		case got.First < 0 || got.Length < 0 || got.First+got.Length < 0 || got.First+got.Length > size || got.Partial && got.Length == 0 || !got.Partial && got.Length != size:
			t.Fatalf("%q of %d: %+v", s, size, got)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tillgang/internal/blob"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
)

func key(name, fill string) delivery.LinkKey {
	return delivery.LinkKey{ID: name, Secret: bytes.Repeat([]byte(fill), 32)}
}

func signer(t testing.TB, keys ...delivery.LinkKey) *delivery.Signer {
	t.Helper()
	s, err := delivery.NewSigner(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestALinkLeadsToItsRenditionForTenToTwentyMinutes(t *testing.T) {
	t.Parallel()
	s := signer(t, key("a", "1"))
	for _, offset := range []time.Duration{0, time.Second, 9*time.Minute + 59*time.Second} {
		now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).Add(offset)
		path, err := s.SignRendition("renditions/ab/cd.small", "image/webp", now)
		if err != nil || !strings.HasPrefix(path, "/r/") || !strings.HasSuffix(path, "/renditions/ab/cd.small.webp") {
			t.Fatal(path, err)
		}
		l, err := s.VerifyRendition(path, now.Add(10*time.Minute))
		if err != nil || l.Key != "renditions/ab/cd.small" || l.MediaType != "image/webp" || l.ETag == "" {
			t.Error(l, err)
		}
		if _, err := s.VerifyRendition(path, now.Add(20*time.Minute)); fault.KindOf(err) != fault.Gone {
			t.Error(err)
		}
		if again, _ := s.SignRendition("renditions/ab/cd.small", "image/webp", now.Truncate(10*time.Minute)); again != path {
			t.Error("another address within the same step")
		}
	}
}

func TestNoByteOfALinkCanBeChanged(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := signer(t, key("a", "1"), key("b", "2"))
	path, err := s.SignRendition("renditions/ab/cd", "image/jpeg", now)
	if err != nil {
		t.Fatal(err)
	}
	for i := range path {
		for _, c := range []byte("aZ0./-_b%\x00") {
			forged := path[:i] + string(c) + path[i+1:]
			if forged == path {
				continue
			}
			if l, err := s.VerifyRendition(forged, now); fault.KindOf(err) != fault.NotFound && !strings.HasPrefix(path, "/r/"+forged) {
				t.Errorf("%q gives %+v, %v", forged, l, err)
			}
		}
		if _, err := s.VerifyRendition(path[:i], now); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q: %v", path[:i], err)
		}
	}
	for _, forged := range []string{"", "/", "/r/", "...///...", path + "/", path + ".jpg", path + "?x", "/r" + path, strings.Replace(path, ".jpg", ".png", 1), strings.Repeat("a", 500) + path, strings.Replace(path, ".a.", ".b.", 1)} {
		if _, err := s.VerifyRendition(forged, now); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%.80q: %v", forged, err)
		}
	}
}

func TestKeysAreChangedWithoutBreakingLinks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	old, both, late := signer(t, key("a", "1")), signer(t, key("b", "2"), key("a", "1")), signer(t, key("b", "2"))
	before, _ := old.SignRendition("renditions/x", "image/jpeg", now)
	after, _ := both.SignRendition("renditions/x", "image/jpeg", now)
	if before == after {
		t.Fatal("the new key does not sign")
	}
	for _, path := range []string{before, after} {
		if _, err := both.VerifyRendition(path, now); err != nil {
			t.Error(err)
		}
	}
	if _, err := late.VerifyRendition(before, now); err == nil {
		t.Error("the old key still opens")
	}
	for _, bad := range [][]delivery.LinkKey{{}, {{ID: "", Secret: make([]byte, 32)}}, {{ID: "a.b", Secret: make([]byte, 32)}}, {{ID: "a", Secret: make([]byte, 31)}}, {key("a", "1"), key("a", "2")}} {
		if _, err := delivery.NewSigner(bad...); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestNoLinkLeadsToAnOriginal(t *testing.T) {
	t.Parallel()
	s := signer(t, key("a", "1"))
	now := time.Now()
	for _, k := range []blob.Key{"originals/t/1", "../x", "", "/renditions/x", "renditions/å"} {
		if path, err := s.SignRendition(k, "image/jpeg", now); err == nil {
			t.Error(path)
		}
	}
	for _, m := range []string{"text/html", "image/svg+xml", "application/pdf", "", "image/jpeg; x"} {
		if path, err := s.SignRendition("renditions/x", m, now); err == nil {
			t.Error(path)
		}
	}
}

func BenchmarkVerifyRendition(b *testing.B) {
	s := signer(b, key("a", "1"))
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	path, _ := s.SignRendition("renditions/0123456789abcdef/0123456789abcdef.small", "image/jpeg", now)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.VerifyRendition(path, now); err != nil {
			b.Fatal(err)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tillgang/internal/secret"
)

func TestNothingShowsIt(t *testing.T) {
	t.Parallel()
	s := secret.New("hush\n")
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", slog.Any("s", s), slog.Any("in", struct{ S secret.Text }{s}))
	j, _ := json.Marshal(map[string]any{"s": s})
	b.Write(j)
	if strings.Contains(b.String(), "hush") || strings.Contains(b.String(), fmt.Sprintf("%x", "hush")) {
		t.Fatal(b.String())
	}
	if s.Reveal() != "hush" {
		t.Fatal("not trimmed")
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	a, b := secret.Token(), secret.Token()
	if a == b || len(a) != 43 || bytes.Equal(secret.Hash(a), secret.Hash(b)) {
		t.Fatal(a, b)
	}
}

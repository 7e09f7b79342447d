// SPDX-License-Identifier: Apache-2.0

// Package secret holds texts that must not be shown, and makes and compares
// the random ones that the product gives out.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
)

// Text is a secret such as a password. However it is printed, logged or
// marshalled, it shows as •••; only Reveal gives it away. The zero value is
// the empty secret.
type Text struct{ s string }

// New wraps s with surrounding white space cut off, as files end with a newline.
func New(s string) Text { return Text{strings.TrimSpace(s)} }

// Exactly wraps s as it is: for what people type, where spaces count.
func Exactly(s string) Text { return Text{s} }

// Reveal returns the secret.
func (t Text) Reveal() string { return t.s }

// IsZero reports whether the secret is empty.
func (t Text) IsZero() bool { return t.s == "" }

const mask = "•••"

// Format prints the mask whatever the verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// String returns the mask.
func (t Text) String() string { return mask }

// LogValue is the mask.
func (t Text) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText is the mask.
func (t Text) MarshalText() ([]byte, error) { return []byte(mask), nil }

// UnmarshalText reads a secret from configuration, trimmed.
func (t *Text) UnmarshalText(b []byte) error {
	*t = New(string(b))
	return nil
}

// Token returns 256 random bits as 43 characters of base64url.
func Token() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Hash is what is stored of a token: SHA-256. Enough for 256 random bits,
// never for a password.
func Hash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

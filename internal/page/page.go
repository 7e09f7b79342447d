// SPDX-License-Identifier: Apache-2.0

// Package page cuts lists into pages by key, never by offset.
//
// A cursor is opaque to its reader: base64url of a JSON array that begins with
// a hash of the list's filters and order, so that a cursor cannot be used with
// a list other than the one it came from. It carries no right: whoever asks
// for the next page is authorised anew.
package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"

	"tillgang/internal/fault"
)

// Limits of a page, in items.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Page is one page of a list. Next is empty on the last page.
type Page[T any] struct {
	Items []T
	Next  string
}

// Limit returns n brought into 1..MaxLimit; 0 gives DefaultLimit.
func Limit(n int) int {
	switch {
	case n == 0:
		return DefaultLimit
	case n < 1:
		return 1
	case n > MaxLimit:
		return MaxLimit
	}
	return n
}

// Cut returns the first limit of items and, when there are more, the cursor
// that key makes from the last one kept. Ask the database for limit+1 items.
func Cut[T any](items []T, limit int, list string, key func(T) []any) Page[T] {
	p := Page[T]{Items: items}
	if len(items) > limit {
		p.Items = items[:limit]
		p.Next = Cursor(list, key(p.Items[limit-1])...)
	}
	if p.Items == nil {
		p.Items = []T{}
	}
	return p
}

// Cursor makes a cursor into the list named by its filters and order.
// The values must survive JSON.
func Cursor(list string, values ...any) string {
	b, err := json.Marshal(append([]any{name(list)}, values...))
	if err != nil {
		panic("page: a cursor value does not marshal: " + err.Error()) // a programming error: keys are times, ids and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Read fills into from a cursor of the same list. An empty cursor leaves into
// alone and reports false: start at the beginning.
func Read(cursor, list string, into ...any) (bool, error) {
	if cursor == "" {
		return false, nil
	}
	bad := func(err error) (bool, error) {
		return false, &fault.Error{
			Kind: fault.Invalid, Code: "cursor.invalid",
			Text: "This cursor is not one this list gave out. Start again without a cursor.", Err: err,
		}
	}
	if len(cursor) > 1024 {
		return bad(errors.New("too long"))
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return bad(err)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil || len(parts) != len(into)+1 {
		return bad(errors.Join(err, errors.New("wrong shape")))
	}
	var of string
	if err := json.Unmarshal(parts[0], &of); err != nil {
		return bad(err)
	}
	if of != name(list) {
		return false, fault.New(fault.Invalid, "cursor.mismatch", "This cursor belongs to a list with other filters or another order. Start again without a cursor.")
	}
	for i, p := range parts[1:] {
		if err := json.Unmarshal(p, into[i]); err != nil {
			return bad(err)
		}
	}
	return true, nil
}

func name(list string) string {
	h := sha256.Sum256([]byte(list))
	return base64.RawURLEncoding.EncodeToString(h[:6])
}

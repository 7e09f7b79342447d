// SPDX-License-Identifier: Apache-2.0

// Package fault is the one error type that crosses room walls.
//
// A room returns either a *fault.Error, which says what kind of thing went
// wrong and may be shown to the caller, or any other error, which is a defect
// or a broken machine and is only ever logged.
package fault

import (
	"errors"
	"fmt"
	"runtime"
)

// Kind classifies an error by what its receiver can do about it.
// The zero value is Internal.
type Kind uint8

// Kinds are few on purpose: a door maps each to exactly one answer.
const (
	Internal    Kind = iota // a defect or a broken machine; the caller can do nothing
	Invalid                 // the request is wrong; fix it and try again
	Unauthentic             // the caller is unknown
	Forbidden               // the caller is known, knows that the thing exists, and may not
	NotFound                // no such thing, or not yours to know of
	Conflict                // the thing has changed, exists already or is in use
	Gone                    // it was here and has been withdrawn
	TooLarge                // a size limit was passed
	TooMany                 // a rate or attempt limit was passed; see Error.RetryAfter
	Unavailable             // try again later
	Stale                   // the change was made to a version that is no longer the present one; Extra says which is
	Full                    // there is no space left; try again when an operator has made some
)

var names = [...]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not_found",
	"conflict", "gone", "too_large", "too_many", "unavailable", "stale", "full",
}

// String returns the kind's name in snake_case.
func (k Kind) String() string { return names[k] }

// Ours reports whether the trouble is the server's and not the asker's: another
// try may go well, and an operator should know.
func (k Kind) Ours() bool { return k == Internal || k == Unavailable || k == Full }

// Error is an error meant to be understood by whoever asked.
type Error struct {
	Kind  Kind
	Code  string            // stable, dotted, for machines: "asset.not_found"; listed in api/openapi.yaml
	Text  string            // one sentence for people that says what to do; safe to show
	Field map[string]string // input field → what is wrong with it; nil unless Invalid
	Extra map[string]string // further members of the answer, such as "id" of the asset that exists already; safe to show

	RetryAfter int   // seconds until another try makes sense; 0 when unknown
	Err        error // the cause, for the log; never shown
}

// Error returns code, text and cause: for the log, not for people.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Text, e.Err)
	}
	return e.Code + ": " + e.Text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an Error of the kind and code with a sentence for people.
func New(k Kind, code, text string) *Error { return &Error{Kind: k, Code: code, Text: text} }

// Fields returns an Invalid error that names what is wrong with each input field.
func Fields(code, text string, field map[string]string) *Error {
	return &Error{Kind: Invalid, Code: code, Text: text, Field: field}
}

// KindOf reports the kind of err, Internal if it is not a fault.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf reports the code of err, "internal" if it is not a fault.
func CodeOf(err error) string { return As(err).Code }

// As returns err as a fault; what is not one becomes an Internal fault that
// says nothing of its cause.
func As(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Code: "internal", Text: "Something broke here. It has been logged.", Err: err}
}

// Panicked says what a panic was about. The runtime's own words name types and
// numbers; any other text may hold what somebody sent, so only its type is kept.
func Panicked(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", v)
}

// SPDX-License-Identifier: Apache-2.0

package request

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/plain"
	"tillgang/internal/secret"
)

// Sender says what senders are asked to tell of themselves.
type Sender string

// What senders are asked.
const (
	SenderRequired Sender = "required" // name and e-mail address
	SenderOptional Sender = "optional"
	SenderNone     Sender = "none"
)

// Field is something that senders are asked to say of their files.
type Field struct {
	Name     string `json:"name"` // of the tenant's fields
	Required bool   `json:"required"`
}

// Request is a link by which people outside can send files.
type Request struct {
	ID         id.Request   `db:"id"`
	Folder     id.Folder    `db:"folder_id"`
	FolderName string       `db:"folder_name"`
	Title      string       `db:"title"`
	Message    string       `db:"message"`
	Terms      string       `db:"terms"` // to be accepted; empty: none
	TermsAt    int          `db:"terms_version"`
	Fields     []Field      `db:"fields"`
	Sender     Sender       `db:"sender"`
	Language   string       `db:"language"` // of the page; empty: the visitor's
	Protected  bool         `db:"protected"`
	Kinds      []asset.Kind `db:"kinds"` // that are taken; empty: all
	MaxFiles   int          `db:"max_files"`
	MaxBytes   int64        `db:"max_bytes"`
	KeptDays   int          `db:"kept_days"`
	AskedBy    string       `db:"asked_by"` // the account or the key
	Version    int64        `db:"version"`
	CreatedAt  time.Time    `db:"created_at"`
	UpdatedAt  time.Time    `db:"updated_at"`
	ExpiresAt  time.Time    `db:"expires_at"`
	RevokedAt  *time.Time   `db:"revoked_at"`
	Deliveries int          `db:"deliveries"`
	Waiting    int          `db:"waiting"`  // files
	Accepted   int          `db:"accepted"` // files
	Rejected   int          `db:"rejected"` // files
}

// Ended reports whether the request takes nothing any more.
func (r Request) Ended(now time.Time) bool { return r.RevokedAt != nil || !r.ExpiresAt.After(now) }

// Settings is what a request is made of, or what is changed about it: what is
// nil stays, or is as usual.
type Settings struct {
	Title, Message, Terms *string
	Fields                *[]Field
	Sender                *Sender
	Language              *string
	Kinds                 *[]asset.Kind
	MaxFiles              *int
	MaxBytes              *int64
	KeptDays              *int
	ExpiresAt             *time.Time
	Password              *secret.Text // empty: none
}

// Limits, and what is usual.
const (
	maxTitle, maxMessage, maxTerms = 200, 5_000, 20_000
	maxFields                      = 20
	mostFiles, usualFiles          = 1_000, 100
	mostBytes, usualBytes          = 500_000_000_000, 10_000_000_000
	mostKept, usualKept            = 730, 90
	longest, usualTime             = 365 * 24 * time.Hour, 30 * 24 * time.Hour
	shortPassword, longPassword    = 8, 200
	restorable                     = 14 * 24 * time.Hour
	maxDeliveries                  = 1_000
)

// languages are those that the page is written in.
var languages = []string{"", "en", "sv", "nb", "da", "fi"}

var kinds = []asset.Kind{asset.Image, asset.Video, asset.Audio, asset.Document, asset.Archive, asset.Font, asset.Other}

func usual(now time.Time) Request {
	return Request{
		Sender: SenderRequired, Fields: []Field{}, Kinds: []asset.Kind{}, MaxFiles: usualFiles, MaxBytes: usualBytes, KeptDays: usualKept,
		ExpiresAt: now.Add(usualTime),
	}
}

// apply brings settings into the request, or says everything that is wrong with them.
func (r *Request) apply(in Settings, reg *asset.Registry, now time.Time) error {
	wrong := map[string]string{}
	text := func(name string, value *string, into *string, most int, line bool) {
		if value == nil {
			return
		}
		t, ok := plain.Text(*value)
		if line {
			t, ok = plain.Line(*value)
		}
		if !ok || utf8.RuneCountInString(t) > most {
			wrong[name] = "at most " + strconv.Itoa(most) + " characters"
			return
		}
		*into = t
	}
	terms := r.Terms
	text("title", in.Title, &r.Title, maxTitle, true)
	text("message", in.Message, &r.Message, maxMessage, false)
	text("terms", in.Terms, &r.Terms, maxTerms, false)
	if r.Terms != terms || r.TermsAt == 0 {
		r.TermsAt++
	}
	if r.Title == "" && wrong["title"] == "" {
		wrong["title"] = "a title is needed"
	}
	if in.Fields != nil {
		r.Fields = *in.Fields
		if w := wrongFields(r.Fields, reg); w != "" {
			wrong["fields"] = w
		}
	}
	if in.Sender != nil {
		if r.Sender = *in.Sender; r.Sender != SenderRequired && r.Sender != SenderOptional && r.Sender != SenderNone {
			wrong["sender"] = "required, optional or none"
		}
	}
	if in.Language != nil {
		if r.Language = *in.Language; !slices.Contains(languages, r.Language) {
			wrong["language"] = "sv, nb, da, fi, en, or empty for the visitor's own"
		}
	}
	if in.Kinds != nil {
		r.Kinds = slices.Compact(slices.Sorted(slices.Values(*in.Kinds)))
		if slices.ContainsFunc(r.Kinds, func(k asset.Kind) bool { return !slices.Contains(kinds, k) }) {
			wrong["kinds"] = "kinds of assets, such as image or document"
		}
	}
	number(wrong, "max_files", in.MaxFiles, &r.MaxFiles, mostFiles)
	number(wrong, "max_bytes", in.MaxBytes, &r.MaxBytes, mostBytes)
	number(wrong, "kept_days", in.KeptDays, &r.KeptDays, mostKept)
	if in.ExpiresAt != nil {
		if r.ExpiresAt = in.ExpiresAt.UTC(); !r.ExpiresAt.After(now) || r.ExpiresAt.Sub(now) > longest {
			wrong["expires_at"] = "in the future, and within 365 days"
		}
	}
	if in.Password != nil {
		n := utf8.RuneCountInString(in.Password.Reveal())
		if n != 0 && (n < shortPassword || n > longPassword) {
			wrong["password"] = "8 to 200 characters, or empty for none"
		}
	}
	if len(wrong) > 0 {
		return fault.Fields("request.settings", "The upload request cannot be kept like this. Correct it and try again.", wrong)
	}
	return nil
}

func number[N int | int64](wrong map[string]string, name string, value *N, into *N, most N) {
	if value == nil {
		return
	}
	if *into = *value; *into < 1 || *into > most {
		wrong[name] = "1 to " + strconv.FormatInt(int64(most), 10)
	}
}

// wrongFields says what is the matter with a list of fields. Fields whose
// values come from the tenant's lists are not for people outside.
func wrongFields(list []Field, reg *asset.Registry) string {
	seen := map[string]bool{}
	for _, f := range list {
		d, ok := reg.Def(f.Name)
		switch {
		case !ok || d.RetiredAt != nil:
			return "there is no field " + strconv.Quote(f.Name)
		case Asked(d.Type) == "":
			return "the field " + strconv.Quote(f.Name) + " has values of a list, which people outside cannot see"
		case seen[f.Name]:
			return "each field once"
		}
		seen[f.Name] = true
	}
	if len(list) > maxFields {
		return "at most " + strconv.Itoa(maxFields) + " fields"
	}
	return ""
}

// Asked says how a field of the type is asked for on a form: line, text, list,
// date, url, number or yesno; empty: not at all.
func Asked(t asset.Type) string {
	switch t {
	case asset.Choice, asset.Choices, asset.Terms:
		return ""
	case asset.Line, asset.Text, asset.List, asset.Date, asset.URL, asset.Number, asset.YesNo:
		return string(t)
	}
	return ""
}

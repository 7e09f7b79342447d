// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"time"

	"tillgang/internal/access"
	"tillgang/internal/id"
)

// State says how far an asset has come. Every asset ends in ready, failed or
// quarantined, with a reason that a person understands.
type State string

// The states.
const (
	Preparing   State = "preparing"   // stored; previews and metadata are being made
	Ready       State = "ready"       // all there
	Failed      State = "failed"      // the original is safe and can be fetched; no preview could be made
	Quarantined State = "quarantined" // held back: seen by whoever uploaded it and by editors, fetched by nobody
)

// Kind is the broad sort of an asset.
type Kind string

// The kinds.
const (
	Image    Kind = "image"
	Video    Kind = "video"
	Audio    Kind = "audio"
	Document Kind = "document"
	Archive  Kind = "archive"
	Font     Kind = "font"
	Other    Kind = "other"
)

// Source says who or what set a field. A weaker source never overwrites a
// stronger one.
type Source string

// The sources, weakest first.
const (
	FromFile    Source = "file"
	FromMachine Source = "machine"
	FromPerson  Source = "person"
)

// Field is one piece of metadata with its provenance.
type Field struct {
	Value  string            `json:"value,omitempty"`  // the value, for fields without language
	Values []string          `json:"values,omitempty"` // for lists: keywords, creators
	Lang   map[string]string `json:"lang,omitempty"`   // value per language (BCP 47), "" for unknown
	Source Source            `json:"source"`
	By     string            `json:"by,omitempty"` // actor who set it
	At     time.Time         `json:"at"`
}

// Alt is the alt decision in one language.
type Alt struct {
	Decision string    `json:"decision"`       // "text", "decorative", "described" (beside it) or "complex" (long description)
	Text     string    `json:"text,omitempty"` // the alt text or the long description
	Source   Source    `json:"source"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at"`
}

// Asset is one thing in the archive, through all its revisions.
type Asset struct {
	ID           id.Asset
	Tenant       id.Tenant
	Folder       id.Folder
	ACL          int64
	Kind         Kind
	State        State
	StateReason  string // a sentence for people; empty when ready
	StateCode    string // dotted code of the reason, for machines
	Revision     id.Revision
	Name         string // the file's name, made safe
	MediaType    string
	Size         int64  // bytes of the original
	SHA256       []byte // of the original
	Width        *int   // pixels after orientation; nil when it has none
	Height       *int
	DurationMS   *int64 // milliseconds; nil when it has none
	Fields       map[string]Field
	Alt          map[string]Alt // by language (BCP 47)
	CapturedOn   *time.Time     // a date; midnight UTC
	Version      int64          // grows with every change; the ETag
	CreatedAt    time.Time
	CreatedBy    string
	UpdatedAt    time.Time
	EmbargoUntil *time.Time
	ExpiresAt    *time.Time
	DeletedAt    *time.Time // when it went into the bin

	Can access.Set // what the asker may do with it
}

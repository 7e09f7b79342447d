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
	Value  string            `json:"value,omitempty"`  // the value; of a field with languages, the text of unknown language
	Values []string          `json:"values,omitempty"` // for lists: keywords, creators
	Lang   map[string]string `json:"lang,omitempty"`   // value per language (BCP 47), "" for unknown
	Marks  map[string]Mark   `json:"marks,omitempty"`  // provenance per language, of fields with languages
	Source Source            `json:"source"`           // the strongest of them
	By     string            `json:"by,omitempty"`     // actor who set it
	At     time.Time         `json:"at"`
}

// Mark says who or what set something, and when.
type Mark struct {
	Source Source    `json:"source"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at"`
}

// Decision is what was decided about a picture's alt text in one language.
type Decision string

// The decisions.
const (
	AltText       Decision = "text"       // this text
	AltDecorative Decision = "decorative" // the picture says nothing; no text is needed
	AltDescribed  Decision = "described"  // the page describes it beside the picture
	AltComplex    Decision = "complex"    // this long description
)

// Alt is the alt decision in one language.
type Alt struct {
	Decision Decision  `json:"decision"`
	Text     string    `json:"text,omitempty"` // the alt text or the long description
	Source   Source    `json:"source"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at"`
}

// Asset is one thing in the archive, through all its revisions.
type Asset struct {
	ID           id.Asset       `db:"id"`
	Tenant       id.Tenant      `db:"tenant_id"`
	Folder       id.Folder      `db:"folder_id"`
	ACL          int64          `db:"acl_id"`
	Kind         Kind           `db:"kind"`
	State        State          `db:"state"`
	StateReason  string         `db:"state_reason"`      // a sentence for people; empty when ready
	StateCode    string         `db:"state_code"`        // dotted code of the reason, for machines
	Revision     id.Revision    `db:"revision_id"`       // the active one
	Shown        id.Revision    `db:"shown_revision_id"` // whose pictures are shown: the active one, or the one before while that is being prepared
	Name         string         `db:"name"`              // the file's name, made safe
	MediaType    string         `db:"media_type"`
	Size         int64          `db:"size"`        // bytes of the original
	SHA256       []byte         `db:"sha256"`      // of the original
	Width        *int           `db:"width"`       // pixels after orientation; nil when it has none
	Height       *int           `db:"height"`      // pixels after orientation; nil when it has none
	DurationMS   *int64         `db:"duration_ms"` // milliseconds; nil when it has none
	Pages        *int           `db:"pages"`       // of documents, slides or sheets; nil when it has none
	Sensitive    []string       `db:"sensitive"`   // kinds of national identity numbers found and not judged harmless
	Fields       Fields         `db:"fields"`
	Alt          map[string]Alt `db:"alt"`         // by language (BCP 47), "" for unknown
	CapturedOn   *time.Time     `db:"captured_on"` // a date, midnight UTC: what the field captured_on says
	Version      int64          `db:"version"`     // grows with every change that a person makes; the ETag
	CreatedAt    time.Time      `db:"created_at"`
	CreatedBy    string         `db:"created_by"` // the actor
	Owner        id.Account     `db:"owner_id"`   // who is responsible for it; carries no right; zero: nobody
	UpdatedAt    time.Time      `db:"updated_at"` // when anything about it changed, by whomever
	EmbargoUntil *time.Time     `db:"embargo_until"`
	ExpiresAt    *time.Time     `db:"expires_at"`
	DeletedAt    *time.Time     `db:"deleted_at"`  // when it went into the bin
	MergedInto   id.Asset       `db:"merged_into"` // the asset that took this one in, which then went into the bin
	Waiting      bool           `db:"waiting"`     // it came in from outside and nobody has accepted it yet
	AskedBy      string         `db:"asked_by"`    // who asked for it; empty unless it came in from outside
	Approval     Approval       `db:"approval"`    // as kept; see ApprovalAt
	Missing      []string       `db:"missing"`     // what its folder requires and it lacks: names of fields, and "alt"

	Registry *Registry  `db:"-"`        // the tenant's fields; nil: only those that are built in
	Fresh    int64      `db:"registry"` // the registry's version when the asset was read
	Can      access.Set `db:"can"`      // what the asker may do with it, its state and the bin considered
}

// SPDX-License-Identifier: Apache-2.0

// Package id gives every kind of thing its own identifier type.
//
// Inside, an identifier is a UUIDv7 (RFC 9562 §5.7): it sorts by birth and is
// made without asking the database. Outside, it wears a prefix that says what
// it names: "ast_01jd…". A folder's identifier cannot be handed over where an
// asset's is wanted, neither in Go (other type) nor over the wire (other prefix).
package id

import (
	"database/sql/driver"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

type kind interface{ prefix() string }

// ID identifies one thing of kind K. The zero value names nothing.
type ID[K kind] struct{ u uuid.UUID }

type (
	tenantKind     struct{}
	accountKind    struct{}
	groupKind      struct{}
	roleKind       struct{}
	keyKind        struct{}
	sessionKind    struct{}
	folderKind     struct{}
	assetKind      struct{}
	revisionKind   struct{}
	renditionKind  struct{}
	presetKind     struct{}
	uploadKind     struct{}
	ticketKind     struct{}
	archiveKind    struct{}
	synonymKind    struct{}
	collectionKind struct{}
	taxonomyKind   struct{}
	termKind       struct{}
	templateKind   struct{}
	bulkKind       struct{}
	importKind     struct{}
	linkKind       struct{}
	reportKind     struct{}
	answerKind     struct{}
	choiceKind     struct{}
	visitKind      struct{}

	requestKind  struct{}
	deliveryKind struct{}
	sentKind     struct{}
	commentKind  struct{}
	noticeKind   struct{}
	mailKind     struct{}
	mergeKind    struct{}
)

// One type per kind of thing; a new kind adds a line here and a prefix below.
type (
	// Tenant identifies a customer organisation.
	Tenant = ID[tenantKind]
	// Account identifies somebody who can sign in.
	Account = ID[accountKind]
	// Group identifies a group of accounts.
	Group = ID[groupKind]
	// Role identifies a named set of permissions.
	Role = ID[roleKind]
	// Key identifies an API key.
	Key = ID[keyKind]
	// Session identifies one signed-in browser.
	Session = ID[sessionKind]
	// Folder identifies a folder.
	Folder = ID[folderKind]
	// Asset identifies an asset.
	Asset = ID[assetKind]
	// Revision identifies a revision of an asset.
	Revision = ID[revisionKind]
	// Rendition identifies a rendition of a revision.
	Rendition = ID[renditionKind]
	// Preset identifies an administrator's preset.
	Preset = ID[presetKind]
	// Upload identifies bytes on their way in.
	Upload = ID[uploadKind]
	// Ticket identifies a download ticket; it is not the ticket's secret.
	Ticket = ID[ticketKind]
	// Archive identifies a ZIP file of a selection; it is not its secret.
	Archive = ID[archiveKind]
	// Synonym identifies words that are looked for together.
	Synonym = ID[synonymKind]
	// Collection identifies a chosen list or a saved search.
	Collection = ID[collectionKind]
	// Taxonomy identifies a tree of terms.
	Taxonomy = ID[taxonomyKind]
	// Term identifies a term of a taxonomy.
	Term = ID[termKind]
	// Template identifies a template of field defaults.
	Template = ID[templateKind]
	// Bulk identifies one deed on many assets.
	Bulk = ID[bulkKind]
	// Import identifies metadata that came in as a table.
	Import = ID[importKind]
	// Link identifies a share link; it is not the link's secret.
	Link = ID[linkKind]
	// Report identifies what somebody said they will use a download for.
	Report = ID[reportKind]
	// Answer identifies what a reviewer said of an asset through a link.
	Answer = ID[answerKind]
	// Choice identifies what somebody chose through a link.
	Choice = ID[choiceKind]
	// Visit identifies one browser's visit to a link; it is not its cookie.
	Visit = ID[visitKind]
	// Request identifies a request for files from people outside.
	Request = ID[requestKind]
	// Delivery identifies what one of them sends.
	Delivery = ID[deliveryKind]
	// Sent identifies one file of a delivery.
	Sent = ID[sentKind]
	// Comment identifies something that somebody wrote about an asset.
	Comment = ID[commentKind]
	// Notice identifies something that somebody should know.
	Notice = ID[noticeKind]
	// Mail identifies a mail to somebody.
	Mail = ID[mailKind]
	// Merge identifies the making of one asset out of several.
	Merge = ID[mergeKind]
)

func (tenantKind) prefix() string     { return "tnt" }
func (accountKind) prefix() string    { return "acc" }
func (groupKind) prefix() string      { return "grp" }
func (roleKind) prefix() string       { return "rol" }
func (keyKind) prefix() string        { return "key" }
func (sessionKind) prefix() string    { return "ses" }
func (folderKind) prefix() string     { return "fld" }
func (assetKind) prefix() string      { return "ast" }
func (revisionKind) prefix() string   { return "rev" }
func (renditionKind) prefix() string  { return "ren" }
func (presetKind) prefix() string     { return "pre" }
func (uploadKind) prefix() string     { return "upl" }
func (ticketKind) prefix() string     { return "tkt" }
func (archiveKind) prefix() string    { return "arc" }
func (synonymKind) prefix() string    { return "syn" }
func (collectionKind) prefix() string { return "col" }
func (taxonomyKind) prefix() string   { return "tax" }
func (termKind) prefix() string       { return "trm" }
func (templateKind) prefix() string   { return "tpl" }
func (bulkKind) prefix() string       { return "blk" }
func (importKind) prefix() string     { return "imp" }
func (linkKind) prefix() string       { return "lnk" }
func (reportKind) prefix() string     { return "rep" }
func (answerKind) prefix() string     { return "ans" }
func (choiceKind) prefix() string     { return "cho" }
func (visitKind) prefix() string      { return "vis" }
func (requestKind) prefix() string    { return "req" }
func (deliveryKind) prefix() string   { return "dlv" }
func (sentKind) prefix() string       { return "snt" }
func (commentKind) prefix() string    { return "cmt" }
func (noticeKind) prefix() string     { return "ntc" }
func (mailKind) prefix() string       { return "mai" }
func (mergeKind) prefix() string      { return "mrg" }

// crockford keeps byte order as text order and has no padding and no look-alikes.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes the identifier of a new thing: id.New[id.Asset]().
func New[I ID[K], K kind]() I { return I(ID[K]{uuid.Must(uuid.NewV7())}) }

// FromUUID wraps a raw UUID, such as one read from a principal column.
func FromUUID[I ID[K], K kind](u uuid.UUID) I { return I(ID[K]{u}) }

// Parse reads the outer form. The error text is safe to show.
func Parse[I ID[K], K kind](s string) (I, error) {
	var k K
	rest, ok := strings.CutPrefix(s, k.prefix()+"_")
	if !ok {
		return I{}, fmt.Errorf("an identifier that starts with %q is wanted here", k.prefix()+"_")
	}
	b, err := crockford.DecodeString(rest)
	if err != nil || len(b) != 16 || crockford.EncodeToString(b) != rest {
		return I{}, fmt.Errorf("the identifier is malformed")
	}
	return I(ID[K]{uuid.UUID(b)}), nil
}

// String returns the outer form; the zero value gives the empty string.
func (i ID[K]) String() string {
	if i.IsZero() {
		return ""
	}
	var k K
	return k.prefix() + "_" + crockford.EncodeToString(i.u[:])
}

// UUID returns the inner form, for columns that hold several kinds.
func (i ID[K]) UUID() uuid.UUID { return i.u }

// IsZero reports whether i names nothing.
func (i ID[K]) IsZero() bool { return i.u == uuid.Nil }

// MarshalText returns the outer form.
func (i ID[K]) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the outer form; the empty text is the zero value.
func (i *ID[K]) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = ID[K]{}
		return nil
	}
	p, err := Parse[ID[K]](string(b))
	if err == nil {
		*i = p
	}
	return err
}

// Bind reads the outer form out of a query parameter. Without it the generated
// door takes an identifier for an object with fields, finds none, and goes on
// as if the parameter were not there.
func (i *ID[K]) Bind(src string) error {
	if src == "" {
		return fmt.Errorf("an identifier is wanted here")
	}
	return i.UnmarshalText([]byte(src))
}

// Value gives the column's form: a plain uuid, or null for the zero value.
func (i ID[K]) Value() (driver.Value, error) {
	if i.IsZero() {
		return nil, nil
	}
	return i.u.Value()
}

// Scan reads a uuid column; null gives the zero value.
func (i *ID[K]) Scan(src any) error {
	if src == nil {
		*i = ID[K]{}
		return nil
	}
	return i.u.Scan(src)
}

// Raw are identifiers as the bytes that they are: what the database driver
// sends fastest when they are many.
func Raw[K kind](list []ID[K]) [][16]byte {
	out := make([][16]byte, len(list))
	for i, one := range list {
		out[i] = one.u
	}
	return out
}

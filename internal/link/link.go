// SPDX-License-Identifier: Apache-2.0

package link

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/plain"
	"tillgang/internal/secret"
)

// Mode says what a guest is asked to do.
type Mode string

// The modes.
const (
	Delivery  Mode = "delivery"  // see, and download where the link allows it
	Review    Mode = "review"    // see, and say of each what one thinks
	Selection Mode = "selection" // see, choose some, and send the choice
)

// Original is the format that is the original itself; every other is the name
// of a preset.
const Original = "original"

// Limits.
const (
	MaxAssets = 1000                 // that are chosen one by one
	MaxShown  = 10_000               // of a folder or collection
	Longest   = 365 * 24 * time.Hour // that one may last from now
	KeptInBin = 14 * 24 * time.Hour
)

// Target is what a link shows: one of the three.
type Target struct {
	Assets     []id.Asset    // in their order
	Folder     id.Folder     // with Subtree: and all below it
	Subtree    bool          //
	Collection id.Collection // as it is at the moment
}

const (
	ofAssets     = "assets"
	ofFolder     = "folder"
	ofCollection = "collection"
)

// kind says which of the three it is; empty: none, or several.
func (t Target) kind() string {
	var kinds []string
	if len(t.Assets) > 0 {
		kinds = append(kinds, ofAssets)
	}
	if !t.Folder.IsZero() {
		kinds = append(kinds, ofFolder)
	}
	if !t.Collection.IsZero() {
		kinds = append(kinds, ofCollection)
	}
	if len(kinds) != 1 || t.Subtree && t.Folder.IsZero() {
		return ""
	}
	return kinds[0]
}

// Terms are what a link's maker says of it.
type Terms struct {
	Mode         Mode
	Title        string
	Message      string
	Language     string   // of the page, unless the guest chooses another: a BCP 47 tag
	Formats      []string // Original and presets' names; empty: to look at only
	Watermark    string   // laid over every picture that is shown; empty: none
	MaxDownloads *int     // nil: as many as they like
	ExpiresAt    time.Time
}

// Link is a share link, as those who look after it see it.
type Link struct {
	ID     id.Link
	Owner  id.Account // zero: a key of its own right
	By     string     // the actor who made it
	Target Target
	Terms
	ViewPassword     bool
	DownloadPassword bool
	Downloads        int
	Views            int // different visits
	LastUsedAt       *time.Time
	Version          int64
	CreatedAt        time.Time
	UpdatedAt        time.Time
	RevokedAt        *time.Time
	DeletedAt        *time.Time
	Answers, Choices int // that came back

	Path string // the address' path, with the token; only for its maker
	Own  bool   // the asker made it
}

// State of a link.
type State string

// The states.
const (
	Open    State = "open"
	Expired State = "expired"
	Revoked State = "revoked"
	Binned  State = "deleted"
)

// State says how the link stands, as far as its own row knows.
func (l Link) State(now time.Time) State {
	switch {
	case l.DeletedAt != nil:
		return Binned
	case l.RevokedAt != nil:
		return Revoked
	case !now.Before(l.ExpiresAt):
		return Expired
	}
	return Open
}

// scope is at most what a guest may do with what the link shows.
func (l Link) scope() access.Set {
	s := access.View | access.Share
	if l.Mode == Review { // drafts are there for whoever may approve them
		s |= access.Approve
	}
	for _, f := range l.Formats {
		if f == Original {
			s |= access.DownloadOriginal
		} else {
			s |= access.DownloadRendition
		}
	}
	return s
}

// usedUp reports whether no further download is left.
func (l Link) usedUp() bool { return l.MaxDownloads != nil && l.Downloads >= *l.MaxDownloads }

// Change is what Edit changes; what is nil stays. An empty password takes it away.
type Change struct {
	Title, Message, Language       *string
	Formats                        *[]string
	Watermark                      *string
	MaxDownloads                   **int
	ExpiresAt                      *time.Time
	ViewPassword, DownloadPassword *secret.Text
	viewHash, downloadHash         *string
}

// into brings the change into terms.
func (c Change) into(t *Terms) {
	put(&t.Title, c.Title)
	put(&t.Message, c.Message)
	put(&t.Language, c.Language)
	put(&t.Formats, c.Formats)
	put(&t.Watermark, c.Watermark)
	put(&t.MaxDownloads, c.MaxDownloads)
	put(&t.ExpiresAt, c.ExpiresAt)
}

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// check makes terms fit to keep, or says what is wrong with them. known are the
// names of the presets that the maker may use.
func (t *Terms) check(now time.Time, known []string) error {
	wrong := map[string]string{}
	line := func(field string, s *string, least, most int, say string) {
		text, ok := plain.Line(*s)
		if n := utf8.RuneCountInString(text); !ok || n < least || n > most {
			wrong[field] = say
		}
		*s = text
	}
	switch t.Mode {
	case Delivery, Review, Selection:
	default:
		wrong["mode"] = "must be delivery, review or selection"
	}
	line("title", &t.Title, 1, 200, "one line of 1 to 200 characters")
	line("watermark", &t.Watermark, 0, 60, "one line of at most 60 characters")
	message, ok := plain.Text(t.Message)
	if t.Message = message; !ok || utf8.RuneCountInString(message) > 4000 {
		wrong["message"] = "at most 4000 characters"
	}
	if tag, ok := plain.Language(t.Language); !ok || tag != t.Language {
		wrong["language"] = "not a language tag such as sv or nb-NO"
	}
	seen := map[string]bool{}
	for _, f := range t.Formats {
		if f != Original && !slices.Contains(known, f) || seen[f] {
			wrong["formats"] = "original, or names of presets that you may use, each once"
		}
		seen[f] = true
	}
	if t.Formats == nil {
		t.Formats = []string{}
	}
	if m := t.MaxDownloads; m != nil && (*m < 1 || *m > 1_000_000) {
		wrong["max_downloads"] = "1 to 1000000"
	}
	if t.ExpiresAt.After(now.Add(Longest)) || !t.ExpiresAt.After(now) {
		wrong["expires_at"] = "in the future, within 365 days"
	}
	if len(wrong) > 0 {
		return fault.Fields("link.invalid", "Some of the link is not as it must be.", wrong)
	}
	return nil
}

// checkPassword says whether a password will do for a link.
func checkPassword(field string, p secret.Text) error {
	n := utf8.RuneCountInString(p.Reveal())
	if n < 8 || n > 200 || strings.ContainsRune(p.Reveal(), 0) {
		return fault.Fields("link.invalid", "Some of the link is not as it must be.", map[string]string{field: "8 to 200 characters"})
	}
	return nil
}

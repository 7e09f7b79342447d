// SPDX-License-Identifier: Apache-2.0

package document

import "time"

// Contents is what a container holds, listed and not unpacked.
type Contents struct {
	Form    string  `json:"form"`              // "archive" or "mail"
	Entries int64   `json:"entries"`           // how many there are
	Size    int64   `json:"size"`              // bytes, unpacked, as the container says
	Whole   bool    `json:"whole"`             // everything was counted
	Items   []Entry `json:"items,omitempty"`   // the first MaxEntries
	Subject string  `json:"subject,omitempty"` // of mails, as are the following
	From    string  `json:"from,omitempty"`
	To      string  `json:"to,omitempty"`
	Date    string  `json:"date,omitempty"` // RFC 3339; empty when the mail does not say
}

// Entry is one entry of a container: a file in an archive, an attachment of a
// mail. Its name is text and never a path.
type Entry struct {
	Name      string     `json:"name"`
	Size      int64      `json:"size"` // bytes, unpacked, as the container says
	MediaType string     `json:"media_type,omitempty"`
	Folder    bool       `json:"folder,omitempty"`
	Link      bool       `json:"link,omitempty"`      // a link to somewhere else
	Encrypted bool       `json:"encrypted,omitempty"` // needs a password
	Modified  *time.Time `json:"modified,omitempty"`
}

// Font is what a font's name table says, as it is: clean before use.
type Font struct {
	Family string `json:"family,omitempty"`
	Style  string `json:"style,omitempty"`
	Glyphs int    `json:"glyphs,omitempty"`
}

// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"tillgang/internal/fault"
	"tillgang/internal/id"
)

// Codes of the reasons why an asset is in its state, besides those of the tools
// that read files.
const (
	CodeInfected = "file.infected"  // quarantined: the scanner knows it to be harmful
	CodeLies     = "file.disagrees" // quarantined: the name says one thing, the content another
	CodePoison   = "file.poison"    // quarantined: it took the program down again and again
	CodeSkipped  = "file.skipped"   // ready: taken without previews
	CodeGivenUp  = "file.given_up"  // failed: this machine could not prepare it
)

// IsDuplicate is the fault for a file that is in the archive already.
func IsDuplicate(of id.Asset) error {
	return &fault.Error{
		Kind: fault.Conflict, Code: "asset.duplicate", Extra: map[string]string{"id": of.String()},
		Text: "This file is in the archive already. Use the one that is there, or send it again and say that a duplicate is to be kept.",
	}
}

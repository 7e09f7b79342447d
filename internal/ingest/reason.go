// SPDX-License-Identifier: Apache-2.0

package ingest

// Codes of the reasons why an asset is in its state, besides those of the tools
// that read files.
const (
	CodeInfected = "file.infected"  // quarantined: the scanner knows it to be harmful
	CodeLies     = "file.disagrees" // quarantined: the name says one thing, the content another
	CodePoison   = "file.poison"    // quarantined: it took the program down again and again
	CodeSkipped  = "file.skipped"   // ready: taken without previews
	CodeGivenUp  = "file.given_up"  // failed: this machine could not prepare it
)

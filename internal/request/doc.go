// SPDX-License-Identifier: Apache-2.0

// Package request asks people outside for files, and decides about what they
// send.
//
// Words: a request is a link by which anybody who has it can send files to one
// folder. A delivery is what one sender sends at one time; its receipt is the
// page where the sender sees what became of it. What came in waits to be
// accepted; whoever decides about it moderates.
//
// Promises:
//   - A request can do what the one who made it could do at that moment, and no
//     more: it ends when they lose the right to upload into its folder, when
//     it is revoked and when it expires. That is asked at every step.
//   - What comes in is seen by nobody but those who moderate it, in no list, no
//     search and no count, until one of them accepts it (asset.Asset.Waiting).
//     These are all who may approve in the folder, and who made the request as
//     long as they may upload there.
//   - Files take the same way as every other upload: limits, quarantine, scan.
//     The sender learns nothing of that, nor of what lies in the archive.
//   - To look at a request or a receipt consumes nothing.
//   - Addresses hold secrets of 256 bits, of which hashes are kept; a password is
//     kept as argon2id, and guesses slow down.
//   - What senders say of themselves is shown to those who moderate, and is taken
//     away a set time after the request has ended. What they say of the files
//     are fields of the assets, as a person's word.
//   - What was rejected lies in the bin; restored, it waits again.
//
// Locks: a delivery after its asset; the log of deeds last.
//
// Tables: upload_request, upload_request_terms, upload_delivery, upload_delivery_file.
package request

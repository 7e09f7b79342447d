// SPDX-License-Identifier: Apache-2.0

// Package ingest brings files into the archive.
//
// Words: an upload is bytes on their way in. To receive a file is to store its
// bytes and make it an asset; to inspect it is to find out what it is and have
// it made visible. A condemned object is one that is to be destroyed. A stand-in
// is what renditions are made from when none can be made of the original.
//
// Promises:
//   - When Receive returns an asset, its bytes are durable, whole and the ones
//     whose SHA-256 the asset bears. When it returns an error nothing of the
//     upload can be seen, and what it left is removed.
//   - The process may be killed at any instant: before an asset is acknowledged
//     it exists wholly or not at all, and what is left over is swept up.
//   - An identical file that the actor can see already is answered with that
//     one's identifier, also when both arrive at the same moment.
//   - What a file is, its content says, never its name or its sender. A name
//     that disagrees puts the asset into quarantine.
//   - A revision whose name disagrees with its content replaces nothing.
//   - No picture, film or sound is decoded in the server itself, and none before
//     the limits were checked on the file's header.
//   - Every asset ends ready, failed or quarantined, with a reason for people.
//     A fault of this machine is never blamed on the file.
//
// An upload comes in one request (Receive) or in pieces (Begin, Continue,
// Resume): then its row knows how many bytes are durable and the hash of exactly
// those, one request at a time may write (a lease, which a newer request takes
// over), and any process may go on. Both ways end in the same transaction. An
// upload that is whole and not finished is finished by the next question about
// it or by the sweep, with the rights that its owner has then.
//
// The order is always bytes before the row that names them when storing, and
// row before bytes when destroying.
//
// Tables: upload, condemned_blob, stand_in, document_page.
package ingest

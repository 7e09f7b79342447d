// SPDX-License-Identifier: Apache-2.0

// Package delivery is the moment bytes leave the house.
//
// Words: a ticket is a short-lived, revocable, counted right to fetch certain
// bytes; its token is the secret in its address, of which only a hash is kept.
// A stream is one answer under way. A link is the signed address of a
// rendition: it needs no look-up, lives for minutes, and never leads to an
// original.
//
// An archive is a ZIP file of many assets, made while it is sent. A copy is an
// original's copy that carries other metadata (imprint); the original itself
// never changes.
//
// Promises: an original leaves only through a ticket, which was given out after
// an authorisation check, can be started once, within a minute, and resumed for
// a while within a budget of bytes. Whoever asked is authorised again when the
// bytes start to leave and at least every 64 MiB or 5 seconds while they do;
// when a right, a session, an account or the asset is gone, the stream ends.
// A ticket's first use is in the log of deeds, in the same transaction.
//
// Each file of an archive is authorised when its turn comes; what may not leave
// by then, or cannot be made in the size that was asked for, is left out and
// named in its manifest, and anything else that goes wrong cuts the connection.
//
// Tables: ticket, archive, imprinted.
package delivery

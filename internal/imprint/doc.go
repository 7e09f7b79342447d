// SPDX-License-Identifier: Apache-2.0

// Package imprint writes what the archive knows about a picture, a document or
// a film into a copy of its file, so that whoever meets the file alone still
// learns what it shows, who made it, on what terms it may be used, what to read
// to those who cannot see it, and whether a machine made it.
//
// Words: a statement is what the archive says of an asset; a policy says how
// much of it a copy carries: all (embed), the rights and what accessibility and
// honesty ask for (rights), or nothing (strip).
//
// JPEG, PNG and WebP are written here (Write): XMP (ISO 16684-1) with the
// properties of the IPTC Photo Metadata Standard 2023.1, and in JPEG also
// IPTC-IIM 4.2 for old readers. Everything else that can carry metadata goes
// through exiftool inside the sandbox (Tool.Copy).
//
// Promises, under every policy: the picture's own bytes, its colour profile and
// its orientation stay; what the file said before about places (GPS), people,
// texts and thumbnails does not. A manifest of content credentials (C2PA) is
// taken out, because its signature no longer holds for the copy. Under embed a
// picture also keeps what its camera noted of time and exposure; under rights
// and strip it does not. In camera raw files, which programs read their colours
// from, only XMP, IIM, GPS and descriptions are taken out.
// The same input gives the same output.
package imprint

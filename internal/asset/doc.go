// SPDX-License-Identifier: Apache-2.0

// Package asset keeps the things in the archive: their revisions, what is
// known about them, who said it, and their way into the bin and out of it.
//
// Words: an asset is one thing through all its revisions; a revision is the
// bytes at one time and never changes; one revision is the active one. A field
// is one piece of metadata, with its provenance: file < machine < person. The
// alt decision says, per language, which alt text a picture has or that it
// needs none. The bin holds what was deleted and can be restored; purging
// destroys it. An embargo and an expiry bound the time in which those who may
// not edit the asset see it.
//
// Promises: a weaker source never overwrites what a stronger one said, nor
// brings back what it took away. Every change of a field is in the history,
// with what was there before. Two edits of the same version: one wins, the
// other is told. A quarantined asset is seen by its uploader and by editors,
// and its bytes by nobody. What a verb returns nil for has happened, with its
// row in the log of deeds and its consequences (the hooks), or none of it has.
// The name of a file never becomes a title or an alt text. An asset
// carries a copy of its folder's acl, which may lag behind the folder's for a
// while; what may be done with it is what the folder allows (see folder).
//
// A new revision, or an earlier one made active again, is the active one at
// once: its bytes are the original from that moment, and the asset is being
// prepared. What is shown of it are the pictures of the revision before, until
// the new one is prepared; then they change at one stroke. When it turns out
// that no pictures can be made of it, none are shown: an old one would show
// what the file no longer is. Revisions are kept, and numbers never given
// twice, until somebody destroys one by name.
//
// Verbs that end in Tx join their caller's transaction and leave the log of
// deeds to it. Locks: a folder before the assets in it, the log of deeds last.
//
// A tenant has fields of its own beside those that are built in: one registry
// for both, so that all are cleaned, edited and remembered alike. A field of
// choice has options, one of terms a taxonomy: a tree of terms, of which assets
// carry identifiers. A template is a set of defaults, a rule what a folder asks
// of its assets and gives them.
//
// Promises: no change of a definition loses a value. An option or a term that
// assets have can be retired or merged, not taken away; a retired field keeps
// its values until it is purged. What a template gives gives way to the file,
// a machine and people. Asset.Missing is what the folder requires and the asset
// lacks; a rule's assets follow it by a job.
//
// Tables: asset, revision, field_change, sensitive_text, sensitive_judgement, field_registry, field_def, field_use,
// taxonomy, term, field_template, folder_rule, account_template.
package asset

// SPDX-License-Identifier: Apache-2.0

// Package bulk does one thing to many assets, and takes it back.
//
// Words: a job is one such deed; its items are the assets, frozen when the job
// is made. An item ends changed, the same as before, or skipped with a reason.
// An undo is a job that takes another one's changes back. An import is metadata
// that came in as a table: looked through first, applied as a job.
//
// Promises: each asset is asked for with the rights that whoever started the
// job has at that moment; who has lost theirs, or has signed out, changes
// nothing more. A batch of assets is changed in one transaction together with
// the marks that it is done, its place in the log of deeds and what search
// finds: a process may die anywhere, and the next one goes on where it was. An
// undo restores, with their provenance, exactly the things that the job changed
// and nobody has changed since, and names the others. A table that came out
// comes in again unchanged, and no cell of it is a formula.
//
// Locks: a job before what assets choose from, folders and assets.
//
// Tables: bulk_job, bulk_item, metadata_import, metadata_import_line.
package bulk

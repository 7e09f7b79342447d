// SPDX-License-Identifier: Apache-2.0

// Package relation keeps how assets belong together.
//
// Words: a relation leads from one asset to another and is of a kind, whose name
// differs by the end that one looks from: what is derived from another is,
// seen from there, its source. Some kinds have no direction.
//
// Promises: a relation is shown only to who may see both its ends; to make or
// end one takes Edit on the one end and View on the other. It is kept while an
// end is in the bin, and goes with it when that is destroyed. A pair of assets
// has a relation of a kind once.
//
// Locks: both assets, the lesser identifier first, the log of deeds last.
//
// Tables: relation.
package relation

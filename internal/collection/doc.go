// SPDX-License-Identifier: Apache-2.0

// Package collection keeps people's lists: chosen ones, whose assets stand in an
// order, and saved searches.
//
// Words: a chosen list (List) holds assets, in places that people give them; a
// saved search (Saved) holds a query's text and parameters, and finds its assets
// anew each time. A collection may lie in a chosen list, MaxDepth deep. Whoever
// it belongs to is its owner, who shows it to everybody of the tenant or to
// chosen people and groups, to look at or to contribute to.
//
// Promises: a collection carries no rights to assets. Whoever opens one finds,
// and counts, only what they may see themselves, and adds only what they see.
// What may be done with a collection may be done with those that lie in it.
// Unknown and not shared look alike. Adding what is there, and removing what is
// not, does nothing. An asset in the bin keeps its places and has them again
// when it is restored; one that is destroyed loses them. A collection that is
// deleted goes into a bin, with those that lie in it, and can be restored whole,
// members, shares and place, as long as the tenant's settings say; then it is destroyed.
//
// Locks: the tree of collections before a collection, a collection before its
// members, the log of deeds last.
//
// Tables: collection, collection_share, collection_asset, collection_merge.
package collection

// SPDX-License-Identifier: Apache-2.0

// Package search lists and finds assets. It keeps one slim row per asset.
//
// Words: a form of a word is the word itself or its stem in one of five
// languages (Swedish, Norwegian, Danish, Finnish, English; there are no stop
// words). A folded form is written in plain letters (å→a, ø→o or oe).
//
// Promises: å, ä, ö, æ and ø are letters, so "här" is not "har"; but whoever
// cannot type them finds the folded forms too, after all exact hits. What the
// asker may not see is neither listed, nor counted, nor completed; rights stand
// inside the query. Pages are cut by key. The work of a query is bounded:
// totals and facets are counted up to Cap.
//
// Each lexeme of asset_search.words has one of five shapes:
//
//	word      a word as it stands there, in lower case
//	^stem     its stem in one of the languages, if that differs from the word
//	~plain    a folded form of either, if that differs
//	#keyword  a whole keyword, in lower case
//	#~plain   its folded form, if that differs
//
// The weights are A (title, headline, keywords), B (description, alt texts),
// C (people, places and rights) and D (the file's name).
//
// Tables: asset_search (a view; see the migration).
package search

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
// totals and facets are counted up to Cap, and of common words not at all: there
// are at least as many as were seen. That there are more than Cap is remembered
// for half a minute.
//
// # What people write
//
//	query   = { clause }                          all must hold
//	clause  = [ "-" ] atom { "|" [ "-" ] atom }   one must hold; "-" before the first: none
//	atom    = text | key ":" value { "|" value }
//	text    = word | word "*" | "\"" words "\""
//	value   = text | span
//	span    = end ".." [ end ] | ".." end | ( ">" | ">=" | "<" | "<=" ) end
//	end     = number [ unit ] | year [ "-" month [ "-" day ] ]
//
// Keys (each also in Swedish, Norwegian, Danish and Finnish; see keys.go):
// title, description, alt, name (words in those texts), text (in a document's
// pages), tag (a whole keyword, or tag:begin*), person, creator, city, country
// and the name of any field (words in it, or a span of its values), taken,
// uploaded, expires (dates; expires also within: 30d), size, width, height, duration (numbers), kind, type (a kind,
// a media type or a name's ending), state (also expired, embargoed), approval or is
// (what is archived is found only by them; is also new, mine, incomplete, no-alt, duplicate,
// expiring, expired, embargoed, failed, quarantined: what work queues hold), folder (by
// name or identifier, with what lies below), by (me), owner (me, nobody), sha256, sensitive, has and
// no (alt, title, text, expiry, … or any field). A key that is none is text, and
// a Hint says so. Signs never make a query wrong; a value that its key cannot
// have does, in a sentence with the character it stands at.
//
// Spaces and join, | is or and binds closer than a space. Without quotes a word
// is found in its forms, and by the tenant's synonyms. At most MaxTerms atoms.
//
// # Lexemes
//
// Each lexeme of asset_search.words has one of these shapes:
//
//	word        a word as it stands there, in lower case
//	^stem       its stem in one of the languages, if that differs from the word
//	~plain      a folded form of either, if that differs
//	#keyword    a whole keyword, in lower case
//	#~plain     its folded form, if that differs
//	=name=word  a word of a field, and its folded forms; =type=jpg, =type=image/jpeg
//	@name=value a whole person, creator, city or country, in lower case
//	?name       that the field, or alt, is there
//	&owner=…    who is responsible for it
//	&is=…       incomplete: its folder requires more; no-alt: a picture without an alt decision;
//	            twin: another asset had the same bytes, or looked the same, when either came
//
// The weights are A (title, headline), B (description, alt texts), C (all other
// fields) and D (the file's name). The words of a document's pages stand among
// them without a place, and by themselves in asset_search.document.
//
// # Completion
//
// search_value proposes what begins so, with an asset that had it. Nothing is
// completed because it stands there: each value is looked up among the assets
// that the asker sees at that moment, in the remembered ones, else by its lexeme
// until 20 are found. What stands there in vain only costs time, and a job
// forgets it within some hours. First come the values that stand under most of
// the acls that the asker sees, then by letters, out of those that were read
// first by letters; nobody counts their assets. Where
// hundreds of proposals are in vain, one may be missing until the job has run.
//
// Tables: asset_search (a view; see the migration), search_page, search_value,
// search_field, search_window, synonym.
package search

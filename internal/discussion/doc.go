// SPDX-License-Identifier: Apache-2.0

// Package discussion keeps what people say to each other about assets.
//
// Words: a comment is a plain text about an asset, or about a part of its
// picture, a page of it or a moment in it. The comment that begins a thread may
// be answered; answers are not. A thread that is done is resolved. A mention
// names an account that shall look.
//
// Promises: whoever sees an asset sees what is said about it; to say something
// takes Comment. Only who may see the asset is proposed for a mention or can be
// mentioned. Authors edit what they wrote for EditFor; what it said before is
// kept. What is deleted is gone, its text and its history; where it was answered,
// a mark without text stays. Comments survive the bin and go with the asset.
//
// Locks: the asset before its comments, the log of deeds last.
//
// Tables: comment, comment_text, comment_mention.
package discussion

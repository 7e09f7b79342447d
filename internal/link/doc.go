// SPDX-License-Identifier: Apache-2.0

// Package link is how people outside see what somebody inside shares with them.
//
// Words: a link is an address that shows chosen assets, a folder or a
// collection to whoever has it; its token is the secret in the address, of which
// only a hash is kept. Its maker is the person or key that made it. A visit is
// one browser's time with a link, known by a cookie; a guest is whoever visits.
// An answer is what a guest of a review says of an asset; a choice is what a
// guest of a selection chose and sent.
//
// Promises: a link is its maker ∧ its terms, at every request: what the maker may
// no longer see or share is not there, and when the maker is gone so is the link.
// What is in the bin, embargoed, expired or held back is not there. A link never
// shows more than view, and lets nothing out but in the formats that it names.
// Passwords travel in bodies only, are kept as argon2id, and wrong guesses hold
// up the network they come from and nobody else.
//
// Looking at the page counts nothing and changes nothing, so that what follows
// links by itself (mail scanners, previews in chats) uses nothing up: a visit
// counts when its browser fetches a picture or sends a form; a download counts
// when its bytes begin to leave.
//
// A link in the bin can be taken out of it for 14 days, and has its address again.
//
// Tables: link, link_asset, link_visit, link_day, link_answer, link_choice.
package link

// SPDX-License-Identifier: Apache-2.0

// Package notice tells people what they should know: in the app, by a mail at
// once, or by one mail a day. It is the last room: it knows all others.
//
// Words: a notice is one thing that one account should know; its kind says what
// sort of thing. A way is how somebody wants to be told of a kind. The digest
// is the day's mail. A contact is a function that the tenant named, such as the
// one for incidents (see account).
//
// Promises:
//   - A notice is made in the transaction of its cause; mails are sent later, and
//     while the mail server is away nothing waits for it.
//   - Mails hold nothing that somebody else should not read: no names of people,
//     files, assets, folders or links, and no token but that of an invitation. A
//     text with any other variable than the listed ones does not start (PI-9).
//   - What a notice is about is shown in the app with the rights of who reads.
//   - A mail that may have arrived is not sent a second time. Invitations are:
//     each holds a link of its own, and a new one voids the one before.
//   - Whoever is deactivated is told nothing.
//
// Tables: notice, notice_mail, notice_preference.
package notice

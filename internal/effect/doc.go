// SPDX-License-Identifier: Apache-2.0

// Package effect says what a change of rights would bring before it is saved:
// how many files it opens and closes, to how many people; and what somebody may
// do, folder by folder.
//
// Words: a change opens a file to somebody who may view it after and not
// before, and closes it the other way round; the same is counted for every
// other permission. People are accounts that are not deactivated, programs are
// keys of their own right. A line says what one account, group or key gains and
// loses; of a group, what somebody gains who is in it and nowhere else.
//
// Promises: what is foreseen is what saving does. The change is made by the
// verb that saves it, with the same rights and refusals, in a transaction that
// is undone; only the folders' effective rights are computed and not written.
// Permissions without the right to view count for nothing, as everywhere.
// Where there is too much to look at, the answer says that it is the least.
//
// Tables: none of its own.
package effect

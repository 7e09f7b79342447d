// SPDX-License-Identifier: Apache-2.0

// Package work is the room of the machine as administrators see it: the jobs,
// what waits, what is in hand, what failed and why, and what to do about it; and
// where files rest and how many there are.
//
// Words: a job is work later; it is waiting, running, retrying, done or given
// up. Hastening one lets it run now; giving one up ends it, and whatever it was
// about is told.
//
// Promises: a tenant's administrators see and touch only its own jobs; what a
// job failed of is said in words for people, never in the machine's.
//
// Tables: none of its own; the queue's are asked through the queue, and files are
// counted by the rows of the rooms that keep them.
package work

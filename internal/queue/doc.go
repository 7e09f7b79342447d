// SPDX-License-Identifier: Apache-2.0

// Package queue does work later: it keeps River, the job queue in Postgres.
//
// A job is enqueued in the transaction of its cause, so it exists exactly if
// the cause does. It may run twice and may die anywhere: what it does must be
// idempotent. A job's arguments are identifiers and small facts, never content.
//
// Words: a kind is a sort of job, named "room.verb". A node is a process that
// works jobs. A resource is what a kind uses up, and the name of its queue.
//
// Promises:
//   - A job whose process was killed is taken over by another node as soon as
//     the dead one has not given a sign of life for Config.Dead.
//   - A job that fails is tried again, with growing pauses, Rule.Attempts times
//     in all; then its Rule's last word is called, again and again if need be,
//     so that what waits for the job always gets an answer.
//   - A job that takes its process down with it runs MaxDeaths times at most.
//   - Stop lets running jobs end for Config.SoftStop, then interrupts them; an
//     interrupted job runs again elsewhere, and the attempt does not count.
//
// Tables: node, and River's own (river_job and others).
package queue

// SPDX-License-Identifier: Apache-2.0

// Package account knows who people and programs are, and gives each request
// its actor.
//
// Words: an account is somebody who can sign in. A session is one signed-in
// browser. A one-time link opens a session once, without a password: that is
// how everybody gets in the first time, for nobody types a password for
// somebody else. A key lets a program in; it either borrows the rights of the
// account that owns it or is a principal of its own. A group holds accounts
// and groups. A role is a named set of permissions; given at the tenant, a
// role holds in every folder. A bucket counts failed attempts.
//
// Promises:
//
//   - Rights are looked up at every request: whoever is deactivated, signed
//     out or revoked is nobody from that moment, and so is everybody in a
//     tenant that is closed.
//
//   - Nobody gives rights away that they do not hold, and no key makes or
//     changes a key.
//
//   - A tenant that has an administrator always keeps one.
//
//   - Three wrong passwords block, and strangers cannot block the browsers an
//     owner has signed in with before.
//
//   - Known and unknown accounts get the same answer after the same work.
//
//   - Tokens and keys are stored as hashes only, passwords as argon2id over an
//     HMAC with a key that is not in the database.
//
//   - What makes a tenant less safe takes a right of its own, a reason and the
//     password once more, and is told to its security contact.
//
// Tables: account, principal_group, membership, principal_closure, role,
// tenant_grant, api_key, session, sign_in_link, attempt, contact; rows of the
// access room's table tenant are made here, since a tenant is made with its first
// administrator, and hold its settings.
package account

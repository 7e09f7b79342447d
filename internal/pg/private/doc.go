// SPDX-License-Identifier: Apache-2.0

// Package private is the plug that starts a private Postgres: the default
// database of a server that was told of no other.
//
// It supervises a cluster made of the Postgres programs that are already on
// the machine. The cluster listens on a unix socket in a directory of its own
// and on nothing else; whoever is not the server or root cannot open it, and
// could not sign in if he did, for Postgres asks the kernel who he is. There
// is no password.
//
// # Promises
//
//   - One server per directory: a second one is refused by name of the first.
//   - Nothing half-made is ever used: a cluster appears by renaming.
//   - Nothing is destroyed: a cluster of another major version is left as it
//     is, and [Upgrade] keeps the old one beside the new.
//   - Whatever is killed, server, Postgres or both, the next start finds every
//     committed row, and no process stays behind.
//
// # The directory
//
//	supervisor.lock   held (flock) by the running server, and names it
//	data              the cluster; belongs to the user that runs Postgres
//	data.new          a cluster being made, by Start
//	data.upgrade      a cluster being filled, by Upgrade
//	data.15           the cluster as it was before an upgrade from 15
//	run               the socket, unless the path does not do: then it is in /tmp
//
// Postgres refuses to run as root; a root server runs it as the first there is
// of the users tillgang, postgres and nobody. A cluster that exists runs as its
// owner.
package private

// SPDX-License-Identifier: Apache-2.0

// Package folder keeps the tree of folders and the rights given in it.
//
// Words: a grant gives a role to a principal in one folder. A folder inherits
// the grants of the folders above it; a cut (Inherit is false) ends that. The
// grants that reach a folder, with their roles resolved to permissions, are its
// effective rights; folders with the same ones share an acl (access.Intern).
// Rights given at the tenant itself hold everywhere and stand in no acl. The
// lineage of a folder is the way to it from the root, itself included.
//
// Promises: what may be done in a folder, and with the assets in it, is always
// what follows from the grants along its lineage, in the bin too: it changes in
// the transaction of its cause, however much lies below. Nobody gives away
// or gains, by a grant or by moving, a permission they do not hold. Only
// folders that the actor may view are listed, and, as a bare name without
// rights, those that lie on the way to one of them: otherwise it could not be
// reached in the tree. A folder that is changed by two at once is changed by one.
//
// # How a change of rights reaches a hundred thousand assets
//
// Folders with equal rights share an acl, and each asset carries a copy of its
// folder's, by which lists are led. Mostly all folders that carry an acl change
// alike: then the acl is redefined (access.Redefine) and no row is written. Where
// folders part or meet, those that do get another acl, and their assets' copies
// have to follow: up to AtOnce of them in the same transaction (OnACLChanged).
// If there are more, the folders are marked as lagging and the job
// "folder.follow" brings the copies up to date in batches (Follow). Until a
// folder is done, a list shows an asset only if both its own copy and its folder
// allow it (asset.SQLSeen), and whatever concerns a single asset goes by its
// folder alone (access.SQLCanAsset). So whatever takes rights away holds
// everywhere the moment the request is answered; what gives rights may show in
// lists a little later. Each batch of the job holds the lock of the tree, so it
// sees no rights half changed; it may die anywhere, run twice or on several
// nodes. There is one chain of such jobs per tenant: while any folder lags there
// is a job that ends only after it has found none under that lock. Jobs that were
// given up are made good every quarter of an hour (folder.catch_up).
//
// Locks: everything that changes the tree or its rights holds one lock per
// tenant; whoever puts assets into a folder holds its row (HoldTx). Folders are
// locked before assets, and the log of deeds last.
//
// Tables: folder, folder_grant.
package folder

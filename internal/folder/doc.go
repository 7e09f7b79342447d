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
// Promises: a folder's acl is always the one that follows from the grants
// along its lineage, in the bin too: it changes in the transaction of its
// cause, and so do the assets in it, through OnACLChanged. Nobody gives away
// or gains, by a grant or by moving, a permission they do not hold. Only
// folders that the actor may view are listed, and, as a bare name without
// rights, those that lie on the way to one of them: otherwise it could not be
// reached in the tree. A folder that is changed by two at once is changed by one.
//
// Locks: everything that changes the tree or its rights holds one lock per
// tenant; whoever puts assets into a folder holds its row (HoldTx). Folders are
// locked before assets, and the log of deeds last.
//
// Tables: folder, folder_grant.
package folder

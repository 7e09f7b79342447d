// SPDX-License-Identifier: Apache-2.0

package access

import (
	"math/bits"
	"slices"
)

// Set is a set of permissions, one bit each. The zero value permits nothing.
// The bits are stored in the database: never renumber them.
type Set int64

// Permissions on what lies in folders.
const (
	View              Set = 1 << iota // see the asset, its fields and its previews
	DownloadRendition                 // fetch a rendition made by a preset
	DownloadOriginal                  // fetch the original's bytes
	Upload                            // put new assets into the folder
	Edit                              // change fields and alt decisions
	Replace                           // add a revision
	Comment                           // write comments
	Approve                           // move through the approval states
	Publish                           // make publications
	Share                             // make share links
	Delete                            // put into the bin and take out again
	Purge                             // destroy for good
	ManageFolder                      // make, rename, move and delete folders
	ManageRights                      // change who may do what in the folder
	ReadHistory                       // see who has seen and changed an asset
	Export                            // take metadata out as a file
)

// Permissions on the tenant itself.
const (
	ManageAccounts Set = 1 << (32 + iota) // people, groups, invitations
	ManageRoles                           // roles, and who has them at the tenant
	ManageKeys                            // other people's API keys, and keys of their own right
	ReadAudit                             // the whole log of deeds
	ManageSettings                        // presets, fields, ordinary settings
	ManageSecurity                        // weaken a security setting, with a reason
	Operate                               // jobs, storage and other states of the machine
)

// All is every permission there is.
const All = Content | Tenancy

// Content is every permission that concerns what lies in folders; Tenancy
// every one that concerns the tenant itself.
const (
	Content = View | DownloadRendition | DownloadOriginal | Upload | Edit | Replace | Comment | Approve |
		Publish | Share | Delete | Purge | ManageFolder | ManageRights | ReadHistory | Export
	Tenancy = ManageAccounts | ManageRoles | ManageKeys | ReadAudit | ManageSettings | ManageSecurity | Operate
)

// names are the wire names; DESIGN's words, dotted.
var names = map[Set]string{
	View: "asset.view", DownloadRendition: "asset.download_rendition", DownloadOriginal: "asset.download_original",
	Upload: "asset.upload", Edit: "asset.edit", Replace: "asset.replace", Comment: "asset.comment",
	Approve: "asset.approve", Publish: "asset.publish", Share: "asset.share", Delete: "asset.delete",
	Purge: "asset.purge", ManageFolder: "folder.manage", ManageRights: "folder.rights",
	ReadHistory: "asset.history", Export: "asset.export",
	ManageAccounts: "account.manage", ManageRoles: "role.manage", ManageKeys: "key.manage",
	ReadAudit: "audit.read", ManageSettings: "settings.manage", ManageSecurity: "security.manage", Operate: "operate",
}

// Has reports whether s holds every permission of need.
func (s Set) Has(need Set) bool { return s&need == need }

// Names lists the wire names of the permissions in s, in a fixed order.
func (s Set) Names() []string {
	out := []string{}
	for rest := uint64(s); rest != 0; rest &= rest - 1 { //nolint:gosec // G115: the bits are kept, whatever the sign
		if n, ok := names[Set(1)<<bits.TrailingZeros64(rest)]; ok {
			out = append(out, n)
		}
	}
	return out
}

// Parse makes a Set of wire names; ok is false when a name is unknown, and
// unknown then says which.
func Parse(list []string) (s Set, unknown string, ok bool) {
	for _, n := range list {
		found := false
		for v, name := range names {
			if name == n {
				s |= v
				found = true
			}
		}
		if !found {
			return 0, n, false
		}
	}
	return s, "", true
}

// Permissions lists every permission's wire name, in a fixed order.
func Permissions() []string { return All.Names() }

// BuiltIn is a role that every tenant has from its first day and nobody can change.
type BuiltIn struct {
	Name string
	Perm Set
}

// BuiltInRoles lists the built-in roles, least first.
func BuiltInRoles() []BuiltIn {
	viewer := View
	downloader := viewer | DownloadRendition
	contributor := downloader | Upload | Comment
	editor := contributor | DownloadOriginal | Edit | Replace | Delete | ReadHistory
	publisher := editor | Approve | Publish | Share
	return slices.Clone([]BuiltIn{
		{"viewer", viewer},
		{"downloader", downloader},
		{"contributor", contributor},
		{"editor", editor},
		{"publisher", publisher},
		{"folder-admin", publisher | ManageFolder | ManageRights | Export | Purge},
		{"auditor", ReadAudit},
		{"tenant-admin", ManageAccounts | ManageRoles | ManageKeys | ManageSettings},
		{"security-admin", ManageSecurity | ReadAudit},
		{"operator", Operate},
		{"admin", All},
	})
}

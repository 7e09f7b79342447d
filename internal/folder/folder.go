// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/plain"
)

// Purposes of the two folders that every tenant has.
const (
	PurposeRoot  = "root"  // the top of the tree
	PurposeInbox = "inbox" // where uploads go that name no folder
)

// Limits of the tree.
const (
	MaxName   = 200 // code points in a name
	MaxDepth  = 32  // folders on the way from the root, the root and the folder included
	MaxGrants = 500 // grants in one folder
)

// Folder is one place where assets lie. With Can zero it is a bare name: the
// actor may not view it but something below it.
type Folder struct {
	ID        id.Folder   `db:"id"`
	Tenant    id.Tenant   `db:"tenant_id"`
	Parent    id.Folder   `db:"parent_id"` // zero: the root
	Name      string      `db:"name"`
	Lineage   []id.Folder `db:"lineage"` // from the root to the folder itself
	Inherit   bool        `db:"inherit"` // whether the rights given above hold here
	ACL       int64       `db:"acl_id"`
	Purpose   string      `db:"purpose"` // PurposeRoot, PurposeInbox or empty
	CreatedAt time.Time   `db:"created_at"`
	DeletedAt *time.Time  `db:"deleted_at"` // when it went into the bin
	Purging   bool        `db:"purging"`    // it is being destroyed
	Version   int64       `db:"version"`    // grows with every change to the folder itself; the ETag
	Can       access.Set  `db:"can"`        // what the asker may do here
}

// sqlColumns are the columns of Folder but can, which every statement adds.
const sqlColumns = `f.id, f.tenant_id, f.parent_id, f.name, f.lineage, f.inherit, f.acl_id, coalesce(f.purpose, '') as purpose,
	f.created_at, f.deleted_at, f.purging, f.version`

// bare takes away everything but the name and the place, for a folder that is
// only passed through.
func (f Folder) bare() Folder {
	if f.Can.Has(access.View) {
		return f
	}
	return Folder{ID: f.ID, Tenant: f.Tenant, Parent: f.Parent, Name: f.Name, Lineage: f.Lineage, Purpose: f.Purpose}
}

// unchanged refuses a change that was made to another version than the present one; zero is any.
func (f Folder) unchanged(version int64) error {
	if version == 0 || version == f.Version {
		return nil
	}
	return &fault.Error{
		Kind: fault.Stale, Code: "folder.changed", Extra: map[string]string{"version": strconv.FormatInt(f.Version, 10)},
		Text: "Somebody has changed this folder since you read it. Read it again and repeat your change.",
	}
}

// stays refuses to move or delete the two folders that every tenant needs.
func (f Folder) stays() error {
	if f.Purpose == "" {
		return nil
	}
	return fault.New(fault.Conflict, "folder.fixed", "The top folder and the inbox stay where they are. Choose another folder.")
}

// cleanName makes a name fit to keep, or says what is wrong with it.
func cleanName(s string) (string, error) {
	name, ok := plain.Line(s)
	wrong := ""
	switch {
	case !ok:
		wrong = "the text is not valid UTF-8"
	case name == "":
		wrong = "a name is needed"
	case strings.ContainsAny(name, `/\`):
		wrong = "a name cannot hold a slash"
	case name == "." || name == "..":
		wrong = "a name cannot be only dots"
	case utf8.RuneCountInString(name) > MaxName:
		wrong = "at most 200 characters"
	default:
		return name, nil
	}
	return "", fault.Fields("folder.name", "A folder's name has 1 to 200 characters and no slash.", map[string]string{"name": wrong})
}

// key is the form of a name that may stand once in a folder.
func key(name string) string { return plain.Fold(name) }

// rootName makes a tenant's name fit for a folder.
func rootName(tenant string) string {
	name, err := cleanName(strings.NewReplacer("/", "-", `\`, "-").Replace(tenant))
	if err != nil {
		return "Archive"
	}
	return name
}

// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// Service is the room's set of verbs. The hooks are called inside the
// transaction of their cause; an error from one undoes it.
type Service struct {
	db  *pg.DB
	now func() time.Time

	// OnACLChanged is told the new acls of folders, those in the bin included.
	OnACLChanged func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64) error
	// Weigh counts what OnACLChanged would have to change in folders, up to most.
	// Where that is more than AtOnce, Follow is called instead, by a job, again
	// and again: it changes up to most and says whether more is left.
	Weigh  func(ctx context.Context, tx pg.Tx, who access.Actor, folders []id.Folder, most int) (int, error)
	Follow func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64, most int) (more bool, err error)
	// AtOnce is how many assets follow their folders' rights in the request.
	AtOnce int

	// Tenants lists all tenants.
	Tenants func(ctx context.Context) ([]id.Tenant, error)

	jobs *queue.Queue
	// OnMoved is told of a folder that has a new place in the tree.
	OnMoved func(ctx context.Context, tx pg.Tx, who access.Actor, f Folder) error
	// OnDeleted is told the folders that went into the bin, and by whose deletion.
	OnDeleted func(ctx context.Context, tx pg.Tx, who access.Actor, with id.Folder, folders []id.Folder) error
	// OnPurging is told that folders are to be destroyed, by a job.
	OnPurging func(ctx context.Context, tx pg.Tx) error
	// OnPurged is told which empty folder is destroyed, just before its row goes.
	OnPurged func(ctx context.Context, tx pg.Tx, who access.Actor, f id.Folder) error
	// OnRestored is told the folders that came back, and by whose restoration.
	OnRestored func(ctx context.Context, tx pg.Tx, who access.Actor, with id.Folder, folders []id.Folder) error
}

// New returns the room on a database; its hooks do nothing yet.
func New(db *pg.DB, now func() time.Time) *Service {
	return &Service{
		db: db, now: now,
		OnACLChanged: func(context.Context, pg.Tx, access.Actor, map[id.Folder]int64) error { return nil },
		Weigh:        func(context.Context, pg.Tx, access.Actor, []id.Folder, int) (int, error) { return 0, nil },
		Follow:       func(context.Context, pg.Tx, access.Actor, map[id.Folder]int64, int) (bool, error) { return false, nil },
		AtOnce:       atOnce,
		Tenants:      func(context.Context) ([]id.Tenant, error) { return nil, nil },
		OnMoved:      func(context.Context, pg.Tx, access.Actor, Folder) error { return nil },
		OnDeleted:    func(context.Context, pg.Tx, access.Actor, id.Folder, []id.Folder) error { return nil },
		OnPurging:    func(context.Context, pg.Tx) error { return nil },
		OnPurged:     func(context.Context, pg.Tx, access.Actor, id.Folder) error { return nil },
		OnRestored:   func(context.Context, pg.Tx, access.Actor, id.Folder, []id.Folder) error { return nil },
	}
}

const sqlTenantName = `select name from tenant where id = @tenant`

const sqlFirst = `
	insert into folder (id, tenant_id, parent_id, name, name_key, lineage, acl_id, purpose, created_at)
	values (@id, @tenant, @parent, @name, @key, @lineage, @acl, @purpose, @now)`

// MakeTenantFoldersTx gives a new tenant its root, named after the tenant, and
// its inbox. Nobody has rights in them but who has them at the tenant.
func (s *Service) MakeTenantFoldersTx(ctx context.Context, tx pg.Tx, who access.Actor) error {
	if err := who.Require(access.ManageFolder); err != nil {
		return err
	}
	var name string
	if err := tx.QueryRow(ctx, sqlTenantName, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&name); err != nil {
		return err
	}
	acl, err := access.Intern(ctx, tx, who.Tenant, nil)
	if err != nil {
		return err
	}
	root, inbox := id.New[id.Folder](), id.New[id.Folder]()
	for _, f := range []Folder{
		{ID: root, Name: rootName(name), Lineage: []id.Folder{root}, Purpose: PurposeRoot},
		{ID: inbox, Parent: root, Name: "Inbox", Lineage: []id.Folder{root, inbox}, Purpose: PurposeInbox},
	} {
		if _, err := tx.Exec(ctx, sqlFirst, pgx.StrictNamedArgs{
			"id": f.ID, "tenant": who.Tenant, "parent": f.Parent, "name": f.Name, "key": key(f.Name),
			"lineage": f.Lineage, "acl": acl, "purpose": f.Purpose, "now": s.now(),
		}); err != nil {
			return err
		}
	}
	return nil
}

const sqlByID = `select ` + sqlColumns + `, ` + access.SQLCanFolder + ` from folder f where f.id = @id and f.tenant_id = @tenant`

// byID reads a folder whatever state it is in and whoever asks.
func byID(ctx context.Context, tx pg.Tx, who access.Actor, folder id.Folder) (Folder, error) {
	return one(tx.Query(ctx, sqlByID, who.Bind(pgx.StrictNamedArgs{"id": folder, "tenant": who.Tenant})))
}

// one reads the one folder that rows holds; none is NotFound.
func one(rows pgx.Rows, err error) (Folder, error) {
	if err != nil {
		return Folder{}, err
	}
	f, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Folder])
	if errors.Is(err, pgx.ErrNoRows) {
		return Folder{}, access.NotFound("folder")
	}
	return f, err
}

// ByIDTx returns a folder that who may view and that is not in the bin.
func (s *Service) ByIDTx(ctx context.Context, tx pg.Tx, who access.Actor, folder id.Folder) (Folder, error) {
	f, err := byID(ctx, tx, who, folder)
	if err != nil {
		return Folder{}, err
	}
	if f.DeletedAt != nil {
		return Folder{}, access.NotFound("folder")
	}
	return f, access.Require(f.Can, access.View, "folder")
}

const sqlHold = sqlByID + ` for share of f`

// HoldTx is ByIDTx, and holds the folder where it is and as it is, rights
// included, until the transaction ends. Who puts something into a folder holds it.
func (s *Service) HoldTx(ctx context.Context, tx pg.Tx, who access.Actor, folder id.Folder) (Folder, error) {
	if _, err := one(tx.Query(ctx, sqlHold, who.Bind(pgx.StrictNamedArgs{"id": folder, "tenant": who.Tenant}))); err != nil {
		return Folder{}, err
	}
	// Read again: a row that had to be waited for is new, but what was computed
	// beside it from other tables is of the time before.
	return s.ByIDTx(ctx, tx, who, folder)
}

const sqlInbox = `select ` + sqlColumns + `, ` + access.SQLCanFolder + ` from folder f where f.purpose = 'inbox' and f.tenant_id = @tenant`

// InboxTx returns the tenant's inbox, whatever who may do with it: that there
// is one is no secret. Look at Can before putting something in.
func (s *Service) InboxTx(ctx context.Context, tx pg.Tx, who access.Actor) (Folder, error) {
	return one(tx.Query(ctx, sqlInbox, who.Bind(pgx.StrictNamedArgs{"tenant": who.Tenant})))
}

const sqlLockTree = `select pg_advisory_xact_lock(hashtextextended('folder ' || @tenant, 0))`

// lockTree lets one transaction at a time change the tenant's tree or its rights.
func lockTree(ctx context.Context, tx pg.Tx, who access.Actor) error {
	_, err := tx.Exec(ctx, sqlLockTree, pgx.StrictNamedArgs{"tenant": who.Tenant.String()})
	return err
}

// change runs fn on the tenant's tree and writes what it returns into the log of deeds.
func (s *Service) change(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	if who.Kind == access.Nobody {
		return who.Require(access.View)
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if err := lockTree(ctx, tx, who); err != nil {
			return err
		}
		e, err := fn(tx)
		if err != nil {
			return taken(err)
		}
		e.At, e.Who = s.now(), who
		return audit.Record(ctx, tx, e)
	})
}

// taken says for people which rule of the tree the database kept.
func taken(err error) error {
	switch {
	case pg.Violates(err, "folder_sibling_name_key"):
		return &fault.Error{Kind: fault.Conflict, Code: "folder.name_taken", Text: "There is already a folder of that name here. Choose another name.", Err: err}
	case pg.Violates(err, "folder_depth"):
		return &fault.Error{Kind: fault.Invalid, Code: "folder.too_deep", Text: "Folders can lie at most 32 deep. Choose a place further up.", Err: err}
	}
	return err
}

// ids returns the plain form of identifiers, for columns of several kinds.
func ids(list []id.Folder) []uuid.UUID {
	out := make([]uuid.UUID, len(list))
	for i, f := range list {
		out[i] = f.UUID()
	}
	return out
}

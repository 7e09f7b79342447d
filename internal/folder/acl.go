// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// rights are effective rights: principal → permissions.
type rights map[uuid.UUID]access.Set

// key is equal for equal rights.
func (r rights) key() string {
	b := make([]byte, 0, len(r)*24)
	for _, p := range slices.SortedFunc(maps.Keys(r), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) {
		b = binary.BigEndian.AppendUint64(append(b, p[:]...), uint64(r[p])) //nolint:gosec // G115: the bits are compared, whatever the sign
	}
	return string(b)
}

// gains is every permission that somebody has in now and had not before.
func (r rights) gains(now rights) (s access.Set) {
	for p, perm := range now {
		s |= perm &^ r[p]
	}
	return s
}

// node is a folder whose rights are computed anew.
type node struct {
	ID     id.Folder  `db:"id"`
	Parent id.Folder  `db:"parent_id"`
	In     bool       `db:"inherit"`
	ACL    int64      `db:"acl_id"`
	Gone   bool       `db:"gone"` // in the bin
	can    access.Set // the actor's, before
	now    rights
	before rights
}

// sqlBelowPart names, as below(id), a folder and everything under it, the bin
// included. It walks parent_id: under row level security Postgres would not
// use an index on lineage.
const sqlBelowPart = `with recursive below(id) as (
		select t.id from folder t where t.id = @top and t.tenant_id = @tenant
		union all select c.id from below b join folder c on c.parent_id = b.id)`

const sqlNodes = sqlBelowPart + `
	select f.id, f.parent_id, f.inherit, f.acl_id, f.deleted_at is not null as gone
	from below b join folder f on f.id = b.id order by cardinality(f.lineage), f.id`

const sqlGrantsOf = `
	select g.folder_id, g.principal_id, r.perm
	from folder_grant g join role r on r.id = g.role_id where g.folder_id = any(@folders::uuid[])`

const sqlEntriesOf = `select acl_id, principal_id, perm from acl_entry where acl_id = any(@acls::bigint[])`

const sqlParentACL = `select p.acl_id from folder f join folder p on p.id = f.parent_id where f.id = @top`

const sqlSetACL = `
	update folder f set acl_id = n.acl, lagging = @lagging from unnest(@folders::uuid[], @acls::bigint[]) as n(id, acl) where f.id = n.id`

// recount is what follows below a folder from other grants: it returns the
// folders whose rights change, with their rights before.
type recount func(ctx context.Context, tx pg.Tx, who access.Actor, top id.Folder) ([]node, error)

// reintern computes the rights of a folder and of everything below it anew,
// stores and announces those that changed, and returns them with their rights
// before. The rights of the folder above must be right already.
func (s *Service) reintern(ctx context.Context, tx pg.Tx, who access.Actor, top id.Folder) ([]node, error) {
	c, err := s.compute(ctx, tx, who, top)
	if err != nil {
		return nil, err
	}
	if err := s.place(ctx, tx, who, c.nodes, c.now); err != nil {
		return nil, err
	}
	var moved []node
	for i, n := range c.nodes {
		if n.ACL != c.now[i].acl {
			n.ACL = c.now[i].acl
			moved = append(moved, n)
		}
	}
	return c.changed(who), s.setACLs(ctx, tx, who, moved)
}

// foresee is reintern without storing or announcing anything.
func (s *Service) foresee(ctx context.Context, tx pg.Tx, who access.Actor, top id.Folder) ([]node, error) {
	c, err := s.compute(ctx, tx, who, top)
	return c.changed(who), err
}

// computed are folders with what they held and what follows for them now.
type computed struct {
	nodes []node
	now   []*held
	were  map[int64]rights
}

// changed are the folders whose rights are others now.
func (c computed) changed(who access.Actor) (changed []node) {
	for i, n := range c.nodes {
		if !c.now[i].is(c.were[n.ACL]) {
			n.before, n.now, n.can = c.were[n.ACL], c.now[i].rights, who.Can(c.were[n.ACL])
			changed = append(changed, n)
		}
	}
	return changed
}

func (s *Service) compute(ctx context.Context, tx pg.Tx, who access.Actor, top id.Folder) (c computed, err error) {
	rows, err := tx.Query(ctx, sqlNodes, pgx.StrictNamedArgs{"top": top, "tenant": who.Tenant})
	if err != nil {
		return c, err
	}
	if c.nodes, err = pgx.CollectRows(rows, pgx.RowToStructByName[node]); err != nil {
		return c, err
	}
	given, err := s.grantsOf(ctx, tx, c.nodes)
	if err != nil {
		return c, err
	}
	rows, err = tx.Query(ctx, sqlParentACL, pgx.StrictNamedArgs{"top": top})
	if err != nil {
		return c, err
	}
	above, err := pgx.CollectRows(rows, pgx.RowTo[int64]) // none for the root
	if err != nil {
		return c, err
	}
	for _, n := range c.nodes {
		above = append(above, n.ACL)
	}
	if c.were, err = entriesOf(ctx, tx, above); err != nil {
		return c, err
	}
	c.now = effective(c.nodes, given, c.were, above[0])
	return c, nil
}

// setACLs writes and announces new acls. Folders come before the assets in them.
func (s *Service) setACLs(ctx context.Context, tx pg.Tx, who access.Actor, changed []node) error {
	if len(changed) == 0 {
		return nil
	}
	folders, acls, told := make([]id.Folder, len(changed)), make([]int64, len(changed)), map[id.Folder]int64{}
	for i, n := range changed {
		folders[i], acls[i], told[n.ID] = n.ID, n.ACL, n.ACL
	}
	n, err := s.Weigh(ctx, tx, who, folders, s.AtOnce+1)
	if err != nil {
		return err
	}
	late := n > s.AtOnce
	if late {
		if err := s.askToFollow(ctx, tx, who); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, sqlSetACL, pgx.StrictNamedArgs{"folders": ids(folders), "acls": acls, "lagging": late}); err != nil || late {
		return err
	}
	return s.OnACLChanged(ctx, tx, who, told)
}

// grantsOf reads what is given in the folders themselves.
func (s *Service) grantsOf(ctx context.Context, tx pg.Tx, nodes []node) (map[id.Folder]rights, error) {
	folders := make([]id.Folder, len(nodes))
	for i, n := range nodes {
		folders[i] = n.ID
	}
	rows, err := tx.Query(ctx, sqlGrantsOf, pgx.StrictNamedArgs{"folders": ids(folders)})
	if err != nil {
		return nil, err
	}
	given := map[id.Folder]rights{}
	var f id.Folder
	var p uuid.UUID
	var perm access.Set
	_, err = pgx.ForEachRow(rows, []any{&f, &p, &perm}, func() error {
		if given[f] == nil {
			given[f] = rights{}
		}
		given[f][p] |= perm
		return nil
	})
	return given, err
}

// entriesOf reads acls; one without entries is there too, empty.
func entriesOf(ctx context.Context, tx pg.Tx, acls []int64) (map[int64]rights, error) {
	out := map[int64]rights{}
	for _, a := range acls {
		out[a] = rights{}
	}
	rows, err := tx.Query(ctx, sqlEntriesOf, pgx.StrictNamedArgs{"acls": slices.Collect(maps.Keys(out))})
	if err != nil {
		return nil, err
	}
	var acl int64
	var p uuid.UUID
	var perm access.Set
	_, err = pgx.ForEachRow(rows, []any{&acl, &p, &perm}, func() error {
		out[acl][p] = perm
		return nil
	})
	return out, err
}

const sqlRoot = `select id from folder where purpose = 'root' and tenant_id = @tenant`

const sqlRoleUsed = `select exists (select from folder_grant where role_id = @role)`

// ReinternRoleTx brings the rights of all folders up to date after a role's
// permissions changed. Call it in the transaction that changed them; it asks
// for no right of its own, since it only draws the consequence.
func (s *Service) ReinternRoleTx(ctx context.Context, tx pg.Tx, who access.Actor, role id.Role) error {
	_, err := s.roleChanged(ctx, tx, who, role, s.reintern)
	return err
}

func (s *Service) roleChanged(ctx context.Context, tx pg.Tx, who access.Actor, role id.Role, below recount) ([]node, error) {
	if err := lockTree(ctx, tx, who); err != nil {
		return nil, err
	}
	var used bool
	if err := tx.QueryRow(ctx, sqlRoleUsed, pgx.StrictNamedArgs{"role": role}).Scan(&used); err != nil || !used {
		return nil, err
	}
	return s.fromRoot(ctx, tx, who, below)
}

const sqlDropPrincipal = `delete from folder_grant where principal_id = @principal`

// PrincipalGoneTx takes away everything given to an account, a group or a key
// that is no more. Call it in the transaction that removed it, which asked for
// the right to do so.
func (s *Service) PrincipalGoneTx(ctx context.Context, tx pg.Tx, who access.Actor, principal uuid.UUID) error {
	_, err := s.principalGone(ctx, tx, who, principal, s.reintern)
	return err
}

func (s *Service) principalGone(ctx context.Context, tx pg.Tx, who access.Actor, principal uuid.UUID, below recount) ([]node, error) {
	if err := lockTree(ctx, tx, who); err != nil {
		return nil, err
	}
	tag, err := tx.Exec(ctx, sqlDropPrincipal, pgx.StrictNamedArgs{"principal": principal})
	if err != nil || tag.RowsAffected() == 0 {
		return nil, err
	}
	return s.fromRoot(ctx, tx, who, below)
}

func (s *Service) fromRoot(ctx context.Context, tx pg.Tx, who access.Actor, below recount) ([]node, error) {
	var root id.Folder
	if err := tx.QueryRow(ctx, sqlRoot, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&root); err != nil {
		return nil, err
	}
	return below(ctx, tx, who, root)
}

// SPDX-License-Identifier: Apache-2.0

package effect

import (
	"context"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Service is the room's set of verbs.
type Service struct {
	db       *pg.DB
	accounts *account.Service
	folders  *folder.Service

	// MostFiles and MostPairs bound a look ahead: files that are counted, and
	// pairs of people and folders that are compared.
	MostFiles, MostPairs int
}

// New returns the room.
func New(db *pg.DB, accounts *account.Service, folders *folder.Service) *Service {
	return &Service{db: db, accounts: accounts, folders: folders, MostFiles: 5_000_000, MostPairs: 3_000_000}
}

// Amount is how much is opened or closed, and to how many.
type Amount struct {
	Files    int64 // in folders that are not in the bin
	Folders  int
	People   int
	Programs int
}

// None reports whether it is nothing for anybody.
func (a Amount) None() bool { return a == Amount{} }

// Part is what a change does with one permission. Those that concern the tenant
// itself have neither files nor folders.
type Part struct {
	Permission    access.Set
	Opens, Closes Amount
}

// Line is what one account, group or key gains and loses.
type Line struct {
	Principal     uuid.UUID
	Name          account.Name
	People        int        // accounts that it is or holds
	Gains, Loses  access.Set // anywhere
	Opens, Closes int64      // files to view
}

// Warnings that a change can deserve.
const (
	Everybody = "everybody" // opens to everybody in the tenant what not everybody could view
	Yourself  = "yourself"  // takes the right to view, or to look after rights, from whoever asks
	Nobody    = "nobody"    // leaves nobody who may change the rights of folders
)

// Warning says what to think of before saving.
type Warning struct {
	Code    string
	Files   int64
	Folders int
}

// Effects are what a change would bring.
type Effects struct {
	Opens, Closes Amount // to view
	Parts         []Part // by permission, those that change
	Lines         page.Page[Line]
	Warnings      []Warning
	AtLeast       bool // there was more to look at
}

// Pages cuts the lines: the greatest first.
type Pages struct {
	Cursor string
	Limit  int
}

// Grants foresees folder.SetGrants.
func (s *Service) Grants(ctx context.Context, who access.Actor, g folder.Grants, p Pages) (e Effects, err error) {
	return s.foresee(ctx, who, p, func(tx pg.Tx, _ *account.Service, l *look) error {
		l.shifts, err = s.folders.ForeseeGrantsTx(ctx, tx, who, g)
		return err
	})
}

// Role foresees account.EditRole.
func (s *Service) Role(ctx context.Context, who access.Actor, role id.Role, perm access.Set, p Pages) (Effects, error) {
	return s.foresee(ctx, who, p, func(tx pg.Tx, trial *account.Service, l *look) error {
		trial.OnRoleChanged = func(ctx context.Context, tx pg.Tx, who access.Actor, role id.Role) (err error) {
			l.shifts, err = s.folders.ForeseeRoleTx(ctx, tx, who, role)
			return err
		}
		list, err := trial.Roles(ctx, who)
		if err != nil {
			return err
		}
		for _, r := range list {
			if r.ID != role {
				continue
			}
			if l.named, err = holdersOfRole(ctx, tx, who, role); err != nil {
				return err
			}
			_, err := trial.EditRole(ctx, who, role, r.Name, perm)
			return err
		}
		if err := who.Require(access.ManageRoles); err != nil {
			return err
		}
		return access.NotFound("role")
	})
}

// Grant foresees account.Give, or account.Take when give is false.
func (s *Service) Grant(ctx context.Context, who access.Actor, principal uuid.UUID, role id.Role, give bool, p Pages) (Effects, error) {
	return s.foresee(ctx, who, p, func(_ pg.Tx, trial *account.Service, l *look) error {
		l.named = map[uuid.UUID]bool{principal: true}
		if give {
			return trial.Give(ctx, who, principal, role)
		}
		return trial.Take(ctx, who, principal, role)
	})
}

// Group is a change of a group: members that come and go, or its end.
type Group struct {
	ID     id.Group
	Add    []account.Member
	Remove []account.Member
	Delete bool
}

// Group foresees account.AddMember, account.RemoveMember and account.DeleteGroup.
func (s *Service) Group(ctx context.Context, who access.Actor, g Group, p Pages) (Effects, error) {
	return s.foresee(ctx, who, p, func(_ pg.Tx, trial *account.Service, l *look) error {
		trial.OnPrincipalGone = func(ctx context.Context, tx pg.Tx, who access.Actor, principal uuid.UUID) (err error) {
			l.shifts, err = s.folders.ForeseePrincipalGoneTx(ctx, tx, who, principal)
			return err
		}
		if g.Delete {
			return trial.DeleteGroup(ctx, who, g.ID)
		}
		for _, m := range g.Remove {
			if err := trial.RemoveMember(ctx, who, g.ID, m); err != nil {
				return err
			}
		}
		for _, m := range g.Add {
			if err := trial.AddMember(ctx, who, g.ID, m); err != nil {
				return err
			}
		}
		_, err := trial.Members(ctx, who, g.ID) // also when nothing is asked for: that the group is there and theirs to see
		return err
	})
}

// foresee lets change happen in a trial and tells what it did.
func (s *Service) foresee(ctx context.Context, who access.Actor, p Pages, change func(tx pg.Tx, trial *account.Service, l *look) error) (e Effects, err error) {
	err = s.accounts.Trial(ctx, who, func(tx pg.Tx, trial *account.Service) error {
		l := &look{pairs: s.MostPairs}
		before, err := holders(ctx, tx, who)
		if err != nil {
			return err
		}
		if err := change(tx, trial, l); err != nil {
			return err
		}
		after, err := holders(ctx, tx, who)
		if err != nil {
			return err
		}
		l.join(before, after)
		if err := s.areas(ctx, tx, who, l); err != nil {
			return err
		}
		l.weigh()
		l.warn(who)
		e = l.effects()
		return l.cut(p, &e)
	})
	return e, err
}

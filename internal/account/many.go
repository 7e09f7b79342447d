// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"net/mail"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// MaxGuests is how many people are invited at once.
const MaxGuests = 500

// What becomes of a line of a list of people.
const (
	GuestReady   = "ready"   // can be invited (dry run)
	GuestInvited = "invited" // has been
	GuestKnown   = "known"   // has an account already
	GuestTwice   = "twice"   // stands further up already
	GuestInvalid = "invalid" // holds no usable address or name
)

// Guest is one line of a list of people to invite.
type Guest struct {
	Line    int // from 1
	Email   string
	Name    string
	State   string
	Problem string     // what is wrong with an invalid line
	Account id.Account // whose it is already, or the one made
	Link    *Link      // of who was invited
}

// Guests are people to invite: a list as people paste it, one on each line, such
// as "Anna Ek <anna@example.se>", "anna@example.se; Anna Ek" or the address
// alone, out of which a name is made.
type Guests struct {
	Text   string
	Groups []id.Group // that they are put into
	Send   bool       // the links are mailed, where mail is set up
	DryRun bool
}

// InviteMany makes an account with a one-time link for everybody on a list who
// can be invited, and says of each line what became of it; dry, nothing is made.
// It needs what Invite and, for groups, AddMember need.
func (s *Service) InviteMany(ctx context.Context, who access.Actor, g Guests) (list []Guest, err error) {
	if list = guests(g.Text); len(list) == 0 || len(list) > MaxGuests {
		return nil, fault.Fields("account.guests", "A list of people to invite has 1 to 500 lines.", map[string]string{"text": "1 to 500 lines with an address on each"})
	}
	if g.DryRun {
		err = s.Trial(ctx, who, func(tx pg.Tx, trial *Service) error { return trial.inviteAll(ctx, tx, who, g, list) })
		for i := range list {
			if list[i].State == GuestInvited {
				list[i].State, list[i].Account, list[i].Link = GuestReady, id.Account{}, nil
			}
		}
	} else {
		err = s.in(ctx, who, func(tx pg.Tx) error {
			within := *s
			within.within = tx
			return within.inviteAll(ctx, tx, who, g, list)
		})
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (s *Service) inviteAll(ctx context.Context, tx pg.Tx, who access.Actor, g Guests, list []Guest) error {
	if err := manager(who); err != nil {
		return err
	}
	for _, group := range g.Groups {
		if err := s.isGroup(ctx, tx, group); err != nil {
			return err
		}
	}
	if err := s.known(ctx, tx, list); err != nil {
		return err
	}
	for i := range list {
		if list[i].State != GuestReady {
			continue
		}
		l, err := s.Invite(ctx, who, NewAccount{Email: list[i].Email, Name: list[i].Name}, g.Send && !g.DryRun)
		if err != nil {
			return err
		}
		for _, group := range g.Groups {
			if err := s.AddMember(ctx, who, group, Member{Account: l.Account.ID}); err != nil {
				return err
			}
		}
		list[i].State, list[i].Account, list[i].Link = GuestInvited, l.Account.ID, &l
	}
	return nil
}

const sqlKnownGuests = `select a.email, a.id from account a where a.tenant_id = app_tenant() and a.email = any(@emails)`

// known marks who has an account already.
func (s *Service) known(ctx context.Context, tx pg.Tx, list []Guest) error {
	emails := make([]string, len(list))
	for i, g := range list {
		emails[i] = g.Email
	}
	rows, err := tx.Query(ctx, sqlKnownGuests, pgx.StrictNamedArgs{"emails": emails})
	if err != nil {
		return err
	}
	var email string
	var account id.Account
	known := map[string]id.Account{}
	if _, err := pgx.ForEachRow(rows, []any{&email, &account}, func() error {
		known[email] = account
		return nil
	}); err != nil {
		return err
	}
	for i, g := range list {
		if a, there := known[g.Email]; there && g.State == GuestReady {
			list[i].State, list[i].Account = GuestKnown, a
		}
	}
	return nil
}

// guests reads a pasted list; empty lines are left out.
func guests(text string) (list []Guest) {
	seen := map[string]bool{}
	for n, line := range strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		g := Guest{Line: n + 1, State: GuestReady}
		g.Email, g.Name = guest(line)
		if err := checkAccount(g.Email, g.Name); err != nil {
			g.State = GuestInvalid
			for _, field := range []string{"name", "email"} {
				if p := fault.As(err).Field[field]; p != "" {
					g.Problem = p
				}
			}
		} else if seen[g.Email] {
			g.State = GuestTwice
		}
		seen[g.Email] = true
		if list = append(list, g); len(list) > MaxGuests {
			break
		}
	}
	return list
}

// guest finds the address and the name on a line.
func guest(line string) (email, name string) {
	if a, err := mail.ParseAddress(strings.TrimSpace(line)); err == nil {
		email, name = Normal(a.Address), shown(a.Name)
	} else {
		var rest []string
		for _, part := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(";,\t<>()\"", r) }) {
			if part = strings.TrimSpace(part); email == "" && strings.Contains(part, "@") {
				words := strings.FieldsSeq(part)
				for w := range words {
					if email == "" && strings.Contains(w, "@") {
						email = Normal(w)
					} else {
						rest = append(rest, w)
					}
				}
			} else if part != "" {
				rest = append(rest, part)
			}
		}
		name = shown(strings.Join(rest, " "))
	}
	if name == "" {
		name = nameOf(email)
	}
	return email, name
}

// nameOf makes a name of an address: anna.maria.ek@… is Anna Maria Ek.
func nameOf(email string) string {
	local, _, _ := strings.Cut(email, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '_' || r == '+' || r == '-' })
	for i, w := range words {
		letters := []rune(w)
		letters[0] = unicode.ToUpper(letters[0])
		words[i] = string(letters)
	}
	return strings.Join(words, " ")
}

// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/mail"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// Service is the room's set of verbs.
type Service struct {
	db       *pg.DB
	accounts *account.Service
	now      func() time.Time
	cfg      Config
	words    words
	jobs     *queue.Queue // nil until Register

	// Tenants lists those whose digests and dates are looked after.
	Tenants func(ctx context.Context) ([]id.Tenant, error)
	// Name tells what things are called, by outer identifier, as far as who may
	// see them; what is not in the answer is shown without a name.
	Name func(ctx context.Context, tx pg.Tx, who access.Actor, subjects []string) (map[string]string, error)
}

// Config is what the house tells the room.
type Config struct {
	Mail    *mail.Sender // nil: no mail is sent, and everything stays in the app
	BaseURL string       // where people reach the server, without a slash at the end; every link in a mail begins so
	Product string       // what the product is called
}

// New returns the room. It fails when a text is missing or would tell more
// than it may.
func New(db *pg.DB, accounts *account.Service, now func() time.Time, cfg Config) (*Service, error) {
	w, err := readWords()
	if err != nil {
		return nil, err
	}
	return &Service{
		db: db, accounts: accounts, now: now, cfg: cfg, words: w,
		Tenants: func(context.Context) ([]id.Tenant, error) { return nil, nil },
		Name:    func(context.Context, pg.Tx, access.Actor, []string) (map[string]string, error) { return nil, nil },
	}, nil
}

// Register tells the queue what this room does later.
func (s *Service) Register(q *queue.Queue) {
	s.jobs = q
	// About four hours of attempts: servers that ask for a later try mean minutes to hours.
	queue.Add(q, queue.Rule{On: queue.Mail, Attempts: 30, Timeout: 2 * time.Minute, Once: true}, s.send, s.giveUp)
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 10 * time.Minute, Once: true}, s.daily, nil)
	q.Every(time.Hour, DailyArgs{})
}

// Mails reports whether this server sends mail.
func (s *Service) Mails() bool { return s.cfg.Mail != nil }

// somebody is a person who is signed in: notices tell more than a key may be made
// to see.
func somebody(who access.Actor) error {
	if who.Kind == access.Nobody {
		return who.Require(access.View)
	}
	if who.Kind != access.Person {
		return fault.New(fault.Forbidden, "notice.no_account", "Notices are for people. Sign in.")
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package request

import (
	"context"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
)

// Delivered is told when a sender has sent everything.
type Delivered struct {
	Request  id.Request
	Title    string
	Folder   id.Folder
	AskedBy  string // the account or the key that asked
	Delivery id.Delivery
	Files    int
}

// Judged is told when somebody has decided about a file.
type Judged struct {
	Request  id.Request  // zero: it is no more
	Delivery id.Delivery // zero: it is no more
	Asset    id.Asset
	Accepted bool
}

// Rooms are the rooms that the service works with.
type Rooms struct {
	DB       *pg.DB
	Accounts *account.Service
	Folders  *folder.Service
	Assets   *asset.Service
	Ingest   *ingest.Service
}

// Service is the room's set of verbs. The hooks are called inside the
// transaction of their cause; an error from one undoes it.
type Service struct {
	Rooms

	now func() time.Time

	// OnDelivered is told of a delivery that is complete.
	OnDelivered func(ctx context.Context, tx pg.Tx, who access.Actor, d Delivered) error
	// OnJudged is told of a file that was accepted or rejected.
	OnJudged func(ctx context.Context, tx pg.Tx, who access.Actor, j Judged) error
	// Tenants lists all tenants.
	Tenants func(ctx context.Context) ([]id.Tenant, error)
}

// New returns the room; its hooks do nothing yet.
func New(r Rooms, now func() time.Time) *Service {
	return &Service{
		Rooms: r, now: now,
		OnDelivered: func(context.Context, pg.Tx, access.Actor, Delivered) error { return nil },
		OnJudged:    func(context.Context, pg.Tx, access.Actor, Judged) error { return nil },
		Tenants:     func(context.Context) ([]id.Tenant, error) { return nil, nil },
	}
}

// deed runs fn in a transaction and writes the deed it returns into the log.
func (s *Service) deed(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	return audit.Deed(ctx, s.DB, who, s.now, fn)
}

// read runs fn in a transaction for somebody who is known.
func (s *Service) read(ctx context.Context, who access.Actor, fn func(tx pg.Tx) error) error {
	return access.In(ctx, s.DB, who, fn)
}

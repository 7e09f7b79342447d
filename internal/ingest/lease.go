// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// One request at a time writes to an upload, whichever server it came to: the
// one whose token stands in the row. A newer request asks for the lease; the
// older one, which mostly hangs on a connection that died, is stopped, saves
// what came and gives it up. A server that died holds its lease until it ends
// by itself. Time is the database's, so that servers' clocks do not matter.
const (
	leaseBeat = time.Second            // how often the holder looks whether somebody waits, and goes on
	leasePoll = 100 * time.Millisecond // how often whoever waits looks
	leaseWait = 12 * time.Second       // and for how long, after which it gets upload.busy
)

// errTakenOver is why a request's context ends when a newer one wants the upload.
var errTakenOver = errors.New("ingest: a newer request goes on with this upload")

// errLeaseLost is why it ends when the row is somebody else's already.
var errLeaseLost = errors.New("ingest: the upload is not this request's any more")

// lease is the right to write to one upload.
type lease struct {
	s      *Service
	tenant id.Tenant
	upload id.Upload
	token  string
	row    row
	stop   func(error)
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when it was given up
	quit   chan struct{} // ends the watch
	watch  sync.WaitGroup
}

// holders are the leases that this process has, so that a newer request to the
// same process need not wait for the next beat.
type holders struct {
	mu  sync.Mutex
	all map[id.Upload]*lease
}

func (h *holders) get(of id.Upload) *lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[of]
}

func (h *holders) add(l *lease) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[id.Upload]*lease{}
	}
	h.all[l.upload] = l
}

func (h *holders) remove(l *lease) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all[l.upload] == l { // else a newer request's
		delete(h.all, l.upload)
	}
}

const sqlLease = `
	update upload u
	set lease_token = @token, lease_node = @node, lease_until = clock_timestamp() + interval '15 seconds', lease_wanted = false
	where u.id = @id and (u.started_by = @by or @by = '') and u.resumable and u.expires_at > @now
		and (u.lease_token = '' or u.lease_until < clock_timestamp())
	returning ` + sqlUploadColumns

const sqlWant = `
	update upload u set lease_wanted = true
	where u.id = @id and (u.started_by = @by or @by = '') and u.resumable and u.expires_at > @now
	returning u.id`

// hold takes the upload for the caller, from whoever holds it. The context that
// it returns ends when a newer request wants the upload; stop, if not nil, is
// called then, too, and must end a read that hangs. The caller calls release.
func (s *Service) hold(ctx context.Context, who access.Actor, of id.Upload, stop func()) (context.Context, *lease, error) {
	if err := who.Require(0); err != nil {
		return nil, nil, err
	}
	args := pgx.StrictNamedArgs{"id": of, "by": who.ID, "now": s.now()}
	if who.Kind == access.House {
		args["by"] = "" // the house finishes anybody's
	}
	l := &lease{s: s, tenant: who.Tenant, upload: of, token: rand.Text(), done: make(chan struct{}), quit: make(chan struct{})}
	patience := time.NewTimer(leaseWait)
	defer patience.Stop()
	for {
		got, err := l.try(ctx, args)
		if err != nil {
			return nil, nil, err
		}
		if got {
			break
		}
		var given chan struct{}
		if holder := s.holders.get(of); holder != nil {
			holder.stop(errTakenOver)
			given = holder.done
		}
		poll := time.NewTimer(leasePoll)
		select {
		case <-given:
		case <-poll.C:
		case <-patience.C:
			return nil, nil, busy()
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
		poll.Stop()
	}
	held, cancel := context.WithCancelCause(ctx)
	l.cancel = cancel
	var once sync.Once
	l.stop = func(why error) {
		once.Do(func() {
			cancel(why)
			if stop != nil {
				stop()
			}
		})
	}
	s.holders.add(l)
	l.watch.Go(func() { l.beat(context.WithoutCancel(ctx)) })
	return held, l, nil
}

func busy() error {
	return &fault.Error{
		Kind: fault.Conflict, Code: "upload.busy", RetryAfter: 5,
		Text: "Another request is sending this file, and has not stopped. Try again in a moment.",
	}
}

// try takes the lease if it is free, and else says that it is wanted.
func (l *lease) try(ctx context.Context, args pgx.StrictNamedArgs) (got bool, err error) {
	err = pg.In(ctx, l.s.db, l.tenant, func(tx pg.Tx) error {
		take := pgx.StrictNamedArgs{"token": l.token, "node": l.s.cfg.Node}
		maps.Copy(take, args)
		rows, err := tx.Query(ctx, sqlLease, take)
		if err != nil {
			return err
		}
		l.row, err = one(rows)
		if got = err == nil; got || fault.KindOf(err) != fault.NotFound {
			return err
		}
		var there id.Upload
		err = tx.QueryRow(ctx, sqlWant, args).Scan(&there)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.NotFound("upload")
		}
		return err
	})
	return got, err
}

const sqlBeat = `
	update upload set lease_until = clock_timestamp() + interval '15 seconds'
	where id = @id and lease_token = @token
	returning lease_wanted`

// beat keeps the lease and looks whether somebody wants it. A database that is
// away is no reason to end: what cannot be saved is not acknowledged anyway.
func (l *lease) beat(ctx context.Context) {
	t := time.NewTicker(leaseBeat)
	defer t.Stop()
	for {
		select {
		case <-l.quit:
			return
		case <-t.C:
		}
		var wanted bool
		err := pg.In(ctx, l.s.db, l.tenant, func(tx pg.Tx) error {
			return tx.QueryRow(ctx, sqlBeat, pgx.StrictNamedArgs{"id": l.upload, "token": l.token}).Scan(&wanted)
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			l.stop(errLeaseLost)
		case wanted:
			l.stop(errTakenOver)
		}
	}
}

const sqlRecover = `update upload set lease_token = '', lease_node = '', lease_until = null where lease_node = @node`

// Recover gives up the uploads that a process of this one's name (Config.Node)
// was taking in when it was killed, so that whoever sends need not wait. The
// house calls it before the doors open.
func (s *Service) Recover(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return fault.New(fault.Forbidden, "access.forbidden", "Only the house itself takes up what was left.")
	}
	if s.cfg.Node == "" {
		return nil
	}
	return pg.Across(ctx, s.db, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlRecover, pgx.StrictNamedArgs{"node": s.cfg.Node})
		return err
	})
}

const sqlRelease = `update upload set lease_token = '', lease_node = '', lease_until = null where id = @id and lease_token = @token`

// release gives the upload up, also when ctx has ended.
func (l *lease) release(ctx context.Context) {
	close(l.quit)
	l.watch.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := pg.In(ctx, l.s.db, l.tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlRelease, pgx.StrictNamedArgs{"id": l.upload, "token": l.token})
		return err
	})
	if err != nil { // it ends by itself
		l.s.log.WarnContext(ctx, "an upload's lease could not be given back", slog.Any("error", err))
	}
	l.s.holders.remove(l)
	close(l.done)
	l.cancel(nil)
}

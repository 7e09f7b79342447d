// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
)

// Stream is one answer to a redeemed ticket. It is for one goroutine.
type Stream struct {
	Span
	Name      string // of the file; see Disposition
	MediaType string
	ETag      string      // strong, in its quotes
	Size      int64       // bytes of the whole file
	Body      blob.Reader // Span.Length bytes; nil if the Fetch was a Head. Close closes it.

	service *Service
	ticket  ticket
	head    bool
	started bool // the ticket's start, not a continuation
	closed  bool
	beat    time.Time // of the last check
	want    int64     // bytes reserved
	sent    int64     // bytes sent
	told    int64     // of them, those that the row knows of
}

func (st *Stream) orNil(err error) (*Stream, error) {
	if err != nil {
		return nil, err
	}
	return st, nil
}

// Ticket is the ticket's identifier, for the log.
func (st *Stream) Ticket() string { return st.ticket.ID.String() }

func (st *Stream) open(ctx context.Context) (err error) {
	if st.Partial {
		st.Body, err = st.service.store.OpenRange(ctx, st.ticket.Key, st.First, st.Length)
	} else {
		st.Body, err = st.service.store.Open(ctx, st.ticket.Key)
	}
	if err != nil {
		st.Body = nil
	} else if st.Body.Size() != st.Length {
		err = fmt.Errorf("blob of ticket %s has %d bytes where %d were stored", st.Ticket(), st.Body.Size(), st.Length)
	}
	if fault.CodeOf(err) == blob.CodeAbsent { // the row says there are bytes: a defect, not the asker's mistake
		err = fmt.Errorf("bytes of ticket %s are missing: %w", st.Ticket(), errors.Unwrap(err))
	}
	return err
}

const sqlBeat = `update ticket set sent = sent + @sent, beat_at = @now where id = @id returning revoked_at is not null as revoked`

// Sent says that n more bytes have gone out. When it is time, it authorises
// the asker again; after an error no further byte may leave. Call it often:
// after each second's worth of bytes.
func (st *Stream) Sent(ctx context.Context, n int64) error {
	st.sent += n
	now := st.service.now()
	if st.sent-st.told < checkBytes && now.Sub(st.beat) < checkTime {
		return nil
	}
	var revoked bool
	err := pg.In(ctx, st.service.db, st.ticket.Tenant, func(tx pg.Tx) error {
		err := tx.QueryRow(ctx, sqlBeat, pgx.StrictNamedArgs{"id": st.ticket.ID, "sent": st.sent - st.told, "now": now}).Scan(&revoked)
		if errors.Is(err, pgx.ErrNoRows) {
			revoked = true // swept, or its asset was destroyed
			return nil
		}
		if err != nil {
			return fmt.Errorf("count bytes: %w", err)
		}
		if _, err := st.service.authorise(ctx, tx, st.ticket); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	st.told, st.beat = st.sent, now
	if revoked {
		return gone("ticket.revoked", "This download was withdrawn.")
	}
	return nil
}

const sqlClose = `
	update ticket set sent = sent + @sent, reserved = greatest(reserved - @unused, 0), streams = greatest(streams - 1, 0), beat_at = @now,
		starts = starts - @unstarted
	where id = @id`

// Close ends the stream and gives back the bytes that were not sent; if the
// storage gave none at all, the start too. It may be called again.
func (st *Stream) Close(ctx context.Context) error {
	if st == nil || st.closed || st.head {
		return nil
	}
	st.closed = true
	unstarted := 0
	if st.Body != nil {
		_ = st.Body.Close()
	} else if st.started {
		unstarted = 1
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return pg.In(ctx, st.service.db, st.ticket.Tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlClose, pgx.StrictNamedArgs{
			"id": st.ticket.ID, "sent": st.sent - st.told, "unused": st.want - st.sent, "now": st.service.now(), "unstarted": unstarted,
		}); err != nil {
			return fmt.Errorf("give back bytes: %w", err)
		}
		return nil
	})
}

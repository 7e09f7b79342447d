// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// Fetch is one request to redeem a ticket.
type Fetch struct {
	Range
	Head bool       // only what would be answered: nothing is used up
	From netip.Addr // who asks, for tickets bound to a network; may be zero
}

// ticket is a row.
type ticket struct {
	ID          id.Ticket
	Tenant      id.Tenant
	Asset       id.Asset
	Revision    id.Revision
	Variant     string
	Network     string
	Key         blob.Key
	MediaType   string
	Name        string
	Size        int64
	ETag        string
	Actor       []byte
	StartBefore time.Time
	ResumeUntil time.Time
	MaxUses     int
	Starts      int
	Streams     int
	Reserved    int64
	Sent        int64
	BeatAt      *time.Time
	RevokedAt   *time.Time
}

const sqlByToken = `select t.id, t.tenant_id, t.network from ticket t where t.hash = @hash` //nolint:gosec // G101: a query for a token, no token

const sqlLock = `
	select t.id, t.tenant_id, t.asset_id, t.revision_id, t.variant, t.network, t.blob_key, t.media_type, t.name, t.size, t.etag, t.actor,
		t.start_before, t.resume_until, t.max_uses, t.starts, t.streams, t.reserved, t.sent, t.beat_at, t.revoked_at
	from ticket t where t.id = @id and t.tenant_id = @tenant for update`

const sqlClaim = `
	update ticket set starts = @starts, streams = @streams, reserved = @reserved, beat_at = @now, resume_until = @resume_until where id = @id`

// Redeem answers a request that shows a ticket's token. What it returns must
// be closed. Whoever asked for the ticket is authorised anew; the ticket's row
// is locked meanwhile, so that of many first requests one gets the start. The
// faults: ticket.not_found for what is no token of ours; Gone for a ticket that
// was used, expired, was revoked or whose asker may no longer; range.invalid
// with the size for a range outside the file; TooMany for more than eight
// streams at once.
func (s *Service) Redeem(ctx context.Context, token string, f Fetch) (*Stream, error) {
	hit, err := s.byToken(ctx, token, f.From)
	if err != nil {
		return nil, err
	}
	st := &Stream{service: s, head: f.Head}
	err = pg.In(ctx, s.db, hit.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlLock, pgx.StrictNamedArgs{"id": hit.ID, "tenant": hit.Tenant})
		if err != nil {
			return fmt.Errorf("lock ticket: %w", err)
		}
		t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[ticket])
		if errors.Is(err, pgx.ErrNoRows) {
			return notFound() // swept between the two
		}
		if err != nil {
			return fmt.Errorf("lock ticket: %w", err)
		}
		now := s.now()
		span, ok := f.Of(t.Size, t.ETag)
		started, err := t.claim(span, f.continues(span, t.ETag), now)
		if err != nil {
			return err
		}
		if !ok {
			return outside(t.Size)
		}
		who, err := s.authorise(ctx, tx, t)
		if err != nil {
			return err
		}
		st.ticket, st.Span, st.beat, st.want, st.started = t, span, now, span.Length, started
		st.Name, st.MediaType, st.ETag, st.Size = t.Name, t.MediaType, t.ETag, t.Size
		if f.Head {
			return nil
		}
		if _, err := tx.Exec(ctx, sqlClaim, pgx.StrictNamedArgs{
			"id": t.ID, "starts": t.Starts, "streams": t.Streams, "reserved": t.Reserved, "now": now, "resume_until": t.ResumeUntil,
		}); err != nil {
			return fmt.Errorf("claim ticket: %w", err)
		}
		if !started {
			return nil
		}
		return s.first(ctx, tx, who, t, now)
	})
	if err != nil || f.Head {
		return st.orNil(err)
	}
	if err := st.open(ctx); err != nil {
		return nil, errors.Join(err, st.Close(ctx))
	}
	return st, nil
}

// CodeRange is the code of the fault for a range outside the file, whose Extra
// names the file's "size".
const CodeRange = "delivery.range"

func outside(size int64) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: CodeRange, Text: "The range lies outside the file.", Extra: map[string]string{"size": strconv.FormatInt(size, 10)},
	}
}

func notFound() error {
	return fault.New(fault.NotFound, "ticket.not_found", "There is no such download. Ask for a new one where you found it.")
}

func gone(code, text string) error { return fault.New(fault.Gone, code, text) }

// byToken finds a ticket's tenant by its token.
func (s *Service) byToken(ctx context.Context, token string, from netip.Addr) (ticket, error) {
	var t ticket
	rest, ok := strings.CutPrefix(token, "dl_")
	if !ok || len(rest) != 43 || strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return t, notFound()
	}
	err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, sqlByToken, pgx.StrictNamedArgs{"hash": secret.Hash(token)}).Scan(&t.ID, &t.Tenant, &t.Network)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return t, notFound()
	}
	if err != nil {
		return t, err
	}
	if t.Network != "" {
		net, err := netip.ParsePrefix(t.Network)
		if err != nil || !net.Contains(from.Unmap()) {
			return t, notFound()
		}
	}
	return t, nil
}

// claim changes the ticket's counts for an answer of span, or says why there
// is none. started reports the ticket's own start, as against a continuation.
func (t *ticket) claim(span Span, continues bool, now time.Time) (started bool, err error) {
	if t.RevokedAt != nil {
		return false, gone("ticket.revoked", "This download was withdrawn.")
	}
	if t.BeatAt != nil && now.Sub(*t.BeatAt) > deadAfter { // its process died: what it had not sent comes back
		t.Streams, t.Reserved = 0, t.Sent
	}
	started = t.Starts == 0 || !continues
	switch {
	case started && t.Starts >= t.MaxUses:
		return false, gone("ticket.used", "This download was used already. Ask for a new one where you found it.")
	case started && !now.Before(t.StartBefore), !started && !now.Before(t.ResumeUntil):
		return false, gone("ticket.expired", "This download has expired. Ask for a new one where you found it.")
	case t.Streams >= maxStreams:
		return false, &fault.Error{Kind: fault.TooMany, Code: "ticket.streams", Text: "Too many connections fetch this file at once. Use at most 8.", RetryAfter: 5}
	case t.Reserved+span.Length > t.budget():
		return false, gone("ticket.spent", "This download has been fetched in full. Ask for a new one where you found it.")
	}
	if started {
		t.Starts++
		wait := max(resumeFor, time.Duration(t.Size/resumeRate)*time.Second)
		t.ResumeUntil = now.Add(min(wait, resumeAtMost))
	}
	t.Streams++
	t.Reserved += span.Length
	return started, nil
}

// budget is how many bytes the ticket may give out in all.
func (t *ticket) budget() int64 { return int64(t.MaxUses)*t.Size + t.Size/20 + 1<<20 }

// authorise recalls who asked and checks that they still may.
func (s *Service) authorise(ctx context.Context, tx pg.Tx, t ticket) (access.Actor, error) {
	who, err := s.Recall(ctx, tx, t.Tenant, t.Actor)
	if err == nil {
		var a asset.Asset
		if a, err = s.look(ctx, tx, who, t.Asset, t.Variant); err == nil {
			err = asset.AllowedBytes(a, who, need(t.Variant), s.now())
		}
	}
	switch fault.KindOf(err) { //nolint:exhaustive // all else is passed on as it is
	case fault.Unauthentic, fault.Forbidden, fault.NotFound, fault.Conflict, fault.Gone:
		return who, &fault.Error{Kind: fault.Gone, Code: "ticket.withdrawn", Text: "This download was withdrawn, because the right to it or the file itself is gone.", Err: err}
	}
	return who, err
}

// first notes a ticket's first use.
func (s *Service) first(ctx context.Context, tx pg.Tx, who access.Actor, t ticket, now time.Time) error {
	what := audit.DownloadedRendition
	if t.Variant == Original {
		what = audit.DownloadedOriginal
	}
	if err := s.begun(ctx, tx, who, t.ID.UUID()); err != nil {
		return err
	}
	if err := audit.Saw(ctx, tx, who, t.Asset.String(), what, now); err != nil {
		return fmt.Errorf("note download: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: now, Who: who, Verb: "delivery.redeem", Subject: t.Asset.String(),
		Detail: map[string]any{"ticket": t.ID.String(), "variant": t.Variant, "revision": t.Revision.String()},
	})
}

// begun notes that what was granted begins to leave.
func (s *Service) begun(ctx context.Context, tx pg.Tx, who access.Actor, grant uuid.UUID) error {
	if err := fetched(ctx, tx, who.Tenant, grant, s.now()); err != nil {
		return fmt.Errorf("note a report: %w", err)
	}
	if who.Kind == access.Link {
		return s.Begun(ctx, tx, who)
	}
	return nil
}

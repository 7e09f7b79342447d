// SPDX-License-Identifier: Apache-2.0

// Package audit keeps the log of deeds and knows who has seen what.
//
// A deed's row is written in the deed's own transaction: if the row cannot be
// written, the deed does not happen. Each row's hash covers the row before it,
// so that a row changed or taken out later is found by Verify. Rows name
// actors and things by identifier, never by a person's name or a file's.
//
// Tables: audit_entry, audit_head, sighting.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Entry is one deed.
type Entry struct {
	At      time.Time
	Who     access.Actor
	Verb    string         // room and verb: "asset.delete"
	Subject string         // the thing's outer identifier; empty when the deed is the tenant's own
	Detail  map[string]any // small facts: identifiers, numbers, field names; never contents, names or secrets
}

const sqlHead = `
	insert into audit_head (tenant_id, seq, hash) values (@tenant, 0, '')
	on conflict (tenant_id) do update set seq = audit_head.seq
	returning seq, hash`

const sqlRecord = `
	with head as (update audit_head set seq = @seq, hash = @hash where tenant_id = @tenant)
	insert into audit_entry (tenant_id, seq, at, actor_kind, actor_id, verb, subject, detail, previous, hash)
	values (@tenant, @seq, @at, @kind, @actor, @verb, @subject, @detail, @previous, @hash)`

// Record writes the deed into its tenant's chain, in the deed's transaction.
// It locks the end of the chain until the transaction ends: call it last.
func Record(ctx context.Context, tx pg.Tx, e Entry) error {
	if e.Detail == nil {
		e.Detail = map[string]any{}
	}
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("record %s: %w", e.Verb, err)
	}
	if detail, err = canonical(detail); err != nil {
		return fmt.Errorf("record %s: %w", e.Verb, err)
	}
	var seq int64
	var previous []byte
	if err := tx.QueryRow(ctx, sqlHead, pgx.StrictNamedArgs{"tenant": e.Who.Tenant}).Scan(&seq, &previous); err != nil {
		return fmt.Errorf("record %s: %w", e.Verb, err)
	}
	seq++
	at := e.At.UTC().Truncate(time.Microsecond)
	row := link{e.Who.Tenant, seq, at, string(e.Who.Kind), e.Who.ID, e.Verb, e.Subject, detail}
	if _, err := tx.Exec(ctx, sqlRecord, pgx.StrictNamedArgs{
		"tenant": e.Who.Tenant, "seq": seq, "at": at, "kind": row.kind, "actor": row.actor, "verb": e.Verb,
		"subject": e.Subject, "detail": string(detail), "previous": previous, "hash": row.hash(previous),
	}); err != nil {
		return fmt.Errorf("record %s: %w", e.Verb, err)
	}
	return nil
}

// link is one row of the chain, as it is hashed.
type link struct {
	tenant                     id.Tenant
	seq                        int64
	at                         time.Time
	kind, actor, verb, subject string
	detail                     []byte // canonical JSON
}

// hash is SHA-256 over the previous hash and every column, each with its
// length in front, so that no two rows can be written alike.
func (l link) hash(previous []byte) []byte {
	h := sha256.New()
	part := func(b []byte) {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		_, _ = h.Write(b)
	}
	part([]byte("tillgang audit 1"))
	part(previous)
	part([]byte(l.tenant.String()))
	part(fmt.Appendf(nil, "%d", l.seq))
	part([]byte(l.at.Format(time.RFC3339Nano)))
	for _, s := range []string{l.kind, l.actor, l.verb, l.subject} {
		part([]byte(s))
	}
	part(l.detail)
	return h.Sum(nil)
}

// canonical writes JSON so that what the database gives back hashes alike:
// sorted keys, no spaces, numbers as they were written.
func canonical(b []byte) ([]byte, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("more than one JSON value")
	}
	return json.Marshal(v)
}

// What says in which way something was seen.
type What string

// Ways of seeing.
const (
	Viewed              What = "viewed"
	DownloadedRendition What = "downloaded_rendition"
	DownloadedOriginal  What = "downloaded_original"
)

const sqlSaw = `
	insert into sighting (tenant_id, subject, actor_kind, actor_id, what, first_at, last_at, count)
	values (@tenant, @subject, @kind, @actor, @what, @now, @now, 1)
	on conflict (tenant_id, subject, actor_id, what) do update set last_at = excluded.last_at, count = sighting.count + 1`

// Saw notes that who saw the subject just now.
func Saw(ctx context.Context, tx pg.Tx, who access.Actor, subject string, what What, now time.Time) error {
	_, err := tx.Exec(ctx, sqlSaw, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "subject": subject, "kind": string(who.Kind), "actor": who.ID, "what": string(what), "now": now,
	})
	return err
}

// SPDX-License-Identifier: Apache-2.0

// Package audit keeps the log of deeds and knows who has seen what.
//
// A deed's row is written in the deed's own transaction: if the row cannot be
// written, the deed does not happen. Each row's hash covers the row before it,
// so that a row changed or taken out later is found by Verify. Rows name
// actors and things by identifier, never by a person's name or a file's.
//
// Words: a deed is one change, or one grave look, that an actor made; its row is
// an Entry. The chain is the rows of one tenant in order; its head is where the
// next row will be hooked on. A sighting says that somebody saw something.
//
// Promises: rows are only ever added (the program's role can do nothing else
// to them). Verify finds a row that was changed, taken out, put in or moved,
// and rows cut off at the end. What it cannot find is a whole chain written
// anew, head included, by the owner of the database: note Report.Head
// somewhere else from time to time and compare.
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
	"math/big"
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
	written, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("record %s: %w", e.Verb, err)
	}
	detail, err := canonical(written)
	if err != nil {
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
		"subject": e.Subject, "detail": string(written), "previous": previous, "hash": row.hash(previous),
	}); err != nil {
		return fmt.Errorf("record %s: %w", e.Verb, err)
	}
	return nil
}

// Deed runs fn in a transaction of who's tenant and records the deed that it
// returns as who's, at the time that now says last. If fn fails nothing is
// changed and nothing is recorded. Nobody does no deeds.
func Deed(ctx context.Context, db *pg.DB, who access.Actor, now func() time.Time, fn func(tx pg.Tx) (Entry, error)) error {
	return access.In(ctx, db, who, func(tx pg.Tx) error {
		e, err := fn(tx)
		if err != nil {
			return err
		}
		e.At, e.Who = now(), who
		return Record(ctx, tx, e)
	})
}

// link is one row of the chain, as it is hashed.
type link struct {
	tenant                     id.Tenant
	seq                        int64
	at                         time.Time
	kind, actor, verb, subject string
	detail                     []byte // as canonical writes it
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
// sorted keys, no spaces, and numbers as the texts of fractions, since the
// database may write 1e21 and 0.50 another way.
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
	return json.Marshal(exact(v))
}

// exact replaces each number by the text of its fraction: 100, 1/2.
func exact(v any) any {
	switch v := v.(type) {
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok {
			return r.RatString()
		}
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = exact(v[k])
		}
	}
	return v
}

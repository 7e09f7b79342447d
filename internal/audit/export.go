// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Export is a part of the log on its way out as a table.
type Export struct {
	s     *Service
	who   access.Actor
	f     Filter
	last  int64 // the deed of taking it out, and what comes after it, are not in it
	names func(ctx context.Context, actors []string) (map[string]string, error)
}

const sqlLast = `select seq from audit_head where tenant_id = @tenant`

// Export prepares a table of the deeds that a filter leaves, whose page does not
// count. It needs ReadAudit and is a deed itself, which names the filter. names
// tells what actors are called.
func (s *Service) Export(ctx context.Context, who access.Actor, now time.Time, f Filter, names func(context.Context, []string) (map[string]string, error)) (*Export, error) {
	if err := s.mayList(who, f); err != nil {
		return nil, err
	}
	e := &Export{s: s, who: who, f: f, names: names}
	err := Deed(ctx, s.db, who, func() time.Time { return now }, func(pg.Tx) (Entry, error) {
		detail := map[string]any{}
		for name, value := range map[string]string{"verb": f.Verb, "actor": f.Actor, "about": f.Subject, "folder": f.Folder} {
			if value != "" {
				detail[name] = value
			}
		}
		for name, at := range map[string]time.Time{"from": f.From, "to": f.To} {
			if !at.IsZero() {
				detail[name] = at.UTC().Format(time.RFC3339)
			}
		}
		return Entry{Verb: "audit.export", Detail: detail}, nil
	})
	if err != nil {
		return nil, err
	}
	return e, pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, sqlLast, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&e.last)
	})
}

const sqlHashes = `select seq, hash from audit_entry where tenant_id = @tenant and seq = any(@seqs::bigint[])`

// WriteTo writes the table as CSV (RFC 4180), newest first, some hundreds of
// deeds at a time. The hash of each deed is that of the chain, so that it can be
// compared later.
func (e *Export) WriteTo(ctx context.Context, to io.Writer) error {
	w := csv.NewWriter(to)
	if err := w.Write([]string{"seq", "at", "actor_kind", "actor", "actor_name", "verb", "subject", "detail", "hash"}); err != nil {
		return err
	}
	for before := e.last; ; {
		var rows, in []Row
		hashes := map[int64][]byte{}
		if err := pg.In(ctx, e.s.db, e.who.Tenant, func(tx pg.Tx) (err error) {
			if rows, err = read(ctx, tx, e.who, e.f, before, lookedAtOnce); err != nil {
				return err
			}
			if in, err = e.s.keep(ctx, tx, e.who, e.f, rows); err != nil {
				return err
			}
			return hashesOf(ctx, tx, e.who, in, hashes)
		}); err != nil {
			return err
		}
		if err := e.write(ctx, w, in, hashes); err != nil {
			return err
		}
		if len(rows) < lookedAtOnce {
			return w.Error()
		}
		before = rows[len(rows)-1].Seq
	}
}

func hashesOf(ctx context.Context, tx pg.Tx, who access.Actor, rows []Row, into map[int64][]byte) error {
	seqs := make([]int64, len(rows))
	for i, r := range rows {
		seqs[i] = r.Seq
	}
	found, err := tx.Query(ctx, sqlHashes, pgx.StrictNamedArgs{"tenant": who.Tenant, "seqs": seqs})
	if err != nil {
		return err
	}
	var seq int64
	var hash []byte
	_, err = pgx.ForEachRow(found, []any{&seq, &hash}, func() error {
		into[seq] = append([]byte{}, hash...)
		return nil
	})
	return err
}

func (e *Export) write(ctx context.Context, w *csv.Writer, rows []Row, hashes map[int64][]byte) error {
	actors := make([]string, len(rows))
	for i, r := range rows {
		actors[i] = r.ActorID
	}
	names, err := e.names(ctx, actors)
	if err != nil {
		return err
	}
	for _, r := range rows {
		line := []string{
			strconv.FormatInt(r.Seq, 10), r.At.UTC().Format(time.RFC3339Nano), string(r.ActorKind), r.ActorID, names[r.ActorID], r.Verb, r.Subject,
			string(r.Detail), hex.EncodeToString(hashes[r.Seq]),
		}
		for i := range line {
			line[i] = plain.Guard(line[i])
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

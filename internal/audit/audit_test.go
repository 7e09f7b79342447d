// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

var morning = time.Date(2026, 5, 4, 8, 0, 0, 123456789, time.FixedZone("CEST", 7200))

func record(tb testing.TB, db *pg.DB, entries ...audit.Entry) {
	tb.Helper()
	for _, e := range entries {
		if err := pg.In(context.Background(), db, e.Who.Tenant, func(tx pg.Tx) error {
			return audit.Record(context.Background(), tx, e)
		}); err != nil {
			tb.Fatal(err)
		}
	}
}

func verify(tb testing.TB, db *pg.DB, tenant id.Tenant) audit.Report {
	tb.Helper()
	r, err := audit.New(db).Verify(context.Background(), access.HouseActor(tenant, "doctor"))
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestAHundredDeedsAtOnceMakeOneUnbrokenChain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant, other := pgtest.Tenant(t, db), pgtest.Tenant(t, db)
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			who := access.HouseActor(tenant, fmt.Sprintf("worker-%d", i))
			if i%10 == 0 {
				who.Tenant = other
			}
			if err := pg.In(context.Background(), db, who.Tenant, func(tx pg.Tx) error {
				return audit.Record(context.Background(), tx, audit.Entry{At: morning, Who: who, Verb: "asset.edit", Detail: map[string]any{"n": i}})
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for tenant, want := range map[id.Tenant]int64{tenant: 90, other: 10} {
		if r := verify(t, db, tenant); r.Breach != audit.Whole || r.Checked != want || r.Head != want || len(r.Sum) != 32 {
			t.Errorf("%+v, want %d rows", r, want)
		}
	}
}

func TestAnEmptyChainIsWhole(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if r := verify(t, db, pgtest.Tenant(t, db)); r.Breach != audit.Whole || r.Checked != 0 {
		t.Errorf("%+v", r)
	}
}

func TestWhatTheDatabaseWritesOtherwiseStillHashesAlike(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant := pgtest.Tenant(t, db)
	who := access.HouseActor(tenant, "test")
	record(t, db, audit.Entry{At: morning, Who: who, Verb: "x", Detail: map[string]any{
		"big": 1e21, "huge": math.MaxFloat64, "small": 5e-324, "half": 0.5, "whole": int64(math.MaxInt64), "text": "<å& >\u2028", "bytes": "\xff",
		"list": []any{1, 2.50, nil, true, map[string]any{"b": 1, "a": -1.0}},
	}}, audit.Entry{At: morning.Add(time.Nanosecond), Who: who, Verb: ""})
	if r := verify(t, db, tenant); r.Breach != audit.Whole || r.Checked != 2 {
		t.Errorf("%+v", r)
	}
}

// tampered makes a chain of 2,500 deeds, lets the owner of the database do
// harm, and verifies.
func TestVerifyFindsWhatTheOwnerOfTheDatabaseDid(t *testing.T) {
	t.Parallel()
	db, owner := pgtest.Both(t)
	tenant := pgtest.Tenant(t, db)
	const rows = 2500
	if err := pg.In(t.Context(), db, tenant, func(tx pg.Tx) error {
		for i := range rows {
			if err := audit.Record(t.Context(), tx, audit.Entry{
				At: morning.Add(time.Duration(i) * time.Second), Who: access.HouseActor(tenant, "test"), Verb: "asset.edit",
				Subject: id.New[id.Asset]().String(), Detail: map[string]any{"n": i},
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, tt := range []struct {
		harm   string
		breach audit.Breach
		at     int64
	}{
		{"select 1", audit.Whole, 0},
		{"update audit_entry set actor_id = 'acc_other' where seq = 1", audit.Changed, 1},
		{"update audit_entry set detail = '{\"n\": 7}' where seq = 1001", audit.Changed, 1001},
		{"update audit_entry set at = at + interval '1 microsecond' where seq = 2500", audit.Changed, 2500},
		{"update audit_entry set verb = verb || ' ' where seq = 1500", audit.Changed, 1500},
		{"update audit_entry set hash = sha256(hash) where seq = 7", audit.Changed, 7},
		{"update audit_entry set subject = '', previous = '' where seq = 8", audit.Changed, 8},
		{"delete from audit_entry where seq = 1234", audit.Missing, 1234},
		{"delete from audit_entry where seq <= 10", audit.Missing, 1},
		{"delete from audit_entry where seq > 2490", audit.Cut, 2491},
		{"delete from audit_entry", audit.Cut, 1},
		{"delete from audit_entry where seq > 2000; update audit_head set seq = 2000", audit.Headless, 2000},
		{"update audit_head set seq = 2400", audit.Headless, 2500},
		{"delete from audit_head", audit.Headless, 2500},
		{"update audit_head set hash = ''", audit.Headless, 2500},
		{"update audit_entry set seq = -1 where seq = 30; update audit_entry set seq = 30 where seq = 31; update audit_entry set seq = 31 where seq = -1", audit.Changed, 30},
		{"delete from audit_entry where seq = 50; update audit_entry set seq = seq - 1000000 where seq > 50; update audit_entry set seq = seq + 999999 where seq < 0; update audit_head set seq = seq - 1", audit.Changed, 50},
	} {
		// Keep the true chain aside, so that each harm starts from it.
		for _, sql := range []string{
			"create temp table kept as select * from audit_entry", "create temp table kept_head as select * from audit_head", tt.harm,
		} {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		if r := verify(t, db, tenant); r.Breach != tt.breach || r.At != tt.at {
			t.Errorf("%s: found %q at %d, want %q at %d", tt.harm, r.Breach, r.At, tt.breach, tt.at)
		}
		if _, err := conn.Exec(t.Context(), `
			delete from audit_entry; insert into audit_entry select * from kept; drop table kept;
			delete from audit_head; insert into audit_head select * from kept_head; drop table kept_head`); err != nil {
			t.Fatal(err)
		}
	}
	if r := verify(t, db, tenant); r.Breach != audit.Whole || r.Checked != rows {
		t.Errorf("the test itself broke the chain: %+v", r)
	}
}

func TestTheProgramCanOnlyAddToTheLog(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant := pgtest.Tenant(t, db)
	record(t, db, audit.Entry{At: morning, Who: access.HouseActor(tenant, "test"), Verb: "x"})
	for _, sql := range []string{"update audit_entry set verb = 'y'", "delete from audit_entry", "delete from audit_head", "truncate audit_entry"} {
		if err := pg.In(t.Context(), db, tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		}); err == nil {
			t.Errorf("%q was allowed", sql)
		}
	}
}

func TestTheLogIsFilteredAndPaged(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant, other := pgtest.Tenant(t, db), pgtest.Tenant(t, db)
	ann, bo := access.HouseActor(tenant, "ann"), access.HouseActor(tenant, "bo")
	for i := range 30 {
		who := ann
		if i%3 == 0 {
			who = bo
		}
		verb := "asset.edit"
		if i%2 == 0 {
			verb = "assets_of_old" // begins alike, but is no "asset." verb
		}
		record(t, db, audit.Entry{At: morning.Add(time.Duration(i) * time.Minute), Who: who, Verb: verb, Subject: fmt.Sprintf("ast_%d", i%5)})
	}
	record(t, db, audit.Entry{At: morning, Who: access.HouseActor(other, "ann"), Verb: "asset.edit"})
	s := audit.New(db)
	reader := access.Actor{Kind: access.Person, ID: "acc_x", Tenant: tenant, Own: access.Grant{Everywhere: access.ReadAudit}, Scope: access.All}
	for _, tt := range []struct {
		f    audit.Filter
		want func(i int) bool
	}{
		{audit.Filter{}, func(int) bool { return true }},
		{audit.Filter{Verb: "asset."}, func(i int) bool { return i%2 == 1 }},
		{audit.Filter{Verb: "%"}, func(int) bool { return false }},
		{audit.Filter{Actor: "bo"}, func(i int) bool { return i%3 == 0 }},
		{audit.Filter{Actor: "ann", Subject: "ast_2"}, func(i int) bool { return i%3 != 0 && i%5 == 2 }},
		{audit.Filter{From: morning.Add(10 * time.Minute), To: morning.Add(20 * time.Minute)}, func(i int) bool { return i >= 10 && i < 20 }},
	} {
		var want, got []int64
		for i := 29; i >= 0; i-- {
			if tt.want(i) {
				want = append(want, int64(i+1))
			}
		}
		f := tt.f
		f.Limit = 4
		for {
			p, err := s.List(t.Context(), reader, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Items {
				got = append(got, r.Seq)
			}
			if f.Cursor = p.Next; f.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: got %v, want %v", tt.f, got, want)
		}
	}
	reader.Own.Everywhere = access.All &^ access.ReadAudit
	if _, err := s.List(t.Context(), reader, audit.Filter{}); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if _, err := s.Verify(t.Context(), reader); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if _, err := s.List(t.Context(), access.Actor{}, audit.Filter{}); fault.KindOf(err) != fault.Unauthentic {
		t.Error(err)
	}
	p, err := s.List(t.Context(), access.HouseActor(tenant, "test"), audit.Filter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(t.Context(), access.HouseActor(tenant, "test"), audit.Filter{Verb: "asset.", Cursor: p.Next}); fault.KindOf(err) != fault.Invalid {
		t.Error("a cursor was used with another filter", err)
	}
}

func TestMU12_SeenBy(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant := pgtest.Tenant(t, db)
	subject := id.New[id.Asset]().String()
	who := func(n int) access.Actor {
		return access.Actor{Kind: access.Person, ID: fmt.Sprintf("acc_%d", n), Tenant: tenant}
	}
	at := func(n int) time.Time { return time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC) }
	in := func(fn func(tx pg.Tx) error) {
		t.Helper()
		if err := pg.In(t.Context(), db, tenant, fn); err != nil {
			t.Fatal(err)
		}
	}
	in(func(tx pg.Tx) error {
		for n := range 7 {
			if err := audit.Saw(t.Context(), tx, who(n), subject, audit.Viewed, at(n)); err != nil {
				return err
			}
		}
		if err := audit.Saw(t.Context(), tx, who(2), subject, audit.Viewed, at(10)); err != nil {
			return err
		}
		if err := audit.Saw(t.Context(), tx, who(3), subject, audit.DownloadedOriginal, at(11)); err != nil {
			return err
		}
		return audit.Saw(t.Context(), tx, who(3), "ast_other", audit.Viewed, at(12))
	})
	in(func(tx pg.Tx) error {
		s, err := audit.Seen(t.Context(), tx, who(0), subject, access.View|access.ReadHistory)
		if err != nil {
			return err
		}
		want := audit.Strip{Actors: 7, Views: 9, Newest: []audit.Sighting{
			{access.Person, "acc_3", audit.DownloadedOriginal, at(11), at(11), 1},
			{access.Person, "acc_2", audit.Viewed, at(2), at(10), 2},
			{access.Person, "acc_6", audit.Viewed, at(6), at(6), 1},
			{access.Person, "acc_5", audit.Viewed, at(5), at(5), 1},
			{access.Person, "acc_4", audit.Viewed, at(4), at(4), 1},
		}}
		if d := cmp.Diff(want, s); d != "" {
			t.Error(d)
		}
		// A viewer who may not read the history sees their own and the totals.
		s, err = audit.Seen(t.Context(), tx, who(2), subject, access.View)
		if err != nil {
			return err
		}
		if d := cmp.Diff(audit.Strip{Actors: 7, Views: 9, Newest: want.Newest[1:2]}, s); d != "" {
			t.Error(d)
		}
		var all []string
		for cursor := ""; ; {
			p, err := audit.SeenBy(t.Context(), tx, who(0), subject, access.ReadHistory, cursor, 3)
			if err != nil {
				return err
			}
			for _, s := range p.Items {
				all = append(all, s.ActorID+" "+string(s.What))
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		if d := cmp.Diff([]string{
			"acc_3 downloaded_original", "acc_2 viewed", "acc_6 viewed", "acc_5 viewed", "acc_4 viewed", "acc_3 viewed", "acc_1 viewed", "acc_0 viewed",
		}, all); d != "" {
			t.Error(d)
		}
		return nil
	})
}

func TestForSubjectGivesOnlyThatSubject(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant := pgtest.Tenant(t, db)
	who := access.HouseActor(tenant, "test")
	record(t, db, audit.Entry{At: morning, Who: who, Verb: "asset.a", Subject: "ast_1"}, audit.Entry{At: morning, Who: who, Verb: "asset.b", Subject: "ast_2"}, audit.Entry{At: morning, Who: who, Verb: "asset.c", Subject: "ast_1"})
	if err := pg.In(t.Context(), db, tenant, func(tx pg.Tx) error {
		p, err := audit.ForSubjectTx(t.Context(), tx, who, "ast_1", "", 0)
		if err != nil {
			return err
		}
		if len(p.Items) != 2 || p.Items[0].Verb != "asset.c" || p.Items[1].Verb != "asset.a" || p.Next != "" || string(p.Items[0].Detail) != "{}" {
			t.Errorf("%+v", p)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

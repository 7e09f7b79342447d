// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

func wantCode(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("got %v, want %s %s", err, kind, code)
	}
}

func TestATicketGivesItsBytesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100_000)
	tk := w.issue()
	if !strings.HasPrefix(tk.URL, "/d/dl_") || len(tk.URL) != 3+3+43 || !tk.ExpiresAt.Equal(w.now().Add(time.Minute)) {
		t.Fatal(tk)
	}
	// What is asked with HEAD takes nothing away.
	for range 3 {
		st, err := w.delivery.Redeem(t.Context(), token(tk), delivery.Fetch{Head: true})
		if err != nil || st.Body != nil || st.Size != 100_000 || st.ETag != w.etag || st.Name != "Årsmöte.png" {
			t.Fatal(st, err)
		}
	}
	got, err := w.fetch(tk, delivery.Range{}, -1)
	if err != nil || !bytes.Equal(got, w.bytes) {
		t.Fatal("other bytes", err)
	}
	_, err = w.fetch(tk, delivery.Range{}, -1)
	wantCode(t, err, fault.Gone, "ticket.used")
	_, err = w.delivery.Redeem(t.Context(), token(tk), delivery.Fetch{Head: true})
	wantCode(t, err, fault.Gone, "ticket.used")

	if n := w.one("select count(*) from audit_entry where subject = $1 and verb in ('delivery.issue', 'delivery.redeem')", w.asset.String()); n != "2" {
		t.Error(n, "deeds")
	}
	if what := w.one("select string_agg(what, ' ') from sighting where subject = $1", w.asset.String()); what != "downloaded_original" {
		t.Error("seen:", what)
	}
	if dump := w.one("select string_agg(t::text, ' ') from ticket t") + w.one("select string_agg(a::text, ' ') from audit_entry a"); strings.Contains(dump, token(tk)[3:]) {
		t.Error("the token is stored")
	}
}

func TestOfManyFirstRequestsExactlyOneIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5000)
	tk := w.issue()
	var ok, used atomic.Int32
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			st, err := w.delivery.Redeem(t.Context(), token(tk), delivery.Fetch{})
			switch {
			case err == nil:
				ok.Add(1)
				_ = st.Close(t.Context())
			case fault.CodeOf(err) == "ticket.used":
				used.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ok.Load() != 1 || used.Load() != 199 {
		t.Errorf("%d starts, %d refused", ok.Load(), used.Load())
	}
}

func TestABrokenDownloadIsResumedWithinItsBudget(t *testing.T) {
	t.Parallel()
	const size = 40 << 20
	w := newWorld(t, size)
	tk := w.issue()
	got, err := w.fetch(tk, delivery.Range{}, 10<<20) // the line breaks: 30 MiB come back
	if err != nil {
		t.Fatal(err)
	}
	w.pass(5 * time.Minute)
	rest, err := w.fetch(tk, delivery.Range{Range: fmt.Sprintf("bytes=%d-", len(got)), IfRange: w.etag}, -1)
	if err != nil || !bytes.Equal(append(got, rest...), w.bytes) {
		t.Fatal("the two parts are not the file", err)
	}
	// 5 % and 1 MiB more than the file, and no byte above.
	if _, err := w.fetch(tk, delivery.Range{Range: "bytes=-3145728"}, -1); err != nil {
		t.Fatal(err)
	}
	_, err = w.fetch(tk, delivery.Range{Range: "bytes=1-1"}, -1)
	wantCode(t, err, fault.Gone, "ticket.spent")
	if n := w.one("select count(*) from audit_entry where verb = 'delivery.redeem'"); n != "1" {
		t.Error(n, "deeds")
	}
}

func TestAContinuationMustContinueTheSameFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5000)
	tk := w.issue()
	if _, err := w.fetch(tk, delivery.Range{}, 100); err != nil {
		t.Fatal(err)
	}
	for _, r := range []delivery.Range{{}, {Range: "bytes=0-"}, {Range: "bytes=100-", IfRange: `"other"`}, {Range: "bytes=0-1,5-6"}, {Range: "lines=5-"}} {
		_, err := w.fetch(tk, r, -1)
		wantCode(t, err, fault.Gone, "ticket.used")
	}
	_, err := w.fetch(tk, delivery.Range{Range: "bytes=5000-"}, -1)
	if fault.CodeOf(err) == delivery.CodeRange {
		t.Error("a used ticket told the file's size")
	}
	if _, err := w.fetch(tk, delivery.Range{Range: "bytes=0-", IfRange: w.etag}, -1); err != nil {
		t.Error(err)
	}
	w.pass(31 * time.Minute)
	_, err = w.fetch(tk, delivery.Range{Range: "bytes=100-"}, -1)
	wantCode(t, err, fault.Gone, "ticket.expired")
}

func TestARangeOutsideTheFileUsesNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5000)
	tk := w.issue()
	_, err := w.fetch(tk, delivery.Range{Range: "bytes=5000-"}, -1)
	wantCode(t, err, fault.Invalid, delivery.CodeRange)
	if fault.As(err).Extra["size"] != "5000" {
		t.Error(err)
	}
	if b, err := w.fetch(tk, delivery.Range{Range: "bytes=4990-"}, -1); err != nil || !bytes.Equal(b, w.bytes[4990:]) {
		t.Error(err)
	}
}

func TestATicketMustBeStartedInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	tk := w.issue()
	w.pass(time.Minute)
	_, err := w.fetch(tk, delivery.Range{}, -1)
	wantCode(t, err, fault.Gone, "ticket.expired")
	_, err = w.delivery.Redeem(t.Context(), token(tk), delivery.Fetch{Head: true})
	wantCode(t, err, fault.Gone, "ticket.expired")
}

func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	tk := w.issue()
	for _, guess := range []string{"", "dl_", token(tk)[3:], token(tk) + "A", "dl_" + strings.Repeat("A", 43), "dl_" + strings.Repeat("å", 43), "dl_" + strings.Repeat("'", 43), strings.ToUpper(token(tk))} {
		_, err := w.delivery.Redeem(t.Context(), guess, delivery.Fetch{})
		wantCode(t, err, fault.NotFound, "ticket.not_found")
	}
	bound, err := w.delivery.Issue(t.Context(), w.who, w.asset, delivery.Request{Variant: delivery.Original, Network: netip.MustParsePrefix("192.0.2.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []netip.Addr{{}, netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("::1")} {
		_, err = w.delivery.Redeem(t.Context(), token(bound), delivery.Fetch{From: from})
		wantCode(t, err, fault.NotFound, "ticket.not_found")
	}
	st, err := w.delivery.Redeem(t.Context(), token(bound), delivery.Fetch{From: netip.MustParseAddr("::ffff:192.0.2.7")})
	if err != nil {
		t.Fatal(err)
	}
	_ = st.Close(t.Context())
}

func TestRightsAreAskedForAtIssueAndAgainWhenBytesLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	try := func() error {
		_, err := w.delivery.Issue(t.Context(), w.who, w.asset, delivery.Request{Variant: delivery.Original})
		return err
	}
	w.grant(access.DownloadOriginal)
	wantCode(t, try(), fault.NotFound, "asset.not_found")
	w.grant(access.View | access.DownloadRendition)
	wantCode(t, try(), fault.Forbidden, "access.forbidden")
	_, err := w.delivery.Issue(t.Context(), w.who, id.New[id.Asset](), delivery.Request{Variant: delivery.Original})
	wantCode(t, err, fault.NotFound, "asset.not_found")
	_, err = w.delivery.Issue(t.Context(), w.who, w.asset, delivery.Request{Variant: "small"})
	wantCode(t, err, fault.NotFound, "delivery.no_variant")
	for _, v := range []string{"", "../x", "Small", "a b", strings.Repeat("a", 61)} {
		_, err = w.delivery.Issue(t.Context(), w.who, w.asset, delivery.Request{Variant: v})
		wantCode(t, err, fault.Invalid, "delivery.variant")
	}
	_, err = w.delivery.Issue(t.Context(), w.who, w.asset, delivery.Request{Variant: "small", Purpose: strings.Repeat("å", 501)})
	wantCode(t, err, fault.Invalid, "delivery.purpose")

	all := access.View | access.DownloadOriginal | access.DownloadRendition
	soon, past := "'"+w.now().Add(time.Hour).Format(time.RFC3339)+"'", "'"+w.now().Add(-time.Hour).Format(time.RFC3339)+"'"
	for name, c := range map[string][2]string{
		"quarantined": {"state = 'quarantined'", "state = 'ready'"},
		"embargoed":   {"embargo_until = " + soon, "embargo_until = null"},
		"expired":     {"expires_at = " + past, "expires_at = null"},
		"in the bin":  {"deleted_at = " + past, "deleted_at = null"},
	} {
		w.grant(all)
		tk := w.issue()
		w.exec("update asset set " + c[0])
		if try() == nil {
			t.Errorf("%s: a ticket was given out", name)
		}
		_, err := w.fetch(tk, delivery.Range{}, -1)
		if fault.CodeOf(err) != "ticket.withdrawn" {
			t.Errorf("%s: %v", name, err)
		}
		w.exec("update asset set " + c[1])
		if _, err := w.fetch(tk, delivery.Range{}, -1); err != nil { // the refusal used nothing up
			t.Errorf("%s, later: %v", name, err)
		}
	}
	tk := w.issue()
	w.grant(access.View)
	_, err = w.fetch(tk, delivery.Range{}, -1)
	wantCode(t, err, fault.Gone, "ticket.withdrawn")
	w.grant(all)
	w.mu.Lock()
	w.recall = fault.New(fault.Unauthentic, "session.ended", "Sign in again.")
	w.mu.Unlock()
	_, err = w.fetch(tk, delivery.Range{}, -1)
	wantCode(t, err, fault.Gone, "ticket.withdrawn")
}

func TestAStreamEndsWhenTheRightDoes(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, tk delivery.Ticket){
		"revoked":    func(w *world, tk delivery.Ticket) { _ = w.delivery.Revoke(w.t.Context(), w.who, tk.ID) },
		"right lost": func(w *world, _ delivery.Ticket) { w.grant(access.View) },
		"account gone": func(w *world, _ delivery.Ticket) {
			w.mu.Lock()
			w.recall = fault.New(fault.Unauthentic, "x", "x")
			w.mu.Unlock()
		},
		"quarantined": func(w *world, _ delivery.Ticket) { w.exec("update asset set state = 'quarantined'") },
		"purged":      func(w *world, _ delivery.Ticket) { w.exec("delete from ticket") },
		"deleted": func(w *world, _ delivery.Ticket) {
			if err := pg.In(w.t.Context(), w.db, w.Tenant, func(tx pg.Tx) error {
				return w.delivery.RevokeForAssetsTx(w.t.Context(), tx, w.who, []id.Asset{w.asset})
			}); err != nil {
				w.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1000)
			tk := w.issue()
			st, err := w.delivery.Redeem(t.Context(), token(tk), delivery.Fetch{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = st.Close(context.Background()) }()
			w.pass(5 * time.Second)
			if err := st.Sent(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			end(w, tk)
			if err := st.Sent(t.Context(), 10); err != nil {
				t.Error("asked again too soon:", err)
			}
			w.pass(5 * time.Second)
			if err := st.Sent(t.Context(), 10); fault.KindOf(err) != fault.Gone {
				t.Error("goes on:", err)
			}
		})
	}
}

func TestEveryPieceOf64MiBIsAuthorised(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	st, err := w.delivery.Redeem(t.Context(), token(w.issue()), delivery.Fetch{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close(t.Context()) }()
	w.grant(access.View)
	if err := st.Sent(t.Context(), 64<<20-1); err != nil {
		t.Error(err)
	}
	if err := st.Sent(t.Context(), 1); fault.CodeOf(err) != "ticket.withdrawn" {
		t.Error(err)
	}
}

func TestAtMostEightStreamsAtOnceAndTheDeadAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1_000_000)
	tk := w.issue()
	start := func(from int) (*delivery.Stream, error) {
		return w.delivery.Redeem(t.Context(), token(tk), delivery.Fetch{Range: delivery.Range{Range: fmt.Sprintf("bytes=%d-%d", from, from+99)}})
	}
	for i := range 8 {
		if _, err := start(1 + i*100); err != nil { // and its process is killed: no Close
			t.Fatal(err)
		}
	}
	_, err := start(900)
	wantCode(t, err, fault.TooMany, "ticket.streams")
	w.pass(3 * time.Minute)
	st, err := start(900)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := w.one("select streams || ' ' || reserved from ticket"); s != "0 0" {
		t.Error("left over:", s)
	}
}

func TestAStorageThatIsAwayDoesNotUseTheTicketUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	tk := w.issue()
	w.exec("update ticket set blob_key = 'originals/missing'")
	_, err := w.fetch(tk, delivery.Range{}, -1)
	if fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), "missing") {
		t.Error(err)
	}
	w.exec("update ticket set blob_key = (select blob_key from revision)")
	if _, err := w.fetch(tk, delivery.Range{}, -1); err != nil {
		t.Error(err)
	}
}

func TestRevokeIsForTheAskerAndForEditors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	tk := w.issue()
	other := w.Person()
	wantCode(t, w.delivery.Revoke(t.Context(), other, tk.ID), fault.NotFound, "ticket.not_found")
	wantCode(t, w.delivery.Revoke(t.Context(), w.Person(w.Groups[0]), tk.ID), fault.Forbidden, "access.forbidden")
	wantCode(t, w.delivery.Revoke(t.Context(), w.who, id.New[id.Ticket]()), fault.NotFound, "ticket.not_found")
	if err := w.delivery.Revoke(t.Context(), access.HouseActor(w.Tenant, "test"), tk.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.fetch(tk, delivery.Range{}, -1)
	wantCode(t, err, fault.Gone, "ticket.revoked")
}

func TestSweepTakesOldTicketsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.issue()
	w.pass(25 * time.Hour)
	w.issue()
	if _, err := w.delivery.Sweep(t.Context(), w.who); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	n, err := w.delivery.Sweep(t.Context(), access.HouseActor(id.Tenant{}, "delivery"))
	if err != nil || n != 1 || w.one("select count(*) from ticket") != "1" {
		t.Error(n, err)
	}
}

func TestARenditionNeedsOnlyItsRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.put("renditions/ab/small", []byte("picture"))
	w.exec(`insert into rendition (id, tenant_id, asset_id, revision_id, preset, recipe, blob_key, media_type, width, height, size, created_at)
		values ($1, $2, $3, $4, 'small', 'r', 'renditions/ab/small', 'image/jpeg', 320, 213, 7, $5)`, id.New[id.Rendition](), w.Tenant, w.asset, w.revision, w.now())
	w.grant(access.View | access.DownloadRendition)
	tk, err := w.delivery.Issue(t.Context(), w.who, w.asset, delivery.Request{Variant: "small"})
	if err != nil {
		t.Fatal(err)
	}
	st, err := w.delivery.Redeem(t.Context(), token(tk), delivery.Fetch{})
	if err != nil || st.Name != "Årsmöte-small" || st.Size != 7 {
		t.Fatal(st, err)
	}
	_ = st.Close(t.Context())
	if what := w.one("select string_agg(what, ' ') from sighting"); what != "downloaded_rendition" {
		t.Error("seen:", what)
	}
}

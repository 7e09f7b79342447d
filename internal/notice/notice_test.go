// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/mail"
	"tillgang/internal/mail/mailtest"
	"tillgang/internal/notice"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/queue"
)

// world is a tenant with this room, its jobs, and a mail server.
type world struct {
	*notice.Service
	t        *testing.T
	db       *pg.DB
	accounts *account.Service
	server   *mailtest.Server // nil: no mail
	tenant   id.Tenant
	house    access.Actor
	mu       sync.Mutex
	time     time.Time
}

func (w *world) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.time }

func (w *world) wait(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.time = w.time.Add(d) }

func start(t *testing.T, mails bool) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), time: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	var err error
	if w.accounts, err = account.New(w.db, w.now, account.Config{Key: bytes.Repeat([]byte("key "), 8), Hash: account.MinimumHashCost, Log: log}); err != nil {
		t.Fatal(err)
	}
	if w.tenant, err = w.accounts.Prepare(t.Context(), account.First{Tenant: "Öviks kommun"}); err != nil {
		t.Fatal(err)
	}
	w.house = access.HouseActor(w.tenant, "test")
	cfg := notice.Config{BaseURL: "https://bilder.example.se", Product: "Tillgång"}
	if mails {
		w.server = mailtest.Start(t, false)
		if cfg.Mail, err = mail.New(mail.Config{
			Host: "127.0.0.1", Port: w.server.Port, Security: mail.Plain, From: "arkivet@example.se",
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, addr)
			},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if w.Service, err = notice.New(w.db, w.accounts, w.now, cfg); err != nil {
		t.Fatal(err)
	}
	w.Tenants = func(context.Context) ([]id.Tenant, error) { return nil, nil } // the day's work is done when a test says so
	w.accounts.SendLink, w.accounts.OnAddressChanged = w.SendLinkTx, w.AddressChangedTx
	q := queue.New(w.db.Pool(), log, queue.Config{Name: "test"})
	w.Register(q)
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Stop(context.Background()) })
	return w
}

// person is somebody in use.
func (w *world) person(name string) access.Actor {
	w.t.Helper()
	a, err := w.accounts.Create(w.t.Context(), w.house, account.NewAccount{Email: name + "@example.se", Name: "Känslig " + name})
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := w.accounts.NewLink(w.t.Context(), w.house, a.Email)
	if err != nil {
		w.t.Fatal(err)
	}
	in, err := w.accounts.RedeemLink(w.t.Context(), token.Reveal(), "test", account.Network(netmailAddr))
	if err != nil {
		w.t.Fatal(err)
	}
	return in.Who
}

func (w *world) tell(who access.Actor, n notice.News) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.tenant, func(tx pg.Tx) error { return w.TellTx(w.t.Context(), tx, who, n) }); err != nil {
		w.t.Fatal(err)
	}
}

// kinds are those of who's notices, the newest first.
func (w *world) kinds(who access.Actor, f notice.Filter) (out []notice.Kind) {
	w.t.Helper()
	p, err := w.List(w.t.Context(), who, f)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, n := range p.Items {
		out = append(out, n.Kind)
	}
	return out
}

// text is the text of a mail, its headers, and its page.
func text(t *testing.T, m mailtest.Mail) (subject, plain, html string) {
	t.Helper()
	parsed, err := netmail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r, parts := multipart.NewReader(parsed.Body, params["boundary"]), []string{}
	for range 2 {
		p, err := r.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, strings.ReplaceAll(string(b), "\r\n", "\n"))
	}
	return subject, parts[0], parts[1]
}

func TestWhoShouldKnowIsTold(t *testing.T) {
	t.Parallel()
	w := start(t, false)
	eva, ola, gone := w.person("eva"), w.person("ola"), w.person("gone")
	if err := w.accounts.Deactivate(t.Context(), w.house, gone.Account); err != nil {
		t.Fatal(err)
	}
	all := []id.Account{eva.Account, ola.Account, gone.Account}
	w.tell(eva, notice.News{Kind: notice.Mentioned, To: all, Subject: "ast_x"})
	w.tell(w.house, notice.News{Kind: notice.JobDone, To: all, Count: 3})
	w.tell(eva, notice.News{Kind: notice.PasswordSet, To: []id.Account{eva.Account}}) // of one's own deeds, when it is about safety
	for range 2 {
		w.tell(w.house, notice.News{Kind: notice.AssetExpiring, To: all, Days: 7, Once: "expiring 7"})
	}
	if diff := cmp.Diff([]notice.Kind{notice.AssetExpiring, notice.JobDone, notice.Mentioned}, w.kinds(ola, notice.Filter{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]notice.Kind{notice.AssetExpiring, notice.PasswordSet, notice.JobDone}, w.kinds(eva, notice.Filter{})); diff != "" {
		t.Error(diff)
	}
	p, err := w.List(t.Context(), ola, notice.Filter{Limit: 2})
	if err != nil || p.Next == "" {
		t.Fatal(p, err)
	}
	if one := p.Items[1]; one.Title != "Ett jobb du startade är klart" || one.Count != 3 || one.ByName != "" || p.Items[0].Days != 7 {
		t.Errorf("%+v", p.Items)
	}
	p, err = w.List(t.Context(), ola, notice.Filter{Limit: 2, Cursor: p.Next})
	if err != nil || len(p.Items) != 1 || p.Items[0].ByName != "Känslig eva" || p.Items[0].By != eva.ID || p.Items[0].SubjectName != "" {
		t.Fatal(p, err)
	}
	// The state of the bell, and reading.
	st, err := w.State(t.Context(), ola)
	if err != nil || st.Unread != 3 {
		t.Fatal(st, err)
	}
	mentioned := p.Items[0].ID
	if err := w.Read(t.Context(), eva, mentioned); fault.KindOf(err) != fault.NotFound {
		t.Error("somebody else's notice was read:", err)
	}
	for range 2 {
		if err := w.Read(t.Context(), ola, mentioned); err != nil {
			t.Error(err)
		}
	}
	if got := w.kinds(ola, notice.Filter{Unread: true}); !slices.Equal(got, []notice.Kind{notice.AssetExpiring, notice.JobDone}) {
		t.Error(got)
	}
	one, err := w.Get(t.Context(), ola, mentioned)
	if err != nil || one.ReadAt == nil {
		t.Error(one, err)
	}
	if _, err := w.Get(t.Context(), eva, mentioned); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if err := w.ReadAll(t.Context(), ola, mentioned); err != nil { // what came after is not read
		t.Error(err)
	}
	if got := w.kinds(ola, notice.Filter{Unread: true}); len(got) != 2 {
		t.Error(got)
	}
	if err := w.ReadAll(t.Context(), ola, id.Notice{}); err != nil {
		t.Error(err)
	}
	if st, err = w.State(t.Context(), ola); err != nil || st.Unread != 0 || st.Newest.IsZero() {
		t.Error(st, err)
	}
	for _, who := range []access.Actor{{}, w.house} {
		if _, err := w.List(t.Context(), who, notice.Filter{}); err == nil {
			t.Errorf("%q has notices", who.Kind)
		}
	}
}

func TestEverybodyChoosesHowTheyAreTold(t *testing.T) {
	t.Parallel()
	w := start(t, false)
	eva, ola := w.person("eva"), w.person("ola")
	if err := w.accounts.SetPreferences(t.Context(), eva, account.Preferences{Language: "fi"}); err != nil {
		t.Fatal(err)
	}
	list, err := w.Prefer(t.Context(), eva, map[notice.Kind]notice.Way{notice.Mentioned: notice.Off, notice.Commented: notice.App})
	if err != nil || list[0].Way != notice.Off || list[0].Title != "Sinut mainittiin kommentissa" || list[1].Way != notice.App {
		t.Fatal(list, err)
	}
	if last := list[len(list)-1]; !last.Fixed || last.Way != notice.Mail {
		t.Error(last)
	}
	for kind, way := range map[notice.Kind]notice.Way{"gone": notice.App, notice.PasswordSet: notice.Off, notice.JobDone: "pigeon", "digest": notice.Off} {
		if _, err := w.Prefer(t.Context(), eva, map[notice.Kind]notice.Way{kind: way, notice.JobFailed: notice.Off}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s %s: %v", kind, way, err)
		}
	}
	w.tell(w.house, notice.News{Kind: notice.Mentioned, To: []id.Account{eva.Account, ola.Account}})
	w.tell(w.house, notice.News{Kind: notice.JobFailed, To: []id.Account{eva.Account, ola.Account}})
	if got := w.kinds(eva, notice.Filter{}); !slices.Equal(got, []notice.Kind{notice.JobFailed}) {
		t.Error(got)
	}
	if got := w.kinds(ola, notice.Filter{}); len(got) != 2 {
		t.Error(got)
	}
}

func TestPI9_MailsTellNothingAndGoWhereTheyShould(t *testing.T) {
	t.Parallel()
	w := start(t, true)
	eva, ola := w.person("eva"), w.person("ola")
	if err := w.accounts.SetPreferences(t.Context(), ola, account.Preferences{Language: "da"}); err != nil {
		t.Fatal(err)
	}
	w.tell(eva, notice.News{Kind: notice.Mentioned, To: []id.Account{ola.Account}, Subject: "ast_hemlig"})
	m := w.server.Wait(1)[0]
	subject, plain, html := text(t, m)
	list, err := w.List(t.Context(), ola, notice.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	link := "https://bilder.example.se/notices/" + list.Items[0].ID.String()
	if m.To != "ola@example.se" || m.From != "arkivet@example.se" || subject != "Öviks kommun: du blev nævnt i en kommentar" {
		t.Errorf("%q to %s", subject, m.To)
	}
	for _, part := range []string{plain, html} {
		if !strings.Contains(part, link) || strings.Count(part, "https://") != 2 || !strings.Contains(part, "https://bilder.example.se/notices/preferences") {
			t.Errorf("links in:\n%s", part)
		}
	}
	if !strings.Contains(m.Data, "List-Unsubscribe: <https://bilder.example.se/notices/preferences>\r\n") {
		t.Error("nobody is told how to turn it off")
	}
	for _, secret := range []string{"eva", "Känslig", "ola@", "ast_", "hemlig", ola.Account.String()} {
		if strings.Contains(strings.ReplaceAll(m.Data, "To: <ola@example.se>", "")+subject+plain+html, secret) {
			t.Errorf("the mail tells %q:\n%s", secret, m.Data)
		}
	}
	// An invitation is the only one with a token, which works once.
	l, err := w.accounts.Invite(t.Context(), w.house, account.NewAccount{Email: "ny@example.se", Name: "Ny Person"}, true)
	if err != nil || !l.Sent || !l.Token.IsZero() {
		t.Fatal(l, err)
	}
	_, plain, _ = text(t, w.server.Wait(2)[1])
	_, rest, ok := strings.Cut(plain, "https://bilder.example.se/sign-in/link#")
	token, _, _ := strings.Cut(rest, "\n")
	if !ok || strings.Contains(plain, "Ny Person") || strings.Contains(plain, "preferences") {
		t.Errorf("an invitation:\n%s", plain)
	}
	if in, err := w.accounts.RedeemLink(t.Context(), token, "test", account.Network(netmailAddr)); err != nil || in.Who.Account != l.Account.ID {
		t.Error(in, err)
	}
	// Changing the address tells the old one.
	other := "eva.ek@example.se"
	if _, err := w.accounts.Edit(t.Context(), w.house, eva.Account, account.Patch{Email: &other}); err != nil {
		t.Fatal(err)
	}
	to := []string{w.server.Wait(4)[2].To, w.server.Wait(4)[3].To}
	slices.Sort(to)
	if diff := cmp.Diff([]string{"eva.ek@example.se", "eva@example.se"}, to); diff != "" {
		t.Error(diff)
	}
}

// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

func TestASessionEndsUnusedAfterAnHourAndSoonerForAdministrators(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	reader, admin := w.enrol(ann, "viewer"), w.enrol("root@example.se", "operator")
	use := func(in account.SignedIn) error {
		_, err := w.ActorBySession(ctx, in.Token)
		return err
	}
	w.clock.add(14 * time.Minute)
	nilErr(t, use(admin))
	w.clock.add(15 * time.Minute)
	wants(t, use(admin), fault.Unauthentic)
	w.clock.add(30 * time.Minute)
	nilErr(t, use(reader))
	w.clock.add(60*time.Minute - time.Second)
	nilErr(t, use(reader))
	w.clock.add(60 * time.Minute)
	wants(t, use(reader), fault.Unauthentic)
	// An idle session does not come back to life.
	w.clock.add(-30 * time.Minute)
	nilErr(t, use(reader))
}

func TestASessionEndsAfterTwelveHoursHoweverBusy(t *testing.T) {
	t.Parallel()
	w := start(t)
	in := w.enrol(ann)
	for range 23 {
		w.clock.add(30 * time.Minute)
		ok(w.ActorBySession(t.Context(), in.Token))(t)
	}
	w.clock.add(30 * time.Minute)
	_, err := w.ActorBySession(t.Context(), in.Token)
	wants(t, err, fault.Unauthentic)
}

func TestASessionIsNotedAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	w := start(t)
	in := w.enrol(ann)
	seen := func() time.Time {
		t.Helper()
		return ok(w.Sessions(t.Context(), in.Who, in.Who.Account))(t)[0].SeenAt
	}
	first := seen()
	w.clock.add(59 * time.Second)
	ok(w.ActorBySession(t.Context(), in.Token))(t)
	if !seen().Equal(first) {
		t.Error("noted within the minute")
	}
	w.clock.add(time.Second)
	ok(w.ActorBySession(t.Context(), in.Token))(t)
	if !seen().Equal(first.Add(time.Minute)) {
		t.Error("not noted after a minute")
	}
}

func TestWhatEndsASession(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	other := w.enrol("root@example.se", "admin")
	for _, tt := range []struct {
		name string
		end  func(account.SignedIn) error
	}{
		{"signing out", func(in account.SignedIn) error { return w.SignOut(ctx, in.Who) }},
		{"an administrator", func(in account.SignedIn) error { return w.EndSession(ctx, other.Who, in.Who.Session) }},
		{"deactivation", func(in account.SignedIn) error { return w.Deactivate(ctx, other.Who, in.Who.Account) }},
		{"a password set in another session", func(in account.SignedIn) error {
			second, err := w.SignIn(ctx, account.Attempt{Email: in.Who.Account.String() + "@example.se", Password: secret.Exactly(goodPassword)})
			if err != nil {
				return err
			}
			return w.SetPassword(ctx, second.Who, secret.Exactly(goodPassword), secret.Exactly(goodPassword+"2"))
		}},
	} {
		email := "x" + strings.ReplaceAll(tt.name, " ", "") + "@example.se"
		in := w.enrol(email)
		name := in.Who.Account.String() + "@example.se"
		ok(w.Edit(ctx, w.house, in.Who.Account, account.Patch{Email: &name}))(t)
		nilErr(t, tt.end(in))
		_, err := w.ActorBySession(ctx, in.Token)
		if fault.KindOf(err) != fault.Unauthentic {
			t.Errorf("%s did not end the session: %v", tt.name, err)
		}
		if err := pg.In(ctx, w.db, w.tenant, func(tx pg.Tx) error {
			note, err := in.Who.Remember()
			if err != nil {
				return err
			}
			_, err = w.RecallTx(ctx, tx, w.tenant, note)
			return err
		}); fault.KindOf(err) != fault.Unauthentic {
			t.Errorf("%s did not end what was remembered: %v", tt.name, err)
		}
	}
	nilErr(t, w.SetTenantOpen(ctx, w.house, false))
	_, err := w.ActorBySession(ctx, other.Token)
	wants(t, err, fault.Unauthentic)
	_, err = w.signIn("root@example.se", goodPassword, "")
	wants(t, err, fault.Unauthentic)
	nilErr(t, w.SetTenantOpen(ctx, w.house, true))
	ok(w.ActorBySession(ctx, other.Token))(t)
	for _, wrong := range []string{"", "x", secret.Token(), strings.Repeat("å", 43)} {
		_, err := w.ActorBySession(ctx, wrong)
		wants(t, err, fault.Unauthentic)
	}
}

func TestRightsAreThoseOfTheMoment(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in := w.enrol(ann)
	if in.Who.Everywhere() != 0 || len(in.Who.Own.Principals) != 1 {
		t.Fatalf("NU-2: a new account has rights: %+v", in.Who)
	}
	note := ok(in.Who.Remember())(t)
	check := func(want access.Set) {
		t.Helper()
		who := ok(w.ActorBySession(ctx, in.Token))(t)
		if who.Everywhere() != want {
			t.Fatalf("%v, want %v", who.Everywhere().Names(), want.Names())
		}
		nilErr(t, pg.In(ctx, w.db, w.tenant, func(tx pg.Tx) error {
			recalled, err := w.RecallTx(ctx, tx, w.tenant, note)
			if recalled.Everywhere() != want || recalled.Session != who.Session {
				t.Errorf("recalled %+v", recalled)
			}
			return err
		}))
	}
	group := ok(w.CreateGroup(ctx, w.house, "Bildbanken"))(t)
	nilErr(t, w.Give(ctx, w.house, group.ID.UUID(), w.role("editor").ID))
	check(0)
	nilErr(t, w.AddMember(ctx, w.house, group.ID, account.Member{Account: in.Who.Account}))
	check(w.role("editor").Perm)
	nilErr(t, w.Give(ctx, w.house, in.Who.Account.UUID(), w.role("auditor").ID))
	check(w.role("editor").Perm | access.ReadAudit)
	nilErr(t, w.RemoveMember(ctx, w.house, group.ID, account.Member{Account: in.Who.Account}))
	check(access.ReadAudit)
	nilErr(t, w.Take(ctx, w.house, in.Who.Account.UUID(), w.role("auditor").ID))
	check(0)
}

func TestASessionOfAnotherTenantIsRecalledInItsOwnOnly(t *testing.T) {
	t.Parallel()
	w := start(t)
	in := w.enrol(ann, "admin")
	other := ok(w.CreateTenant(t.Context(), "test", "other", "Other", account.First{}))(t)
	note := ok(in.Who.Remember())(t)
	if err := pg.In(t.Context(), w.db, other, func(tx pg.Tx) error {
		_, err := w.RecallTx(t.Context(), tx, other, note)
		return err
	}); fault.KindOf(err) != fault.Unauthentic {
		t.Fatal(err)
	}
}

func TestPI5_PasswordsAreHashedAndOldHashesGrowStronger(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in := w.enrol(ann)
	stored := func() (phc string) {
		t.Helper()
		nilErr(t, pg.In(ctx, w.db, w.tenant, func(tx pg.Tx) error {
			return tx.QueryRow(ctx, "select password_hash from account where email = $1", ann).Scan(&phc)
		}))
		return phc
	}
	form := regexp.MustCompile(`^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
	if got := form.FindStringSubmatch(stored()); got == nil || got[1] != "19456" {
		t.Fatal(stored())
	}
	old := stored()

	// A stronger setting re-hashes at the next sign-in, once.
	cfg := config()
	cfg.Hash = account.DefaultHashCost
	w.Service = service(t, w.db, w.clock, cfg)
	_, err := w.signIn(ann, "wrong", "")
	wants(t, err, fault.Unauthentic)
	if stored() != old {
		t.Fatal("a wrong password changed the hash")
	}
	ok(w.signIn(ann, goodPassword, in.Device))(t)
	strong := stored()
	if !strings.HasPrefix(strong, "$argon2id$v=19$m=65536,t=3,p=2$") {
		t.Fatal(strong)
	}
	ok(w.signIn(ann, goodPassword, in.Device))(t)
	// A weaker setting leaves the strong hash alone.
	w.Service = service(t, w.db, w.clock, config())
	ok(w.signIn(ann, goodPassword, in.Device))(t)
	if stored() != strong {
		t.Fatal("hashed again without need")
	}
	// å as one character or two is one password.
	decomposed := strings.ReplaceAll(goodPassword, "ö", "o\u0308")
	ok(w.signIn(ann, decomposed, in.Device))(t)

	// Without the server's key the hash is worth nothing.
	cfg = config()
	cfg.Key = bytes.Repeat([]byte("other"), 8)
	w.Service = service(t, w.db, w.clock, cfg)
	_, err = w.signIn(ann, goodPassword, "")
	wants(t, err, fault.Unauthentic)

	if _, err := account.New(w.db, w.clock.now, account.Config{Key: serverKey, Hash: account.HashCost{Memory: 1024, Time: 1, Threads: 1}}); err == nil {
		t.Error("a setting below the minimum was accepted")
	}
	if _, err := account.New(w.db, w.clock.now, account.Config{Key: []byte("short")}); err == nil {
		t.Error("a short server key was accepted")
	}
}

func TestPI5_NoSecretStandsInTheDatabase(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	link := ok(w.Bootstrap(ctx, account.First{}))(t).Reveal()
	in := w.enrol(ann, "admin")
	key := ok2(w.CreateKey(ctx, in.Who, account.NewKey{Name: "k", Scope: access.View}))(t)
	ok(w.ActorByKey(ctx, key, anywhere.Addr()))(t)
	conn, err := pgx.Connect(ctx, w.owner)
	nilErr(t, err)
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "select tablename from pg_tables where schemaname = 'public'")
	nilErr(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	nilErr(t, err)
	for _, table := range tables {
		var dump string
		nilErr(t, conn.QueryRow(ctx, "select coalesce(string_agg(t::text, ' '), '') from "+pgx.Identifier{table}.Sanitize()+" t").Scan(&dump))
		for name, s := range map[string]string{"password": goodPassword, "session": in.Token, "link": link, "key": key, "key's secret": key[12:55], "device": in.Device} {
			if strings.Contains(dump, s) {
				t.Errorf("the %s stands in table %s", name, table)
			}
		}
		if table == "audit_entry" && strings.Contains(dump, ann) {
			t.Error("a person's address stands in the log of deeds")
		}
	}
}

func TestSettingAPasswordAsksForTheOldOne(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	w.enrol(ann)
	in := ok(w.signIn(ann, goodPassword, ""))(t)
	next := secret.Exactly("en helt annan lång mening")
	for range 3 {
		wants(t, w.SetPassword(ctx, in.Who, secret.Exactly("wrong"), next), fault.Forbidden)
	}
	wants(t, w.SetPassword(ctx, in.Who, secret.Exactly(goodPassword), next), fault.TooMany)
	w.clock.add(15 * time.Minute)
	err := w.SetPassword(ctx, in.Who, secret.Exactly(goodPassword), secret.Exactly("ann-ann-ann-ann-ann"))
	wants(t, err, fault.Invalid)
	if fault.As(err).Field["password"] == "" {
		t.Error(err)
	}
	nilErr(t, w.SetPassword(ctx, in.Who, secret.Exactly(goodPassword), next))
	ok(w.ActorBySession(ctx, in.Token))(t) // the session that set it goes on
	_, err = w.signIn(ann, goodPassword, in.Device)
	wants(t, err, fault.Unauthentic)
	ok(w.signIn(ann, next.Reveal(), in.Device))(t)

	// Once used, a link's session asks too.
	second := w.redeem(ann)
	wants(t, w.SetPassword(ctx, second.Who, secret.Text{}, next), fault.Forbidden)

	// Nobody but a person has a password.
	wants(t, w.SetPassword(ctx, access.Actor{}, secret.Text{}, next), fault.Unauthentic)
	if err := w.SetPassword(ctx, w.house, secret.Text{}, next); err == nil {
		t.Error("the house set a password")
	}
}

func TestProvingAgainMovesTheSessionToANewToken(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in := w.enrol(ann)
	w.clock.add(10 * time.Minute)
	_, err := w.Prove(ctx, in.Who, secret.Exactly("wrong"))
	wants(t, err, fault.Forbidden)
	token := ok(w.Prove(ctx, in.Who, secret.Exactly(goodPassword)))(t)
	_, err = w.ActorBySession(ctx, in.Token)
	wants(t, err, fault.Unauthentic)
	who := ok(w.ActorBySession(ctx, token))(t)
	s := ok(w.Sessions(ctx, who, who.Account))(t)
	if who.Session != in.Who.Session || len(s) != 1 || !s[0].ProvedAt.Equal(w.clock.now()) {
		t.Fatalf("%+v", s)
	}
}

func TestSessionsAreSeenByTheirOwnerAndAdministratorsOnly(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in, stranger, admin := w.enrol(ann), w.enrol("bo@example.se", "editor"), w.enrol("root@example.se", "tenant-admin")
	for _, who := range []access.Actor{in.Who, admin.Who} {
		if s := ok(w.Sessions(ctx, who, in.Who.Account))(t); len(s) != 1 || s[0].ID != in.Who.Session || s[0].Browser != "test" {
			t.Fatalf("%+v", s)
		}
	}
	_, err := w.Sessions(ctx, stranger.Who, in.Who.Account)
	wants(t, err, fault.NotFound)
	wants(t, w.EndSession(ctx, stranger.Who, in.Who.Session), fault.NotFound)
	wants(t, w.EndSession(ctx, stranger.Who, id.New[id.Session]()), fault.NotFound)
	wants(t, w.SignOut(ctx, access.Actor{}), fault.Unauthentic)
	w.clock.add(32 * 24 * time.Hour)
	nilErr(t, w.Tidy(ctx, w.house))
	var n int
	nilErr(t, pg.Across(ctx, w.db, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, "select (select count(*) from session) + (select count(*) from sign_in_link)").Scan(&n)
	}))
	if n != 0 {
		t.Errorf("%d old rows are kept", n)
	}
}

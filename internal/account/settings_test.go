// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// with is somebody with a password who has a built-in role at the tenant.
func (w *world) with(name, role string) account.SignedIn {
	w.t.Helper()
	a, err := w.Create(w.t.Context(), w.house, account.NewAccount{Email: name + "@example.se", Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	roles, err := w.Roles(w.t.Context(), w.house)
	if err != nil {
		w.t.Fatal(err)
	}
	if i := slices.IndexFunc(roles, func(r account.Role) bool { return r.Name == role }); i >= 0 {
		if err := w.Give(w.t.Context(), w.house, a.ID.UUID(), roles[i].ID); err != nil {
			w.t.Fatal(err)
		}
	}
	token, err := w.NewLink(w.t.Context(), w.house, a.Email)
	if err != nil {
		w.t.Fatal(err)
	}
	in, err := w.RedeemLink(w.t.Context(), token.Reveal(), "test", anywhere)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.SetPassword(w.t.Context(), in.Who, secret.Text{}, settingsPassword); err != nil {
		w.t.Fatal(err)
	}
	return in
}

var settingsPassword = secret.Exactly("tolv gröna lyktor vid kajen")

func TestSettingsHaveDefaultsAndAreChecked(t *testing.T) {
	t.Parallel()
	w := start(t)
	boss := w.with("boss", "tenant-admin")
	got, err := w.Settings(t.Context(), boss.Who)
	want := account.Settings{
		Name: "Tillgång", Language: "sv", LinkDays: 30, BinDays: 14, IdleMinutes: 60, IdleHighMinutes: 15, SessionHours: 12, Version: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	name, lang, days, text, day := "  Öviks\tkommun ", "nb", 20, "Äldre filmer saknar text.\n\nPDF:er är inte granskade.", "2026-11-01"
	got, err = w.SetSettings(t.Context(), boss.Who, 1, account.SettingsPatch{Name: &name, Language: &lang, BinDays: &days, Exceptions: &text, Assessed: &day})
	want.Name, want.Language, want.BinDays, want.Exceptions, want.Assessed, want.Version = "Öviks kommun", "nb", 20, text, day, 2
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	if _, err := w.SetSettings(t.Context(), boss.Who, 1, account.SettingsPatch{BinDays: &days}); fault.CodeOf(err) != "settings.changed" || fault.KindOf(err) != fault.Stale || fault.As(err).Extra["version"] != "2" {
		t.Error("an old version:", err)
	}
	zero, long, none, much, odd := 0, 366, "", strings.Repeat("å", 10_001), "2026-13-01"
	for field, p := range map[string]account.SettingsPatch{
		"name": {Name: &none}, "language": {Language: &odd}, "link_days": {LinkDays: &long}, "bin_days": {BinDays: &zero}, "idle_minutes": {IdleMinutes: &zero},
		"idle_high_minutes": {IdleHighMinutes: &long}, "session_hours": {SessionHours: &long}, "exceptions": {Exceptions: &much}, "assessed": {Assessed: &odd},
	} {
		if _, err := w.SetSettings(t.Context(), boss.Who, 0, p); fault.KindOf(err) != fault.Invalid || fault.As(err).Field[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	eva := w.with("eva", "")
	if _, err := w.Settings(t.Context(), eva.Who); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if _, err := w.SetSettings(t.Context(), eva.Who, 0, account.SettingsPatch{BinDays: &days}); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
}

func TestWeakeningTakesARightAReasonAndThePassword(t *testing.T) {
	t.Parallel()
	w := start(t)
	boss, guard, root := w.with("boss", "tenant-admin"), w.with("guard", "security-admin"), w.with("root", "admin")
	var told [][]string
	w.OnWeakened = func(_ context.Context, _ pg.Tx, _ access.Actor, names []string) error {
		told = append(told, names)
		return nil
	}
	longer, shorter, days, text := 90, 10, 20, "Vi arbetar i fält utan skärmlås på surfplattorna."
	weak := account.SettingsPatch{IdleMinutes: &longer, Reason: text, Password: settingsPassword}
	if _, err := w.SetSettings(t.Context(), boss.Who, 0, weak); fault.CodeOf(err) != "settings.weakens" || fault.KindOf(err) != fault.Forbidden {
		t.Error("without the right:", err)
	}
	for what, p := range map[string]account.SettingsPatch{
		"reason": {IdleMinutes: &longer, Reason: "för att", Password: settingsPassword}, "password": {IdleMinutes: &longer, Reason: text},
	} {
		_, err := w.SetSettings(t.Context(), guard.Who, 0, p)
		if f := fault.As(err); f.Code != "settings.weakens" || f.Field[what] == "" || len(f.Field) != 1 || f.Extra["weakens"] != "idle_minutes" {
			t.Errorf("without a %s: %v", what, err)
		}
	}
	if _, err := w.SetSettings(t.Context(), guard.Who, 0, account.SettingsPatch{IdleMinutes: &longer, Reason: text, Password: secret.Exactly("fel")}); fault.CodeOf(err) != "account.wrong_password" {
		t.Error("the wrong password:", err)
	}
	key := root.Who
	key.Kind = access.Key
	if _, err := w.SetSettings(t.Context(), key, 0, weak); fault.CodeOf(err) != "key.not_by_key" {
		t.Error("a key:", err)
	}
	// Whoever may only look after security changes nothing else.
	if _, err := w.SetSettings(t.Context(), guard.Who, 0, account.SettingsPatch{IdleMinutes: &longer, BinDays: &days, Reason: text, Password: settingsPassword}); fault.KindOf(err) != fault.Forbidden {
		t.Error("another setting beside it:", err)
	}
	if got, err := w.Settings(t.Context(), boss.Who); err != nil || got.Version != 1 || len(told) != 0 {
		t.Fatal(got, told, err)
	}
	got, err := w.SetSettings(t.Context(), guard.Who, 0, weak)
	if err != nil || got.IdleMinutes != 90 || !slices.EqualFunc(told, [][]string{{"idle_minutes"}}, slices.Equal) {
		t.Fatal(got, told, err)
	}
	// The other way needs nothing, and is told to nobody.
	if got, err = w.SetSettings(t.Context(), boss.Who, 0, account.SettingsPatch{IdleMinutes: &shorter}); err != nil || got.IdleMinutes != 10 || len(told) != 1 {
		t.Error(got, told, err)
	}
}

func TestSessionsLastAsTheSettingsSay(t *testing.T) {
	t.Parallel()
	w := start(t)
	eva, boss := w.with("eva", ""), w.with("boss", "tenant-admin")
	idle, high, hours := 20, 5, 1
	if _, err := w.SetSettings(t.Context(), w.house, 0, account.SettingsPatch{IdleMinutes: &idle, IdleHighMinutes: &high, SessionHours: &hours}); err != nil {
		t.Fatal(err)
	}
	there := func(in account.SignedIn) bool {
		_, err := w.ActorBySession(t.Context(), in.Token)
		if err != nil && fault.KindOf(err) != fault.Unauthentic {
			t.Fatal(err)
		}
		return err == nil
	}
	w.clock.add(6 * time.Minute)
	if there(boss) || !there(eva) {
		t.Error("after six minutes: an administrator's session ends after five, others go on")
	}
	if list, err := w.Sessions(t.Context(), w.house, boss.Who.Account); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	w.clock.add(19 * time.Minute)
	if !there(eva) {
		t.Error("a session in use ended")
	}
	w.clock.add(20 * time.Minute)
	if there(eva) {
		t.Error("a session that is not used goes on")
	}
	again, err := w.SignIn(t.Context(), account.Attempt{Email: "eva@example.se", Password: settingsPassword, Network: anywhere})
	if err != nil || !again.ExpiresAt.Equal(w.clock.now().Add(time.Hour)) {
		t.Error(again.ExpiresAt, err)
	}
}

func TestME19_ContactsAreForEverybodyToReadAndForFewToName(t *testing.T) {
	t.Parallel()
	w := start(t)
	boss, eva := w.with("boss", "tenant-admin"), w.with("eva", "")
	dpo := account.Contact{Role: account.DataProtection, Name: " Dataskyddsombudet ", Email: "DSO@example.se", Phone: "010-1", Page: "https://example.se/dso"}
	got, err := w.SetContact(t.Context(), boss.Who, dpo)
	want := account.Contact{Role: account.DataProtection, Name: "Dataskyddsombudet", Email: "dso@example.se", Phone: "010-1", Page: "https://example.se/dso", ConfirmedAt: w.clock.now()}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	if _, err := w.SetContact(t.Context(), boss.Who, account.Contact{Role: account.Accessibility, Name: "Webbredaktionen", Email: "webb@example.se"}); err != nil {
		t.Fatal(err)
	}
	list, err := w.Contacts(t.Context(), eva.Who)
	if err != nil || len(list) != 2 || cmp.Diff(want, list[0]) != "" {
		t.Error(list, err)
	}
	if _, err := w.SetContact(t.Context(), eva.Who, dpo); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if err := w.DropContact(t.Context(), eva.Who, account.DataProtection); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if _, err := w.Contacts(t.Context(), access.Actor{}); fault.KindOf(err) != fault.Unauthentic {
		t.Error(err)
	}
	for field, c := range map[string]account.Contact{
		"name": {Role: account.Incident, Email: "a@example.se"}, "email": {Role: account.Incident, Name: "Jouren", Email: "nej"},
		"page": {Role: account.Incident, Name: "Jouren", Page: "javascript:alert(1)"}, "phone": {Role: account.Incident, Name: "Jouren", Phone: strings.Repeat("1", 51)},
	} {
		if _, err := w.SetContact(t.Context(), boss.Who, c); fault.KindOf(err) != fault.Invalid || fault.As(err).Field[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := w.SetContact(t.Context(), boss.Who, account.Contact{Role: account.Incident, Name: "Ingen väg dit"}); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	if _, err := w.SetContact(t.Context(), boss.Who, account.Contact{Role: "chef", Name: "Chefen", Phone: "1"}); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	// The statement is public, and has the one contact that belongs there.
	st, err := w.Statement(t.Context(), access.Actor{}, "")
	if err != nil || st.Name != "Tillgång" || st.Contact == nil || st.Contact.Email != "webb@example.se" {
		t.Error(st, err)
	}
	if _, err := w.Statement(t.Context(), access.Actor{}, "annan"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	for range 2 {
		err = w.DropContact(t.Context(), boss.Who, account.DataProtection)
	}
	if fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

func TestPreferencesAreOnesOwn(t *testing.T) {
	t.Parallel()
	w := start(t)
	eva, ola := w.with("eva", ""), w.with("ola", "")
	want := account.Preferences{Language: "nb", Theme: "dark", Density: "compact", NoSingleKeys: true}
	if err := w.SetPreferences(t.Context(), eva.Who, want); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Preferences(t.Context(), eva.Who); err != nil || got != want {
		t.Error(got, err)
	}
	if got, err := w.Preferences(t.Context(), ola.Who); err != nil || got != (account.Preferences{}) {
		t.Error(got, err)
	}
	if me, err := w.Me(t.Context(), eva.Who); err != nil || me.Language != "nb" {
		t.Error(me, err)
	}
	for _, p := range []account.Preferences{{Language: "de"}, {Theme: "pink"}, {Density: "huge"}} {
		if err := w.SetPreferences(t.Context(), eva.Who, p); fault.KindOf(err) != fault.Invalid {
			t.Error(p, err)
		}
	}
	if err := w.SetPreferences(t.Context(), w.house, want); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
}

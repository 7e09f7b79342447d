// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
)

func TestAPastedListIsReadLineByLine(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.enrol(ann)
	for line, want := range map[string]string{
		"Åsa Öberg <asa.oberg@example.se>":        "asa.oberg@example.se|Åsa Öberg|ready|",
		"asa@example.se; Åsa Öberg":               "asa@example.se|Åsa Öberg|ready|",
		"Öberg\tÅsa\tASA@Example.SE":              "asa@example.se|Öberg Åsa|ready|",
		`"Öberg, Åsa" <asa@example.se>,`:          "asa@example.se|Öberg Åsa|ready|",
		"anna-maria.ek@example.se":                "anna-maria.ek@example.se|Anna Maria Ek|ready|",
		"  x@y  ":                                 "x@y|X|ready|",
		"bara ett namn":                           "|bara ett namn|invalid|Write an e-mail address, like name@example.se.",
		"a@b@c":                                   "a@b@c|A|ready|",
		"@example.se":                             "@example.se||invalid|Write an e-mail address, like name@example.se.",
		"<script>alert(1)</script>@example.se":    "@example.se|script alert 1 /script|invalid|Write an e-mail address, like name@example.se.",
		"\u202eevil\u202c <evil@example.se>":      "evil@example.se|evil|ready|",
		"._.@example.se":                          "._.@example.se||invalid|Give a name of 1 to 200 characters.",
		ann:                                       ann + "|Ann|known|",
		strings.Repeat("lång ", 60) + "<l@ex.se>": "l@ex.se|" + strings.TrimSpace(strings.Repeat("lång ", 60)) + "|invalid|Give a name of 1 to 200 characters.",
	} {
		list := ok(w.InviteMany(t.Context(), w.house, account.Guests{Text: "\n" + line, DryRun: true}))(t)
		g := list[0]
		if got := strings.Join([]string{g.Email, g.Name, g.State, g.Problem}, "|"); got != want || g.Line != 2 || len(list) != 1 || g.Link != nil {
			t.Errorf("%q\n got %s\nwant %s", line, got, want)
		}
	}
	_, err := w.InviteMany(t.Context(), w.house, account.Guests{Text: " \n\r\n"})
	wants(t, err, fault.Invalid)
	_, err = w.InviteMany(t.Context(), w.house, account.Guests{Text: strings.Repeat("a@b.se\n", account.MaxGuests+1)})
	wants(t, err, fault.Invalid)
}

func TestManyAreInvitedAtOnceOrNone(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	plain, boss := w.enrol(ann), w.enrol("boss@example.se", "tenant-admin")
	group := ok(w.CreateGroup(ctx, w.house, "g"))(t).ID
	strong := ok(w.CreateGroup(ctx, w.house, "strong"))(t).ID
	nilErr(t, w.Give(ctx, w.house, strong.UUID(), w.role("admin").ID))
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "p%d@example.se\n", i)
	}
	count := func() int { return len(ok(w.List(ctx, w.house, account.Filter{Limit: 200}))(t).Items) }
	before := count()
	_, err := w.InviteMany(ctx, plain.Who, account.Guests{Text: text.String()})
	wants(t, err, fault.Forbidden)
	for _, dry := range []bool{true, false} { // a group that one may not add to is refused before anybody is made
		_, err = w.InviteMany(ctx, boss.Who, account.Guests{Text: text.String(), Groups: []id.Group{group, strong}, DryRun: dry})
		wants(t, err, fault.Forbidden)
		_, err = w.InviteMany(ctx, boss.Who, account.Guests{Text: text.String(), Groups: []id.Group{id.New[id.Group]()}, DryRun: dry})
		wants(t, err, fault.NotFound)
	}
	for range 2 {
		for _, g := range ok(w.InviteMany(ctx, boss.Who, account.Guests{Text: text.String(), Groups: []id.Group{group}, DryRun: true}))(t) {
			if g.State != account.GuestReady || !g.Account.IsZero() || g.Link != nil {
				t.Fatalf("%+v", g)
			}
		}
	}
	if n := count(); n != before {
		t.Errorf("%d people were made by looking", n-before)
	}
	list := ok(w.InviteMany(ctx, boss.Who, account.Guests{Text: text.String(), Groups: []id.Group{group}}))(t)
	if n := count(); n != before+40 || len(ok(w.Members(ctx, w.house, group))(t)) != 40 {
		t.Errorf("%d people were made", n-before)
	}
	in := ok(w.RedeemLink(ctx, list[39].Link.Token.Reveal(), "test", anywhere))(t)
	if who := ok(w.ActorBySession(ctx, in.Token))(t); len(who.Own.Principals) != 2 {
		t.Errorf("%+v", who)
	}
	again := ok(w.InviteMany(ctx, boss.Who, account.Guests{Text: text.String()}))(t)
	if again[7].State != account.GuestKnown || again[7].Account != list[7].Account || again[7].Link != nil {
		t.Errorf("%+v", again[7])
	}
	if seen := ok(w.Get(ctx, w.house, list[39].Account))(t).SeenAt; seen == nil || !seen.Equal(w.clock.now()) {
		t.Errorf("seen %v", seen)
	}
}

// What a trial does is seen by the trial alone, and is no deed.
func TestATrialIsUndone(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in := w.enrol(ann)
	group := ok(w.CreateGroup(ctx, w.house, "g"))(t).ID
	other := ok(w.CreateGroup(ctx, w.house, "h"))(t).ID
	groups := func(s *account.Service) (out []string) {
		for _, g := range ok(s.Groups(ctx, w.house))(t) {
			out = append(out, fmt.Sprint(g.Name, g.Members))
		}
		return out
	}
	before := groups(w.Service)
	told := 0
	w.OnPrincipalGone = func(ctxT, txT, access.Actor, uuidT) error { told++; return nil }
	nilErr(t, w.Trial(ctx, w.house, func(_ txT, trial *account.Service) error {
		nilErr(t, trial.AddMember(ctx, w.house, group, account.Member{Account: in.Who.Account}))
		nilErr(t, trial.DeleteGroup(ctx, w.house, other))
		if diff := cmp.Diff([]string{"g1"}, groups(trial)); diff != "" {
			t.Error(diff)
		}
		return nil
	}))
	if diff := cmp.Diff(before, groups(w.Service)); diff != "" || told != 0 {
		t.Error(diff, told)
	}
	if fault.CodeOf(w.Trial(ctx, in.Who, func(_ txT, trial *account.Service) error { return trial.DeleteGroup(ctx, in.Who, group) })) != "access.forbidden" {
		t.Error("a trial asks for no right")
	}
	if err := w.Trial(ctx, access.Actor{}, func(txT, *account.Service) error { return nil }); fault.KindOf(err) != fault.Unauthentic {
		t.Error(err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

const ann = "ann@example.se"

func TestMU6_ThreeWrongPasswordsBlockTheRightOne(t *testing.T) {
	t.Parallel()
	w := start(t)
	trusted := w.enrol(ann)
	// Spaces, case and compatibility forms are one name.
	for _, name := range []string{"ann@example.se", " ANN@example.SE\u200b", "ａｎｎ＠example.se"} {
		_, err := w.signIn(name, "wrong", "")
		wants(t, err, fault.Unauthentic)
	}
	_, err := w.signIn(ann, goodPassword, "")
	wants(t, err, fault.TooMany)
	if f := fault.As(err); f.Code != "account.blocked" || f.RetryAfter != 15*60 {
		t.Fatalf("%+v", f)
	}

	// The browser that is known still gets in, and has three tries of its own.
	in := ok(w.signIn(ann, goodPassword, trusted.Device))(t)
	if in.Device != trusted.Device {
		t.Fatal("a known browser got another cookie")
	}
	for range 3 {
		_, err = w.signIn(ann, "wrong", trusted.Device)
		wants(t, err, fault.Unauthentic)
	}
	_, err = w.signIn(ann, goodPassword, trusted.Device)
	wants(t, err, fault.TooMany)

	// Restarting forgets nothing.
	w.Service = service(t, w.db, w.clock, config())
	_, err = w.signIn(ann, goodPassword, "")
	wants(t, err, fault.TooMany)

	w.clock.add(15*time.Minute - time.Second)
	_, err = w.signIn(ann, goodPassword, "")
	wants(t, err, fault.TooMany)
	w.clock.add(time.Second)
	ok(w.signIn(ann, goodPassword, ""))(t)
	ok(w.signIn(ann, goodPassword, trusted.Device))(t)
}

func TestMU6_TheSecondBlockIsLongerAndAnAdministratorLiftsIt(t *testing.T) {
	t.Parallel()
	w := start(t)
	in := w.enrol(ann)
	fail3 := func() {
		t.Helper()
		for range 3 {
			_, err := w.signIn(ann, "wrong", "")
			wants(t, err, fault.Unauthentic)
		}
	}
	fail3()
	w.clock.add(15 * time.Minute)
	fail3()
	_, err := w.signIn(ann, goodPassword, "")
	wants(t, err, fault.TooMany)
	if f := fault.As(err); f.RetryAfter != 30*60 {
		t.Fatalf("%d s", f.RetryAfter)
	}
	nilErr(t, w.Unblock(t.Context(), w.house, in.Who.Account))
	ok(w.signIn(ann, goodPassword, ""))(t)
	fail3()
	w.redeem(ann) // so does a new link
	ok(w.signIn(ann, goodPassword, ""))(t)
}

func TestMU6_FiftyWrongPasswordsAtOnceAreThreeTries(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.enrol(ann)
	for _, name := range []string{ann, "nobody@example.se"} {
		var refused, blocked atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				switch _, err := w.signIn(name, "wrong", ""); fault.KindOf(err) {
				case fault.Unauthentic:
					refused.Add(1)
				case fault.TooMany:
					blocked.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if refused.Load() != 3 || blocked.Load() != 47 {
			t.Errorf("%s: %d were tried and %d refused untried, want 3 and 47", name, refused.Load(), blocked.Load())
		}
	}
	_, err := w.signIn(ann, goodPassword, "")
	wants(t, err, fault.TooMany)
}

func TestMU6_StrangersEverywhereCannotLockOutTheOwnersBrowser(t *testing.T) {
	t.Parallel()
	w := start(t)
	owner := w.enrol(ann)
	bo := w.enrol("bo@example.se")
	for n := range 60 {
		network := account.Network(netip.AddrFrom4([4]byte{198, 18, byte(n), 7}))
		for _, device := range []string{"", "1.made.up", bo.Device} { // somebody else's cookie is no help
			_, err := w.SignIn(t.Context(), account.Attempt{Email: ann, Password: secret.Exactly("wrong"), Network: network, Device: device})
			if k := fault.KindOf(err); k != fault.Unauthentic && k != fault.TooMany {
				t.Fatal(err)
			}
		}
	}
	_, err := w.signIn(ann, goodPassword, bo.Device)
	wants(t, err, fault.TooMany)
	ok(w.signIn(ann, goodPassword, owner.Device))(t)
}

func TestMU6_OneNetworkHasThirtyTriesOverAllAccounts(t *testing.T) {
	t.Parallel()
	w := start(t)
	owner := w.enrol(ann)
	key := ok2(w.CreateKey(t.Context(), w.house, account.NewKey{Name: "ci", Own: true}))(t)
	office := netip.MustParseAddr("2001:db8:1::17")
	attempt := func(email, password, device string) error {
		_, err := w.SignIn(t.Context(), account.Attempt{Email: email, Password: secret.Exactly(password), Device: device, Network: account.Network(office)})
		return err
	}
	// Wrong keys and made-up links count on the same network as passwords.
	neighbour := netip.MustParseAddr("2001:db8:1:ffff::1")
	for n := range 10 {
		_, err := w.ActorByKey(t.Context(), fmt.Sprintf("tg_%d", n), neighbour)
		wants(t, err, fault.Unauthentic)
		_, err = w.RedeemLink(t.Context(), "made up", "", account.Network(neighbour))
		wants(t, err, fault.Unauthentic)
		wants(t, attempt(fmt.Sprintf("nobody%d@example.se", n), "wrong", ""), fault.Unauthentic)
		if n == 5 { // successes neither count nor wipe the slate
			nilErr(t, attempt(ann, goodPassword, ""))
		}
	}
	wants(t, attempt(ann, goodPassword, ""), fault.TooMany)
	_, err := w.ActorByKey(t.Context(), "tg_31", office)
	wants(t, err, fault.TooMany)
	// Known browsers and right keys of that network go on working, and so do other networks.
	nilErr(t, attempt(ann, goodPassword, owner.Device))
	ok(w.ActorByKey(t.Context(), key, office))(t)
	ok(w.signIn(ann, goodPassword, ""))(t)
	w.clock.add(15 * time.Minute)
	nilErr(t, attempt(ann, goodPassword, ""))
}

func TestMU6_UnknownAndKnownAccountsGetTheSameAnswers(t *testing.T) {
	t.Parallel()
	w := start(t)
	known := w.enrol(ann)
	gone := w.enrol("gone@example.se")
	nilErr(t, w.Deactivate(t.Context(), w.house, gone.Who.Account))
	ok(w.Create(t.Context(), w.house, account.NewAccount{Email: "new@example.se", Name: "New"}))(t)
	nilErr(t, w.SignOut(t.Context(), known.Who))
	try := func(tenant, email, password string) []string {
		var answers []string
		for range 5 {
			_, err := w.SignIn(context.Background(), account.Attempt{Tenant: tenant, Email: email, Password: secret.Exactly(password)})
			f := fault.As(err)
			answers = append(answers, fmt.Sprint(f.Kind, f.Code, f.Text, f.RetryAfter, f.Field, f.Extra))
		}
		return answers
	}
	want := strings.Join(try("", ann, "wrong"), "\n")
	for _, tt := range [][3]string{
		{"", "nobody@example.se", goodPassword},
		{"", "gone@example.se", goodPassword},
		{"", "new@example.se", ""},
		{"", "not an address", "x"},
		{"", "", ""},
		{"no-such-tenant", ann, goodPassword},
		{"", "long@example.se", strings.Repeat("å", 5000)},
	} {
		if got := strings.Join(try(tt[0], tt[1], tt[2]), "\n"); got != want {
			t.Errorf("%q %q: other answers:\n%s\nthan for a known account:\n%s", tt[0], tt[1], got, want)
		}
	}
}

func TestCountersKeepNeitherNamesNorAddresses(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, err := w.SignIn(t.Context(), account.Attempt{Email: ann, Network: anywhere})
	wants(t, err, fault.Unauthentic)
	var dump string
	nilErr(t, pg.Across(t.Context(), w.db, func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), "select string_agg(encode(bucket, 'escape'), ' ') from attempt").Scan(&dump)
	}))
	if dump == "" || strings.Contains(dump, "ann") || strings.Contains(dump, "192.0.2") {
		t.Fatalf("%q", dump)
	}
	w.clock.add(49 * time.Hour)
	nilErr(t, w.Tidy(t.Context(), w.house))
	var left int
	nilErr(t, pg.Across(t.Context(), w.db, func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), "select count(*) from attempt").Scan(&left)
	}))
	if left != 0 {
		t.Fatalf("%d counters are never forgotten", left)
	}
}

func TestNetworksAreCutTheSameHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.200":       "192.0.2.0/24",
		"::ffff:192.0.2.7":  "192.0.2.0/24",
		"2001:db8:1:2:3::4": "2001:db8:1::/48",
		"fe80::1%eth0":      "fe80::/48",
	} {
		if got := account.Network(netip.MustParseAddr(in)); got.String() != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if account.Network(netip.Addr{}).IsValid() {
		t.Error("no address is no network")
	}
}

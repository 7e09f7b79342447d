// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/mail/mailtest"
	"tillgang/internal/notice"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

type wireNotices struct {
	Items []struct {
		ID, Kind, Title, Subject string
		By                       string `json:"by"`
		ByName                   string `json:"by_name"`
		SubjectName              string `json:"subject_name"`
		ReadAt                   string `json:"read_at"`
	}
	Next string
}

// mailed is a world that sends mail, to a server of this test.
func mailed(t *testing.T) (*world, *mailtest.Server) {
	t.Helper()
	s := mailtest.Start(t, false)
	return newWorld(t, func(c *Config) {
		c.MailURL = secret.New(fmt.Sprintf("smtp://%s:%s@127.0.0.1:%d?tls=none", mailtest.User, strings.ReplaceAll(strings.ReplaceAll(mailtest.Password, " ", "%20"), "ö", "%C3%B6"), s.Port))
		c.MailFrom, c.MailFromName = "arkivet@example.se", "Arkivet"
	}), s
}

// letter is the mail that came as the n-th. The day's mails, which come whenever
// their job runs, do not count.
func letter(s *mailtest.Server, n int) mailtest.Mail {
	for all := n; ; all++ {
		list := slices.DeleteFunc(s.Wait(all), func(m mailtest.Mail) bool { return strings.Contains(m.Data, "dagens_notiser") })
		if len(list) >= n {
			return list[n-1]
		}
	}
}

// signedIn is somebody with a password and a built-in role at the tenant.
func (w *world) signedIn(name, role string) asker {
	w.t.Helper()
	who := w.person(w.tenant, name)
	if err := w.accounts.Give(w.t.Context(), w.self(w.tenant), who.account.ID.UUID(), w.role(w.tenant, role).ID); err != nil {
		w.t.Fatal(err)
	}
	w.must(w.do(who, "PUT", "/api/v1/session/password", object{"password": sixWords}), http.StatusNoContent)
	return who
}

const sixWords = "tolv gröna lyktor vid kajen"

// must ends the test unless the answer has the status.
func (w *world) must(a answer, status int) answer {
	w.t.Helper()
	if a.status != status {
		w.t.Fatalf("%d %s, want %d", a.status, a.body, status)
	}
	return a
}

func TestAColleagueIsInvitedByMailAndHearsWhatHappens(t *testing.T) {
	t.Parallel()
	w, server := mailed(t)
	boss := w.signedIn("chef", "admin")
	invited := w.must(w.do(boss, "POST", "/api/v1/accounts", object{"email": "ny@example.se", "name": "Ny Kollega", "send": true}), http.StatusCreated)
	if bytes.Contains(invited.body, []byte("sign-in/link")) || !bytes.Contains(invited.body, []byte(`"sent":true`)) {
		t.Errorf("the inviter sees the link: %s", invited.body)
	}
	var made struct{ Account struct{ ID string } }
	invited.into(t, &made)
	m := letter(server, 1)
	token := regexp.MustCompile(`/sign-in/link#([A-Za-z0-9_=\r\n-]+)`).FindStringSubmatch(m.Data)
	if m.To != "ny@example.se" || m.User != mailtest.User || token == nil {
		t.Fatalf("%+v", m)
	}
	// Soft ends of lines of the mail's coding.
	redeemed := w.must(w.do(asker{}, "POST", "/api/v1/session/link", object{"token": strings.NewReplacer("=\r\n", "").Replace(token[1])[:43]}), http.StatusCreated)
	colleague := asker{name: "ny", cookie: sessionCookie(redeemed)}

	state := w.must(w.do(colleague, "GET", "/api/v1/notices/state", nil), http.StatusOK)
	etag := state.header.Get("ETag")
	w.must(w.do(colleague, "GET", "/api/v1/notices/state", nil, "If-None-Match", etag), http.StatusNotModified)

	// Something with a name that only those may read who may see it.
	folder := w.newFolder(w.tenant, "Hemlig")
	of := w.storeBare(w.tenant, folder.ID, "hemligt-namn.txt")
	invitee, err := id.Parse[id.Account](made.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	colleagueID := []id.Account{invitee}
	if err := pg.In(t.Context(), w.db, w.tenant, func(tx pg.Tx) error {
		return w.notices.TellTx(t.Context(), tx, access.Actor{Kind: access.Person, ID: boss.account.ID.String(), Tenant: w.tenant, Account: boss.account.ID},
			notice.News{Kind: notice.ApprovalAsked, To: colleagueID, Subject: of.String()})
	}); err != nil {
		t.Fatal(err)
	}
	m = letter(server, 2)
	if m.To != "ny@example.se" || strings.Contains(m.Data, "hemlig") || strings.Contains(m.Data, of.String()) || strings.Contains(m.Data, "chef") {
		t.Errorf("%+v", m)
	}
	var list wireNotices
	again := w.do(colleague, "GET", "/api/v1/notices/state", nil, "If-None-Match", etag)
	if again.status != http.StatusOK || !bytes.Contains(again.body, []byte(`"unread":1`)) {
		t.Errorf("%d %s", again.status, again.body)
	}
	w.do(colleague, "GET", "/api/v1/notices", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Title != "Något väntar på ditt godkännande" || list.Items[0].ByName != "Person chef" || list.Items[0].Subject != of.String() || list.Items[0].SubjectName != "" {
		t.Fatalf("who may not see it reads %+v", list)
	}
	if err := w.accounts.Give(t.Context(), w.self(w.tenant), colleagueID[0].UUID(), w.role(w.tenant, "admin").ID); err != nil {
		t.Fatal(err)
	}
	w.do(colleague, "GET", "/api/v1/notices", nil).into(t, &list)
	if list.Items[0].SubjectName != "hemligt-namn.txt" {
		t.Errorf("who may see it reads %+v", list)
	}
	w.must(w.do(colleague, "PUT", "/api/v1/notices/"+list.Items[0].ID+"/reading", nil), http.StatusNoContent)
	w.must(w.do(boss, "PUT", "/api/v1/notices/"+list.Items[0].ID+"/reading", nil), http.StatusNotFound)

	// Another way of being told, and none.
	prefs := w.must(w.do(colleague, "PATCH", "/api/v1/notices/preferences", object{"ways": object{"approval_asked": "off"}}), http.StatusOK)
	if !bytes.Contains(prefs.body, []byte(`"mail":true`)) {
		t.Errorf("%s", prefs.body)
	}
	w.refused("turning off what is about safety", w.do(colleague, "PATCH", "/api/v1/notices/preferences", object{"ways": object{"password_set": "off"}}), http.StatusUnprocessableEntity)
	// A second password is told to its owner.
	w.must(w.do(boss, "PUT", "/api/v1/session/password", object{"password": "fyra blå segel utan vind", "present_password": sixWords}), http.StatusNoContent)
	if m := letter(server, 3); m.To != boss.account.Email {
		t.Errorf("%+v", m)
	}
	if out := w.doctor(); !strings.Contains(out, "the mail server lets us in") || !strings.Contains(out, "nobody is named for data_protection, incident, disturbance, accessibility") {
		t.Error(out)
	}
}

func TestWithoutMailInvitationsAreLinksAndEverythingElseIsInTheApp(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	boss := w.signedIn("chef", "admin")
	var out struct {
		Sent bool
		Link string
	}
	w.must(w.do(boss, "POST", "/api/v1/accounts", object{"email": "ny@example.se", "name": "Ny", "send": true}), http.StatusCreated).into(t, &out)
	if out.Sent || !strings.Contains(out.Link, "/sign-in/link#") {
		t.Errorf("%+v", out)
	}
	w.must(w.do(boss, "PUT", "/api/v1/session/password", object{"password": "fyra blå segel utan vind", "present_password": sixWords}), http.StatusNoContent)
	var list wireNotices
	w.do(boss, "GET", "/api/v1/notices?unread=true", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Kind != "password_set" {
		t.Errorf("%+v", list)
	}
	w.must(w.do(boss, "POST", "/api/v1/notices/reading", object{"until": list.Items[0].ID}), http.StatusNoContent)
	if a := w.do(boss, "GET", "/api/v1/notices/state", nil); !bytes.Contains(a.body, []byte(`"unread":0`)) {
		t.Errorf("%s", a.body)
	}
	if out := w.doctor(); !strings.Contains(out, "notices stay in the app") {
		t.Error(out)
	}
}

func TestME19_SettingsContactsAndStatisticsThroughTheDoor(t *testing.T) {
	t.Parallel()
	w, server := mailed(t)
	boss, reader := w.signedIn("chef", "admin"), w.person(w.tenant, "läsare")
	got := w.must(w.do(boss, "GET", "/api/v1/settings", nil), http.StatusOK)
	w.must(w.do(boss, "PUT", "/api/v1/contacts/incident", object{"name": "IT-säkerhet", "email": "incident@example.se"}), http.StatusOK)
	w.must(w.do(reader, "GET", "/api/v1/contacts", nil), http.StatusOK)
	w.refused("naming contacts without the right", w.do(reader, "PUT", "/api/v1/contacts/incident", object{"name": "Jag", "phone": "1"}), http.StatusForbidden)
	w.refused("reading settings without the right", w.do(reader, "GET", "/api/v1/settings", nil), http.StatusForbidden)
	weak := w.do(boss, "PATCH", "/api/v1/settings", object{"session_hours": 20})
	if weak.status != http.StatusUnprocessableEntity || weak.code() != "settings.weakens" || !bytes.Contains(weak.body, []byte(`"weakens":"session_hours"`)) {
		t.Errorf("%d %s", weak.status, weak.body)
	}
	w.must(w.do(boss, "PATCH", "/api/v1/settings", object{"session_hours": 20, "reason": "Nattjouren sitter i tolv timmar.", "password": sixWords}, "If-Match", got.header.Get("ETag")), http.StatusOK)
	if m := letter(server, 1); m.To != "incident@example.se" || strings.Contains(m.Data, "Nattjouren") || strings.Contains(m.Data, "chef") {
		t.Errorf("%+v", m)
	}
	w.refused("an old version", w.do(boss, "PATCH", "/api/v1/settings", object{"bin_days": 20}, "If-Match", got.header.Get("ETag")), http.StatusPreconditionFailed)

	// What is counted.
	key := w.adminKey()
	var a wireAsset
	w.upload(key, "bild.jpg", scene(1, 320, 200)).into(t, &a)
	w.settled(key, a.ID)
	w.must(w.do(asker{}, "GET", w.ticket(key, a.ID, "original").URL, nil), http.StatusOK)
	w.must(w.do(key, "GET", "/api/v1/assets?q=bild", nil), http.StatusOK)
	w.must(w.do(key, "GET", "/api/v1/assets", nil), http.StatusOK) // looks for nothing
	if err := w.flushCounts(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn := w.ownerConn()
	if _, err := conn.Exec(t.Context(), "delete from statistic_state"); err != nil { // counted at the start, when there was nothing
		t.Fatal(err)
	}
	if err := w.statistics.Count(t.Context(), w.self(w.tenant)); err != nil {
		t.Fatal(err)
	}
	var st struct {
		Groups []struct {
			Kind, State string
			Assets      int
		}
		Storage []struct {
			Kind         string
			Files, Bytes int64
		}
		Folders []struct {
			ID, Name string
			Bytes    int64
		}
		MostUsed []struct {
			ID, Name  string
			Downloads int
		} `json:"most_used"`
		Alt    struct{ Images, Decided int }
		Months []struct{ Uploads, Downloads, Searches int }
	}
	counted := func(who asker) {
		t.Helper()
		w.must(w.do(who, "GET", "/api/v1/statistics", nil), http.StatusOK).into(t, &st)
	}
	counted(key)
	if len(st.Groups) != 1 || st.Groups[0].Kind != "image" || st.Groups[0].State != "ready" || st.Groups[0].Assets != 1 || len(st.Storage) != 1 || st.Storage[0].Bytes != a.Size ||
		len(st.Folders) != 1 || st.Folders[0].Name == "" || len(st.MostUsed) != 1 || st.MostUsed[0].Name != "bild.jpg" || st.MostUsed[0].Downloads != 1 || st.Alt.Images != 1 ||
		len(st.Months) != 1 || st.Months[0].Uploads != 1 || st.Months[0].Downloads != 1 || st.Months[0].Searches != 1 {
		t.Errorf("%+v", st)
	}
	operator := w.person(w.tenant, "drift")
	if err := w.accounts.Give(t.Context(), w.self(w.tenant), operator.account.ID.UUID(), w.role(w.tenant, "operator").ID); err != nil {
		t.Fatal(err)
	}
	st.MostUsed, st.Folders = nil, nil
	if counted(operator); len(st.MostUsed) != 0 || len(st.Folders) != 1 || st.Folders[0].Name != "" || st.Folders[0].ID != "" || st.Folders[0].Bytes != a.Size {
		t.Errorf("who may see nothing reads %+v", st)
	}
	if _, err := conn.Exec(t.Context(), "update statistic_state set made_at = made_at - interval '1 hour'"); err != nil {
		t.Fatal(err)
	}
	w.upload(key, "en till.jpg", scene(2, 320, 200)).into(t, &a)
	w.until("old numbers are counted again for who reads them", func() bool { counted(key); return st.Alt.Images == 2 })
	w.refused("reading statistics without the right", w.do(reader, "GET", "/api/v1/statistics", nil), http.StatusForbidden)
}

func TestTheBinKeepsThingsAsLongAsTheSettingsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss := w.signedIn("chef", "admin") // collections belong to people
	type kept struct {
		ID      string
		Deleted time.Time `json:"deleted_at"`
		Purges  time.Time `json:"purges_at"`
	}
	var a, f, c kept
	w.upload(boss, "bild.jpg", scene(1, 320, 200)).into(t, &a)
	w.must(w.do(boss, "POST", "/api/v1/folders", object{"parent": w.root(w.tenant).ID, "name": "Gammalt"}), http.StatusCreated).into(t, &f)
	w.must(w.do(boss, "POST", "/api/v1/collections", object{"name": "Urval"}), http.StatusCreated).into(t, &c)
	w.must(w.do(boss, "DELETE", "/api/v1/assets/"+a.ID, nil), http.StatusNoContent)
	w.must(w.do(boss, "DELETE", "/api/v1/folders/"+f.ID, nil), http.StatusNoContent)
	w.must(w.do(boss, "DELETE", "/api/v1/collections/"+c.ID, nil), http.StatusNoContent)
	for _, days := range []int{14, 3} {
		if days != 14 {
			w.must(w.do(boss, "PATCH", "/api/v1/settings", object{"bin_days": days}), http.StatusOK)
		}
		var me struct {
			BinDays int `json:"bin_days"`
		}
		if w.must(w.do(boss, "GET", "/api/v1/session", nil), http.StatusOK).into(t, &me); me.BinDays != days {
			t.Errorf("the session says %d days instead of %d", me.BinDays, days)
		}
		for _, bin := range []string{"", "/folders", "/collections"} {
			var list struct{ Items []kept }
			w.must(w.do(boss, "GET", "/api/v1/bin"+bin, nil), http.StatusOK).into(t, &list)
			if len(list.Items) != 1 || list.Items[0].Purges.Sub(list.Items[0].Deleted) != time.Duration(days)*24*time.Hour {
				t.Errorf("bin%s, %d days: %+v", bin, days, list.Items)
			}
		}
	}
}

// sessionCookie is the session that an answer begins.
func sessionCookie(a answer) string {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if strings.HasSuffix(c.Name, "tg_s") {
			return c.Value
		}
	}
	return ""
}

// doctor is what the doctor says of this house's mail and contacts.
func (w *world) doctor() string {
	w.t.Helper()
	found := w.examineMail(w.t.Context())
	contacts, err := w.examineContacts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprint(append(found, contacts...))
}

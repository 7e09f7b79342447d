// SPDX-License-Identifier: Apache-2.0

package webapp_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tillgang/internal/asset"
)

func TestWhoeverIsNotSignedInIsSentToTheSignInPageAndBack(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	a := w.store(w.root.ID, "a.txt", "one")
	stranger := w.browser()
	for path, want := range map[string]string{
		"/":                            "/sign-in",
		"/bin":                         "/sign-in?to=%2Fbin",
		"/?q=two+words":                "/sign-in?to=" + url.QueryEscape("/?q=two+words"),
		"/assets/" + a.ID.String():     "/sign-in?to=" + url.QueryEscape("/assets/"+a.ID.String()),
		"/assets/ast_0000000000/state": "/sign-in?to=" + url.QueryEscape("/assets/ast_0000000000/state"),
		"/password":                    "/sign-in?to=%2Fpassword",
	} {
		if got := stranger.get(path).is(http.StatusSeeOther).to(); got != want {
			t.Errorf("%s leads to %s, want %s", path, got, want)
		}
	}
	for _, path := range []string{"/assets/" + a.ID.String(), "/assets/" + a.ID.String() + "/download", "/assets/" + a.ID.String() + "/deletion", "/folders", "/password", "/sign-out"} {
		if got := stranger.post(path).is(http.StatusSeeOther).to(); !strings.HasPrefix(got, "/sign-in") {
			t.Errorf("POST %s leads to %s", path, got)
		}
	}
	stranger.upload(w.root.ID.String(), [2]string{"b.txt", "two"}).is(http.StatusSeeOther)
	stranger.get("/no/such/page").is(http.StatusNotFound)
}

func TestTheWayBackAfterSigningInStaysOnThisSite(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	for to, want := range map[string]string{
		"/bin": "/bin", "/?q=a&kind=image": "/?q=a&kind=image", "": "/",
		"//evil.example/": "/", "https://evil.example/": "/", `/\evil.example`: "/", `\\evil.example`: "/", "javascript:alert(1)": "/", "bin": "/", "/a\r\nSet-Cookie: x=y": "/", "/\t/evil.example": "/",
	} {
		in := w.browser().post("/sign-in", "email", "ADMIN@localhost ", "password", password, "to", to).is(http.StatusSeeOther)
		if in.to() != want {
			t.Errorf("%q leads to %q, want %q", to, in.to(), want)
		}
	}
}

func TestAWrongPasswordIsToldAndWhatWasTypedStays(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	b := w.browser()
	b.language = "sv"
	b.post("/sign-in", "email", "eva@example.se", "password", "not it", "to", "/bin").is(http.StatusUnauthorized).
		has("Adressen eller lösenordet är fel", `value="eva@example.se"`, `name="to" value="/bin"`, `role="alert"`).lacks("not it")
	b.post("/sign-in/link", "token", "not-a-link").is(http.StatusUnauthorized).has("Länken har använts").lacks("not-a-link")
}

func TestEveryPageIsGuardedAgainstForeignScriptsAndFrames(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	a := w.store(w.root.ID, "a.txt", "one")
	for _, path := range []string{"/", "/bin", "/password", "/assets/" + a.ID.String(), "/nothing", "/assets/" + a.ID.String() + "/deletion"} {
		head := admin.get(path).Header
		policy := head.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s: %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", path, policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Content-Language": "en"} {
			if got := head.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	page := admin.get("/").text
	if strings.Contains(page, "<style") || strings.Contains(page, " style=") || strings.Contains(page, " onclick=") {
		t.Error("the page holds styles or scripts of its own, which its policy forbids")
	}
	css := w.browser().get("/static/app.css?v=test").is(http.StatusOK).Header
	if css.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(css.Get("Cache-Control"), "immutable") {
		t.Errorf("the style sheet comes with %v", css)
	}
	w.browser().get("/static/").is(http.StatusNotFound)
}

func TestTextsOfPeopleStayTexts(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}`
	a := w.store(w.root.ID, `"><img src=x onerror=alert(3)>.txt`, "one")
	path := "/assets/" + a.ID.String()
	admin.post(path, "version", "1", "field.title", evil, "field.keywords", evil+"\r\n'\"><b>", "field.licence_url", "", "alt.sv", "text", "alttext.sv", evil).is(http.StatusSeeOther)
	admin.post("/folders", "parent", w.root.ID.String(), "name", `<script>alert(4)`).is(http.StatusSeeOther)
	admin.post("/assets/" + a.ID.String() + "/deletion").is(http.StatusSeeOther)
	admin.get("/bin").lacks("<script>alert", "<img src=x").has("&lt;script&gt;alert(1)")
	admin.post("/assets/" + a.ID.String() + "/restoration").is(http.StatusSeeOther)
	for _, p := range []string{path, path + "/deletion", "/", "/?q=" + url.QueryEscape(evil), "/?kind=" + url.QueryEscape(evil) + "&sort=" + url.QueryEscape(evil), "/?done=" + url.QueryEscape(evil)} {
		admin.get(p).lacks("<script>alert", "<img src=x", "<b>")
	}
	w.browser().post("/sign-in", "email", evil, "password", "x", "to", "/"+evil).lacks("<script>alert", "<img src=x")
	w.browser().get("/sign-in?to="+url.QueryEscape("/"+evil)).lacks("<script>alert", "<img src=x")
	admin.upload(w.root.ID.String(), [2]string{"<script>alert(5).txt", ""}).is(http.StatusOK).lacks("<script>alert")
}

func TestNobodySeesOrDoesMoreThanTheyMay(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	eva, evas := w.person("eva@example.se")
	closed := w.store(w.root.ID, "closed.txt", "closed")
	open := w.folder("Open", evas, "viewer")
	seen := w.store(open.ID, "seen.txt", "seen")

	eva.get("/").is(http.StatusOK).has("seen.txt", "Open").lacks("closed.txt", "data-upload", "/folders")
	eva.get("/?folder=" + open.ID.String()).is(http.StatusOK).has("seen.txt").lacks("data-upload")
	eva.get("/?folder=" + w.root.ID.String()).is(http.StatusNotFound)
	hidden := "/assets/" + closed.ID.String()
	unknown := "/assets/" + "ast_" + strings.Repeat("0", 26)
	want := eva.get(unknown).is(http.StatusNotFound).text
	for _, path := range []string{hidden, hidden + "/state", hidden + "/deletion"} {
		if got := eva.get(path).is(http.StatusNotFound).text; strings.ReplaceAll(got, path, unknown) != want {
			t.Errorf("%s is told apart from what is not there", path)
		}
	}
	for _, path := range []string{hidden, hidden + "/download", hidden + "/deletion", hidden + "/restoration", hidden + "/preparation", hidden + "/folder"} {
		eva.post(path, "version", "1", "field.title", "mine", "variant", "original", "folder", open.ID.String()).is(http.StatusNotFound)
	}
	path := "/assets/" + seen.ID.String()
	eva.get(path).is(http.StatusOK).has("seen.txt").lacks(`name="field.title"`, `value="original"`, "/deletion")
	eva.post(path, "version", "1", "field.title", "mine").is(http.StatusForbidden)
	eva.post(path+"/download", "variant", "original").is(http.StatusForbidden)
	eva.post(path + "/deletion").is(http.StatusForbidden)
	eva.post("/folders", "parent", open.ID.String(), "name", "x").is(http.StatusForbidden)
	eva.upload(open.ID.String(), [2]string{"new.txt", "new"}).is(http.StatusOK).has("You do not have the right").lacks("Stored")
	admin.get(path).is(http.StatusOK).has("Eva Ek").lacks(`value="mine"`)
}

func TestTheFormKeepsBothSidesOfAConflict(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	a := w.store(w.root.ID, "a.txt", "one")
	path := "/assets/" + a.ID.String()
	admin.get(path).has(`name="version" value="1"`)
	admin.post(path, "version", "1", "field.title", "Theirs", "was.title", "", "field.credit", "Their credit", "was.credit", "").is(http.StatusSeeOther)
	mine := []string{"version", "1", "field.title", "Mine", "was.title", "", "field.credit", "", "was.credit", "", "field.description", "Line one\r\nline two", "was.description", ""}
	admin.post(path, mine...).is(http.StatusConflict).
		has(`name="field.title" type="text" value="Mine"`, "<q>Theirs</q>", `value="Their credit"`, "Line one\nline two", `name="version" value="2"`, "Somebody has changed this")
	// The form as it was shown is sent again.
	admin.post(path, "version", "2", "field.title", "Mine", "was.title", "Theirs", "field.credit", "Their credit", "was.credit", "Their credit", "field.description", "Line one\r\nline two", "was.description", "").is(http.StatusSeeOther)
	got, err := w.assets.Get(t.Context(), w.admin, a.ID)
	must(t, err)
	if got.Fields["title"].Text() != "Mine" || got.Fields["credit"].Text() != "Their credit" || got.Fields["description"].Text() != "Line one\nline two" {
		t.Errorf("the asset holds %+v", got.Fields)
	}
	admin.post(path, "version", "x", "field.title", "No").is(http.StatusUnprocessableEntity)
}

func TestWhatIsWrongInAFieldIsSaidBesideIt(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	admin.language = "sv"
	a := w.store(w.root.ID, "a.txt", "one")
	path := "/assets/" + a.ID.String()
	long := strings.Repeat("å", 5000)
	admin.post(path, "version", "1", "field.title", long, "field.licence_url", "example.se", "field.captured_on", "i går", "alt.sv", "text", "alttext.sv", "").is(http.StatusUnprocessableEntity).
		has("högst 500 tecken, och det här är 5000", "en webbadress börjar med https://", "ett datum skrivs så här: 2026-05-31", "det här valet kräver en text", `id="w-title"`, `aria-invalid="true"`, long, `value="i går"`)
	admin.get(path).has(`name="version" value="1"`)
}

func TestFieldsListsAltDecisionsAndTheirHistoryAreKept(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	a := w.store(w.root.ID, "a.txt", "one")
	path := "/assets/" + a.ID.String()
	admin.post(path, "version", "1", "field.title", "First", "field.keywords", " sea \r\n\r\nsky\r\n", "alt.sv", "text", "alttext.sv", "En båt", "alt.en", "decorative", "alttext.en", "left out").is(http.StatusSeeOther)
	admin.post(path, "version", "2", "field.title", "Second", "was.title", "First", "alt.sv", "", "wasalt.sv", "text", "alttext.sv", "En båt", "wasalttext.sv", "En båt").is(http.StatusSeeOther)
	got, err := w.assets.Get(t.Context(), w.admin, a.ID)
	must(t, err)
	if k := got.Fields["keywords"].Values; len(k) != 2 || k[0] != "sea" || k[1] != "sky" {
		t.Errorf("keywords are %q", k)
	}
	if got.Alt["en"].Decision != asset.AltDecorative || got.Alt["en"].Text != "" || got.Alt["sv"].Decision != "" {
		t.Errorf("alt decisions are %+v", got.Alt)
	}
	admin.get(path).has("<del>First</del>", "<ins>Second</ins>", "Written by a person", "Administrator, <time")
}

func TestFilesSentWithoutScriptsAreStoredOneByOne(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	admin.upload(w.root.ID.String(), [2]string{"a.txt", "alpha"}, [2]string{"empty.txt", ""}, [2]string{"again.txt", "alpha"}, [2]string{"b.txt", "beta"}).is(http.StatusOK).
		has("a.txt", "The file is empty", "This file is here already", "/?folder="+w.root.ID.String())
	admin.get("/?folder="+w.root.ID.String()).has("a.txt", "b.txt", "2 found", "Being prepared").lacks("empty.txt", "again.txt")
	admin.upload("", [2]string{"inbox.txt", "gamma"}).is(http.StatusOK)
	admin.upload(w.root.ID.String()).is(http.StatusUnprocessableEntity).has("Choose at least one file")
	admin.post("/upload", "folder", "x").is(http.StatusUnprocessableEntity)
}

func TestAPageIsFoundByWordsAndTurnedByItsCursor(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	for i := range 63 {
		w.store(w.root.ID, fmt.Sprintf("bild%02d.txt", i), fmt.Sprint("content ", i))
	}
	first := admin.get("/?sort=name").is(http.StatusOK).has("bild00.txt", "63 found", `rel="next"`).lacks("bild62.txt")
	at := strings.Index(first.text, "cursor=")
	end := at + strings.IndexAny(first.text[at:], `"&`)
	second := admin.get("/?sort=name&"+first.text[at:end]).is(http.StatusOK).has("bild60.txt", "bild62.txt", "Back to the first").lacks("bild00.txt")
	if n := strings.Count(second.text, `class="card"`); n != 3 {
		t.Errorf("the second page has %d cards, want 3", n)
	}
	admin.get("/?q=bild07").is(http.StatusOK).has("bild07.txt", "1 found").lacks("bild08.txt")
	admin.get("/?q=nosuchword").is(http.StatusOK).has("Nothing found")
	admin.get("/?q=" + url.QueryEscape(strings.Repeat("a", 3000))).is(http.StatusUnprocessableEntity).has("The search text is too long")
	admin.get("/?cursor=nonsense").is(http.StatusUnprocessableEntity)
	admin.get("/?folder=nonsense").is(http.StatusNotFound)
	admin.get("/?kind=nonsense").is(http.StatusUnprocessableEntity)
}

func TestAnOriginalIsHandedOutByATicketOnly(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	a := w.store(w.root.ID, "a.txt", "one")
	path := "/assets/" + a.ID.String()
	to := admin.post(path+"/download", "variant", "original").is(http.StatusSeeOther).to()
	if !strings.HasPrefix(to, "/d/") || strings.Contains(to, a.ID.String()) {
		t.Errorf("the download leads to %s", to)
	}
	admin.post(path+"/download", "variant", "medium").is(http.StatusConflict).lacks("/d/")
	admin.post(path+"/download", "variant", "../../etc/passwd").is(http.StatusUnprocessableEntity)
	admin.get(path + "/download").is(http.StatusNotFound)
}

func TestWhatIsDeletedCanBeRestoredFromTheBin(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	a := w.store(w.root.ID, "a.txt", "one")
	path := "/assets/" + a.ID.String()
	admin.get("/bin").has("The bin is empty")
	admin.get(path + "/deletion").is(http.StatusOK).has("Put “a.txt” in the bin?")
	if to := admin.post(path + "/deletion").is(http.StatusSeeOther).to(); to != "/bin?done=deleted" {
		t.Errorf("deleting leads to %s", to)
	}
	admin.get("/bin?done=deleted").has("a.txt", "Put in the bin")
	admin.get("/").lacks("a.txt")
	admin.get(path).is(http.StatusOK).has("This is in the bin").lacks(`name="field.title"`)
	admin.post(path + "/restoration").is(http.StatusSeeOther)
	admin.get("/").has("a.txt")
	admin.post(path + "/restoration").is(http.StatusConflict).has("There is nothing to restore")
}

func TestFoldersAreMadeAndAssetsMoved(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	a := w.store(w.root.ID, "a.txt", "one")
	to := admin.post("/folders", "parent", w.root.ID.String(), "name", "Årsmöte & fest").is(http.StatusSeeOther).to()
	u, err := url.Parse(to)
	must(t, err)
	made := u.Query().Get("folder")
	admin.get(to).is(http.StatusOK).has("Årsmöte &amp; fest", "The folder is made", "Nothing here yet")
	admin.post("/folders", "parent", w.root.ID.String(), "name", "Årsmöte & fest").is(http.StatusConflict)
	admin.post("/folders", "parent", w.root.ID.String(), "name", "").is(http.StatusUnprocessableEntity)
	path := "/assets/" + a.ID.String()
	admin.post(path+"/folder", "folder", made).is(http.StatusSeeOther)
	admin.get("/?folder=" + made).has("a.txt")
	admin.post(path+"/folder", "folder", "nonsense").is(http.StatusNotFound)
}

func TestALookDoesNotCountWhenAScriptAsksForTheState(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	a := w.store(w.root.ID, "a.txt", "one")
	path := "/assets/" + a.ID.String()
	for range 3 {
		if got := admin.get(path + "/state").is(http.StatusOK).text; got != "{\"state\":\"preparing\"}\n" {
			t.Errorf("the state is told as %q", got)
		}
	}
	admin.get(path).has("People and programs: 1. Times in all: 1.")
}

func TestAnErrorOfTheServerIsLoggedUnderTheIncidentThatThePageShows(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	w.db.Close()
	page := admin.get("/")
	if page.StatusCode != http.StatusInternalServerError && page.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("without its database the page answers %d", page.StatusCode)
	}
	_, rest, found := strings.Cut(page.text, "<code>")
	incident, _, _ := strings.Cut(rest, "</code>")
	if !found || !strings.HasPrefix(incident, "inc_") || !strings.Contains(w.log.String(), incident) {
		t.Errorf("incident %q is not in the log:\n%s", incident, w.log)
	}
	page.lacks("closed pool", "pgx", "SQL")
}

func TestThePagesSpeakTheLanguageThatIsChosenOrAskedFor(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	b := w.browser()
	for ask, want := range map[string][2]string{
		"sv-SE,sv;q=0.9": {"sv", "Logga in"}, "nb-NO": {"nb", "Logg inn"}, "no": {"nb", "Logg inn"}, "nn": {"nb", "Logg inn"}, "da": {"da", "Log ind"}, "fi-FI": {"fi", "Kirjaudu"},
		"en-GB": {"en", "Sign in"}, "de-DE,fr;q=0.5": {"en", "Sign in"}, "": {"en", "Sign in"}, ";;;": {"en", "Sign in"},
	} {
		b.language = ask
		b.get("/sign-in").is(http.StatusOK).has(`<html lang="`+want[0]+`">`, want[1])
	}
	b.language = "fi"
	if to := b.post("/language", "language", "da", "to", "/sign-in?to=%2Fbin").is(http.StatusSeeOther).to(); to != "/sign-in?to=%2Fbin" {
		t.Errorf("choosing a language leads to %s", to)
	}
	b.get("/sign-in").has(`<html lang="da">`)
	b.post("/language", "language", "xx", "to", "//evil.example").is(http.StatusSeeOther)
	b.get("/sign-in").has(`<html lang="da">`)
}

func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	eva, _ := w.person("eva@example.se")
	eva.get("/").is(http.StatusOK)
	at, err := url.Parse(w.url)
	must(t, err)
	kept := eva.Jar.Cookies(at)
	eva.post("/sign-out").is(http.StatusSeeOther)
	if left := eva.Jar.Cookies(at); len(left) >= len(kept) {
		t.Errorf("the cookie stays: %v", left)
	}
	eva.Jar.SetCookies(at, kept)
	eva.get("/").is(http.StatusSeeOther)
}

func TestOnesPasswordIsChangedByThePresentOne(t *testing.T) {
	t.Parallel()
	_, admin := newWorld(t)
	const next = "segelbåt-tallkotte-brevlåda-nio"
	admin.post("/password", "present", password, "password", next, "twice", "other").is(http.StatusUnprocessableEntity).has("The two passwords differ").lacks(next)
	admin.post("/password", "present", "not it", "password", next, "twice", next).is(http.StatusForbidden).has("Your current password is wrong").lacks(next)
	admin.post("/password", "present", password, "password", "short", "twice", "short").is(http.StatusUnprocessableEntity).has("Use at least 16 characters")
	admin.post("/password", "present", password, "password", next, "twice", next).is(http.StatusSeeOther)
}

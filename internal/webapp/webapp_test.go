// SPDX-License-Identifier: Apache-2.0

package webapp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestWhoeverIsNotSignedInIsSentToTheSignInPageAndBack(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	stranger := w.browser()
	for path, want := range map[string]string{
		"/":                      "/sign-in",
		"/bin":                   "/sign-in?to=%2Fbin",
		"/?q=two+words":          "/sign-in?to=" + url.QueryEscape("/?q=two+words"),
		"/assets/ast_0000000000": "/sign-in?to=" + url.QueryEscape("/assets/ast_0000000000"),
		"/admin/people":          "/sign-in?to=%2Fadmin%2Fpeople",
		"/password":              "/sign-in?to=%2Fpassword",
	} {
		if got := stranger.get(path).is(http.StatusSeeOther).to(); got != want {
			t.Errorf("%s leads to %s, want %s", path, got, want)
		}
	}
	for _, path := range []string{"/password", "/sign-out"} {
		if got := stranger.post(path).is(http.StatusSeeOther).to(); !strings.HasPrefix(got, "/sign-in") {
			t.Errorf("POST %s leads to %s", path, got)
		}
	}
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
	for _, path := range []string{"/", "/bin", "/password", "/assets/ast_0", "/nothing"} {
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
	page := admin.get("/password").text
	if strings.Contains(page, "<style") || strings.Contains(page, " style=") || strings.Contains(page, " onclick=") {
		t.Error("the page holds styles or scripts of its own, which its policy forbids")
	}
	css := w.browser().get("/static/app.css?v=test").is(http.StatusOK).Header
	if css.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(css.Get("Cache-Control"), "immutable") {
		t.Errorf("the style sheet comes with %v", css)
	}
	w.browser().get("/static/").is(http.StatusNotFound)
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

func TestTextsOfPeopleStayTexts(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}`
	w.browser().post("/sign-in", "email", evil, "password", "x", "to", "/"+evil).lacks("<script>alert", "<img src=x")
	w.browser().get("/sign-in?to="+url.QueryEscape("/"+evil)).lacks("<script>alert", "<img src=x")
	admin.get("/?q="+url.QueryEscape(evil)).lacks("<script>alert", "<img src=x")
}

func TestTheBrowserAppIsServedInTheLanguageAndThemeThatWereChosen(t *testing.T) {
	t.Parallel()
	w, admin := newWorld(t)
	at, err := url.Parse(w.url)
	must(t, err)
	page := admin.get("/")
	if page.StatusCode == http.StatusServiceUnavailable {
		page.has("make build") // the program was built without it
		return
	}
	page.is(http.StatusOK).has(`<html lang="en">`, `<div id="root">`).lacks("<style", " style=", " onclick=")
	admin.Jar.SetCookies(at, []*http.Cookie{{Name: "tg_theme", Value: "dark"}})
	admin.language = "nn"
	page = admin.get("/collections").is(http.StatusOK).has(`<html lang="nb" data-theme="dark">`)
	admin.Jar.SetCookies(at, []*http.Cookie{{Name: "tg_theme", Value: `"><script>`}})
	admin.get("/").has(`<html lang="nb">`)

	_, rest, found := strings.Cut(page.text, `src="/app/`)
	script, _, _ := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("the page names no script:\n%s", page.text)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/app/"+script, nil)
	must(t, err)
	r.Header.Set("Accept-Encoding", "gzip, br")
	answer, err := w.browser().Do(r)
	must(t, err)
	defer answer.Body.Close()
	if h := answer.Header; answer.StatusCode != http.StatusOK || h.Get("Content-Encoding") != "br" || h.Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Vary") != "Accept-Encoding" {
		t.Errorf("the script comes with %d %v", answer.StatusCode, h)
	}
	for _, path := range []string{"/app/", "/app/index.html", "/app/manifest.json", "/app/" + script + ".br", "/app/assets/../index.html", "/app/assets/nothing.js", "/app/%2e%2e/pages/error.html"} {
		if got := w.browser().get(path).StatusCode; got != http.StatusNotFound && got != http.StatusTemporaryRedirect && got != http.StatusMovedPermanently {
			t.Errorf("%s answers %d", path, got)
		}
	}
}

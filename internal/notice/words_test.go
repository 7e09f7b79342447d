// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"maps"
	"strings"
	"testing"

	"tillgang/internal/account"
)

// What a mail must never hold. Each stands where such a thing could be.
var sentinels = []string{
	"Känslig Testsson", "811228-9874", "hemlig-bild.jpg", "Mappen Barnavård", "ast_01hemlig", "tg_hemlig", `<script>alert("x")</script>`,
}

func TestPI9_EveryTextHasOnlyTheListedVariables(t *testing.T) {
	t.Parallel()
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	// Whatever else somebody puts beside a text, only the listed variables are filled in.
	values := map[string]string{varProduct: "Tillgång", varTenant: "Kommunen {name}", varCount: "3", varDays: "7"}
	for i, name := range []string{"name", "title", "file", "folder", "email", "token", "html"} {
		values[name] = sentinels[i]
	}
	for _, lang := range account.Languages {
		for _, name := range texts() {
			said := w.say(lang, name, values)
			if strings.TrimSpace(said) == "" || strings.Contains(strings.ReplaceAll(said, "Kommunen {name}", ""), "{") {
				t.Errorf("%s %s: %q", lang, name, said)
			}
			for _, s := range sentinels {
				if strings.Contains(said, s) {
					t.Errorf("%s %s tells %q", lang, name, s)
				}
			}
			if len([]rune(said)) > 400 || strings.HasSuffix(name, ".subject") && len([]rune(said)) > 90 {
				t.Errorf("%s %s is too long: %q", lang, name, said)
			}
		}
		if lang != "en" && maps.Equal(w[lang], w["en"]) {
			t.Errorf("%s is English", lang)
		}
	}
}

func TestPI9_ATextWithAnotherVariableDoesNotStart(t *testing.T) {
	t.Parallel()
	good, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(of map[string]string){
		"a person's name": func(of map[string]string) { of["mentioned.text"] = "{name} nämnde dig" },
		"a title":         func(of map[string]string) { of["commented.subject"] = "{tenant}: {title}" },
		"a token":         func(of map[string]string) { of["invitation.text"] = "{token}" },
		"a count in a subject, where only the tenant may be": func(of map[string]string) { of["mentioned.subject"] = "{count}" },
		"a variable in a title":                              func(of map[string]string) { of["mentioned.title"] = "{tenant}" },
		"one that does not end":                              func(of map[string]string) { of["mail.footer"] = "{tenant" },
		"a stray brace":                                      func(of map[string]string) { of["mail.footer"] = "tenant}" },
		"one that is missing":                                func(of map[string]string) { delete(of, "mail.open") },
		"one that is empty":                                  func(of map[string]string) { of["mail.open"] = " " },
		"one that nobody says":                               func(of map[string]string) { of["mail.close"] = "Hej" },
		"many without how many":                              func(of map[string]string) { of["mentioned.many"] = "Du nämndes" },
	} {
		of := maps.Clone(good["sv"])
		if err := checkWords("sv", of); err != nil {
			t.Fatal(err)
		}
		if change(of); checkWords("sv", of) == nil {
			t.Errorf("%s is let through", what)
		}
	}
}

func TestALetterIsShownAsText(t *testing.T) {
	t.Parallel()
	l := letter{
		Lang: "sv", Subject: `<b>"Kommunen"</b>: ämne`, Greeting: "Hej!", Text: "<script>alert(1)</script>", Lines: []string{"en <i>rad</i>", "två"},
		Open: "Öppna", Link: "https://bilder.example.se/sign-in/link#a-_b", Footer: "Skickat", Change: "Välj", Preferences: "https://bilder.example.se/notices/preferences",
	}
	html, err := l.html()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<html lang="sv">`, `<title>&lt;b&gt;`, `&lt;script&gt;`, `<li>en &lt;i&gt;rad&lt;/i&gt;</li>`, `href="https://bilder.example.se/sign-in/link#a-_b"`, `href="https://bilder.example.se/notices/preferences"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s:\n%s", want, html)
		}
	}
	for _, never := range []string{"<script", "<i>", "<img", "src=", "@import", "url("} {
		if strings.Contains(html, never) {
			t.Errorf("the page has %s", never)
		}
	}
	for _, want := range []string{"* en <i>rad</i>\n* två\n", "Öppna:\nhttps://bilder.example.se/sign-in/link#a-_b\n", "Välj: https://bilder.example.se/notices/preferences\n"} {
		if !strings.Contains(l.plain(), want) {
			t.Errorf("the text lacks %q:\n%s", want, l.plain())
		}
	}
}

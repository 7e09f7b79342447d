// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"tillgang/internal/account"
)

//go:embed words
var wordFiles embed.FS

// The variables of texts. There are no others, and each kind of text may have
// only some of them: what people are called, and what they call things, is in
// none (PI-9).
const (
	varProduct = "product" // the product's name
	varTenant  = "tenant"  // the organisation's name
	varCount   = "count"   // how many
	varDays    = "days"    // until something ends
)

// allowed are the variables that a text may have, by the end of its name.
var allowed = map[string][]string{
	"subject": {varTenant}, "text": {varTenant, varDays}, "many": {varCount}, "title": {},
	"greeting": {}, "open": {}, "footer": {varProduct, varTenant}, "preferences": {},
}

// texts are the names of all texts that every language must have.
func texts() (names []string) {
	for _, r := range rules {
		names = append(names, string(r.kind)+".title", string(r.kind)+".subject", string(r.kind)+".text", string(r.kind)+".many")
	}
	for _, k := range []Kind{digest, invitation} {
		names = append(names, string(k)+".subject", string(k)+".text", string(k)+".open")
	}
	return append(names, "mail.greeting", "mail.open", "mail.footer", "mail.preferences")
}

// words are the texts: language → name → text.
type words map[string]map[string]string

// readWords reads the texts of all languages and refuses one that is missing,
// unknown, or has a variable that it may not have.
func readWords() (words, error) {
	w := words{}
	for _, lang := range account.Languages {
		b, err := wordFiles.ReadFile("words/" + lang + ".json")
		if err != nil {
			return nil, err
		}
		var of map[string]string
		if err := json.Unmarshal(b, &of); err != nil {
			return nil, fmt.Errorf("notice: words of %s: %w", lang, err)
		}
		if err := checkWords(lang, of); err != nil {
			return nil, err
		}
		w[lang] = of
	}
	return w, nil
}

func checkWords(lang string, of map[string]string) error {
	names := texts()
	for _, name := range names {
		text, end := of[name], name[strings.LastIndexByte(name, '.')+1:]
		if strings.TrimSpace(text) == "" {
			return fmt.Errorf("notice: words of %s: %s is missing", lang, name)
		}
		for rest := text; ; {
			before, after, there := strings.Cut(rest, "{")
			if strings.Contains(before, "}") {
				return fmt.Errorf("notice: words of %s: %s has a stray brace", lang, name)
			}
			if !there {
				break
			}
			variable, tail, closed := strings.Cut(after, "}")
			if !closed || !slices.Contains(allowed[end], variable) {
				return fmt.Errorf("notice: words of %s: %s has the variable %q, which it may not have", lang, name, variable)
			}
			rest = tail
		}
		if end == "many" && !strings.Contains(text, "{"+varCount+"}") {
			return fmt.Errorf("notice: words of %s: %s does not say how many", lang, name)
		}
	}
	for name := range of {
		if !slices.Contains(names, name) {
			return fmt.Errorf("notice: words of %s: nobody says %s", lang, name)
		}
	}
	return nil
}

// say returns a text with its variables filled in. It is one pass: what a
// value holds is never taken for a variable.
func (w words) say(lang, name string, values map[string]string) string {
	if w[lang] == nil {
		lang = "en"
	}
	text := w[lang][name]
	var b strings.Builder
	for {
		before, after, there := strings.Cut(text, "{")
		b.WriteString(before)
		if !there {
			return b.String()
		}
		variable, tail, _ := strings.Cut(after, "}")
		b.WriteString(values[variable])
		text = tail
	}
}

// letter is a mail's words, before they get their form.
type letter struct {
	Lang, Subject, Greeting string
	Lines                   []string // of a digest
	Text, Open, Link        string
	Footer, Change          string
	Preferences             string // address
}

// plain is the letter as text.
func (l letter) plain() string {
	var b strings.Builder
	b.WriteString(l.Greeting + "\n\n" + l.Text + "\n\n")
	for _, line := range l.Lines {
		b.WriteString("* " + line + "\n")
	}
	if len(l.Lines) > 0 {
		b.WriteString("\n")
	}
	b.WriteString(l.Open + ":\n" + l.Link + "\n\n-- \n" + l.Footer + "\n")
	if l.Preferences != "" {
		b.WriteString(l.Change + ": " + l.Preferences + "\n")
	}
	return b.String()
}

// form is the letter as a page: one column of text that every program can show,
// grow and read aloud, with nothing to be loaded from anywhere.
var form = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>{{.Subject}}</title></head>
<body style="font: 1rem/1.5 sans-serif; max-width: 40em; margin: 0 auto; padding: 1em">
<h1 style="font-size: 1.25rem">{{.Subject}}</h1>
<p>{{.Greeting}}</p>
<p>{{.Text}}</p>
{{if .Lines}}<ul>
{{range .Lines}}<li>{{.}}</li>
{{end}}</ul>
{{end}}<p><a href="{{.Link}}">{{.Open}}</a></p>
<hr>
<p>{{.Footer}}</p>
{{if .Preferences}}<p><a href="{{.Preferences}}">{{.Change}}</a></p>
{{end}}</body>
</html>
`))

func (l letter) html() (string, error) {
	var b strings.Builder
	err := form.Execute(&b, l)
	return b.String(), err
}

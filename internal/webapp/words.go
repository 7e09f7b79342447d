// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// languages of the pages, in the order of the switcher; the first is what is
// shown to whoever asks for none of them.
var languages = []struct{ Tag, Name string }{
	{"en", "English"}, {"sv", "Svenska"}, {"nb", "Norsk"}, {"da", "Dansk"}, {"fi", "Suomi"},
}

// catalogue is the text of the pages: language → key → text.
type catalogue map[string]map[string]string

func readWords(files fs.FS) (catalogue, error) {
	c := catalogue{}
	for _, l := range languages {
		words := map[string]string{}
		for _, of := range []string{"", "request/"} {
			b, err := fs.ReadFile(files, "ui/words/"+of+l.Tag+".json")
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal(b, &words); err != nil {
				return nil, fmt.Errorf("words of %s: %w", l.Tag, err)
			}
		}
		c[l.Tag] = words
	}
	return c, nil
}

// say returns the text with its {0}, {1} … filled in.
func (c catalogue) say(lang, key string, args ...any) string {
	text, ok := c[lang][key]
	if !ok {
		if text, ok = c["en"][key]; !ok {
			return key
		}
	}
	for i, a := range args {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", fmt.Sprint(a))
	}
	return text
}

const languageCookie = "tg_lang"

var matcher = func() language.Matcher {
	tags := make([]language.Tag, len(languages))
	for i, l := range languages {
		tags[i] = language.MustParse(l.Tag)
	}
	return language.NewMatcher(tags)
}()

// choose returns the language that the visitor chose or whose browser asks for.
func (c catalogue) choose(r *http.Request) string {
	if k, err := r.Cookie(languageCookie); err == nil && c[k.Value] != nil {
		return k.Value
	}
	want, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return languages[0].Tag
	}
	_, i, _ := matcher.Match(want...)
	return languages[i].Tag
}

func (d *door) chooseLanguage(v *visit) error {
	if want := v.r.PostFormValue("language"); d.words[want] != nil {
		http.SetCookie(v.w, &http.Cookie{ //nolint:gosec // G124: Secure whenever the site is reached over TLS
			Name: languageCookie, Value: want, Path: "/", MaxAge: 365 * 24 * 60 * 60,
			Secure: d.overTLS(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	} else if want == "" { // as the browser asks
		http.SetCookie(v.w, &http.Cookie{Name: languageCookie, Path: "/", MaxAge: -1, Secure: d.overTLS(), HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // G124: as above
	}
	return v.redirect(inside(v.r.PostFormValue("to")))
}

// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"net/http"
	"slices"
	"strconv"

	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/link"
)

// told is one public field of an asset.
type told struct{ Label, Text, Lang string }

type answerRow struct{ Name, Verdict, Word, Remark, At, ISO string }

type shareAssetView struct {
	ID             id.Asset
	Title          string
	Alt            string
	Undescribed    bool // nobody has said what the picture shows
	Position       string
	Previous, Next id.Asset
	Fields         []told
	Page, Pages    int
	PrevPage       int
	NextPage       int
	Answers        []answerRow
	Name, Remark   string
	Verdict        string
	Problem, Done  string
}

// public are the fields that people outside see: never people, places or what
// only the archive needs.
var public = []string{"description", "credit", "copyright", "usage_terms"}

func (d *door) shareAsset(g *guest) error { return g.showAsset(http.StatusOK, "", link.Answer{}) }

func (g *guest) showAsset(status int, problem string, typed link.Answer) error {
	i, err := g.asset()
	if err != nil {
		return err
	}
	item, err := g.Links.Item(g.ctx, g.who, i)
	if err != nil {
		return err
	}
	a := item.Asset
	view := shareAssetView{
		ID: a.ID, Title: g.called(a), Position: g.say("share_position", item.At, item.Of), Previous: item.Previous, Next: item.Next,
		Problem: problem, Name: g.Name, Remark: typed.Remark, Verdict: string(typed.Verdict),
	}
	if typed.Name != "" {
		view.Name = typed.Name
	}
	decided := false
	if view.Alt, decided = g.described(a); !decided && a.Kind == asset.Image {
		view.Alt, view.Undescribed = g.say("share_no_alt", view.Title), true
	}
	for _, name := range public {
		if lang, text := g.text(a.Fields[name]); text != "" {
			view.Fields = append(view.Fields, told{g.say("share_field_" + name), text, lang})
		}
	}
	if a.Pages != nil && *a.Pages > 1 {
		view.Pages, view.Page = *a.Pages, min(g.pageNumber(), *a.Pages)
		view.PrevPage = view.Page - 1
		if view.Page < view.Pages {
			view.NextPage = view.Page + 1
		}
	}
	for _, one := range item.Answers {
		p := page{visit: g.visit}
		view.Answers = append(view.Answers, answerRow{
			Name: one.Name, Verdict: string(one.Verdict), Word: g.say("share_verdict_" + string(one.Verdict)), Remark: one.Remark, At: p.Time(one.At), ISO: p.ISO(one.At),
		})
	}
	if g.r.URL.Query().Get("done") == "answer" {
		view.Done = g.say("share_answered")
	}
	return g.page(status, "asset", view.Title, view)
}

// text is a field's text in the guest's language, else in any.
func (g *guest) text(f asset.Field) (lang, text string) {
	for _, tag := range g.tongues() {
		if f.Lang[tag] != "" {
			return tag, f.Lang[tag]
		}
	}
	return "", f.Value
}

func (d *door) shareAnswer(g *guest) error {
	i, err := g.asset()
	if err != nil {
		return err
	}
	a := link.Answer{
		Asset: i, Name: g.r.PostFormValue("name"), Verdict: link.Verdict(g.r.PostFormValue("verdict")), Remark: g.r.PostFormValue("remark"),
	}
	if _, err := d.Links.Answer(g.ctx, g.who, g.cookie, a); err != nil {
		return g.mended(err, func(status int, problem string) error { return g.showAsset(status, problem, a) })
	}
	return g.redirect("/s/" + g.token + "/assets/" + i.String() + "?done=answer#answers")
}

// sent are the identifiers of assets in a form.
func (g *guest) sent(name string) (list []id.Asset) {
	for _, one := range g.r.Form[name] {
		if a, err := id.Parse[id.Asset](one); err == nil && !slices.Contains(list, a) && len(list) < link.MaxShown {
			list = append(list, a)
		}
	}
	return list
}

// shareChoose keeps what is ticked on a page, and goes where the button says.
func (d *door) shareChoose(g *guest) error {
	if _, err := d.Links.Choose(g.ctx, g.who, g.cookie, g.sent("of"), g.sent("want")); err != nil {
		return err
	}
	to := g.r.PostFormValue("to")
	if to == "send" {
		return g.redirect("/s/" + g.token + "/choice")
	}
	if n, err := strconv.Atoi(to); err == nil && n > 0 {
		return g.redirect("/s/" + g.token + "?page=" + strconv.Itoa(n))
	}
	return g.redirect("/s/" + g.token + "?done=saved&page=" + strconv.Itoa(g.pageNumber()))
}

type shareChoiceView struct {
	Cards         []card
	Name, Message string
	Problem       string
}

func (d *door) shareChoice(g *guest) error { return g.showChoice(http.StatusOK, "", "", "") }

func (g *guest) showChoice(status int, problem, name, message string) error {
	list, err := g.Links.ChosenItems(g.ctx, g.who, g.cookie)
	if err != nil {
		return err
	}
	view := shareChoiceView{Name: g.Name, Message: message, Problem: problem}
	if name != "" {
		view.Name = name
	}
	for _, a := range list {
		view.Cards = append(view.Cards, g.card(a))
	}
	return g.page(status, "choice", g.say("share_choice"), view)
}

func (d *door) shareSend(g *guest) error {
	name, message := g.r.PostFormValue("name"), g.r.PostFormValue("message")
	c, err := d.Links.Send(g.ctx, g.who, g.cookie, name, message)
	if err != nil {
		return g.mended(err, func(status int, problem string) error { return g.showChoice(status, problem, name, message) })
	}
	return g.page(http.StatusOK, "done", g.say("share_sent"), g.say("share_sent_text", len(c.Assets)))
}

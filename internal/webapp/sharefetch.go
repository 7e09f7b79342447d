// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"net/http"
	"slices"
	"time"

	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/rendition"
	"tillgang/internal/secret"
)

type formatRow struct {
	Variant, Label string
	Chosen         bool
}

type termsRow struct{ ID, Text, Lang, For string }

type channelRow struct {
	Value, Label string
	Chosen       bool
}

type shareDownloadView struct {
	Assets   []id.Asset
	All      bool
	Count    int
	Title    string // of the one asset, if it is one
	Formats  []formatRow
	Report   bool
	Channels []channelRow
	Terms    []termsRow
	Typed    delivery.Report
	Until    string
	Accepted bool
	Ask      bool // for the password
	Problem  string
}

// wanted is what a guest wants to download: all, or what they have ticked of it.
func (g *guest) wanted() (list []id.Asset, all bool, err error) {
	if list, err = g.Links.All(g.ctx, g.who); err != nil {
		return nil, false, err
	}
	ticked := g.sent("asset")
	if all = g.r.FormValue("all") != "" || len(ticked) == 0; !all {
		list = slices.DeleteFunc(list, func(a id.Asset) bool { return !slices.Contains(ticked, a) })
	}
	if len(list) == 0 {
		err = fault.New(fault.NotFound, "share.nothing", "There is nothing here any more. Ask whoever sent you the link.")
	}
	return list, all, err
}

func (d *door) shareDownload(g *guest) error {
	return g.showDownload(http.StatusOK, "")
}

// showDownload shows the form for a download, with what was typed.
func (g *guest) showDownload(status int, problem string) error {
	if !g.CanDownload {
		return fault.New(fault.Forbidden, "share.no_download", "Nothing can be downloaded here, or all downloads have been used.")
	}
	list, all, err := g.wanted()
	if err != nil {
		return err
	}
	view := shareDownloadView{Assets: list, All: all, Count: len(list), Ask: g.AskPassword, Problem: problem, Typed: *g.typed(), Until: g.r.PostFormValue("until")}
	if all {
		view.Assets = nil
	}
	view.Accepted = len(view.Typed.Accepted) > 0
	if len(list) == 1 {
		item, err := g.Links.Item(g.ctx, g.who, list[0])
		if err != nil {
			return err
		}
		view.Title = g.called(item.Asset)
	}
	labels, err := g.labels()
	if err != nil {
		return err
	}
	chosen := g.r.PostFormValue("variant")
	if !slices.Contains(g.Link.Formats, chosen) {
		chosen = g.Link.Formats[0]
	}
	seen := map[string]bool{}
	for _, f := range g.Link.Formats {
		view.Formats = append(view.Formats, formatRow{f, labels[f], f == chosen})
		n, err := g.Delivery.Needs(g.ctx, g.who, list, f)
		if err != nil {
			return err
		}
		view.Report = view.Report || n.Report
		for _, t := range n.Terms {
			if !seen[t.ID] {
				seen[t.ID] = true
				view.Terms = append(view.Terms, g.terms(t, labels[t.Preset]))
			}
		}
	}
	for _, c := range delivery.Channels() {
		view.Channels = append(view.Channels, channelRow{c, g.say("share_channel_" + c), slices.Contains(view.Typed.Channels, c)})
	}
	return g.page(status, "download", g.say("share_download"), view)
}

func (g *guest) terms(t delivery.Terms, preset string) termsRow {
	out := termsRow{ID: t.ID, For: preset}
	for _, tag := range g.tongues() {
		if t.Texts[tag] != "" {
			out.Text, out.Lang = t.Texts[tag], tag
			return out
		}
	}
	for tag, text := range t.Texts {
		out.Text, out.Lang = text, tag
	}
	return out
}

// labels are what the formats are called in the guest's language.
func (g *guest) labels() (map[string]string, error) {
	out := map[string]string{delivery.Original: g.say("share_original")}
	list, err := g.Renditions.Presets(g.ctx, g.who)
	for _, p := range list {
		out[p.Name] = p.Name
		if p.BuiltIn {
			out[p.Name] = g.say("share_size_" + p.Name)
		}
		for _, tag := range []string{"en", g.lang} {
			if p.Labels[tag] != "" {
				out[p.Name] = p.Labels[tag]
			}
		}
	}
	for _, f := range g.Link.Formats {
		if out[f] == "" {
			out[f] = f
		}
	}
	return out, err
}

// typed is what the form says of the use.
func (g *guest) typed() *delivery.Report {
	r := &delivery.Report{
		Purpose: g.r.PostFormValue("purpose"), Place: g.r.PostFormValue("place"), Name: g.r.PostFormValue("name"), Channels: g.r.PostForm["channel"],
	}
	if day, err := time.Parse(time.DateOnly, g.r.PostFormValue("until")); err == nil {
		r.Until = &day
	}
	if g.r.PostFormValue("accept") != "" {
		r.Accepted = g.r.PostForm["terms"]
	}
	if r.Name == "" {
		r.Name = g.Name
	}
	return r
}

// shareFetch gives out what the form asks for.
func (d *door) shareFetch(g *guest) error {
	to, err := g.fetch()
	if err != nil {
		return g.mended(err, g.showDownload)
	}
	return g.redirect(d.MediaURL + to)
}

func (g *guest) fetch() (string, error) {
	if g.AskPassword {
		if err := g.Links.Unlock(g.ctx, g.token, g.cookie, true, secret.Exactly(g.r.PostFormValue("password")), g.remote()); err != nil {
			return "", err
		}
		again, err := g.Links.Visit(g.ctx, g.token, g.cookie)
		if err != nil {
			return "", err
		}
		g.Guest, g.who = again, again.Who
	}
	list, _, err := g.wanted()
	if err != nil {
		return "", err
	}
	variant := g.r.PostFormValue("variant")
	if !slices.Contains(g.Link.Formats, variant) {
		return "", fault.New(fault.Invalid, "share.format", "Choose a format.")
	}
	if day := g.r.PostFormValue("until"); day != "" && g.typed().Until == nil {
		return "", fault.New(fault.Invalid, "share.until", "Write the day like 2027-12-31, or leave it empty.")
	}
	if len(list) == 1 {
		t, err := g.Delivery.Issue(g.ctx, g.who, list[0], delivery.Request{Variant: variant, Report: g.typed()})
		if code := fault.CodeOf(err); code == rendition.CodeMaking || code == rendition.CodeBusy {
			return "", &fault.Error{Kind: fault.Unavailable, Code: "share.making", RetryAfter: 5, Text: "This is being made. Press the button again in a moment."}
		}
		return t.URL, err
	}
	a, err := g.Delivery.IssueArchive(g.ctx, g.who, delivery.ArchiveRequest{Assets: list, Variant: variant, Report: g.typed()})
	return a.URL, err
}

// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/request"
	"tillgang/internal/secret"
)

// The pages on which people outside send files. They have no session: the
// address is the secret. Looking at them changes nothing.

// askedField is a field that a sender is asked to fill.
type askedField struct {
	ID, Name, Label, Help, Type, Value, Wrong string
	Required                                  bool
}

// slip is one line of the summary of what has to be mended.
type slip struct{ At, Text string }

type requestView struct {
	Mode    string // locked, details, send or sent
	Action  string
	Ask     request.Ask
	Kinds   string // that are taken, as a list for people; empty: all
	Accept  string // the same for the file chooser
	Fields  []askedField
	Wrong   map[string]string // by name of the control
	Slips   []slip
	Problem string // what is wrong with the whole

	SenderName, SenderEmail, Message string
	Accepted                         bool

	Receipt  request.Receipt
	Secret   string // the receipt's
	Address  string // its whole address, to be kept
	Problems []sentProblem
	Faults   []sentProblem // what may go wrong with a file, by code: for the script
}

type sentProblem struct{ Name, Text string }

// sendFaults are the codes that the script may meet.
var sendFaults = []string{
	"request.too_many_files", "request.too_many_bytes", "request.kind", "request.ended", "request.delivered", "upload.empty", "upload.too_large", "upload.expired",
}

func (d *door) requestRoutes() map[string]handler {
	return map[string]handler{
		"GET /u/{token}":                     d.requestPage,
		"POST /u/{token}":                    d.beginDelivery,
		"GET /u/receipt/{receipt}":           d.receiptPage,
		"POST /u/receipt/{receipt}":          d.describeDelivery,
		"POST /u/receipt/{receipt}/files":    d.sendFiles,
		"POST /u/receipt/{receipt}/delivery": d.finishDelivery,
	}
}

// speaks shows the page in the request's language, unless the visitor chose one.
func (v *visit) speaks(lang string) {
	if _, err := v.r.Cookie(languageCookie); err != nil && v.words[lang] != nil {
		v.lang = lang
	}
}

func (d *door) requestPage(v *visit) error {
	ask, err := d.Requests.Outside().Look(v.ctx, v.r.PathValue("token"))
	if err != nil {
		return v.outside(err)
	}
	v.speaks(ask.Language)
	return v.askPage(http.StatusOK, ask, nil)
}

// askPage shows what is asked for, with what was typed and what is wrong with it.
func (v *visit) askPage(status int, ask request.Ask, err error) error {
	view := requestView{Mode: "details", Action: v.r.URL.Path, Ask: ask, Wrong: map[string]string{}}
	title := ask.Title
	if ask.Locked {
		view.Mode, title = "locked", v.say("request_locked_title")
	}
	f := v.r.PostForm
	view.SenderName, view.SenderEmail, view.Message, view.Accepted = f.Get("sender_name"), f.Get("sender_email"), f.Get("message"), f.Get("terms") != ""
	said := map[string]string{}
	if err != nil {
		e := fault.As(err)
		if e.Kind == fault.TooMany { // wrong passwords, too: they are nobody's account
			e = &fault.Error{Kind: e.Kind, Code: "account.pace", RetryAfter: e.RetryAfter}
		}
		view.Problem = v.sentence(e)
		said = e.Field
		title = v.say("error_in_title", title)
		if e.RetryAfter > 0 {
			v.w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
		}
	}
	wrong := func(name, label string) string {
		what := said[name]
		if what == "" {
			return ""
		}
		text := v.say("wrong_"+what, label)
		view.Wrong[name] = text
		view.Slips = append(view.Slips, slip{strings.ReplaceAll(name, ".", "_"), text})
		return text
	}
	wrong("password", v.say("password"))
	wrong("sender_name", v.say("request_name"))
	wrong("sender_email", v.say("email"))
	for _, one := range ask.Fields {
		d := ask.Defs[one.Name]
		a := askedField{
			ID: "field_" + one.Name, Name: "field." + one.Name, Label: v.label(d), Help: d.Helps[v.lang], Type: request.Asked(d.Type), Required: one.Required,
			Value: f.Get("field." + one.Name),
		}
		if a.Help == "" && d.Type == asset.List {
			a.Help = v.say("request_list_help")
		}
		a.Wrong = wrong(a.Name, a.Label)
		view.Fields = append(view.Fields, a)
	}
	wrong("message", v.say("request_message"))
	wrong("terms", v.say("request_terms"))
	return v.show(status, "request", title, view)
}

// label is a field's name in the visitor's language.
func (v *visit) label(d asset.Def) string {
	if !d.Own {
		return v.say("field_" + d.Name)
	}
	for _, lang := range []string{v.lang, "en", "sv"} {
		if l := d.Labels[lang]; l != "" {
			return l
		}
	}
	for _, l := range d.Labels {
		return l
	}
	return d.Name
}

// details reads the form of details.
func (v *visit) details() request.Details {
	f := v.r.PostForm
	out := request.Details{Name: f.Get("sender_name"), Email: f.Get("sender_email"), Message: f.Get("message"), Said: map[string]string{}, Language: v.lang}
	for name := range f {
		if field, ok := strings.CutPrefix(name, "field."); ok {
			out.Said[field] = f.Get(name)
		}
	}
	if f.Get("terms") != "" {
		out.Accepted, _ = strconv.Atoi(f.Get("terms"))
	}
	return out
}

func (d *door) beginDelivery(v *visit) error {
	if v.r.PostForm == nil { // multipart: no form of ours
		return fault.New(fault.Invalid, "request.malformed", "")
	}
	token := v.r.PathValue("token")
	ask, err := d.Requests.Outside().Look(v.ctx, token)
	if err != nil {
		return v.outside(err)
	}
	v.speaks(ask.Language)
	var details *request.Details
	if !ask.Locked {
		said := v.details()
		details = &said
	}
	receipt, err := d.Requests.Outside().Begin(v.ctx, token, v.remote(), secret.Exactly(v.r.PostFormValue("password")), details)
	if err != nil {
		return v.againAsked(ask, err)
	}
	return v.redirect("/u/receipt/" + receipt)
}

// againAsked shows the form once more, if what is wrong can be mended there.
func (v *visit) againAsked(ask request.Ask, err error) error {
	e := fault.As(err)
	if slices.Contains([]fault.Kind{fault.Invalid, fault.TooMany}, e.Kind) {
		return v.askPage(statuses[e.Kind], ask, err)
	}
	return v.outside(err)
}

// outside answers people who know nothing of the archive.
func (v *visit) outside(err error) error {
	e := fault.As(err)
	if e.Kind == fault.NotFound && (e.Code == "request.unknown" || e.Code == "request.ended") {
		status := http.StatusNotFound
		if e.Code == "request.ended" {
			status = http.StatusGone
		}
		return v.show(status, "request", v.say("fault_"+strings.ReplaceAll(e.Code, ".", "_")+"_title"), requestView{Mode: "none", Problem: v.sentence(e)})
	}
	return err
}

func (d *door) receiptPage(v *visit) error { return v.receipt(http.StatusOK, nil, nil) }

// receipt shows a delivery: what is still asked, files to be sent, or what
// became of those that were.
func (v *visit) receipt(status int, problems []sentProblem, err error) error {
	key := v.r.PathValue("receipt")
	r, e := v.Requests.Outside().Receipt(v.ctx, key)
	if e != nil {
		return v.outside(e)
	}
	v.speaks(r.Ask.Language)
	v.here = "/u/receipt/" + key
	if r.State == "begun" {
		if r.Ended {
			return v.outside(fault.New(fault.NotFound, "request.ended", ""))
		}
		return v.askPage(status, r.Ask, err)
	}
	view := requestView{Mode: "send", Ask: r.Ask, Receipt: r, Secret: key, Address: v.BaseURL + v.here, Problems: problems, Action: v.here}
	if r.State == "delivered" || r.Ended {
		view.Mode = "sent"
	}
	for i, k := range r.Ask.Kinds {
		if i > 0 {
			view.Kinds += ", "
		}
		view.Kinds += v.say("kind_" + string(k))
		if k != asset.Image && k != asset.Video && k != asset.Audio {
			view.Accept = "*/*"
		} else if view.Accept != "*/*" {
			view.Accept = strings.TrimPrefix(view.Accept+","+string(k)+"/*", ",")
		}
	}
	for _, code := range sendFaults {
		view.Faults = append(view.Faults, sentProblem{code, v.say("fault_" + strings.ReplaceAll(code, ".", "_"))})
	}
	if view.Accept == "*/*" {
		view.Accept = ""
	}
	title := r.Ask.Title
	if err != nil {
		view.Problem = v.sentence(fault.As(err))
	}
	if err != nil || len(problems) > 0 {
		title = v.say("error_in_title", title)
	}
	return v.show(status, "request", title, view)
}

func (d *door) describeDelivery(v *visit) error {
	if v.r.PostForm == nil {
		return fault.New(fault.Invalid, "request.malformed", "")
	}
	key := v.r.PathValue("receipt")
	r, err := d.Requests.Outside().Receipt(v.ctx, key)
	if err != nil {
		return v.outside(err)
	}
	v.speaks(r.Ask.Language)
	if err := d.Requests.Outside().Describe(v.ctx, key, v.details()); err != nil {
		v.here = "/u/receipt/" + key
		return v.againAsked(r.Ask, err)
	}
	return v.redirect("/u/receipt/" + key)
}

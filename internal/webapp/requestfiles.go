// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"errors"
	"io"
	"net/http"
	"time"

	"tillgang/internal/fault"
)

// stall is how long a sender may send nothing.
const stall = 60 * time.Second

// sendFiles takes a form with files of a delivery, one after the other as they
// come in. Scripts send them to the API instead, and show how far they are.
func (d *door) sendFiles(v *visit) error {
	key := v.r.PathValue("receipt")
	r, err := d.Requests.Outside().Receipt(v.ctx, key)
	if err != nil {
		return v.outside(err)
	}
	v.speaks(r.Ask.Language)
	form, err := v.r.MultipartReader()
	if err != nil {
		return fault.New(fault.Invalid, "request.malformed", "")
	}
	control := http.NewResponseController(v.w)
	var problems []sentProblem
	some := false
	for {
		_ = control.SetReadDeadline(d.Now().Add(stall)) // only a test's writer has none
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			problems = append(problems, sentProblem{"", v.say("request_broken")})
			break
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		some = true
		if err := d.Requests.Outside().Receive(v.ctx, key, part.FileName(), &going{part, control, d.Now}); err != nil {
			e := fault.As(err)
			if e.Kind == fault.NotFound || e.Kind == fault.Internal {
				return v.outside(err)
			}
			problems = append(problems, sentProblem{part.FileName(), v.sentence(e)})
		}
	}
	switch {
	case len(problems) > 0:
		return v.receipt(http.StatusUnprocessableEntity, problems, nil)
	case !some:
		return v.receipt(http.StatusUnprocessableEntity, nil, fault.New(fault.Invalid, "request.no_files", ""))
	}
	return v.redirect("/u/receipt/" + key)
}

// going moves the read deadline on with every piece that arrives.
type going struct {
	io.Reader
	control *http.ResponseController
	now     func() time.Time
}

// Read reads on.
func (g *going) Read(b []byte) (int, error) {
	_ = g.control.SetReadDeadline(g.now().Add(stall))
	return g.Reader.Read(b)
}

func (d *door) finishDelivery(v *visit) error {
	key := v.r.PathValue("receipt")
	if err := d.Requests.Outside().Finish(v.ctx, key); err != nil {
		if fault.KindOf(err) == fault.Invalid {
			return v.receipt(http.StatusUnprocessableEntity, nil, err)
		}
		return v.outside(err)
	}
	return v.redirect("/u/receipt/" + key)
}

// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
)

// uploaded is what became of one file.
type uploaded struct {
	Name, Problem string
	Asset         string // of the stored file, or of the identical one that is there
	Duplicate     bool
}

type uploadView struct {
	Files []uploaded
	Back  string
}

// stall is how long a sender may send nothing.
const stall = 60 * time.Second

// upload takes a form with files, one after the other as they come in. Scripts
// send each file to the API instead and show its progress.
func (d *door) upload(v *visit) error {
	form, err := v.r.MultipartReader()
	if err != nil {
		return fault.New(fault.Invalid, "request.malformed", v.say("upload_none"))
	}
	control := http.NewResponseController(v.w)
	var to id.Folder
	view := uploadView{Back: "/"}
	for {
		_ = control.SetReadDeadline(d.Now().Add(stall)) // only a test's writer has none
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fault.New(fault.Invalid, "upload.broken", v.say("fault_upload_broken"))
		}
		switch {
		case part.FormName() == "folder":
			b, err := io.ReadAll(io.LimitReader(part, 100))
			if err != nil {
				return err
			}
			if to, err = id.Parse[id.Folder](strings.TrimSpace(string(b))); err == nil {
				view.Back = "/?folder=" + to.String()
			}
		case part.FormName() == "file" && part.FileName() != "":
			a, err := d.Ingest.Receive(v.ctx, v.who, ingest.Plan{Folder: to, Name: part.FileName(), Size: -1}, &going{part, control, d.Now})
			one := uploaded{Name: part.FileName()}
			if f := fault.As(err); err == nil {
				one.Asset = a.ID.String()
			} else if f.Kind == fault.Internal {
				return err
			} else {
				one.Problem, one.Asset, one.Duplicate = v.problem(f), f.Extra["id"], f.Code == "asset.duplicate"
			}
			view.Files = append(view.Files, one)
		}
	}
	if len(view.Files) == 0 {
		return fault.New(fault.Invalid, "upload.no_file", v.say("upload_none"))
	}
	return v.show(http.StatusOK, "uploaded", v.say("upload_done_title"), view)
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

// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"tillgang/internal/delivery"
	"tillgang/internal/fault"
)

// archive answers /d/ with a ZIP file that is made while it is sent.
func (d *door) archive(c *gin.Context, token string) {
	r := c.Request
	ctx := r.Context()
	head := r.Method == http.MethodHead
	c.Header("Cache-Control", "private, no-store")
	b, err := d.Delivery.RedeemArchive(ctx, token, head)
	if err != nil {
		if fault.CodeOf(err) == "ticket.not_found" && d.guesses.more(from(c), d.Now()) {
			err = tooManyGuesses()
		}
		d.fail(c.Writer, r, err)
		return
	}
	b.Trouble = func(err error) {
		d.Log.WarnContext(ctx, "a file was left out of an archive", slog.String("archive", b.ID()), slog.Any("error", err))
	}
	c.Header("Content-Type", "application/zip")
	c.Header("Content-Disposition", delivery.Disposition(b.Name, "application/zip"))
	c.Header("Accept-Ranges", "none")
	c.Writer.WriteHeaderNow()
	if head {
		return
	}
	c.Writer.Flush() // whoever is cut from here on knows that something had begun
	rc := http.NewResponseController(c.Writer)
	defer func() { _ = rc.SetWriteDeadline(time.Time{}) }()
	if err := b.Write(ctx, &steady{c.Writer, rc, d.Now, d.Stall}); err != nil {
		d.cut(r, err, b.ID())
	}
}

// steady gives the client a new deadline for each write, and says of one that
// failed that the client is gone.
type steady struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	now   func() time.Time
	stall time.Duration
}

// Write implements io.Writer.
func (s *steady) Write(b []byte) (int, error) {
	_ = s.rc.SetWriteDeadline(s.now().Add(s.stall))
	n, err := s.w.Write(b)
	if err != nil {
		err = fmt.Errorf("%w: %w", errGone, err)
	}
	return n, err
}

func tooManyGuesses() error {
	return &fault.Error{Kind: fault.TooMany, Code: "ticket.guesses", Text: "Too many wrong addresses were tried from here. Wait a minute.", RetryAfter: 60}
}

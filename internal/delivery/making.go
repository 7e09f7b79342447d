// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/rendition"
)

// copied is a rendition that an archive has, and the name it has there.
type copied struct {
	r    rendition.Rendition
	name string
}

// makingFor is how long an archive waits for one rendition that is being made:
// longer than making one may take.
const makingFor = 6 * time.Minute

// made returns the rendition of an asset that goes into the archive, made now if
// it is not there; nil for originals. What cannot be made is a fault about
// this file alone.
func (b *Bundle) made(ctx context.Context, i id.Asset) (*copied, error) {
	if b.variant == Original || b.service.Copy == nil {
		return nil, nil
	}
	until := b.service.now().Add(makingFor)
	for {
		var who access.Actor
		if err := pg.In(ctx, b.service.db, b.tenant, func(tx pg.Tx) (err error) {
			who, err = b.alive(ctx, tx)
			return err
		}); err != nil {
			return nil, err
		}
		r, name, err := b.service.Copy(ctx, who, i, b.variant)
		if err == nil {
			return &copied{r, name}, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		e := fault.As(err)
		if later := e.Code == rendition.CodeMaking || e.Code == rendition.CodeBusy; !later || b.service.now().After(until) {
			return nil, b.unmade(e)
		}
		wait := time.NewTimer(time.Duration(e.RetryAfter) * time.Second)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, ctx.Err()
		}
	}
}

// unmade is what the manifest says of a rendition that could not be made. A
// failure of ours is told to Trouble, and the rest of the archive goes on.
func (b *Bundle) unmade(e *fault.Error) error {
	if !e.Kind.Ours() && e.Code != blob.CodeAbsent { // bytes that are missing are nothing that the asker did
		return e
	}
	if b.Trouble != nil {
		b.Trouble(e)
	}
	return &fault.Error{Kind: fault.Conflict, Code: "delivery.not_made", Text: "This size could not be made now. Ask for it again later, or fetch the original.", Err: e}
}

// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"tillgang/internal/fault"
)

// Stager is a Store that also takes a blob in piece by piece, over days and
// several processes, one piece at a time. It knows no protocol.
//
// A stage is a blob on its way in. Whoever owns it keeps its Stage somewhere
// durable, and gives it back with each call: that, not the storage, is the
// truth of how many bytes there are. What the storage holds beyond it is not
// trusted and is overwritten.
type Stager interface {
	Store

	// Begin makes an empty stage for a key. size is that of the whole blob, or
	// -1 if unknown. A stage that was begun and never saved may be begun again.
	Begin(ctx context.Context, key Key, size int64) (Stage, error)

	// Append reads r to its end and adds what it gives. While it reads on, it
	// makes durable and has saved, again and again, what r has given until a
	// mark; an error of saving ends it and is returned. What r gave before it
	// failed, or before ctx ended, is made durable and saved, too; then r's error
	// is returned wrapped. If storing fails, everything since the last save is
	// lost. The result is the stage as last saved.
	//
	// One call at a time may append: another one gets blob.busy, or fails later
	// in Publish. A stage that is no longer there gives blob.stage_gone.
	Append(ctx context.Context, key Key, at Stage, r io.Reader, mark Mark) (Stage, error)

	// Publish makes the stage the blob of its key, whole and durable, and ends
	// the stage. It may be repeated after a crash. A key that is taken by
	// another blob is blob.exists.
	Publish(ctx context.Context, key Key, at Stage) (Info, error)

	// Abort ends the stage and frees what it holds; one that is gone is no error.
	Abort(ctx context.Context, key Key, at Stage) error

	// SweepStages ends the stages that were begun (or, if the storage knows
	// that, appended to) before the time and that keep does not want, and
	// returns how many. Those were left by processes that died.
	SweepStages(ctx context.Context, before time.Time, keep func(Key) (bool, error)) (int, error)
}

// Mark is called while nobody reads, and notes what its owner knows of exactly
// the bytes that were read until now, such as their hash. What it returns keeps
// that together with the stage, and is called once those bytes are durable: in
// the order of the marks, one at a time, while reading goes on, and never after
// Append has returned.
type Mark func() (save func(Stage) error)

// Stage is how far a blob on its way in has come.
type Stage struct {
	Offset int64           `json:"offset"`         // bytes that are durable
	Plug   json.RawMessage `json:"plug,omitempty"` // what the storage must be told again; means nothing to others
}

// Codes of the faults of stages.
const (
	CodeBusy      = "blob.busy"       // Conflict: another call is appending
	CodeStageGone = "blob.stage_gone" // Gone: the bytes that the stage speaks of are not there
)

// Busy is the fault for a stage that somebody else is appending to.
func Busy() error {
	return fault.New(fault.Conflict, CodeBusy, "Another request is writing to this upload. Try again in a moment.")
}

// StageGone is the fault for a stage whose bytes are not there any more.
func StageGone(err error) error {
	return &fault.Error{
		Kind: fault.Gone, Code: CodeStageGone, Err: err,
		Text: "The first part of this upload is no longer in the storage. Begin it again.",
	}
}

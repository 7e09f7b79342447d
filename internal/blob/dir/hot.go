// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"os"
	"sync"
	"time"

	"tillgang/internal/blob"
)

// What is kept open: so many files, none larger, each for one to two rounds.
const (
	maxHot   = 256
	hotSize  = 2 << 20
	hotRound = 5 * time.Second
)

// hot keeps small files open that were read just now: pages show the same
// renditions to many people, and finding a file costs as much as half of sending
// it. Whoever takes one looks whether it still has a name, so that what was
// destroyed, by whatever process, is not given out again; and none is kept
// for long, so that its bytes go, too.
type hot struct {
	mu     sync.Mutex
	files  map[blob.Key]*opened
	round  *time.Timer // nil: there are none
	closed bool
}

// opened is a file that several readers may share.
type opened struct {
	f     *os.File
	info  blob.Info
	users int  // readers, and hot itself while it has it
	old   bool // a round has passed
}

// take returns the key's file if it is open and still in its place.
func (h *hot) take(key blob.Key) *opened {
	h.mu.Lock()
	o := h.files[key]
	if o != nil {
		o.users++
	}
	h.mu.Unlock()
	if o == nil {
		return nil
	}
	if size, ok := named(o.f); ok && size == o.info.Size {
		return o
	}
	h.drop(key, o)
	h.give(o)
	return nil
}

// keep takes a file in that was opened just now, and reports whether it did: then
// it is shared, and the caller gives it back.
func (h *hot) keep(key blob.Key, f *os.File, info blob.Info) *opened {
	if info.Size > hotSize || !hasNames {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.files[key] != nil || len(h.files) >= maxHot {
		return nil
	}
	o := &opened{f: f, info: info, users: 2}
	if h.files == nil {
		h.files = map[blob.Key]*opened{}
	}
	h.files[key] = o
	if h.round == nil {
		h.round = time.AfterFunc(hotRound, h.tidy)
	}
	return o
}

// give gives a file back.
func (h *hot) give(o *opened) {
	h.mu.Lock()
	o.users--
	last := o.users == 0
	h.mu.Unlock()
	if last {
		_ = o.f.Close()
	}
}

// drop forgets a key's file; which may be nil for whatever it is.
func (h *hot) drop(key blob.Key, which *opened) {
	h.mu.Lock()
	o := h.files[key]
	if o == nil || which != nil && o != which {
		h.mu.Unlock()
		return
	}
	delete(h.files, key)
	h.mu.Unlock()
	h.give(o)
}

// tidy forgets the files that were there a round ago.
func (h *hot) tidy() {
	h.mu.Lock()
	var gone []*opened
	for key, o := range h.files {
		if o.old || h.closed {
			delete(h.files, key)
			gone = append(gone, o)
		}
		o.old = true
	}
	h.round = nil
	if len(h.files) > 0 {
		h.round = time.AfterFunc(hotRound, h.tidy)
	}
	h.mu.Unlock()
	for _, o := range gone {
		h.give(o)
	}
}

// close forgets all; readers that are open stay usable.
func (h *hot) close() {
	h.mu.Lock()
	h.closed = true
	if h.round != nil {
		h.round.Stop()
	}
	h.mu.Unlock()
	h.tidy()
}

// forget lets go of all files that nobody reads now, and reports whether there
// were any.
func (h *hot) forget() bool {
	h.mu.Lock()
	files := h.files
	h.files = nil
	h.mu.Unlock()
	for _, o := range files {
		h.give(o)
	}
	return len(files) > 0
}

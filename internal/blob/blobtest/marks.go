// SPDX-License-Identifier: Apache-2.0

package blobtest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"tillgang/internal/blob"
)

// marker is an owner of a stage that looks on while it is appended to.
type marker struct {
	*keeper
	r    io.Reader
	step chan struct{} // closed once more was read than the first mark speaks of

	mu    sync.Mutex
	given int64
	marks []int64
	now   int  // saves that are under way
	ended bool // Append has returned
	fails int  // which save fails; 0: none
}

// Read implements io.Reader.
func (m *marker) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.given += int64(n)
	if len(m.marks) == 1 && n > 0 {
		select {
		case <-m.step:
		default:
			close(m.step)
		}
	}
	return n, err
}

func (m *marker) mark() func(blob.Stage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks = append(m.marks, m.given)
	nth, given := len(m.marks), m.given
	return func(st blob.Stage) error {
		m.mu.Lock()
		m.now++
		if m.now > 1 || m.ended || len(m.all) != nth { // all has the one of the beginning, too
			m.t.Errorf("mark %d is saved out of turn: %d at once, %d before, ended %t", nth, m.now, len(m.all)-1, m.ended)
		}
		m.mu.Unlock()
		if nth == 1 {
			select {
			case <-m.step:
			case <-time.After(time.Minute):
				m.t.Error("nothing is read while the first mark is saved")
			}
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.now--
		if st.Offset != given {
			m.t.Errorf("mark %d stands at %d, saved is %d", nth, given, st.Offset)
		}
		if nth == m.fails {
			return errBroken
		}
		return m.save(st)
	}
}

func (m *marker) appended() (blob.Stage, error) {
	st, err := m.s.Append(m.t.Context(), m.key, m.at(), m, m.mark)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	return st, err
}

func marked(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	for name, tail := range map[string]int64{"with-a-tail": 1000, "without": 0} {
		want := Bytes(19, 3*PartSize+tail)
		m := &marker{keeper: begin(t, s, blob.Key("marked/"+name), int64(len(want))), r: bytes.NewReader(want), step: make(chan struct{})}
		if st, err := m.appended(); err != nil || st.Offset != int64(len(want)) {
			t.Fatalf("%s: %d bytes, %v", name, st.Offset, err)
		}
		expect := []int64{PartSize, 2 * PartSize, 3 * PartSize}
		if tail > 0 {
			expect = append(expect, 3*PartSize+tail)
		}
		if !slices.Equal(m.marks, expect) {
			t.Errorf("%s: marks at %v, want %v", name, m.marks, expect)
		}
		m.publish(want)
	}
}

// brokenMark is a process that dies, or loses its upload, while it reads on: what
// it read behind the last save is nobody's.
func brokenMark(t *testing.T, s blob.Stager, open func(*testing.T) blob.Stager) {
	want := Bytes(20, 4*PartSize)
	k := begin(t, s, "marked/broken", int64(len(want)))
	other := slices.Concat(want[:PartSize], Bytes(21, 2*PartSize+77))
	m := &marker{keeper: k, r: bytes.NewReader(other), step: make(chan struct{}), fails: 2}
	st, err := m.appended()
	if !errors.Is(err, errBroken) || st.Offset != PartSize || k.at().Offset != PartSize {
		t.Fatalf("ended at %d, saved were %d, %v", st.Offset, k.at().Offset, err)
	}
	k.s = open(t)
	k.append(bytes.NewReader(want[PartSize:]))
	k.publish(want)
}

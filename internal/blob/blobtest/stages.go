// SPDX-License-Identifier: Apache-2.0

package blobtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

// RunStages runs the suite of blob.Stager. open opens the same store anew each
// time, as another process would; it cleans up with t.Cleanup.
func RunStages(t *testing.T, open func(t *testing.T) blob.Stager) {
	t.Helper()
	s := open(t)
	for _, c := range []struct {
		name string
		test func(t *testing.T, s blob.Stager, open func(t *testing.T) blob.Stager)
	}{
		{"what is appended in pieces comes out whole", pieces},
		{"each saved stage can be gone on from, by another process", saved},
		{"what a broken reader gave is kept", brokenPiece},
		{"what came before the client went away is kept", cancelledPiece},
		{"what is saved while reading goes on is what was marked", marked},
		{"what was read behind the last save does not count", brokenMark},
		{"an error of save ends it, and nothing behind counts", refusedSave},
		{"nothing is seen before it is published", unseen},
		{"publishing may be repeated, and replaces nothing", published},
		{"what is aborted is gone", aborted},
		{"the sweep takes what nobody wants", swept},
		{"hostile keys are refused", hostileStages},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, s, open)
		})
	}
}

// keeper is an owner of a stage, who keeps it as text.
type keeper struct {
	t    *testing.T
	s    blob.Stager
	key  blob.Key
	last []byte
	all  []blob.Stage // each that was saved
}

func begin(t *testing.T, s blob.Stager, key blob.Key, size int64) *keeper {
	t.Helper()
	st, err := s.Begin(t.Context(), key, size)
	if err != nil {
		t.Fatalf("begin %s: %v", key, err)
	}
	k := &keeper{t: t, s: s, key: key}
	must(t, k.save(st))
	return k
}

func (k *keeper) save(st blob.Stage) error {
	b, err := json.Marshal(st)
	k.last, k.all = b, append(k.all, st)
	return err
}

// mark is the keeper's blob.Mark.
func (k *keeper) mark() func(blob.Stage) error { return k.save }

func (k *keeper) at() (st blob.Stage) {
	k.t.Helper()
	must(k.t, json.Unmarshal(k.last, &st))
	return st
}

func (k *keeper) append(r io.Reader) {
	k.t.Helper()
	st, err := k.s.Append(k.t.Context(), k.key, k.at(), r, k.mark)
	if err != nil {
		k.t.Fatalf("append to %s at %d: %v", k.key, k.at().Offset, err)
	}
	if st.Offset != k.at().Offset {
		k.t.Errorf("%s: append says %d, saved was %d", k.key, st.Offset, k.at().Offset)
	}
}

func (k *keeper) publish(want []byte) {
	k.t.Helper()
	info, err := k.s.Publish(k.t.Context(), k.key, k.at())
	if err != nil || info.Size != int64(len(want)) {
		k.t.Fatalf("publish %s: %+v, %v", k.key, info, err)
	}
	mustBe(k.t, k.s, k.key, want)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pieces(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	for name, c := range map[string]struct {
		sizes   []int64
		unknown bool
	}{
		"nothing":               {nil, false},
		"nothing-unknown":       {nil, true},
		"one":                   {[]int64{1}, false},
		"one-unknown":           {[]int64{1}, true},
		"three-small":           {[]int64{10, 0, 7}, false},
		"part":                  {[]int64{PartSize}, false},
		"part-and-1":            {[]int64{PartSize, 1}, false},
		"part-less-1-and-2":     {[]int64{PartSize - 1, 2}, false},
		"two-parts-at-once":     {[]int64{2 * PartSize}, false},
		"across-unknown":        {[]int64{PartSize - 1, PartSize + 5, 3}, true},
		"ends-on-a-part":        {[]int64{5, PartSize - 5, PartSize}, false},
		"small-behind-one-part": {[]int64{PartSize + 100, 1, 1, 1}, false},
	} {
		size := int64(0)
		for _, n := range c.sizes {
			size += n
		}
		want, announced := Bytes(uint64(size), size), size
		if c.unknown {
			announced = -1
		}
		k := begin(t, s, blob.Key("pieces/"+name), announced)
		rest := want
		for _, n := range c.sizes {
			k.append(bytes.NewReader(rest[:n]))
			if rest = rest[n:]; k.at().Offset != size-int64(len(rest)) {
				t.Fatalf("%s: %d are durable, %d were appended", name, k.at().Offset, size-int64(len(rest)))
			}
		}
		k.publish(want)
	}
}

func saved(t *testing.T, s blob.Stager, open func(*testing.T) blob.Stager) {
	want := Bytes(8, 3*PartSize+12345)
	k := begin(t, s, "saved/blob", int64(len(want)))
	k.append(bytes.NewReader(want[:1000]))
	k.append(bytes.NewReader(want[1000 : PartSize+5000]))
	k.append(bytes.NewReader(want[PartSize+5000 : 2*PartSize+7]))
	if !slices.IsSortedFunc(k.all, func(a, b blob.Stage) int { return int(a.Offset - b.Offset) }) {
		t.Error("saved offsets do not grow")
	}
	// A process that died before it could save: its owner knows nothing of what
	// came, and it comes again.
	died := func() func(blob.Stage) error { return func(blob.Stage) error { return errBroken } }
	for _, n := range []int64{10, PartSize} {
		if _, err := open(t).Append(t.Context(), k.key, k.at(), bytes.NewReader(want[k.at().Offset:][:n]), died); !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
	}
	k.s = open(t)
	k.append(bytes.NewReader(want[k.at().Offset:]))
	k.publish(want)
}

func brokenPiece(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	want := Bytes(9, PartSize+4000)
	k := begin(t, s, "broken/piece", int64(len(want)))
	for _, upTo := range []int64{0, 1000, PartSize, PartSize + 3000} {
		_, err := s.Append(t.Context(), k.key, k.at(), io.MultiReader(bytes.NewReader(want[k.at().Offset:upTo]), iotest.ErrReader(errBroken)), k.mark)
		if !errors.Is(err, errBroken) || fault.KindOf(err) == fault.Unavailable {
			t.Fatalf("the reader's own error is lost: %v", err)
		}
		if k.at().Offset != upTo {
			t.Fatalf("%d of %d bytes are kept", k.at().Offset, upTo)
		}
	}
	k.append(bytes.NewReader(want[k.at().Offset:]))
	k.publish(want)
}

func cancelledPiece(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	want := Bytes(10, 2*PartSize)
	k := begin(t, s, "cancelled/piece", int64(len(want)))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Append(ctx, k.key, k.at(), &trip{bytes.NewReader(want), PartSize + 10, cancel}, k.mark)
	if !errors.Is(err, context.Canceled) || k.at().Offset < PartSize+10 {
		t.Fatalf("%d bytes are kept, %v", k.at().Offset, err)
	}
	k.append(bytes.NewReader(want[k.at().Offset:]))
	k.publish(want)
}

func refusedSave(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	want := Bytes(11, PartSize)
	k := begin(t, s, "refused/save", int64(len(want)))
	k.append(bytes.NewReader(want[:100]))
	_, err := s.Append(t.Context(), k.key, k.at(), bytes.NewReader(Bytes(12, 5000)), func() func(blob.Stage) error { return func(blob.Stage) error { return errBroken } })
	if !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	k.append(bytes.NewReader(want[100:])) // other bytes than those that nobody knows of
	k.publish(want)
}

func unseen(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	want := Bytes(13, PartSize+10)
	k := begin(t, s, "unseen/blob", int64(len(want)))
	mustBeAbsent(t, s, k.key)
	k.append(bytes.NewReader(want[:PartSize+5]))
	mustBeAbsent(t, s, k.key)
	k.append(bytes.NewReader(want[PartSize+5:]))
	mustBeAbsent(t, s, k.key)
	k.publish(want)
	if got := list(t, s, "unseen"); len(got) != 1 {
		t.Error(got)
	}
	if got := list(t, s, "tails/unseen"); len(got) != 0 {
		t.Error(got)
	}
}

func published(t *testing.T, s blob.Stager, open func(*testing.T) blob.Stager) {
	for _, n := range []int64{0, 10, PartSize + 10} {
		want := Bytes(14, n)
		k := begin(t, s, blob.Key(fmt.Sprintf("published/%d", n)), n)
		k.append(bytes.NewReader(want))
		k.publish(want)
		k.s = open(t) // whoever published died before saying so
		k.publish(want)
		if _, err := s.Begin(t.Context(), k.key, n); fault.CodeOf(err) != blob.CodeExists {
			t.Errorf("begin over a blob: %v", err)
		}
	}
	k := begin(t, s, "published/late", 5)
	k.append(bytes.NewReader([]byte("stage")))
	mustPut(t, s, k.key, []byte("other"))
	if _, err := s.Publish(t.Context(), k.key, k.at()); fault.CodeOf(err) != blob.CodeExists {
		t.Errorf("publish over another blob: %v", err)
	}
	mustBe(t, s, k.key, []byte("other"))
	must(t, s.Abort(t.Context(), k.key, k.at()))
}

func aborted(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	for _, n := range []int64{10, PartSize + 10} {
		k := begin(t, s, blob.Key(fmt.Sprintf("aborted/%d", n)), n+1)
		k.append(bytes.NewReader(Bytes(15, n)))
		for range 2 {
			must(t, s.Abort(t.Context(), k.key, k.at()))
		}
		if _, err := s.Append(t.Context(), k.key, k.at(), bytes.NewReader([]byte("x")), k.mark); fault.CodeOf(err) != blob.CodeStageGone || fault.KindOf(err) != fault.Gone {
			t.Errorf("append to what was aborted: %v", err)
		}
		if _, err := s.Publish(t.Context(), k.key, k.at()); fault.CodeOf(err) != blob.CodeStageGone {
			t.Errorf("publish what was aborted: %v", err)
		}
		mustBeAbsent(t, s, k.key)
	}
}

func swept(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	made := map[string]*keeper{}
	for _, name := range []string{"wanted", "left"} {
		k := begin(t, s, blob.Key("swept/"+name), 2*PartSize)
		k.append(bytes.NewReader(Bytes(16, PartSize)))
		k.append(bytes.NewReader(Bytes(17, 100)))
		made[name] = k
	}
	keep := func(key blob.Key) (bool, error) { return key != "swept/left", nil }
	if n, err := s.SweepStages(t.Context(), time.Now().Add(-time.Hour), keep); n != 0 || err != nil {
		t.Errorf("what is younger was swept: %d, %v", n, err)
	}
	if _, err := s.SweepStages(t.Context(), time.Now().Add(time.Hour), func(blob.Key) (bool, error) { return false, errBroken }); !errors.Is(err, errBroken) {
		t.Errorf("who does not know what it wants has %v", err)
	}
	if n, err := s.SweepStages(t.Context(), time.Now().Add(time.Hour), keep); n == 0 || err != nil {
		t.Errorf("swept: %d, %v", n, err)
	}
	k := made["left"]
	if _, err := s.Append(t.Context(), k.key, k.at(), bytes.NewReader(Bytes(18, PartSize-100)), k.mark); fault.CodeOf(err) != blob.CodeStageGone {
		t.Errorf("append to what was swept: %v", err)
	}
	k = made["wanted"]
	k.append(bytes.NewReader(Bytes(18, PartSize-100)))
	k.publish(slices.Concat(Bytes(16, PartSize), Bytes(17, 100), Bytes(18, PartSize-100)))
}

func hostileStages(t *testing.T, s blob.Stager, _ func(*testing.T) blob.Stager) {
	for _, key := range []blob.Key{"", "/a", "a//b", "../a", "a/../b", "A", "a=b", "a\x00b"} {
		if _, err := s.Begin(t.Context(), key, 1); fault.CodeOf(err) != blob.CodeKey {
			t.Errorf("begin %q: %v", key, err)
		}
		if _, err := s.Append(t.Context(), key, blob.Stage{}, bytes.NewReader(nil), nil); fault.CodeOf(err) != blob.CodeKey {
			t.Errorf("append %q: %v", key, err)
		}
		if _, err := s.Publish(t.Context(), key, blob.Stage{}); fault.CodeOf(err) != blob.CodeKey {
			t.Errorf("publish %q: %v", key, err)
		}
		if err := s.Abort(t.Context(), key, blob.Stage{}); fault.CodeOf(err) != blob.CodeKey {
			t.Errorf("abort %q: %v", key, err)
		}
	}
}

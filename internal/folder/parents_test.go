// SPDX-License-Identifier: Apache-2.0

package folder_test

import (
	"maps"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/id"
)

func TestParentsAreTheFoldersInWhichOneSeesFolders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.create(w.root, "open")
	within := w.create(open, "within")
	closed := w.create(w.root, "closed")
	deep := w.create(closed, "deep")
	emptied := w.create(w.root, "emptied")
	gone := w.create(emptied, "gone")
	if err := w.folders.Delete(t.Context(), w.house, gone, 0); err != nil {
		t.Fatal(err)
	}
	somebody := w.person()
	w.grant(open, w.give(somebody, access.View))
	all := []id.Folder{w.root, open, within, closed, deep, emptied}
	for _, tt := range []struct {
		name string
		who  access.Actor
		want map[id.Folder]bool
	}{
		{"the house sees all", w.house, map[id.Folder]bool{w.root: true, open: true, closed: true}},
		{"somebody sees one branch", somebody, map[id.Folder]bool{w.root: true, open: true}},
	} {
		got, err := w.folders.Parents(t.Context(), tt.who, all)
		if err != nil || !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
}

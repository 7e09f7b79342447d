// SPDX-License-Identifier: Apache-2.0

package search

import (
	"testing"
	"time"

	"tillgang/internal/asset"
	"tillgang/internal/id"
)

func TestWhatIsKnownIsOfOneSightAndForgottenInHalfAMinute(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tenant, folder := id.New[id.Tenant](), id.New[id.Folder]()
	all := &scope{tenant: tenant, acls: []int64{1, 2}, inFolders: true, folders: []id.Folder{folder}}
	var k known
	k.put(all.about("plain", true), 12_000, now)
	for name, other := range map[string]*scope{
		"another tenant": {tenant: id.New[id.Tenant](), acls: all.acls, inFolders: true, folders: all.folders},
		"fewer acls":     {tenant: tenant, acls: all.acls[:1], inFolders: true, folders: all.folders},
		"another folder": {tenant: tenant, acls: all.acls, inFolders: true, folders: []id.Folder{id.New[id.Folder]()}},
		"no folder":      {tenant: tenant, acls: all.acls},
		"a kind":         {tenant: tenant, acls: all.acls, inFolders: true, folders: all.folders, Query: Query{Kind: asset.Audio}},
	} {
		if n, ok := k.get(other.about("plain", true), now); ok {
			t.Errorf("%s is known to have %v", name, n)
		}
	}
	same := all.about("plain", true)
	if n, ok := k.get(same, now.Add(knownFor-1)); !ok || n != 12_000 {
		t.Errorf("after less than half a minute %v is known (%v), want 12000", n, ok)
	}
	if _, ok := k.get(same, now.Add(knownFor)); ok {
		t.Error("it is still known after half a minute")
	}
	for i := range maxKnown + 1 {
		k.put((&scope{tenant: tenant, acls: []int64{int64(i)}}).about("plain", true), 1, now)
	}
	if len(k.at) > maxKnown {
		t.Errorf("%d things are known, want at most %d", len(k.at), maxKnown)
	}
}

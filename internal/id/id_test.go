// SPDX-License-Identifier: Apache-2.0

package id_test

import (
	"testing"

	"tillgang/internal/id"
)

func TestOuterFormGoesRound(t *testing.T) {
	t.Parallel()
	a := id.New[id.Asset]()
	b, err := id.Parse[id.Asset](a.String())
	if err != nil || a != b {
		t.Fatal(b, err)
	}
	if _, err := id.Parse[id.Folder](a.String()); err == nil {
		t.Fatal("an asset's identifier was taken for a folder's")
	}
	for _, bad := range []string{"", "ast_", "ast_1", a.String() + "0", a.String()[:29] + "z", "AST_" + a.String()[4:], a.String()[:10] + "\x00" + a.String()[11:]} {
		if _, err := id.Parse[id.Asset](bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestIdentifiersSortByBirth(t *testing.T) {
	t.Parallel()
	last := ""
	for range 1000 {
		s := id.New[id.Asset]().String()
		if s <= last {
			t.Fatal(s, "after", last)
		}
		last = s
	}
}

func TestColumnForm(t *testing.T) {
	t.Parallel()
	a := id.New[id.Role]()
	v, err := a.Value()
	if err != nil {
		t.Fatal(err)
	}
	var b id.Role
	if err := b.Scan(v); err != nil || a != b {
		t.Fatal(b, err)
	}
	if err := b.Scan(nil); err != nil || !b.IsZero() {
		t.Fatal(b, err)
	}
	if v, err := b.Value(); v != nil || err != nil {
		t.Fatal(v, err)
	}
}

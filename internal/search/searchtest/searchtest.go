// SPDX-License-Identifier: Apache-2.0

// Package searchtest makes archives of any size for tests and measurements of
// search: folders, groups, interned rights and assets with Nordic texts whose
// words are as unevenly spread as in life (Zipf). The same seed gives the same
// archive, but for identifiers.
package searchtest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Born is when the newest asset was stored.
var Born = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// Size says how much to make.
type Size struct {
	Assets, Folders, ACLs, Groups int
	Seed                          uint64
}

// World is a made archive.
type World struct {
	Tenant  id.Tenant
	Root    id.Folder
	Folders []id.Folder
	Groups  []uuid.UUID
	ACLs    []int64
	Words   []string // the vocabulary, most frequent first
	Tags    []string // keywords, most frequent first
}

// Person returns an actor in the world's first n groups, with a viewer's rights there.
func (w *World) Person(groups ...uuid.UUID) access.Actor {
	account := id.New[id.Account]()
	return access.Actor{
		Kind: access.Person, ID: account.String(), Tenant: w.Tenant, Account: account,
		Own: access.Grant{Principals: append([]uuid.UUID{account.UUID()}, groups...)}, Scope: access.All,
	}
}

// Fill makes an archive in the tenant, which exists already. owner is the URL of the
// database's owner; db works as the program does. The search rows are not
// made: call Rebuild, then Analyze.
func Fill(ctx context.Context, db *pg.DB, owner string, tenant id.Tenant, size Size) (*World, error) {
	r := rand.New(rand.NewPCG(size.Seed, 7))
	w := &World{Tenant: tenant}
	w.Words = vocabulary(r)
	w.Tags = append([]string(nil), w.Words[:min(2500, len(w.Words))]...)
	r.Shuffle(len(w.Tags), func(i, j int) { w.Tags[i], w.Tags[j] = w.Tags[j], w.Tags[i] })
	for range size.Groups {
		w.Groups = append(w.Groups, uuid.New())
	}
	if err := pg.In(ctx, db, tenant, func(tx pg.Tx) error {
		for len(w.ACLs) < size.ACLs {
			var entries []access.Entry
			for range 1 + r.IntN(6) {
				perm := access.View | access.DownloadRendition
				if r.IntN(4) == 0 {
					perm |= access.Edit
				}
				entries = append(entries, access.Entry{Principal: w.Groups[r.IntN(len(w.Groups))], Perm: perm})
			}
			acl, err := access.Intern(ctx, tx, tenant, entries)
			if err != nil {
				return err
			}
			w.ACLs = append(w.ACLs, acl)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, owner)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return w.fill(ctx, tx, r, size) })
	return w, err
}

func (w *World) fill(ctx context.Context, tx pgx.Tx, r *rand.Rand, size Size) error {
	type folder struct {
		id      id.Folder
		lineage []id.Folder
		acl     int64
	}
	var folders []folder
	var rows [][]any
	for i := range size.Folders {
		f := folder{id: id.New[id.Folder](), acl: w.ACLs[0]}
		var parent, purpose any
		if i == 0 {
			purpose = "root"
		}
		if i > 0 {
			p := folders[r.IntN(min(i, 1+i/8))] // a broad tree
			f.lineage, f.acl, parent = append(f.lineage, p.lineage...), p.acl, p.id
			if r.IntN(4) == 0 || len(p.lineage) == 1 {
				f.acl = w.ACLs[r.IntN(len(w.ACLs))]
			}
		}
		f.lineage = append(f.lineage, f.id)
		folders = append(folders, f)
		w.Folders = append(w.Folders, f.id)
		rows = append(rows, []any{f.id, w.Tenant, parent, fmt.Sprintf("Mapp %d", i), fmt.Sprintf("mapp %06d", i), purpose, f.lineage, f.acl, Born})
	}
	w.Root = folders[0].id
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"folder"}, []string{"id", "tenant_id", "parent_id", "name", "name_key", "purpose", "lineage", "acl_id", "created_at"}, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	words, tags := newZipf(r, len(w.Words)), newZipf(r, len(w.Tags))
	where := newZipf(r, len(folders))
	sentence := func(least, most int) string {
		list := make([]string, least+r.IntN(most-least+1))
		for i := range list {
			list[i] = w.Words[words.next()]
		}
		return strings.Join(list, " ")
	}
	kinds := []asset.Kind{asset.Image, asset.Image, asset.Image, asset.Image, asset.Image, asset.Image, asset.Image, asset.Document, asset.Document, asset.Video}
	revisions := make([][2]any, 0, size.Assets)
	i := 0
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"asset"}, []string{
		"id", "tenant_id", "folder_id", "acl_id", "kind", "state", "revision_id", "name", "media_type", "size", "sha256", "fields", "captured_on", "created_at", "created_by", "updated_at",
	}, pgx.CopyFromFunc(func() ([]any, error) {
		if i == size.Assets {
			return nil, nil
		}
		i++
		f := folders[where.next()]
		kind := kinds[r.IntN(len(kinds))]
		if r.IntN(500) == 0 {
			kind = asset.Audio
		}
		fields := map[string]asset.Field{
			"title":   {Lang: map[string]string{"sv": sentence(2, 8)}, Source: asset.FromPerson},
			"creator": {Values: []string{names[r.IntN(len(names))] + " " + names[r.IntN(len(names))] + "son"}, Source: asset.FromFile},
			"city":    {Value: cities[r.IntN(len(cities))], Source: asset.FromFile},
		}
		if r.IntN(10) < 6 {
			fields["description"] = asset.Field{Lang: map[string]string{"sv": sentence(8, 40)}, Source: asset.FromPerson}
		}
		var list []string
		for range r.IntN(12) {
			list = append(list, w.Tags[tags.next()])
		}
		fields["keywords"] = asset.Field{Values: list, Source: asset.FromPerson}
		body, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		at := Born.Add(-time.Duration(r.Int64N(int64(5 * 365 * 24 * time.Hour)))).Truncate(time.Microsecond)
		var captured any
		if r.IntN(5) > 0 {
			captured = at.AddDate(0, 0, -r.IntN(400))
		}
		a, rev := id.New[id.Asset](), id.New[id.Revision]()
		revisions = append(revisions, [2]any{a, rev})
		sum := make([]byte, 32)
		for j := range sum {
			sum[j] = byte(r.Uint32())
		}
		return []any{
			a, w.Tenant, f.id, f.acl, string(kind), "ready", rev, fmt.Sprintf("DSC_%05d_%s.jpg", r.IntN(99999), w.Words[words.next()]), "image/jpeg",
			int64(4_000_000), sum, body, captured, at, "acc_made", at,
		}, nil
	}))
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"revision"}, []string{"id", "tenant_id", "asset_id", "number", "blob_key", "name", "media_type", "size", "sha256", "created_at", "created_by"},
		pgx.CopyFromSlice(len(revisions), func(i int) ([]any, error) {
			rev := revisions[i]
			return []any{rev[1], w.Tenant, rev[0], 1, fmt.Sprint("originals/", rev[1]), "x.jpg", "image/jpeg", int64(4_000_000), make([]byte, 32), Born, "acc_made"}, nil
		}))
	return err
}

// Analyze brings the planner's knowledge of the archive up to date.
func Analyze(ctx context.Context, owner string) error {
	conn, err := pgx.Connect(ctx, owner)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, t := range []string{"acl", "acl_entry", "folder", "asset", "revision", "asset_search_row"} {
		if _, err := conn.Exec(ctx, "vacuum analyze "+t); err != nil {
			return err
		}
	}
	return nil
}

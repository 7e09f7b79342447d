// SPDX-License-Identifier: Apache-2.0

// Package searchtest puts made-up archives (package madeup) into the database
// of a test, without the rooms whose verbs would do it: rows, and what search
// must make of them is left to the test.
package searchtest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search/madeup"
)

// Born is when the newest asset was stored.
var Born = madeup.Born

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
	made := madeup.New(size.Seed, size.Assets, size.Folders)
	w := &World{Tenant: tenant, Words: made.Words, Tags: made.Tags}
	for range size.Groups {
		w.Groups = append(w.Groups, uuid.New())
	}
	if err := pg.In(ctx, db, tenant, func(tx pg.Tx) error {
		for _, profile := range made.Profiles(size.ACLs, size.Groups) {
			var entries []access.Entry
			for _, right := range profile {
				perm := access.View | access.DownloadRendition
				if right.Edit {
					perm |= access.Edit
				}
				entries = append(entries, access.Entry{Principal: w.Groups[right.Group], Perm: perm})
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
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return w.fill(ctx, tx, made, size) })
	return w, err
}

func (w *World) fill(ctx context.Context, tx pgx.Tx, made *madeup.Archive, size Size) error {
	lineages, acls := make([][]id.Folder, size.Folders), make([]int64, size.Folders)
	var rows [][]any
	for i, f := range made.Folders(size.ACLs) {
		one := id.New[id.Folder]()
		var parent, purpose any = nil, "root"
		acls[i] = w.ACLs[0]
		if i > 0 {
			parent, purpose, acls[i] = w.Folders[f.Parent], nil, acls[f.Parent]
			lineages[i] = append(lineages[i], lineages[f.Parent]...)
		}
		if f.Profile >= 0 {
			acls[i] = w.ACLs[f.Profile]
		}
		lineages[i] = append(lineages[i], one)
		w.Folders = append(w.Folders, one)
		rows = append(rows, []any{one, w.Tenant, parent, f.Name, fmt.Sprintf("mapp %06d", i), purpose, lineages[i], acls[i], Born})
	}
	w.Root = w.Folders[0]
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"folder"}, []string{"id", "tenant_id", "parent_id", "name", "name_key", "purpose", "lineage", "acl_id", "created_at"}, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	var assets, revisions [][]any
	for i := range size.Assets {
		a := made.Asset(w.Tenant, i, "acc_made")
		body, err := json.Marshal(a.Fields)
		if err != nil {
			return err
		}
		var captured any
		if t, err := time.Parse(time.DateOnly, a.Fields[asset.FieldCapturedOn].Value); err == nil {
			captured = t
		}
		assets = append(assets, []any{
			a.ID, w.Tenant, w.Folders[a.Folder], acls[a.Folder], string(a.Kind), "ready", a.Revision, a.Name, a.MediaType,
			a.Size, a.SHA256, body, captured, a.CreatedAt, a.CreatedBy, a.CreatedAt,
		})
		revisions = append(revisions, []any{a.Revision, w.Tenant, a.ID, 1, fmt.Sprint("originals/", a.Revision), a.Name, a.MediaType, a.Size, a.SHA256, a.CreatedAt, a.CreatedBy})
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"asset"}, []string{
		"id", "tenant_id", "folder_id", "acl_id", "kind", "state", "revision_id", "name", "media_type", "size", "sha256", "fields", "captured_on", "created_at", "created_by", "updated_at",
	}, pgx.CopyFromRows(assets)); err != nil {
		return err
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"revision"}, []string{"id", "tenant_id", "asset_id", "number", "blob_key", "name", "media_type", "size", "sha256", "created_at", "created_by"}, pgx.CopyFromRows(revisions))
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

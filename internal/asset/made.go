// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// CodeMade is the state code of an asset that was made up for measuring: all is
// known about it but its bytes, of which there are none. Nothing of it goes out.
const CodeMade = "bench.made"

const madeReason = "This asset was made up for measuring. It has a description, and no file."

// Made is an asset that was made up for measuring.
type Made struct {
	ID                   id.Asset
	Revision             id.Revision
	Kind                 Kind
	Name, MediaType      string
	Size                 int64
	SHA256               []byte
	Width, Height, Pages *int
	DurationMS           *int64
	Fields               map[string]Field
	CreatedAt            time.Time
	CreatedBy            string
}

const sqlMake = `
	insert into asset (id, tenant_id, folder_id, acl_id, kind, state, state_code, state_reason, revision_id, name, media_type, size, sha256,
		width, height, duration_ms, pages, fields, captured_on, created_at, created_by, updated_at)
	select n.id, @tenant, @folder, @acl, n.kind, 'ready', @code, @reason, n.revision, n.name, n.type, n.size, n.sha256,
		n.width, n.height, n.duration, n.pages, n.fields::jsonb, n.captured, n.at, n.by, n.at
	from unnest(@ids::uuid[], @revisions::uuid[], @kinds::text[], @names::text[], @types::text[], @sizes::bigint[], @sums::bytea[],
		@widths::int[], @heights::int[], @durations::bigint[], @pages::int[], @fields::text[], @captured::date[], @at::timestamptz[], @by::text[])
		as n(id, revision, kind, name, type, size, sha256, width, height, duration, pages, fields, captured, at, by)`

const sqlMakeRevisions = `
	insert into revision (id, tenant_id, asset_id, number, blob_key, name, kind, media_type, size, sha256, width, height, duration_ms, created_at, created_by)
	select n.revision, @tenant, n.id, 1, 'made/' || n.revision, n.name, n.kind, n.type, n.size, n.sha256, n.width, n.height, n.duration, n.at, n.by
	from unnest(@ids::uuid[], @revisions::uuid[], @kinds::text[], @names::text[], @types::text[], @sizes::bigint[], @sums::bytea[],
		@widths::int[], @heights::int[], @durations::bigint[], @at::timestamptz[], @by::text[])
		as n(id, revision, kind, name, type, size, sha256, width, height, duration, at, by)`

// MakeTx puts made-up assets into folders, for measuring; only the house does.
// beside, which may be nil, writes what other rooms keep of the revisions before
// the assets are announced. Their fields must be right: nobody looks through
// them. The caller writes the log of deeds.
func (s *Service) MakeTx(ctx context.Context, tx pg.Tx, who access.Actor, in map[id.Folder][]Made, beside func() error) error {
	if who.Kind != access.House {
		return fault.New(fault.Forbidden, "access.forbidden", "Only the product itself makes assets up.")
	}
	folders := make([]id.Folder, 0, len(in))
	for f := range in {
		folders = append(folders, f)
	}
	slices.SortFunc(folders, func(a, b id.Folder) int { x, y := a.UUID(), b.UUID(); return bytes.Compare(x[:], y[:]) })
	registry, err := s.RegistryTx(ctx, tx, who)
	if err != nil {
		return err
	}
	var all []Asset
	b := &pgx.Batch{}
	for _, one := range folders {
		f, err := s.folders.HoldTx(ctx, tx, who, one)
		if err != nil {
			return err
		}
		list, err := queueMade(b, who, f, in[one])
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Registry = registry
		}
		all = append(all, list...)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("make assets up: %w", err)
	}
	if beside != nil {
		if err := beside(); err != nil {
			return err
		}
	}
	return s.OnStored(ctx, tx, who, all...)
}

// queueMade queues the rows of assets in one folder.
func queueMade(b *pgx.Batch, who access.Actor, f folder.Folder, list []Made) ([]Asset, error) {
	var ids []id.Asset
	var revisions []id.Revision
	var kinds, names, types, fields, by []string
	var sizes []int64
	var sums [][]byte
	var widths, heights, pages []*int
	var durations []*int64
	var captured []*time.Time
	var at []time.Time
	out := make([]Asset, len(list))
	for i, m := range list {
		a := Asset{
			ID: m.ID, Tenant: who.Tenant, Folder: f.ID, ACL: f.ACL, Kind: m.Kind, State: Ready, StateCode: CodeMade, StateReason: madeReason,
			Revision: m.Revision, Shown: m.Revision, Name: m.Name, MediaType: m.MediaType, Size: m.Size, SHA256: m.SHA256, Width: m.Width, Height: m.Height,
			DurationMS: m.DurationMS, Pages: m.Pages, Fields: m.Fields, Version: 1, CreatedAt: m.CreatedAt, CreatedBy: m.CreatedBy, UpdatedAt: m.CreatedAt, Can: f.Can,
		}
		a.CapturedOn = newSheet(a, Mark{}).capturedOn()
		written, err := json.Marshal(m.Fields)
		if err != nil {
			return nil, err
		}
		ids, revisions, kinds, names = append(ids, m.ID), append(revisions, m.Revision), append(kinds, string(m.Kind)), append(names, m.Name)
		types, sizes, sums, widths = append(types, m.MediaType), append(sizes, m.Size), append(sums, m.SHA256), append(widths, m.Width)
		heights, durations, pages, fields = append(heights, m.Height), append(durations, m.DurationMS), append(pages, m.Pages), append(fields, string(written))
		captured, at, by = append(captured, a.CapturedOn), append(at, m.CreatedAt), append(by, m.CreatedBy)
		out[i] = a
	}
	args := pgx.StrictNamedArgs{
		"tenant": who.Tenant, "ids": id.Raw(ids), "revisions": id.Raw(revisions), "kinds": kinds, "names": names, "types": types, "sizes": sizes, "sums": sums,
		"widths": widths, "heights": heights, "durations": durations, "at": at, "by": by,
	}
	whole := pgx.StrictNamedArgs{"folder": f.ID, "acl": f.ACL, "code": CodeMade, "reason": madeReason, "pages": pages, "fields": fields, "captured": captured}
	maps.Copy(whole, args)
	b.Queue(sqlMake, whole)
	b.Queue(sqlMakeRevisions, args)
	return out, nil
}

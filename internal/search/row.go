// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/asset"
	"tillgang/internal/id"
)

const sqlIndex = `
	insert into asset_search (asset_id, tenant_id, acl_id, folder_id, kind, state, created_by, created_at, embargo_until, expires_at, captured_on, name_key, keywords, named, size, width, height, duration_ms, document, document_of, words, approval)
	select n.asset, @tenant, n.acl, n.folder, n.kind, n.state, n.by, n.at, n.embargo, n.expires, n.captured, n.name, n.keywords::text[], n.named::text[], n.size, n.width, n.height, n.duration,
		n.document::tsvector, n.document_of, case when n.document is null then n.words::tsvector else n.words::tsvector || n.document::tsvector end, n.approval
	from unnest(@assets::uuid[], @acls::bigint[], @folders::uuid[], @kinds::text[], @states::text[], @by::text[], @at::timestamptz[], @embargoes::timestamptz[], @expire::timestamptz[],
		@captured::date[], @names::text[], @keywords::text[], @named::text[], @sizes::bigint[], @widths::int[], @heights::int[], @durations::bigint[], @documents::text[], @documents_of::uuid[], @words::text[], @approvals::text[])
		as n(asset, acl, folder, kind, state, by, at, embargo, expires, captured, name, keywords, named, size, width, height, duration, document, document_of, words, approval)
	on conflict (asset_id) do update set
		acl_id = excluded.acl_id, folder_id = excluded.folder_id, kind = excluded.kind, state = excluded.state, created_by = excluded.created_by,
		created_at = excluded.created_at, embargo_until = excluded.embargo_until, expires_at = excluded.expires_at,
		captured_on = excluded.captured_on, name_key = excluded.name_key, keywords = excluded.keywords, named = excluded.named,
		size = excluded.size, width = excluded.width, height = excluded.height, duration_ms = excluded.duration_ms,
		document = case when excluded.asset_id = any(@same::uuid[]) then asset_search.document else excluded.document end,
		document_of = excluded.document_of, approval = excluded.approval,
		words = case when excluded.asset_id = any(@same::uuid[]) then excluded.words || coalesce(asset_search.document, '') else excluded.words end`

// rows are assets on their way into the index, column by column.
type rows struct {
	assets, same                []id.Asset
	acls, sizes                 []int64
	folders                     []id.Folder
	kinds, states, by, names    []string
	keywords, named, words      []string
	approvals                   []string
	at                          []time.Time
	embargoes, expire, captured []*time.Time
	widths, heights             []*int
	durations                   []*int64
	documents                   []*string
	documentsOf                 []*id.Revision
}

func (r *rows) add(a asset.Asset, d document, text body, isDocument bool, words string) {
	var doc *string
	var of *id.Revision
	if isDocument {
		if text.same {
			r.same = append(r.same, a.ID)
		}
		if text.words != "" {
			doc = &text.words
		}
		if a.State != asset.Preparing { // else its text may be found yet
			of = &a.Revision
		}
	}
	captured := a.CapturedOn
	if captured != nil && (captured.Year() <= 0 || captured.Year() >= 10000) {
		captured = nil
	}
	r.assets, r.acls, r.folders, r.kinds, r.states = append(r.assets, a.ID), append(r.acls, a.ACL), append(r.folders, a.Folder), append(r.kinds, string(a.Kind)), append(r.states, string(a.State))
	r.by, r.at, r.embargoes, r.expire = append(r.by, a.CreatedBy), append(r.at, a.CreatedAt), append(r.embargoes, a.EmbargoUntil), append(r.expire, a.ExpiresAt)
	r.captured, r.names, r.sizes = append(r.captured, captured), append(r.names, nameKey(a.Name)), append(r.sizes, a.Size)
	r.keywords, r.named = append(r.keywords, array(d.keywords)), append(r.named, array(asText(d.named)))
	r.widths, r.heights, r.durations = append(r.widths, a.Width), append(r.heights, a.Height), append(r.durations, a.DurationMS)
	r.documents, r.documentsOf, r.words = append(r.documents, doc), append(r.documentsOf, of), append(r.words, words)
	r.approvals = append(r.approvals, string(cmp.Or(a.Approval, asset.Approved)))
}

func (r *rows) queue(b *pgx.Batch, tenant id.Tenant) {
	b.Queue(sqlIndex, pgx.StrictNamedArgs{
		"tenant": tenant, "assets": id.Raw(r.assets), "acls": r.acls, "folders": id.Raw(r.folders), "kinds": r.kinds, "states": r.states, "by": r.by, "at": r.at,
		"embargoes": r.embargoes, "expire": r.expire, "captured": r.captured, "names": r.names, "keywords": r.keywords, "named": r.named, "sizes": r.sizes,
		"widths": r.widths, "heights": r.heights, "durations": r.durations, "documents": r.documents, "documents_of": r.documentsOf, "words": r.words,
		"same": id.Raw(r.same), "approvals": r.approvals,
	})
}

// array writes texts as an array that Postgres reads.
func array(list []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(escaped.Replace(s))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

-- +goose Up
-- What stands in for an original of which no picture can be made directly: a
-- picture embedded in it, or the document it was converted to. Renditions and
-- pages are made from it. One for each revision, immutable.
create table stand_in (
	revision_id uuid primary key references revision on delete cascade,
	tenant_id uuid not null references tenant,
	media_type text not null,
	blob_key text not null constraint stand_in_blob_key_key unique,
	size bigint not null,
	width int,                               -- pixels, upright; null for documents
	height int,
	pages int,                               -- null for pictures
	origin text not null constraint stand_in_origin check (origin in ('embedded', 'converted')),
	created_at timestamptz not null
);
create index stand_in_tenant on stand_in (tenant_id);
select tenant_table('stand_in');

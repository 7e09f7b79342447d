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

-- What a picture looks like, as 64 bits that differ little where pictures do.
-- Where two differ in at most 8 bits, one of four parts differs in at most 2.
create table likeness (
	revision_id uuid primary key references revision on delete cascade,
	tenant_id uuid not null references tenant,
	hash bigint not null,
	part1 int generated always as ((hash >> 48 & 65535)::int) stored,
	part2 int generated always as ((hash >> 32 & 65535)::int) stored,
	part3 int generated always as ((hash >> 16 & 65535)::int) stored,
	part4 int generated always as ((hash & 65535)::int) stored,
	family uuid                              -- the same for those that look the same; null for the only one
);
create index likeness_part1 on likeness (tenant_id, part1);
create index likeness_part2 on likeness (tenant_id, part2);
create index likeness_part3 on likeness (tenant_id, part3);
create index likeness_part4 on likeness (tenant_id, part4);
create index likeness_family on likeness (tenant_id, family) where family is not null;
select tenant_table('likeness');

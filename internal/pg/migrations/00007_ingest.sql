-- +goose Up
-- Bytes on their way in. The row comes before the bytes, so that nothing is
-- left behind unknown; it goes when the asset's row stands.
create table upload (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	folder_id uuid not null references folder,
	blob_key text not null,
	name text not null,
	started_by text not null,
	started_at timestamptz not null,
	touched_at timestamptz not null
);
create index upload_tenant on upload (tenant_id);
create index upload_folder on upload (folder_id);
create index upload_touched on upload (touched_at);
select across_table('upload');

-- Objects that no row names any more and that are to be destroyed: row first, then bytes.
create table condemned_blob (
	blob_key text primary key,
	tenant_id uuid not null references tenant,
	condemned_at timestamptz not null
);
create index condemned_blob_tenant on condemned_blob (tenant_id);
select across_table('condemned_blob');

-- A running process that works jobs; its jobs are taken over when it stops beating.
create table node (
	id text primary key,
	started_at timestamptz not null,
	beat_at timestamptz not null
);
grant select, insert, update, delete on node to tillgang_app;

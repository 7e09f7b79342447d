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
	touched_at timestamptz not null          -- bytes last came in; a sweeper takes what is silent for long
);
create index upload_tenant on upload (tenant_id);
create index upload_folder on upload (folder_id);
create index upload_touched on upload (touched_at);
select across_table('upload');

-- Objects that no other row names, to be destroyed when due: the row goes only
-- after the bytes. Who is about to store an object and name it condemns it for
-- later first, and reprieves it in the transaction that names it.
create table condemned_blob (
	blob_key text primary key,
	tenant_id uuid not null references tenant,
	condemned_at timestamptz not null,
	due_at timestamptz not null,
	doomed boolean not null default false    -- its bytes are being destroyed: too late for a reprieve
);
create index condemned_blob_tenant on condemned_blob (tenant_id);
create index condemned_blob_due on condemned_blob (due_at);
select across_table('condemned_blob');

-- A running process that works jobs; its jobs are taken over when it stops beating.
create table node (
	id text primary key,
	started_at timestamptz not null,
	beat_at timestamptz not null
);
grant select, insert, update, delete on node to tillgang_app;

-- +goose Up
-- A short-lived, revocable, counted right to fetch certain bytes.
create table ticket (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	hash bytea not null constraint ticket_hash_key unique,
	asset_id uuid not null references asset on delete cascade,
	revision_id uuid not null references revision on delete cascade,
	variant text not null,
	purpose text not null default '',
	blob_key text not null,
	media_type text not null,
	name text not null,
	size bigint not null,
	etag text not null,
	actor jsonb not null,                    -- who asked, to be authorised again when bytes leave
	created_at timestamptz not null,
	start_before timestamptz not null,
	resume_until timestamptz not null,
	max_uses int not null,
	starts int not null default 0,
	streams int not null default 0,          -- connections under way
	reserved bigint not null default 0,      -- bytes given out or promised
	revoked_at timestamptz
);
create index ticket_asset on ticket (asset_id);
create index ticket_revision on ticket (revision_id);
create index ticket_tenant on ticket (tenant_id);
create index ticket_resume on ticket (resume_until);
select across_table('ticket');

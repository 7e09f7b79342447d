-- +goose Up
-- A short-lived, revocable, counted right to fetch certain bytes.
create table ticket (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	hash bytea not null constraint ticket_hash_key unique,   -- SHA-256 of the token; the token itself is kept nowhere
	asset_id uuid not null references asset on delete cascade,
	revision_id uuid not null references revision on delete cascade,
	variant text not null,
	purpose text not null default '',
	network text not null default '',        -- only from this network; empty: from anywhere
	blob_key text not null,
	media_type text not null,
	name text not null,
	size bigint not null,
	etag text not null,
	actor jsonb not null,                    -- who asked, to be authorised again when bytes leave
	actor_id text not null,
	created_at timestamptz not null,
	start_before timestamptz not null,
	resume_until timestamptz not null,
	max_uses int not null,
	starts int not null default 0,
	streams int not null default 0,          -- connections under way
	reserved bigint not null default 0,      -- bytes given out or promised
	sent bigint not null default 0,          -- bytes given out
	beat_at timestamptz,                     -- when a stream was last heard of; long ago: its process died
	revoked_at timestamptz,
	constraint ticket_counts check (starts between 0 and max_uses and streams >= 0 and reserved >= 0 and sent >= 0)
);
create index ticket_asset on ticket (asset_id);
create index ticket_revision on ticket (revision_id);
create index ticket_resume on ticket (resume_until);
create index ticket_tenant on ticket (tenant_id);
select across_table('ticket');

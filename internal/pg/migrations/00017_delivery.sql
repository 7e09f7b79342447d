-- +goose Up
-- A ZIP file of a selection, made while it is sent: the right to fetch it once.
create table archive (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	hash bytea not null constraint archive_hash_key unique,  -- SHA-256 of the token; the token itself is kept nowhere
	assets uuid[] not null,                  -- in the order in which they are written
	variant text not null,
	folders boolean not null,                -- whether the tree of folders is kept
	purpose text not null default '',
	actor jsonb not null,                    -- who asked, to be authorised again for each file
	actor_id text not null,
	created_at timestamptz not null,
	start_before timestamptz not null,
	started_at timestamptz,
	ended_at timestamptz,                    -- when all of it had been sent
	written int not null default 0,          -- files in it, when it ended
	left_out int not null default 0,         -- and files that it is a note on
	bytes bigint not null default 0,
	revoked_at timestamptz,
	constraint archive_size check (cardinality(assets) between 1 and 10000)
);
create index archive_start on archive (start_before);
create index archive_tenant on archive (tenant_id);
select across_table('archive');

-- A copy of an original that carries other metadata; made when asked for, destroyed when nobody asks any more.
create table imprinted (
	tenant_id uuid not null references tenant,
	revision_id uuid not null references revision on delete cascade,
	asset_id uuid not null references asset on delete cascade,
	digest text not null,                    -- of what is written into it
	blob_key text not null,
	size bigint not null,
	sha256 bytea not null,
	created_at timestamptz not null,
	used_at timestamptz not null,
	primary key (revision_id, digest)
);
create index imprinted_asset on imprinted (asset_id);
create index imprinted_used on imprinted (used_at);
create index imprinted_tenant on imprinted (tenant_id);
select across_table('imprinted');

-- What went to which destination outside on which day; of the whole server, so without a tenant.
create table egress_count (
	destination text not null,               -- empty: refusals of what is on no list
	purpose text not null,
	day date not null,
	connections bigint not null,
	bytes_out bigint not null,
	bytes_in bigint not null,
	refused bigint not null,
	primary key (destination, purpose, day)
);
grant select, insert, update on egress_count to tillgang_app;

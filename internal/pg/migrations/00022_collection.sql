-- +goose Up
-- Chosen lists beside saved searches; one may lie in a chosen list.
alter table collection drop constraint collection_kind;
drop index collection_shared;
alter table collection drop column shared;
alter table collection
	add constraint collection_kind check (kind in ('search', 'list')),
	add column parent_id uuid references collection, -- null: at the top
	add column description text not null default '' constraint collection_description_length check (length(description) <= 5000),
	add column cover_id uuid references asset on delete set null, -- null: the first asset
	add column everybody text not null default 'none' constraint collection_everybody check (everybody in ('none', 'view', 'contribute')),
	add column deleted_at timestamptz,
	add column deleted_with uuid,            -- the collection whose deletion took this one along; itself when it was the one deleted
	add constraint collection_deleted check ((deleted_at is null) = (deleted_with is null)),
	add constraint collection_parent check (parent_id <> id);
create index collection_parent on collection (parent_id) where parent_id is not null;
create index collection_everybody on collection (tenant_id) where everybody <> 'none';
create index collection_cover on collection (cover_id) where cover_id is not null;
create index collection_bin on collection (tenant_id, deleted_at desc, id desc) where deleted_with = id;
create index collection_deleted_with on collection (deleted_with) where deleted_with is not null;

-- Whom a collection was shared with by name: accounts, groups and keys.
create table collection_share (
	tenant_id uuid not null references tenant,
	collection_id uuid not null references collection on delete cascade,
	principal_id uuid not null,
	contribute boolean not null,
	primary key (collection_id, principal_id)
);
create index collection_share_principal on collection_share (principal_id);
create index collection_share_tenant on collection_share (tenant_id);
select tenant_table('collection_share');

-- What was chosen for a collection. Assets in the bin keep their places.
create table collection_asset (
	tenant_id uuid not null references tenant,
	collection_id uuid not null references collection on delete cascade,
	asset_id uuid not null references asset on delete cascade,
	place bigint not null,                   -- ascending, with room between
	added_at timestamptz not null,
	added_by text not null,
	primary key (collection_id, asset_id)
);
create index collection_asset_place on collection_asset (collection_id, place, asset_id);
create index collection_asset_asset on collection_asset (asset_id);
create index collection_asset_tenant on collection_asset (tenant_id);
select tenant_table('collection_asset');

-- Who is responsible for an asset. It carries no right.
alter table asset
	add column owner_id uuid,
	add column merged_into uuid;             -- the asset that took this one in, which then went into the bin
create index asset_merged_into on asset (merged_into) where merged_into is not null;

-- Assets that were made one, and what it takes to part them again.
create table asset_merge (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	kept_id uuid not null references asset on delete cascade,
	merged uuid[] not null,                  -- which went into the bin
	steps jsonb not null,                    -- what was changed on the kept one
	merged_at timestamptz not null,
	merged_by text not null,
	undone_at timestamptz
);
create index asset_merge_kept on asset_merge (kept_id, id desc);
create index asset_merge_tenant on asset_merge (tenant_id);
select tenant_table('asset_merge');

-- Collections that a kept asset was put into in the place of a merged one.
create table collection_merge (
	tenant_id uuid not null references tenant,
	merge_id uuid not null references asset_merge on delete cascade,
	collection_id uuid not null references collection on delete cascade,
	asset_id uuid not null references asset on delete cascade,
	primary key (merge_id, collection_id)
);
create index collection_merge_collection on collection_merge (collection_id);
create index collection_merge_asset on collection_merge (asset_id);
create index collection_merge_tenant on collection_merge (tenant_id);
select tenant_table('collection_merge');

-- What is being destroyed with all that lies in it; no longer to be restored.
alter table folder add column purging boolean not null default false;

-- Few of very many, for the work queues.
create index asset_search_expires on asset_search_row (tenant_id, expires_at) where expires_at is not null;
create index asset_search_unready on asset_search_row (tenant_id, state, created_at desc) where state <> 'ready';

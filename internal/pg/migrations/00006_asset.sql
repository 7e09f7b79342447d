-- +goose Up
create table asset (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	folder_id uuid not null references folder,
	acl_id bigint not null references acl,   -- the folder's, kept here so that lists need no join
	kind text not null constraint asset_kind check (kind in ('image', 'video', 'audio', 'document', 'archive', 'font', 'other')),
	state text not null constraint asset_state check (state in ('preparing', 'ready', 'failed', 'quarantined')),
	state_reason text not null default '',
	state_code text not null default '',
	revision_id uuid not null,               -- the active revision
	name text not null constraint asset_name_length check (length(name) between 1 and 255),
	media_type text not null,
	size bigint not null,
	sha256 bytea not null,
	width int,
	height int,
	duration_ms bigint,
	fields jsonb not null default '{}',      -- name → {value or values by language, provenance}
	alt jsonb not null default '{}',         -- language → alt decision
	captured_on date,
	version bigint not null default 1,
	created_at timestamptz not null,
	created_by text not null,
	updated_at timestamptz not null,
	embargo_until timestamptz,
	expires_at timestamptz,
	deleted_at timestamptz,
	deleted_by text,
	deleted_with uuid                        -- the folder whose deletion took this asset along
);
create index asset_newest on asset (tenant_id, acl_id, created_at desc, id desc) where deleted_at is null;
create index asset_folder on asset (folder_id, created_at desc, id desc);
create index asset_acl on asset (acl_id);
create index asset_sha256 on asset (tenant_id, sha256);
create index asset_bin on asset (tenant_id, deleted_at desc, id desc) where deleted_at is not null;
create index asset_deleted_with on asset (deleted_with) where deleted_with is not null;
create index asset_unready on asset (tenant_id, state) where state <> 'ready';
select tenant_table('asset');

-- The bytes of an asset at one time; immutable.
create table revision (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	number int not null,
	blob_key text not null constraint revision_blob_key_key unique,
	name text not null,
	media_type text not null,
	size bigint not null,
	sha256 bytea not null,
	meta jsonb not null default '{}',        -- what the file says about itself, as read
	created_at timestamptz not null,
	created_by text not null,
	constraint revision_number_key unique (asset_id, number)
);
create index revision_tenant on revision (tenant_id);
select tenant_table('revision');
alter table asset add constraint asset_revision_fkey foreign key (revision_id) references revision deferrable initially deferred;
create index asset_revision on asset (revision_id);

-- What a field was before, who changed it and when.
create table field_change (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	field text not null,
	lang text not null default '',
	before jsonb,
	after jsonb,
	source text not null constraint field_change_source check (source in ('file', 'machine', 'person')),
	changed_by text not null,
	changed_at timestamptz not null
);
create index field_change_asset on field_change (asset_id, id desc);
create index field_change_tenant on field_change (tenant_id);
select tenant_table('field_change');

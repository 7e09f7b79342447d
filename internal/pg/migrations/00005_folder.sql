-- +goose Up
-- The one place an asset lies; carries rights.
create table folder (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	parent_id uuid references folder,    -- null: the tenant's root
	name text not null constraint folder_name_length check (length(name) between 1 and 200),
	name_key text collate "C" not null,  -- the name folded by the program: what may stand once in a folder, and the order of lists
	lineage uuid[] not null,             -- root … this folder itself
	inherit boolean not null default true,
	acl_id bigint not null references acl,
	purpose text constraint folder_purpose check (purpose in ('root', 'inbox')),
	created_at timestamptz not null,
	deleted_at timestamptz,
	deleted_with uuid,                   -- the folder whose deletion took this one along; the folder itself when it was the one deleted
	version bigint not null default 1,
	constraint folder_depth check (cardinality(lineage) between 1 and 32),
	constraint folder_lineage_end check (lineage[cardinality(lineage)] = id),
	constraint folder_root check ((parent_id is null) = (purpose is not distinct from 'root')),
	constraint folder_deleted check ((deleted_at is null) = (deleted_with is null)),
	constraint folder_stays check (purpose is null or deleted_at is null)
);
create unique index folder_sibling_name_key on folder (tenant_id, parent_id, name_key) where deleted_at is null;
create unique index folder_purpose_key on folder (tenant_id, purpose) where purpose is not null;
create index folder_parent on folder (parent_id);
create index folder_acl on folder (acl_id);
create index folder_level on folder (tenant_id, cardinality(lineage), name_key, id) where deleted_at is null;
create index folder_bin on folder (tenant_id, deleted_at desc, id desc) where deleted_with = id;
create index folder_deleted_with on folder (deleted_with) where deleted_with is not null;
select tenant_table('folder');

create table folder_grant (
	tenant_id uuid not null references tenant,
	folder_id uuid not null references folder on delete cascade,
	principal_id uuid not null,
	role_id uuid not null references role,
	granted_at timestamptz not null,
	primary key (folder_id, principal_id, role_id)
);
create index folder_grant_principal on folder_grant (principal_id);
create index folder_grant_role on folder_grant (role_id);
create index folder_grant_tenant on folder_grant (tenant_id);
select tenant_table('folder_grant');

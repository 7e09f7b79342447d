-- +goose Up
-- The one place an asset lies; carries rights.
create table folder (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	parent_id uuid references folder,    -- null: the tenant's root
	name text not null constraint folder_name_length check (length(name) between 1 and 200),
	lineage uuid[] not null,             -- root … this folder itself
	inherit boolean not null default true,
	acl_id bigint not null references acl,
	purpose text constraint folder_purpose check (purpose in ('root', 'inbox')),
	created_at timestamptz not null,
	deleted_at timestamptz,
	deleted_with uuid,                   -- the folder whose deletion took this one along
	version bigint not null default 1,
	constraint folder_depth check (cardinality(lineage) between 1 and 32)
);
create unique index folder_sibling_name_key on folder (tenant_id, parent_id, lower(name)) where deleted_at is null;
create unique index folder_purpose_key on folder (tenant_id, purpose) where purpose is not null;
create index folder_parent on folder (parent_id);
create index folder_lineage on folder using gin (lineage);
create index folder_acl on folder (acl_id);
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

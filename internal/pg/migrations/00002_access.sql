-- +goose Up
-- A tenant is a customer organisation: everything belongs to exactly one.
create table tenant (
	id uuid primary key,
	slug text not null constraint tenant_slug_key unique constraint tenant_slug_form check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
	name text not null constraint tenant_name_length check (length(name) between 1 and 200),
	created_at timestamptz not null,
	closed_at timestamptz
);
grant select, insert, update on tenant to tillgang_app;

-- An acl is one distinct set of effective rights; folders with the same rights share it.
create table acl (
	id bigint generated always as identity primary key,
	tenant_id uuid not null references tenant,
	fingerprint bytea not null,
	constraint acl_fingerprint_key unique (tenant_id, fingerprint)
);
select tenant_table('acl');

create table acl_entry (
	acl_id bigint not null references acl on delete cascade,
	tenant_id uuid not null references tenant,
	principal_id uuid not null,
	perm bigint not null,
	primary key (acl_id, principal_id)
);
create index acl_entry_principal on acl_entry (principal_id, acl_id) include (perm);
create index acl_entry_tenant on acl_entry (tenant_id);
select tenant_table('acl_entry');

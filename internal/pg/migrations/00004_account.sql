-- +goose Up
-- Somebody who can sign in.
create table account (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	email text not null constraint account_email_length check (length(email) between 3 and 254),
	name text not null constraint account_name_length check (length(name) between 1 and 200),
	state text not null constraint account_state check (state in ('invited', 'active', 'deactivated')),
	password_hash text, -- PHC string; null: no password is set
	created_at timestamptz not null,
	deactivated_at timestamptz,
	signed_in_at timestamptz,
	constraint account_email_key unique (tenant_id, email)
);
create index account_email on account (email);
select across_table('account');

create table principal_group (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	name text not null constraint principal_group_name_length check (length(name) between 1 and 200),
	created_at timestamptz not null,
	constraint principal_group_name_key unique (tenant_id, name)
);
select tenant_table('principal_group');

-- A member is an account or another group (nested at most five deep).
create table membership (
	tenant_id uuid not null references tenant,
	group_id uuid not null references principal_group on delete cascade,
	member_id uuid not null,
	primary key (group_id, member_id)
);
create index membership_member on membership (member_id);
create index membership_tenant on membership (tenant_id);
select tenant_table('membership');

-- Every account with itself and all groups it is in, directly or not. Derived from membership.
create table principal_closure (
	tenant_id uuid not null references tenant,
	account_id uuid not null references account on delete cascade,
	principal_id uuid not null,
	primary key (account_id, principal_id)
);
create index principal_closure_principal on principal_closure (principal_id);
create index principal_closure_tenant on principal_closure (tenant_id);
select tenant_table('principal_closure');

-- A role is a named set of permissions.
create table role (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	name text not null constraint role_name_form check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
	built_in boolean not null,
	perm bigint not null,
	created_at timestamptz not null,
	constraint role_name_key unique (tenant_id, name)
);
select tenant_table('role');

-- A role given at the tenant itself: its rights hold in every folder.
create table tenant_grant (
	tenant_id uuid not null references tenant,
	principal_id uuid not null,
	role_id uuid not null references role,
	granted_at timestamptz not null,
	primary key (tenant_id, principal_id, role_id)
);
create index tenant_grant_role on tenant_grant (role_id);
select tenant_table('tenant_grant');

create table api_key (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	name text not null constraint api_key_name_length check (length(name) between 1 and 200),
	lookup text not null constraint api_key_lookup_key unique,
	hash bytea not null,
	scope bigint not null,               -- permissions the key can have at most
	owner_id uuid references account,    -- whose rights it borrows; null: the key is a principal of its own
	networks cidr[] not null default '{}',
	created_at timestamptz not null,
	expires_at timestamptz,
	used_at timestamptz,
	revoked_at timestamptz
);
create index api_key_tenant on api_key (tenant_id, created_at desc);
create index api_key_owner on api_key (owner_id);
select across_table('api_key');

create table session (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	hash bytea not null constraint session_hash_key unique,
	account_id uuid not null references account on delete cascade,
	browser text not null,               -- a short word for the list of sessions, never the full user agent
	created_at timestamptz not null,
	seen_at timestamptz not null,
	proved_at timestamptz not null,      -- when the person last proved who they are (step-up)
	by_link boolean not null default false, -- opened by a one-time link: a new password may be set without the old one
	expires_at timestamptz not null,
	ended_at timestamptz
);
create index session_account on session (account_id, created_at desc);
create index session_tenant on session (tenant_id);
create index session_expires on session (expires_at);
select across_table('session');

-- One-time links: the first sign-in, an invitation, an unblocking.
create table sign_in_link (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	hash bytea not null constraint sign_in_link_hash_key unique,
	account_id uuid not null references account on delete cascade,
	purpose text not null constraint sign_in_link_purpose check (purpose in ('bootstrap', 'enrol', 'unblock')),
	created_at timestamptz not null,
	expires_at timestamptz not null,
	used_at timestamptz
);
create index sign_in_link_account on sign_in_link (account_id);
create index sign_in_link_tenant on sign_in_link (tenant_id);
select across_table('sign_in_link');

-- Counters of failed attempts. Keyed by a keyed hash: neither names nor addresses are kept.
-- The first half of a bucket of an account names the account, so that all of them can be cleared at once.
create table attempt (
	bucket bytea primary key,
	failures int not null,
	since timestamptz not null,
	blocks int not null,
	blocked_until timestamptz
);
create index attempt_since on attempt (since);
grant select, insert, update, delete on attempt to tillgang_app;

-- +goose Up
-- The log of deeds: written in the deed's transaction, each row's hash covers the row before it.
create table audit_entry (
	tenant_id uuid not null references tenant,
	seq bigint not null,
	at timestamptz not null,
	actor_kind text not null,
	actor_id text not null,
	verb text not null,
	subject text not null default '',
	detail jsonb not null default '{}',
	previous bytea not null,
	hash bytea not null,
	primary key (tenant_id, seq)
);
create index audit_entry_subject on audit_entry (tenant_id, subject, seq desc);
create index audit_entry_actor on audit_entry (tenant_id, actor_id, seq desc);
create index audit_entry_verb on audit_entry (tenant_id, verb, seq desc);
create index audit_entry_at on audit_entry (tenant_id, at);
select tenant_table('audit_entry');
revoke update, delete on audit_entry from tillgang_app;

-- The end of each tenant's chain; locked while a deed is written, so that deeds stand in one order.
create table audit_head (
	tenant_id uuid primary key references tenant,
	seq bigint not null,
	hash bytea not null
);
select tenant_table('audit_head');
revoke delete on audit_head from tillgang_app;

-- Who has seen what: one row per subject, actor and way of seeing.
create table sighting (
	tenant_id uuid not null references tenant,
	subject text not null,
	actor_kind text not null,
	actor_id text not null,
	what text not null constraint sighting_what check (what in ('viewed', 'downloaded_rendition', 'downloaded_original')),
	first_at timestamptz not null,
	last_at timestamptz not null,
	count bigint not null,
	primary key (tenant_id, subject, actor_id, what)
);
create index sighting_newest on sighting (tenant_id, subject, last_at desc);
select tenant_table('sighting');

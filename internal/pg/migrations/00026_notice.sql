-- +goose Up
-- What an administrator decides for a tenant: name → value; what is not there has its default.
alter table tenant
	add column settings jsonb not null default '{}',
	add column settings_version bigint not null default 1;

-- What somebody chose for themselves: language, theme and the like.
alter table account add column preferences jsonb not null default '{}';

-- Whom people turn to, and whom the server writes to. These are functions, not persons.
create table contact (
	tenant_id uuid not null references tenant,
	role text not null constraint contact_role check (role in ('data_protection', 'incident', 'disturbance', 'accessibility')),
	name text not null constraint contact_name_length check (length(name) between 1 and 200),
	email text not null constraint contact_email_length check (length(email) <= 254),
	phone text not null constraint contact_phone_length check (length(phone) <= 50),
	page text not null constraint contact_page_length check (length(page) <= 500),
	confirmed_at timestamptz not null,       -- when somebody last said that this is right
	primary key (tenant_id, role)
);
select tenant_table('contact');

-- A mail that is to be sent, is sent, or was.
create table notice_mail (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	account_id uuid references account on delete cascade, -- whose; null: a contact's
	address text not null default '',        -- other than the account's own; taken away when the mail has ended
	kind text not null,                      -- a kind of notice, digest, or invitation
	vars jsonb not null default '{}',
	once text,                               -- there is one mail by this name for ever
	state text not null constraint notice_mail_state check (state in ('waiting', 'sending', 'sent', 'unsure', 'failed')),
	made_at timestamptz not null,
	tried_at timestamptz,
	ended_at timestamptz,
	constraint notice_mail_once_key unique (tenant_id, once)
);
create index notice_mail_account on notice_mail (account_id);
create index notice_mail_ended on notice_mail (tenant_id, ended_at) where ended_at is not null;
select tenant_table('notice_mail');

-- Something that somebody should know.
create table notice (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	account_id uuid not null references account on delete cascade, -- who should know
	kind text not null,
	by_id text not null,                     -- the actor who did it; empty: the house
	subject text not null,                   -- what it is about, as an outer identifier; empty: nothing
	vars jsonb not null,
	once text,                               -- one notice by this name for ever
	made_at timestamptz not null,
	read_at timestamptz,
	digest boolean not null,                 -- waits for the day's mail
	mail_id uuid references notice_mail on delete set null,
	constraint notice_once_key unique (account_id, once)
);
create index notice_newest on notice (account_id, id desc);
create index notice_unread on notice (account_id) where read_at is null;
create index notice_digest on notice (tenant_id, account_id) where digest;
create index notice_mail_of on notice (mail_id) where mail_id is not null;
create index notice_tenant on notice (tenant_id, made_at);
select tenant_table('notice');

-- How somebody wants to be told of a kind; what is not there has its default.
create table notice_preference (
	tenant_id uuid not null references tenant,
	account_id uuid not null references account on delete cascade,
	kind text not null,
	way text not null constraint notice_preference_way check (way in ('app', 'mail', 'digest', 'off')),
	primary key (account_id, kind)
);
create index notice_preference_tenant on notice_preference (tenant_id);
select tenant_table('notice_preference');

-- How often something was done, by day.
create table statistic_day (
	tenant_id uuid not null references tenant,
	day date not null,
	what text not null,                      -- uploads, downloads, searches
	n bigint not null,
	primary key (tenant_id, day, what)
);
select tenant_table('statistic_day');

-- What the archive holds, as counted last.
create table statistic_state (
	tenant_id uuid primary key references tenant,
	made_at timestamptz not null,
	numbers jsonb not null
);
select tenant_table('statistic_state');

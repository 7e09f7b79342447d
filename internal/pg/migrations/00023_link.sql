-- +goose Up
-- A share link: what somebody outside may see of the archive, in its maker's name.
create table link (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	hash bytea not null constraint link_hash_key unique,     -- SHA-256 of the token; the token itself is kept nowhere
	owner_id uuid references account on delete cascade,      -- null: a key of its own right
	created_by text not null,
	maker jsonb not null,                    -- who made it, to be recalled with the rights of the moment
	mode text not null constraint link_mode check (mode in ('delivery', 'review', 'selection')),
	target text not null constraint link_target check (target in ('assets', 'folder', 'collection')),
	folder_id uuid references folder on delete cascade,
	subtree boolean not null default false,
	collection_id uuid,
	title text not null constraint link_title_length check (length(title) between 1 and 200),
	message text not null default '',
	language text not null,
	view_hash text not null default '',      -- argon2id; empty: no password
	download_hash text not null default '',
	formats text[] not null default '{}',    -- "original" and names of presets; empty: to look at only
	watermark text not null default '',      -- laid over every picture that is shown; empty: none
	max_downloads int constraint link_max_downloads check (max_downloads > 0),
	downloads int not null default 0,
	views int not null default 0,
	last_used_at timestamptz,
	wrong int not null default 0,            -- wrong passwords, from everywhere, since wrong_since
	wrong_since timestamptz,
	version bigint not null default 1,
	created_at timestamptz not null,
	updated_at timestamptz not null,
	expires_at timestamptz not null,
	warned_at timestamptz,                   -- when its maker was told that it is about to expire
	revoked_at timestamptz,
	revoked_by text,
	deleted_at timestamptz,
	constraint link_target_of check ((target = 'folder') = (folder_id is not null) and (target = 'collection') = (collection_id is not null))
);
create index link_owner on link (tenant_id, created_by, id desc);
create index link_account on link (owner_id) where owner_id is not null;
create index link_newest on link (tenant_id, id desc);
create index link_folder on link (folder_id) where folder_id is not null;
create index link_deleted on link (deleted_at) where deleted_at is not null;
create index link_expires on link (expires_at) where warned_at is null and revoked_at is null and deleted_at is null;
select across_table('link');

-- The assets of a link to chosen ones, in their order.
create table link_asset (
	link_id uuid not null references link on delete cascade,
	seq int not null,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	primary key (link_id, asset_id)
);
create index link_asset_asset on link_asset (asset_id);
create index link_asset_tenant on link_asset (tenant_id);
select tenant_table('link_asset');

-- One browser's visit, known by a cookie of which only a hash is kept. Rows go after some days.
create table link_visit (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	link_id uuid not null references link on delete cascade,
	hash bytea not null,
	began_at timestamptz not null,
	opened_at timestamptz,                   -- when it was counted as a view
	may_view boolean not null default false, -- knew the password
	may_download boolean not null default false,
	name text not null default '',           -- what the visitor calls themselves
	constraint link_visit_hash_key unique (link_id, hash)
);
create index link_visit_began on link_visit (began_at);
create index link_visit_tenant on link_visit (tenant_id);
select across_table('link_visit');

-- How often a link was opened and downloaded from on which day (UTC).
create table link_day (
	link_id uuid not null references link on delete cascade,
	day date not null,
	tenant_id uuid not null references tenant,
	views int not null default 0,
	downloads int not null default 0,
	primary key (link_id, day)
);
create index link_day_tenant on link_day (tenant_id);
select tenant_table('link_day');

-- What reviewers said.
create table link_answer (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	link_id uuid not null references link on delete cascade,
	asset_id uuid not null references asset on delete cascade,
	visit_id uuid not null,
	name text not null constraint link_answer_name check (length(name) between 1 and 200),
	verdict text not null constraint link_answer_verdict check (verdict in ('comment', 'approved', 'rejected')),
	remark text not null default '',
	created_at timestamptz not null
);
create index link_answer_link on link_answer (link_id, id);
create index link_answer_asset on link_answer (asset_id, id);
create index link_answer_tenant on link_answer (tenant_id);
select tenant_table('link_answer');

-- What visitors chose; until it is sent, the draft of one visit.
create table link_choice (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	link_id uuid not null references link on delete cascade,
	visit_id uuid not null,
	name text not null default '',
	message text not null default '',
	assets uuid[] not null default '{}',
	began_at timestamptz not null,
	sent_at timestamptz
);
create index link_choice_link on link_choice (link_id, id);
create unique index link_choice_draft on link_choice (link_id, visit_id) where sent_at is null;
create index link_choice_tenant on link_choice (tenant_id);
select tenant_table('link_choice');

-- Whoever downloads from the folder, or below it, says what for.
alter table folder_rule add column report boolean not null default false;

-- Terms that somebody accepted, as they read then.
create table accepted_terms (
	tenant_id uuid not null references tenant,
	id text not null,                        -- of what they say
	texts jsonb not null,                    -- language → text
	primary key (tenant_id, id)
);
select tenant_table('accepted_terms');

-- What somebody said they will use a download for.
create table usage_report (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	grant_id uuid not null,                  -- the ticket or archive
	variant text not null,
	purpose text not null,
	channels text[] not null,
	place text not null,
	until date,                              -- null: for as long as it may be
	terms text[] not null,                   -- what was accepted
	actor_kind text not null,
	actor_id text not null,
	name text not null default '',           -- what somebody without an account calls themselves
	created_at timestamptz not null,
	fetched_at timestamptz                   -- when the bytes first left
);
create index usage_report_asset on usage_report (asset_id, id desc);
create index usage_report_newest on usage_report (tenant_id, id desc);
create index usage_report_grant on usage_report (grant_id);
select tenant_table('usage_report');

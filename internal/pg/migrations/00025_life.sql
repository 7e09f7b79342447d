-- +goose Up
-- How far an asset has come on its way to being used. Where folders ask for no
-- approval, assets are approved from the start.
alter table asset add column approval text not null default 'approved'
	constraint asset_approval check (approval in ('draft', 'review', 'approved', 'published', 'archived'));

-- Each step on that way.
create table approval_step (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	was text not null,
	became text not null,
	remark text not null default '' constraint approval_step_remark check (length(remark) <= 2000),
	actor text not null,
	account_id uuid,                         -- on whose behalf; null: nobody's
	at timestamptz not null
);
create index approval_step_asset on approval_step (asset_id, id desc);
create index approval_step_tenant on approval_step (tenant_id);
select tenant_table('approval_step');

-- Whether assets have to be approved, here and below; null: as the folders above say, and if none does: no.
alter table folder_rule add column approval text constraint folder_rule_approval check (approval in ('off', 'on', 'four_eyes'));

-- Drafts are not for everybody who sees their folder, and what is archived is in
-- no list that does not ask for it.
drop view asset_search;
drop index asset_search_plain;
drop index asset_search_restricted;
drop index asset_search_counts;
drop index asset_search_folder;
alter table asset_search_row add column approval text not null default 'approved';
alter table asset_search_row drop column restricted;
alter table asset_search_row add column restricted boolean not null generated always as
	(state = 'quarantined' or embargo_until is not null or expires_at is not null or approval not in ('approved', 'published')) stored;
create index asset_search_plain on asset_search_row (tenant_id, acl_id, kind) where not restricted;
create index asset_search_restricted on asset_search_row (tenant_id, acl_id) where restricted;
create index asset_search_counts on asset_search_row (tenant_id, acl_id, created_at desc, asset_id desc) include (kind, folder_id, captured_on) where not restricted;
create index asset_search_folder on asset_search_row (folder_id, created_at desc, asset_id desc) include (acl_id, restricted, kind, captured_on);
create index asset_search_approval on asset_search_row (tenant_id, approval, created_at desc, asset_id desc) where approval <> 'approved';
create view asset_search as
	select asset_id, tenant_id, acl_id, folder_id, kind, state, created_by, created_at, embargo_until, expires_at, restricted,
		null::timestamptz as deleted_at, -- so that rules written for asset fit here
		captured_on, name_key, keywords, named, size, width, height, duration_ms, document, document_of, words, approval,
		false as waiting                 -- likewise
	from asset_search_row where tenant_id = app_tenant()
	with cascaded check option;
grant select, insert, update, delete on asset_search to tillgang_app;

-- What people say to each other about an asset: threads of one level.
create table comment (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	thread_id uuid not null,                 -- the comment that began it: itself, or the one that is answered
	text text not null constraint comment_text_length check (length(text) <= 4000),
	x real,                                  -- the part of the picture that is meant, in fractions of it
	y real,
	width real,
	height real,
	page int,                                -- of a document
	at_ms bigint,                            -- in a film or a recording
	author text not null,                    -- the actor
	account_id uuid,                         -- on whose behalf; null: nobody's
	created_at timestamptz not null,
	edited_at timestamptz,
	deleted_at timestamptz,                  -- what was answered stays as a mark, without its text
	resolved_at timestamptz,                 -- of what began a thread
	resolved_by text,
	constraint comment_region check ((x is null) = (y is null) and (x is null) = (width is null) and (x is null) = (height is null)),
	constraint comment_one_place check (num_nonnulls(x, page, at_ms) <= 1)
);
create index comment_asset on comment (asset_id, thread_id, id);
create index comment_thread on comment (thread_id, id);
create index comment_tenant on comment (tenant_id);
select tenant_table('comment');

-- What a comment said before it was edited.
create table comment_text (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	comment_id uuid not null references comment on delete cascade,
	text text not null,
	until timestamptz not null
);
create index comment_text_comment on comment_text (comment_id, id);
create index comment_text_tenant on comment_text (tenant_id);
select tenant_table('comment_text');

create table comment_mention (
	tenant_id uuid not null references tenant,
	comment_id uuid not null references comment on delete cascade,
	account_id uuid not null references account on delete cascade,
	primary key (comment_id, account_id)
);
create index comment_mention_account on comment_mention (account_id);
create index comment_mention_tenant on comment_mention (tenant_id);
select tenant_table('comment_mention');

-- How assets belong together; of a kind without direction the lesser identifier comes first.
create table relation (
	tenant_id uuid not null references tenant,
	from_id uuid not null references asset on delete cascade,
	kind text not null constraint relation_kind check (kind in ('derived_from', 'part_of', 'crop_of', 'translation_of', 'replaces', 'same_shoot', 'accompanies')),
	to_id uuid not null references asset on delete cascade,
	created_at timestamptz not null,
	created_by text not null,
	primary key (from_id, kind, to_id),
	constraint relation_self check (from_id <> to_id)
);
create index relation_to on relation (to_id);
create index relation_tenant on relation (tenant_id);
select tenant_table('relation');

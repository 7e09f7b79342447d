-- +goose Up
-- Word forms of the five languages, without stop words: a person who looks for
-- "den" or "the" finds it. The rest of the text search configuration is not
-- used: words are cut and folded by the room, the same for texts and queries.
create text search dictionary search_sv (template = snowball, language = swedish);
create text search dictionary search_no (template = snowball, language = norwegian);
create text search dictionary search_da (template = snowball, language = danish);
create text search dictionary search_fi (template = snowball, language = finnish);
create text search dictionary search_en (template = snowball, language = english);

-- The stems of a word, in lower case, by each language: distinct, in no order.
create function search_stems(word text) returns text[] language sql immutable parallel safe
	return array(
		select distinct f from unnest(
			ts_lexize('search_sv', word) || ts_lexize('search_no', word) || ts_lexize('search_da', word) ||
			ts_lexize('search_fi', word) || ts_lexize('search_en', word)) f);

-- One slim row per asset, for lists and search. Its wall is a view and not a
-- policy: under a policy Postgres refuses to use the text index, because the
-- operator that it serves is not marked leakproof. The view shows only the rows
-- of the transaction's tenant, and the program may not touch the table behind it.
-- What is in the bin has no row here.
create table asset_search_row (
	asset_id uuid primary key references asset on delete cascade,
	tenant_id uuid not null references tenant,
	acl_id bigint not null,
	folder_id uuid not null,
	kind text not null,
	state text not null,
	created_by text not null,
	created_at timestamptz not null,
	embargo_until timestamptz,
	expires_at timestamptz,
	restricted boolean not null generated always as (state = 'quarantined' or embargo_until is not null or expires_at is not null) stored, -- not everybody may see it who may see the folder
	captured_on date,
	name_key text collate "C" not null,      -- the file's name as it sorts
	keywords text[] not null default '{}',
	words tsvector not null                  -- see the room's doc.go for what its lexemes mean
);
create index asset_search_words on asset_search_row using gin (words);
-- The newest of all, which also serves a search for a common word: its hits are near.
create index asset_search_all on asset_search_row (tenant_id, created_at desc, asset_id desc);
create index asset_search_newest on asset_search_row (tenant_id, acl_id, created_at desc, asset_id desc);
create index asset_search_kind on asset_search_row (tenant_id, acl_id, kind, created_at desc, asset_id desc);
create index asset_search_captured on asset_search_row (tenant_id, acl_id, (coalesce(captured_on, date '0001-01-01')) desc, asset_id desc);
create index asset_search_name on asset_search_row (tenant_id, acl_id, name_key, asset_id);
create index asset_search_folder on asset_search_row (folder_id, created_at desc, asset_id desc);
-- For counting without a look at the rows.
create index asset_search_plain on asset_search_row (tenant_id, acl_id, kind) where not restricted;
create index asset_search_restricted on asset_search_row (tenant_id, acl_id) where restricted;
alter table asset_search_row set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
create view asset_search as
	select asset_id, tenant_id, acl_id, folder_id, kind, state, created_by, created_at, embargo_until, expires_at, restricted,
		null::timestamptz as deleted_at, -- so that rules written for asset fit here
		captured_on, name_key, keywords, words
	from asset_search_row where tenant_id = app_tenant()
	with cascaded check option;
grant select, insert, update, delete on asset_search to tillgang_app;

-- +goose Up
-- What the query language asks about and lists do not show.
drop view asset_search;
alter table asset_search_row
	add column size bigint not null default 0,
	add column width int,
	add column height int,
	add column duration_ms bigint,
	add column named text[] not null default '{}', -- people, creator and places that completion offers, as field=value
	add column document tsvector,            -- the words of a document's pages, which are among words too
	add column document_of uuid;             -- the revision whose they are
alter table asset_search_row alter column words set statistics 500;
create view asset_search as
	select asset_id, tenant_id, acl_id, folder_id, kind, state, created_by, created_at, embargo_until, expires_at, restricted,
		null::timestamptz as deleted_at, -- so that rules written for asset fit here
		captured_on, name_key, keywords, named, size, width, height, duration_ms, document, document_of, words
	from asset_search_row where tenant_id = app_tenant()
	with cascaded check option;
grant select, insert, update, delete on asset_search to tillgang_app;

-- The words of a document's pages, to tell on which of them a hit is.
create table search_page (
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	page int not null,
	words tsvector not null,
	primary key (asset_id, page)
);
create index search_page_tenant on search_page (tenant_id);
select tenant_table('search_page');

-- Keywords and short values for completion, under each acl, with one asset that
-- has or had the value. It only proposes: whether the asker sees an asset with
-- the value is looked up in asset_search each time.
create table search_value (
	tenant_id uuid not null references tenant,
	key text collate "C" not null,           -- what it is found by: in lower case, or ~ and a folded form
	field text collate "C" not null,         -- keywords, persons, city, country, ...
	whole text collate "C" not null,         -- in lower case
	acl_id bigint not null,
	value text not null,                     -- as written
	ask tsquery not null,                    -- finds the assets that have it
	asset_id uuid not null,                  -- one of them
	unheld_at timestamptz,                   -- when no asset was found to have it any more
	primary key (tenant_id, key, field, whole, acl_id)
);
select tenant_table('search_value');

-- Names of fields in use.
create table search_field (
	tenant_id uuid not null references tenant,
	name text collate "C" not null,
	primary key (tenant_id, name)
);
select tenant_table('search_field');

-- Words that stand for each other when one of them is looked for.
create table synonym (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	word text not null constraint synonym_word_length check (length(word) between 1 and 100),
	means text[] not null constraint synonym_means check (cardinality(means) between 1 and 20),
	two_way boolean not null,                   -- the others find the word too
	created_at timestamptz not null,
	created_by text not null,
	constraint synonym_word_key unique (tenant_id, word)
);
select tenant_table('synonym');

-- A chosen list or a saved search; carries no rights.
create table collection (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	kind text not null constraint collection_kind check (kind in ('search')),
	owner_id uuid not null,                  -- the account whose it is
	shared boolean not null default false,   -- everybody of the tenant sees it
	name text not null constraint collection_name_length check (length(name) between 1 and 200),
	name_key text collate "C" not null,
	query jsonb not null,
	version bigint not null default 1,
	created_at timestamptz not null,
	updated_at timestamptz not null
);
create index collection_owner on collection (tenant_id, owner_id, name_key, id);
create index collection_shared on collection (tenant_id, name_key, id) where shared;
select tenant_table('collection');

-- Lists that people walk by place, frozen: the assets' identifiers one after
-- the other, 16 bytes each.
create table search_window (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	actor text not null,
	made_at timestamptz not null,
	whole boolean not null,
	assets bytea not null
);
alter table search_window alter column assets set storage external;
create index search_window_actor on search_window (tenant_id, actor, made_at desc);
select tenant_table('search_window');

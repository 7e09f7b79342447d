-- +goose Up
-- One slim row per asset, for search. Its wall is a view and not a policy:
-- under a policy Postgres refuses to use the text index, because the operator
-- that it serves is not marked leakproof. The view shows only the rows of the
-- transaction's tenant, and the program may not touch the table behind it.
create table asset_search_row (
	asset_id uuid primary key references asset on delete cascade,
	tenant_id uuid not null references tenant,
	acl_id bigint not null,
	folder_id uuid not null,
	kind text not null,
	created_at timestamptz not null,
	captured_on date,
	keywords text[] not null default '{}',
	words tsvector not null
);
create index asset_search_words on asset_search_row using gin (words);
create index asset_search_newest on asset_search_row (tenant_id, acl_id, created_at desc, asset_id desc);
create index asset_search_folder on asset_search_row (folder_id);
create view asset_search as
	select asset_id, tenant_id, acl_id, folder_id, kind, created_at, captured_on, keywords, words
	from asset_search_row where tenant_id = app_tenant()
	with cascaded check option;
grant select, insert, update, delete on asset_search to tillgang_app;

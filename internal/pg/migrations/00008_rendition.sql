-- +goose Up
-- A derived picture of a revision, made by a preset's recipe; immutable.
create table rendition (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	revision_id uuid not null references revision on delete cascade,
	preset text not null,
	recipe text not null,
	blob_key text not null,
	media_type text not null,
	width int not null,
	height int not null,
	size bigint not null,
	created_at timestamptz not null,
	constraint rendition_recipe_key unique (revision_id, preset, recipe)
);
create index rendition_asset on rendition (asset_id);
create index rendition_tenant on rendition (tenant_id);
select tenant_table('rendition');

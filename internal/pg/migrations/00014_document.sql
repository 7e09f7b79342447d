-- +goose Up
-- How many pages, slides or sheets the active revision has; null when it has none or nobody knows.
alter table asset add column pages int;
-- Kinds of national identity numbers found in the active revision's text or in
-- the fields, of which nobody has said that they may stand there. Never the numbers.
alter table asset add column sensitive text[] not null default '{}';
create index asset_sensitive on asset (tenant_id, created_at desc, id desc) where sensitive <> '{}' and deleted_at is null;

-- The text of a revision, page by page. Page 0 is what stands on no page:
-- speakers' notes, hidden sheets.
create table document_page (
	tenant_id uuid not null references tenant,
	revision_id uuid not null references revision on delete cascade,
	page int not null constraint document_page_number check (page between 0 and 2000),
	text text not null,
	primary key (revision_id, page)
);
create index document_page_tenant on document_page (tenant_id);
select tenant_table('document_page');

-- How many different national identity numbers of each kind a revision's text holds.
create table sensitive_text (
	revision_id uuid primary key references revision on delete cascade,
	tenant_id uuid not null references tenant,
	counts jsonb not null                    -- kind → count
);
create index sensitive_text_tenant on sensitive_text (tenant_id);
select tenant_table('sensitive_text');

-- What a person said about such numbers: they may stand there.
create table sensitive_judgement (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	revision_id uuid not null references revision on delete cascade,
	in_text jsonb not null,                  -- kind → count, when it was said; holds for this revision
	in_fields jsonb not null,
	reason text not null,
	judged_by text not null,
	judged_at timestamptz not null
);
create index sensitive_judgement_asset on sensitive_judgement (asset_id, judged_at desc);
create index sensitive_judgement_tenant on sensitive_judgement (tenant_id);
select tenant_table('sensitive_judgement');

-- +goose Up
-- Grows with every change to a tenant's fields, terms, templates and rules:
-- what processes keep of them in memory is good for one version. Whoever
-- changes them holds the row; whoever writes a value from a list shares it.
create table field_registry (
	tenant_id uuid primary key references tenant,
	version bigint not null
);
select tenant_table('field_registry');

-- A tree of terms that fields choose from.
create table taxonomy (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	name text not null constraint taxonomy_name_length check (length(name) between 1 and 200),
	open boolean not null default false,     -- whoever may edit assets may add terms, not only who looks after the settings
	created_at timestamptz not null,
	constraint taxonomy_name_key unique (tenant_id, name)
);
select tenant_table('taxonomy');

-- Assets carry a term's identifier: a new label is there for all at once.
create table term (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	taxonomy_id uuid not null references taxonomy on delete cascade,
	parent_id uuid references term,
	labels jsonb not null,                   -- language → text
	synonyms text[] not null default '{}',
	position int not null default 0,
	created_at timestamptz not null,
	deprecated_at timestamptz,               -- no longer to be chosen; stays where it was
	merged_into uuid references term         -- what it became; assets follow by a job
);
create index term_taxonomy on term (taxonomy_id, position, id);
create index term_parent on term (parent_id);
create index term_merged on term (merged_into) where merged_into is not null;
create index term_tenant on term (tenant_id);
select tenant_table('term');

-- A tenant's own fields. Those that are built in have no row.
create table field_def (
	tenant_id uuid not null references tenant,
	name text not null constraint field_def_name check (name ~ '^[a-z][a-z0-9_]{0,49}$'),
	type text not null constraint field_def_type check (type in ('line', 'text', 'list', 'date', 'url', 'number', 'choice', 'choices', 'terms', 'yesno')),
	per_language boolean not null,
	max int not null,
	max_items int not null,
	personal boolean not null,
	searchable boolean not null,
	facet boolean not null,
	labels jsonb not null,                   -- language → text
	helps jsonb not null,                    -- language → text
	options jsonb not null default '[]',     -- of choices: value, label by language, retired
	taxonomy_id uuid references taxonomy,
	section text not null default '',        -- the group it is shown in
	position int not null,
	created_at timestamptz not null,
	retired_at timestamptz,                  -- hidden with its values, which are kept until they are purged
	purging boolean not null default false,  -- its values are being destroyed
	primary key (tenant_id, name),
	constraint field_def_taxonomy check ((type = 'terms') = (taxonomy_id is not null))
);
create index field_def_taxonomy on field_def (taxonomy_id) where taxonomy_id is not null;
select tenant_table('field_def');

-- Which asset has a value in which of the tenant's own fields: the value itself
-- where it comes from a list, else the empty text.
create table field_use (
	tenant_id uuid not null references tenant,
	field text not null,
	value text not null,
	asset_id uuid not null references asset on delete cascade,
	primary key (tenant_id, field, value, asset_id)
);
create index field_use_asset on field_use (asset_id, field);
select tenant_table('field_use');

-- Defaults for fields.
create table field_template (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	name text not null constraint field_template_name_length check (length(name) between 1 and 200),
	fields jsonb not null,                   -- field → value, values or lang
	created_at timestamptz not null,
	constraint field_template_name_key unique (tenant_id, name)
);
select tenant_table('field_template');

-- What a folder asks of the assets in it and below it, and what it gives them.
create table folder_rule (
	folder_id uuid primary key references folder on delete cascade,
	tenant_id uuid not null references tenant,
	required text[] not null default '{}',   -- names of fields, and "alt"
	template_id uuid references field_template
);
create index folder_rule_tenant on folder_rule (tenant_id);
create index folder_rule_template on folder_rule (template_id) where template_id is not null;
select tenant_table('folder_rule');

-- The template that a person gives to their own uploads.
create table account_template (
	account_id uuid primary key references account on delete cascade,
	tenant_id uuid not null references tenant,
	template_id uuid not null references field_template
);
create index account_template_tenant on account_template (tenant_id);
create index account_template_template on account_template (template_id);
select tenant_table('account_template');

-- What the folder requires and the asset lacks.
alter table asset add column missing text[] not null default '{}';
create index asset_missing on asset (tenant_id, acl_id, created_at desc, id desc) where missing <> '{}' and deleted_at is null;

-- One deed on many assets, worked off by a job.
create table bulk_job (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	actor jsonb not null,                    -- who asked, to be recalled with the rights of the moment
	started_by text not null,
	edits jsonb,                             -- what is done to each; null: each item says it itself
	undo_of uuid references bulk_job on delete set null,
	undone_by uuid,
	state text not null constraint bulk_job_state check (state in ('waiting', 'running', 'done', 'cancelled', 'stopped')),
	code text not null default '',           -- why it stopped, for machines
	reason text not null default '',         -- and a sentence for people
	total int not null,
	done int not null default 0,
	changed int not null default 0,
	skipped int not null default 0,
	kept int not null default 0,             -- of an undo: where something was left as it is
	created_at timestamptz not null,
	ended_at timestamptz
);
create index bulk_job_mine on bulk_job (tenant_id, started_by, created_at desc, id desc);
create index bulk_job_undo on bulk_job (undo_of) where undo_of is not null;
select tenant_table('bulk_job');

-- The selection, frozen when the job was made, and how each ended.
create table bulk_item (
	job_id uuid not null references bulk_job on delete cascade,
	seq int not null,
	tenant_id uuid not null references tenant,
	asset_id uuid not null,
	state text not null default 'waiting' constraint bulk_item_state check (state in ('waiting', 'changed', 'same', 'skipped')),
	code text not null default '',
	reason text not null default '',
	edits jsonb,                             -- what is done to this one alone
	steps jsonb,                             -- what was changed: enough to undo it
	kept text[] not null default '{}',       -- what an undo left, because somebody had changed it since
	primary key (job_id, seq)
);
create index bulk_item_waiting on bulk_item (job_id, seq) where state = 'waiting';
create index bulk_item_asset on bulk_item (asset_id);
create index bulk_item_tenant on bulk_item (tenant_id);
select tenant_table('bulk_item');

-- Metadata that came in as a table, looked through and not yet applied.
create table metadata_import (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	started_by text not null,
	state text not null constraint metadata_import_state check (state in ('checked', 'applied')),
	lines int not null,
	changes int not null,
	same int not null,
	errors int not null,
	job_id uuid references bulk_job on delete set null,
	created_at timestamptz not null
);
create index metadata_import_mine on metadata_import (tenant_id, started_by, created_at desc);
create index metadata_import_job on metadata_import (job_id) where job_id is not null;
select tenant_table('metadata_import');

create table metadata_import_line (
	import_id uuid not null references metadata_import on delete cascade,
	line int not null,                       -- in the file
	tenant_id uuid not null references tenant,
	asset_id uuid,
	state text not null constraint metadata_import_line_state check (state in ('change', 'same', 'error')),
	edits jsonb,
	steps jsonb,                             -- what would change
	problems jsonb,                          -- column → a sentence
	primary key (import_id, line)
);
create index metadata_import_line_tenant on metadata_import_line (tenant_id);
select tenant_table('metadata_import_line');

-- A table may name assets by the names of their files.
create index asset_name on asset (tenant_id, name) where deleted_at is null;

-- +goose Up
-- What a revision is, kept with it so that it can become the active one again.
alter table revision
	add column kind text not null default 'other',
	add column width int,
	add column height int,
	add column duration_ms bigint,
	add column held_code text not null default '',   -- why its bytes are held back; empty: they are not
	add column held_reason text not null default '';
update revision r set kind = a.kind from asset a where a.id = r.asset_id;
update revision r set width = a.width, height = a.height, duration_ms = a.duration_ms from asset a where a.revision_id = r.id;
alter table revision add constraint revision_kind check (kind in ('image', 'video', 'audio', 'document', 'archive', 'font', 'other'));
alter table asset
	add column last_number int not null default 1,       -- of the newest revision that ever was
	add column shown_revision_id uuid,                   -- whose pictures are shown until those of a new active revision are there; null: the active one's
	add constraint asset_shown_revision_fkey foreign key (shown_revision_id) references revision deferrable initially deferred;
update asset a set last_number = (select max(r.number) from revision r where r.asset_id = a.id)
	where exists (select from revision r where r.asset_id = a.id);
create index asset_shown_revision on asset (shown_revision_id) where shown_revision_id is not null;

-- An administrator's named recipe. What is deleted stays for what was made by it.
create table preset (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	name text not null constraint preset_name_form check (name ~ '^[a-z0-9][a-z0-9_-]{0,58}$'),
	labels jsonb not null default '{}',      -- language → what people read
	spec jsonb not null,                     -- what it makes: see rendition.Spec
	eager boolean not null default false,    -- made of every new revision, instead of when it is first asked for
	groups uuid[] not null default '{}',     -- who may use it beside administrators; empty: all who may download renditions
	mark_id uuid references asset on delete set null, -- the picture that is its watermark
	version bigint not null default 1,
	created_at timestamptz not null,
	created_by text not null,
	deleted_at timestamptz
);
create unique index preset_name_key on preset (tenant_id, name) where deleted_at is null;
create index preset_mark on preset (mark_id) where mark_id is not null;
select tenant_table('preset');

-- How a revision is framed: turned, cropped, and around which point. Places are
-- in ten thousandths of the upright picture before it is turned.
create table framing (
	revision_id uuid primary key references revision on delete cascade,
	tenant_id uuid not null references tenant,
	asset_id uuid not null references asset on delete cascade,
	turn int not null default 0 constraint framing_turn check (turn in (0, 90, 180, 270)),
	flip boolean not null default false,
	focal_x int,
	focal_y int,
	crops jsonb not null default '{}',       -- a preset's name or "width:height" → area
	changed_at timestamptz not null,
	changed_by text not null
);
create index framing_asset on framing (asset_id);
create index framing_tenant on framing (tenant_id);
select tenant_table('framing');

-- A rendition that is being made on some node, so that no other makes it too.
create table rendition_claim (
	revision_id uuid not null references revision on delete cascade,
	preset text not null,
	recipe text not null,
	tenant_id uuid not null references tenant,
	holder uuid not null,
	until timestamptz not null,
	primary key (revision_id, preset, recipe)
);
create index rendition_claim_tenant on rendition_claim (tenant_id);
select tenant_table('rendition_claim');

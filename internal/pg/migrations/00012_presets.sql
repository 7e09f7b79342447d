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

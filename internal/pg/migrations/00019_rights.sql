-- +goose Up
-- Whether assets in the folder may still carry an acl that the folder had
-- before. What may be done with them follows the folder all the same.
alter table folder add column lagging boolean not null default false;
create index folder_lagging on folder (tenant_id, id) where lagging;
-- Finds what has an older acl than its folder; nothing was found by acl alone.
create index asset_place on asset (folder_id, acl_id);
drop index asset_acl;
-- Nothing guards that an acl is there: without it nobody sees anything, and the
-- guard would lock it for everybody who puts something into a folder, against
-- whoever changes what it means. The room of folders takes away only what no
-- folder and no asset carries.
alter table folder drop constraint folder_acl_id_fkey;
alter table asset drop constraint asset_acl_id_fkey;

-- +goose Up
-- Lists, counts and searches by an index read the rows without their words:
-- these lie beside the row where it would be long, as they are: squeezed, they
-- would have to be stretched whenever a row is looked at.
alter table asset_search_row set (toast_tuple_target = 512);
alter table asset_search_row alter column words set storage external;
-- What is counted beside lists, newest first, without a look at the rows.
create index asset_search_counts on asset_search_row (tenant_id, acl_id, created_at desc, asset_id desc) include (kind, folder_id, captured_on) where not restricted;
-- The newest of all, and under which acl each lies.
drop index asset_search_all;
create index asset_search_all on asset_search_row (tenant_id, created_at desc, asset_id desc) include (acl_id);

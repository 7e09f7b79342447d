-- +goose Up
-- What lies in a folder is counted without a look at the rows.
drop index asset_search_folder;
create index asset_search_folder on asset_search_row (folder_id, created_at desc, asset_id desc) include (acl_id, restricted, kind, captured_on);

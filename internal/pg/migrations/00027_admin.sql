-- +goose Up
-- How many files lie in folders is counted from here alone.
create index asset_live on asset (tenant_id, folder_id) where deleted_at is null;

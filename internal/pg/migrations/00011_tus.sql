-- +goose Up
-- Uploads that come in pieces, over days and several requests. Their rows stay
-- until they expire, so that a client that lost the answer can still ask.
alter table upload
	add resumable boolean not null default false,
	add state text not null default 'open' check (state in ('open', 'stored', 'duplicate', 'done')),
	add length bigint,                                   -- null: not known yet
	add at_offset bigint not null default 0,             -- bytes that are durable
	add hash_state bytea,                                -- SHA-256 of exactly those, to go on from
	add stage jsonb,                                     -- what the storage must be told to go on; null: nothing came yet
	add metadata text not null default '',               -- as the client wrote it
	add title text not null default '',
	add on_duplicate text not null default '',
	add concat text not null default '' check (concat in ('', 'partial', 'final')),
	add parts uuid[] not null default '{}',              -- of a final one: the partial ones, in order
	add into_asset uuid,                                 -- whose next revision the bytes become; null: a new asset
	add any_kind boolean not null default false,
	add revision_id uuid,                                -- that its bytes become
	add actor bytea,                                     -- who began it, to be asked for again
	add asset_id uuid,                                   -- done: what was made; duplicate: what was there
	add reason_code text not null default '',            -- why a whole upload could not be finished
	add reason_text text not null default '',
	add expires_at timestamptz,
	add lease_token text not null default '',            -- who writes now; empty: nobody
	add lease_node text not null default '',
	add lease_until timestamptz,
	add lease_wanted boolean not null default false;     -- somebody newer waits for the lease
create index upload_mine on upload (tenant_id, started_by, id) where resumable;
create index upload_expires on upload (expires_at) where resumable;
create index upload_blob on upload (blob_key);

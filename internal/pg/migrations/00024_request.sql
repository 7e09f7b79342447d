-- +goose Up
-- What comes in from outside waits until somebody accepts it: no list shows it.
alter table asset
	add waiting boolean not null default false,
	add asked_by text not null default '';   -- who asked for what came in from outside: an account or a key
create index asset_waiting on asset (tenant_id, id) where waiting;
create or replace view asset_search as
	select asset_id, tenant_id, acl_id, folder_id, kind, state, created_by, created_at, embargo_until, expires_at, restricted,
		null::timestamptz as deleted_at, -- so that rules written for asset fit here
		captured_on, name_key, keywords, named, size, width, height, duration_ms, document, document_of, words,
		false as waiting                 -- what waits has no row
	from asset_search_row where tenant_id = app_tenant()
	with cascaded check option;

-- A link by which people outside can send files.
create table upload_request (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	folder_id uuid not null,
	hash bytea not null constraint upload_request_hash_key unique,   -- of the secret in its address
	title text not null constraint upload_request_title_length check (length(title) between 1 and 200),
	message text not null,
	terms text not null,                     -- empty: none have to be accepted
	terms_version int not null,
	fields jsonb not null,                   -- what the sender is asked to say: [{name, required}]
	sender text not null constraint upload_request_sender check (sender in ('required', 'optional', 'none')),
	language text not null,                  -- of the page; empty: the visitor's
	password_hash text not null,             -- argon2id; empty: none
	kinds text[] not null,                   -- kinds of assets that are taken; empty: all
	max_files int not null,                  -- of one delivery
	max_bytes bigint not null,               -- of one delivery
	kept_days int not null,                  -- what the senders said of themselves is kept for so long after the end
	actor bytea not null,                    -- who asked, to be asked for again
	asked_by text not null,                  -- the account or the key
	version bigint not null default 1,
	created_at timestamptz not null,
	updated_at timestamptz not null,
	expires_at timestamptz not null,
	revoked_at timestamptz,
	revoked_by text
);
create index upload_request_tenant on upload_request (tenant_id, id desc);
create index upload_request_folder on upload_request (folder_id);

-- The terms of a request as they were.
create table upload_request_terms (
	tenant_id uuid not null references tenant,
	request_id uuid not null references upload_request on delete cascade,
	version int not null,
	terms text not null,
	created_at timestamptz not null,
	primary key (request_id, version)
);

-- What one sender sends.
create table upload_delivery (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	request_id uuid not null references upload_request on delete cascade,
	hash bytea not null constraint upload_delivery_hash_key unique,  -- of the secret in the receipt's address
	state text not null constraint upload_delivery_state check (state in ('begun', 'open', 'delivered')),
	sender_name text not null default '',    -- these three are personal
	sender_email text not null default '',
	message text not null default '',
	said jsonb not null default '{}',        -- field → what the sender said of all files
	terms_version int,                       -- that the sender accepted
	accepted_at timestamptz,
	language text not null default '',
	created_at timestamptz not null,
	touched_at timestamptz not null,
	delivered_at timestamptz,
	purged_at timestamptz                    -- when what is personal was taken away
);
create index upload_delivery_request on upload_delivery (request_id, id desc);
create index upload_delivery_open on upload_delivery (tenant_id, touched_at) where state <> 'delivered';

-- One file of a delivery.
create table upload_delivery_file (
	id uuid primary key,
	tenant_id uuid not null references tenant,
	request_id uuid not null references upload_request on delete cascade,
	delivery_id uuid not null references upload_delivery on delete cascade,
	asset_id uuid references asset on delete set null,
	name text not null,
	size bigint not null,
	state text not null constraint upload_delivery_file_state check (state in ('waiting', 'accepted', 'rejected')),
	reason text not null default '',
	judged_at timestamptz,
	judged_by text,
	created_at timestamptz not null
);
create index upload_delivery_file_delivery on upload_delivery_file (delivery_id, id);
create index upload_delivery_file_asset on upload_delivery_file (asset_id);
create index upload_delivery_file_waiting on upload_delivery_file (tenant_id, id) where state = 'waiting';
select across_table('upload_request'), across_table('upload_delivery');
select tenant_table('upload_request_terms'), tenant_table('upload_delivery_file');

-- +goose Up
-- What lies in a folder is counted without a look at the rows.
drop index asset_search_folder;
create index asset_search_folder on asset_search_row (folder_id, created_at desc, asset_id desc) include (acl_id, restricted, kind, captured_on);
-- How often a word stands in an archive says how to look for it: so its 20,000
-- commonest words are counted, not 5,000.
alter table asset_search_row alter column words set statistics 2000;
-- How often the commonest lexemes stand in the rows of all tenants, in their
-- order; of every other one, at most as often as the empty one says.
create function search_frequencies() returns table (lexeme text, often real) language sql stable security definer set search_path = pg_catalog as $$
	with s as (select x.most_common_elems::text::text[] as elems, x.most_common_elem_freqs as freqs from pg_stats x
		where x.tablename = 'asset_search_row' and x.attname = 'words' and x.most_common_elems is not null)
	select e.lexeme, s.freqs[e.at] from s, unnest(s.elems) with ordinality e(lexeme, at)
	union all select '', s.freqs[cardinality(s.elems) + 1] from s$$;
-- Since when the index of the newest assets' words holds them, and which part of
-- all rows that is; no row where there is no such index (see pg.KeepRecent).
create function search_recent() returns table (since timestamptz, part real) language sql stable as $$
	select obj_description(c.oid, 'pg_class')::timestamptz, least(c.reltuples / greatest(t.reltuples, 1), 1)::real
	from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
	where i.indrelid = 'asset_search_row'::regclass and i.indisvalid and c.relname = 'asset_search_recent' and c.reltuples > 0
		and obj_description(c.oid, 'pg_class') is not null$$;

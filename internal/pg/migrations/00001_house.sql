-- +goose Up
-- The role the program works as: it owns nothing and cannot bypass row level security.
-- +goose StatementBegin
do $$
begin
	if not exists (select from pg_roles where rolname = 'tillgang_app') then
		begin
			create role tillgang_app nologin nosuperuser nobypassrls nocreatedb nocreaterole;
		exception when duplicate_object or unique_violation then null; -- another database of this cluster migrates at the same moment
		end;
	end if;
	if not pg_has_role(current_user, 'tillgang_app', 'member') then
		execute format('grant tillgang_app to %I', current_user);
	end if;
end $$;
-- +goose StatementEnd
revoke create on schema public from public;
grant usage on schema public to tillgang_app;

-- The tenant that the transaction is bound to; an error when it is bound to none.
create function app_tenant() returns uuid language sql stable parallel safe
	return current_setting('app.tenant_id')::uuid;

-- Whether the transaction looks for something by its secret or name before the tenant is known.
create function app_across() returns boolean language sql stable parallel safe
	return coalesce(current_setting('app.across', true), '') = 'on';

-- tenant_table puts a table behind the wall: only rows of the transaction's tenant.
-- +goose StatementBegin
create function tenant_table(t regclass) returns void language plpgsql as $$
begin
	execute format('alter table %s enable row level security', t);
	execute format('create policy tenant on %s to tillgang_app using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())', t);
	execute format('grant select, insert, update, delete on %s to tillgang_app', t);
end $$;
-- +goose StatementEnd

-- across_table does the same for the few tables whose rows are found by a secret or a name.
-- +goose StatementBegin
create function across_table(t regclass) returns void language plpgsql as $$
begin
	execute format('alter table %s enable row level security', t);
	execute format('create policy tenant on %s to tillgang_app using (case when app_across() then true else tenant_id = app_tenant() end)', t);
	execute format('grant select, insert, update, delete on %s to tillgang_app', t);
end $$;
-- +goose StatementEnd
revoke execute on function tenant_table(regclass), across_table(regclass) from public;

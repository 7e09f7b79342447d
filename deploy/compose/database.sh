#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Run once by the Postgres image in a new cluster: the role that owns the
# product's database. It is no superuser; it may make the role that requests
# run as, and those extensions that Postgres calls trusted.
set -euo pipefail
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
	--set=password="$(cat /secrets/database/password)" <<'SQL'
create role tillgang login createrole nosuperuser nobypassrls password :'password';
alter role tillgang set createrole_self_grant = 'set, inherit';
create database tillgang owner tillgang template template0 encoding 'UTF8' locale 'C';
SQL

#!/bin/sh
# Run once, when the database is made: the roles that a Supabase project has and a plain PostgreSQL lacks. PostgREST logs
# in as authenticator and takes the role that a request's token names.
set -eu
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" <<'SQL'
\getenv password AUTHENTICATOR_PASSWORD
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit;
create role authenticator login noinherit password :'password';
grant anon, authenticated, service_role to authenticator;
-- A request that hangs must not hold the API's few connections.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '15s';
SQL

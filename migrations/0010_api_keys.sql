-- API keys that are handed out and taken back while the server runs. Of a key's secret only the digest is kept.
-- Runs unchanged on SQLite 3.40 and PostgreSQL 15.

create table api_keys (
  id text not null primary key,
  name text not null,
  role text not null check (role in ('service', 'admin', 'supervisor', 'agent')),
  secret_sha256 text not null check (length(secret_sha256) = 64),
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_on date
);

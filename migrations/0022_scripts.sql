-- Service scripts: what a persona asks, step by step. Whole scripts stand in `payload`; every version stays.
-- Runs unchanged on SQLite 3.40 and PostgreSQL 15.

create table scripts (
  id text not null primary key,
  version bigint not null check (version >= 1),
  status text not null,
  updated_at timestamptz not null,
  payload jsonb not null
);

create table script_versions (
  id text not null references scripts (id) on delete cascade,
  version bigint not null check (version >= 1),
  at timestamptz not null,
  actor text not null,
  payload jsonb not null,
  primary key (id, version)
);

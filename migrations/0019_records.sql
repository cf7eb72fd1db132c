-- The company's own data that actions read and change, and what came of each action, once under its key.
-- `line_sha256` is of the row's line in the company's file as it was last taken in; null where an action began the record.
-- Results go with their call; the records stay. Runs unchanged on SQLite 3.40 and PostgreSQL 15.

create table records (
  table_name text not null,
  id text not null,
  version bigint not null check (version >= 1),
  fields jsonb not null,
  line_sha256 text check (length(line_sha256) = 64),
  updated_at timestamptz not null,
  primary key (table_name, id)
);

create table action_results (
  key text not null primary key,
  call_id text not null,
  result jsonb not null,
  at timestamptz not null
);

-- No foreign key: while a call waits in a journal its actions can be performed already.
create index action_results_by_call on action_results (call_id);

-- Calls: the log of events is the truth, the header beside it a cache of its fold.
-- Runs unchanged on SQLite 3.40 and PostgreSQL 15.

create table conversations (
  call_id text not null primary key,
  seq bigint not null check (seq >= 1),
  customer_name text,
  channel text not null,
  language text not null,
  current_persona text not null,
  mode text not null,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  ended_at timestamptz,
  state jsonb not null
);

-- Lists go from the last started call backwards; the second index keeps the list of open calls cheap among many ended.
create index conversations_by_start on conversations (started_at, call_id);
create index conversations_open on conversations (started_at, call_id) where ended_at is null;

create table conversation_events (
  call_id text not null references conversations (call_id) on delete cascade,
  seq bigint not null check (seq >= 1),
  event text not null,
  at timestamptz not null,
  message_id text,
  payload jsonb not null,
  primary key (call_id, seq)
);

-- Claims a customer's message id: the same message is kept, and answered, once.
create unique index conversation_events_message on conversation_events (call_id, message_id)
  where event = 'user_message';

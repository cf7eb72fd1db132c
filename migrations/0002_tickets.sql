-- Tickets and their history. Phone and order numbers are text: they begin with zeros and plus signs.
-- Runs unchanged on SQLite 3.40 and PostgreSQL 15.

create table tickets (
  number text not null primary key,
  call_id text not null references conversations (call_id),
  category text not null,
  priority text not null,
  status text not null,
  subject text not null,
  description text not null,
  customer_name text,
  order_number text,
  phone text,
  email text,
  amount text,
  occurred text,
  language text not null,
  persona text not null,
  escalated boolean not null,
  human_requested boolean not null,
  assignee text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  due_at timestamptz not null,
  version bigint not null check (version >= 1)
);

create index tickets_by_creation on tickets (created_at, number);
create index tickets_by_status on tickets (status, created_at, number);
create index tickets_by_call on tickets (call_id, created_at, number);

create table ticket_events (
  number text not null references tickets (number) on delete cascade,
  version bigint not null check (version >= 1),
  at timestamptz not null,
  actor text not null,
  changes jsonb not null,
  primary key (number, version)
);

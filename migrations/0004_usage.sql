-- What models read and wrote lately, for the day's budget: only replies that a model was asked for are in it.
-- Runs unchanged on SQLite 3.40 and PostgreSQL 15.

create index conversation_events_usage on conversation_events (at)
  where event = 'assistant_message' and payload ->> 'usage' is not null;

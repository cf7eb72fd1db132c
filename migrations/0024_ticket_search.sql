-- Tickets that were merged into another, and what tickets are found by: folded words, the ticket's own and those of its
-- comments, parted by single blanks (callcenter/tickets/search.py). Tickets from before get theirs when they are first
-- looked for. Runs unchanged on SQLite 3.40 and PostgreSQL 15.

alter table tickets add column merged_into text;

create table ticket_words (
  number text not null primary key references tickets (number) on delete cascade,
  words text not null,
  comments text not null default ''
);

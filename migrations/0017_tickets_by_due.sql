-- Lists of tickets by when they are due, and of one agent's. Overdue ones are found by status: few are awaited.
-- Runs unchanged on SQLite 3.40 and PostgreSQL 15.

create index tickets_by_due on tickets (due_at, number);
create index tickets_by_assignee on tickets (assignee, created_at, number);

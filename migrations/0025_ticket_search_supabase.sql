-- Merging, comments and search of tickets on PostgreSQL. What comes with a ticket's columns from here on: `words`, which
-- it is found by; where an agent acted, `note`, which goes into its history beside what changed, and its `note_words`,
-- each after a blank.

alter table public.ticket_words enable row level security;
create policy server_does_all on public.ticket_words for all to service_role using (true) with check (true);
revoke all on public.ticket_words from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.ticket_words to service_role;

-- Words as they are, whatever language the database speaks: nothing is stemmed, and none is left out.
create function public.callcenter_lexemes(words text) returns tsvector
language sql immutable security invoker set search_path = ''
as $$ select pg_catalog.array_to_tsvector(pg_catalog.string_to_array(pg_catalog.btrim(words), ' ')) $$;

create index ticket_words_found on public.ticket_words using gin (public.callcenter_lexemes(words || comments));

-- Keeps what tickets are found by; an older server says nothing of it. What is noted on one ticket is found up to a
-- bound that no index minds.
create function public.callcenter_put_words(tickets jsonb) returns void
language sql volatile security invoker set search_path = ''
as $$
  insert into public.ticket_words as kept (number, words, comments)
  select number, words, coalesce(note_words, '')
  from pg_catalog.jsonb_to_recordset(tickets) as each (number text, words text, note_words text)
  where words is not null
  order by number
  on conflict (number) do update
  set words = excluded.words, comments = pg_catalog.left(kept.comments || excluded.comments, 200000)
$$;

create or replace function public.callcenter_add_tickets(tickets jsonb) returns void
language plpgsql security invoker set search_path = ''
as $$
declare
  added bigint;
begin
  insert into public.tickets
  select * from pg_catalog.jsonb_populate_recordset(null::public.tickets, tickets) order by number
  on conflict (number) do nothing;
  get diagnostics added = row_count;
  if added < pg_catalog.jsonb_array_length(tickets) then
    raise sqlstate 'PT409' using message = 'ticket_number_taken';
  end if;
  if added > 0 then
    perform public.callcenter_put_words(tickets);
  end if;
end
$$;

create or replace function public.callcenter_write_ticket(ticket jsonb, actor text, refusal text) returns void
language plpgsql security invoker set search_path = ''
as $$
declare
  changed public.tickets := pg_catalog.jsonb_populate_record(null::public.tickets, ticket);
  stored public.tickets;
begin
  select * into stored from public.tickets where number = changed.number for update;
  if not found or stored.version + 1 <> changed.version then
    raise sqlstate 'PT409' using message = refusal;
  end if;
  update public.tickets
  set call_id = changed.call_id, category = changed.category, priority = changed.priority, status = changed.status,
    subject = changed.subject, description = changed.description, customer_name = changed.customer_name,
    order_number = changed.order_number, phone = changed.phone, email = changed.email, amount = changed.amount,
    occurred = changed.occurred, language = changed.language, persona = changed.persona,
    escalated = changed.escalated, human_requested = changed.human_requested, assignee = changed.assignee,
    merged_into = changed.merged_into,
    created_at = changed.created_at, updated_at = changed.updated_at, due_at = changed.due_at,
    version = changed.version
  where number = changed.number;
  insert into public.ticket_events (number, version, at, actor, changes)
  select changed.number, changed.version, changed.updated_at, callcenter_write_ticket.actor,
    coalesce(pg_catalog.jsonb_object_agg(now.field, now.words) filter (where now.words is distinct from old.words), '{}')
      || coalesce(callcenter_write_ticket.ticket -> 'note', '{}')
  from pg_catalog.jsonb_each_text(public.callcenter_ticket_texts(changed)) as now (field, words)
  join pg_catalog.jsonb_each_text(public.callcenter_ticket_texts(stored)) as old (field, words) using (field);
  perform public.callcenter_put_words(pg_catalog.jsonb_build_array(ticket));
end
$$;

-- Keeps what an agent did to several tickets at once, each at the version before. Refuses with ticket_conflict. In the
-- order of their numbers, so that two who want the same ones wait for one another in one direction only.
create function public.change_tickets(tickets jsonb, actor text) returns void
language plpgsql security invoker set search_path = ''
as $$
declare
  ticket jsonb;
begin
  for ticket in
    select each from pg_catalog.jsonb_array_elements(tickets) as each order by each ->> 'number' collate "C"
  loop
    perform public.callcenter_write_ticket(ticket, change_tickets.actor, 'ticket_conflict');
  end loop;
end
$$;

-- A call to go on with, in one read: {state, tickets in the order of the state, then those that they were merged into,
-- the last events in order}, or null.
create or replace function public.load_call(call text, last integer) returns jsonb
language sql stable security invoker set search_path = '' set timezone = 'UTC'
as $$
  select pg_catalog.jsonb_build_object(
    'state', header.state,
    'tickets', (
      with recursive reached as (
        select ticket.number, ticket.merged_into, named.place
        from pg_catalog.jsonb_array_elements_text(header.state -> 'tickets') with ordinality as named (number, place)
        join public.tickets as ticket on ticket.number = named.number
        union
        select ticket.number, ticket.merged_into, reached.place + 1000
        from reached
        join public.tickets as ticket on ticket.number = reached.merged_into
      ),
      each as (select number, pg_catalog.min(place) as place from reached group by number)
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(ticket) order by each.place, ticket.number), '[]')
      from each
      join public.tickets as ticket on ticket.number = each.number
    ),
    'events', (
      select coalesce(pg_catalog.jsonb_agg(log.payload order by log.seq), '[]')
      from public.conversation_events as log
      where log.call_id = header.call_id and log.seq > header.seq - load_call.last
    )
  )
  from public.conversations as header
  where header.call_id = load_call.call
$$;

-- Tickets that have all the words, in the order wanted: {words: a tsquery, columns that must be equal, breached_at,
-- in_time_at, awaited: statuses, due: whether by due time, after: {at, id} or null, limit}.
create function public.find_tickets(wanted jsonb) returns jsonb
language sql stable security invoker set search_path = '' set timezone = 'UTC'
as $$
  select coalesce(pg_catalog.jsonb_agg(found.ticket order by found.place), '[]')
  from (
    select pg_catalog.to_jsonb(ticket) as ticket, pg_catalog.row_number() over (
      order by
        case when (wanted -> 'due')::boolean then ticket.due_at end,
        case when (wanted -> 'due')::boolean then ticket.number end,
        ticket.created_at desc, ticket.number desc
    ) as place
    from public.ticket_words as each
    join public.tickets as ticket on ticket.number = each.number
    where public.callcenter_lexemes(each.words || each.comments) @@ (wanted ->> 'words')::tsquery
      and (wanted ->> 'status' is null or ticket.status = wanted ->> 'status')
      and (wanted ->> 'category' is null or ticket.category = wanted ->> 'category')
      and (wanted ->> 'priority' is null or ticket.priority = wanted ->> 'priority')
      and (wanted ->> 'call_id' is null or ticket.call_id = wanted ->> 'call_id')
      and (wanted ->> 'assignee' is null or ticket.assignee = wanted ->> 'assignee')
      and (
        wanted ->> 'breached_at' is null
        or (wanted -> 'awaited' ? ticket.status and ticket.due_at <= (wanted ->> 'breached_at')::timestamptz)
      )
      and (
        wanted ->> 'in_time_at' is null
        or not (wanted -> 'awaited' ? ticket.status and ticket.due_at <= (wanted ->> 'in_time_at')::timestamptz)
      )
      and (
        wanted -> 'after' ->> 'at' is null
        or case when (wanted -> 'due')::boolean
          then (ticket.due_at, ticket.number) > ((wanted #>> '{after,at}')::timestamptz, wanted #>> '{after,id}')
          else (ticket.created_at, ticket.number) < ((wanted #>> '{after,at}')::timestamptz, wanted #>> '{after,id}')
        end
      )
    order by place
    limit (wanted ->> 'limit')::integer
  ) as found
$$;

-- Tickets that nothing is known to be found by: an older version kept them.
create function public.tickets_without_words(most integer) returns jsonb
language sql stable security invoker set search_path = '' set timezone = 'UTC'
as $$
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(old)), '[]')
  from (
    select * from public.tickets as ticket
    where not exists (select from public.ticket_words as each where each.number = ticket.number)
    limit tickets_without_words.most
  ) as old
$$;

-- Keeps what such tickets are found by, [{number, words}], unless they were changed or erased meanwhile.
create function public.put_ticket_words(rows jsonb) returns void
language sql volatile security invoker set search_path = ''
as $$
  insert into public.ticket_words (number, words)
  select ticket.number, each.words
  from pg_catalog.jsonb_to_recordset(rows) as each (number text, words text)
  join public.tickets as ticket on ticket.number = each.number
  order by ticket.number
  on conflict (number) do nothing
$$;

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 25 $$;

revoke all on function
  public.callcenter_lexemes(text), public.callcenter_put_words(jsonb), public.change_tickets(jsonb, text),
  public.find_tickets(jsonb), public.tickets_without_words(integer), public.put_ticket_words(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function
  public.callcenter_lexemes(text), public.callcenter_put_words(jsonb), public.change_tickets(jsonb, text),
  public.find_tickets(jsonb), public.tickets_without_words(integer), public.put_ticket_words(jsonb)
  to service_role;

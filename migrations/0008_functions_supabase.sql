-- What the server asks for in one request each: a step of a turn, a call to go on with, an agent's change, a whole call
-- taken over or erased. Each is one transaction: all of it is kept or nothing.
--
-- A refusal is raised as PT409, which the data API answers with HTTP status 409; its message says which refusal it is.
-- Under READ COMMITTED the lock on the row of the call lets one writer win; 40001 is never raised: the data API would
-- run the whole request again.

-- A time as a ticket's JSON has it.
create function public.callcenter_time_text(moment timestamptz) returns text
language sql stable security invoker set search_path = ''
as $$
  select pg_catalog.to_char(
    moment at time zone 'UTC',
    case when moment = pg_catalog.date_trunc('second', moment)
      then 'YYYY-MM-DD"T"HH24:MI:SS"Z"' else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' end
  )
$$;

-- A ticket's fields as a history has them: each as text, without what an entry says of itself.
create function public.callcenter_ticket_texts(ticket public.tickets) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select pg_catalog.jsonb_object_agg(field, words)
  from pg_catalog.jsonb_each_text(
    pg_catalog.to_jsonb(ticket) - 'version' - 'updated_at'
    || pg_catalog.jsonb_build_object(
      'created_at', public.callcenter_time_text(ticket.created_at),
      'due_at', public.callcenter_time_text(ticket.due_at)
    )
  ) as each (field, words)
$$;

-- Adds events to a log whose header the caller has locked.
create function public.callcenter_add_events(events jsonb) returns void
language plpgsql security invoker set search_path = ''
as $$
declare
  added bigint;
begin
  insert into public.conversation_events (call_id, seq, event, at, message_id, payload)
  select call_id, seq, event, at, message_id, payload
  from pg_catalog.jsonb_populate_recordset(null::public.conversation_events, events)
  on conflict (call_id, message_id) where event = 'user_message' do nothing;
  get diagnostics added = row_count;
  if added < pg_catalog.jsonb_array_length(events) then
    raise sqlstate 'PT409' using message = 'message_taken';
  end if;
end
$$;

-- In the order of their numbers, so that two who want the same ones wait for one another in one direction only.
create function public.callcenter_add_tickets(tickets jsonb) returns void
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
end
$$;

-- Writes a ticket that is one version ahead of the stored one, and what changed into its history.
create function public.callcenter_write_ticket(ticket jsonb, actor text, refusal text) returns void
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
    created_at = changed.created_at, updated_at = changed.updated_at, due_at = changed.due_at,
    version = changed.version
  where number = changed.number;
  insert into public.ticket_events (number, version, at, actor, changes)
  select changed.number, changed.version, changed.updated_at, callcenter_write_ticket.actor,
    coalesce(pg_catalog.jsonb_object_agg(now.field, now.words) filter (where now.words is distinct from old.words), '{}')
  from pg_catalog.jsonb_each_text(public.callcenter_ticket_texts(changed)) as now (field, words)
  join pg_catalog.jsonb_each_text(public.callcenter_ticket_texts(stored)) as old (field, words) using (field);
end
$$;

-- Keeps one step of a turn: {call_id, expected_seq, header, events, opened, changed}; the log must be at expected_seq,
-- 0 begins a call. Refuses with message_taken before all else, turn_conflict, call_exists, ticket_number_taken.
create function public.append_call_events(step jsonb) returns void
language plpgsql security invoker set search_path = ''
as $$
declare
  header public.conversations := pg_catalog.jsonb_populate_record(null::public.conversations, step -> 'header');
  expected bigint := step ->> 'expected_seq';
  opened jsonb := coalesce(step -> 'opened', '[]');
begin
  if expected = 0 then
    insert into public.conversations select header.* on conflict (call_id) do nothing;
  else
    update public.conversations
    set seq = header.seq, language = header.language, current_persona = header.current_persona, mode = header.mode,
      updated_at = header.updated_at, ended_at = header.ended_at, state = header.state
    where call_id = header.call_id and seq = expected;
  end if;
  if not found then
    if exists (
      select
      from pg_catalog.jsonb_populate_recordset(null::public.conversation_events, step -> 'events') as new
      join public.conversation_events as kept using (call_id, message_id, event)
      where event = 'user_message'
    ) then
      raise sqlstate 'PT409' using message = 'message_taken';
    end if;
    raise sqlstate 'PT409' using message = case expected when 0 then 'call_exists' else 'turn_conflict' end;
  end if;
  perform public.callcenter_add_events(step -> 'events');
  perform public.callcenter_add_tickets(opened);
  insert into public.ticket_events (number, version, at, actor, changes)
  select new.number, new.version, new.updated_at, 'customer', public.callcenter_ticket_texts(new)
  from pg_catalog.jsonb_populate_recordset(null::public.tickets, opened) as new;
  perform public.callcenter_write_ticket(ticket, 'customer', 'turn_conflict')
  from pg_catalog.jsonb_array_elements(coalesce(step -> 'changed', '[]')) as ticket;
end
$$;

-- A call to go on with, in one read: {state, tickets in the order of the state, the last events in order}, or null.
create function public.load_call(call text, last integer) returns jsonb
language sql stable security invoker set search_path = '' set timezone = 'UTC'
as $$
  select pg_catalog.jsonb_build_object(
    'state', header.state,
    'tickets', (
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(ticket) order by named.place), '[]')
      from pg_catalog.jsonb_array_elements_text(header.state -> 'tickets') with ordinality as named (number, place)
      join public.tickets as ticket on ticket.number = named.number
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

-- All that a customer message led to, itself first; [] when the call has no such message. The answer may have been
-- given together with a later message's; it is looked for only where the message no longer waits.
create function public.call_turn(call text, message text) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  with first as (
    select seq from public.conversation_events
    where call_id = call_turn.call and message_id = call_turn.message and event = 'user_message'
  ),
  led_to as (
    select log.seq, log.event, log.payload
    from public.conversation_events as log
    where log.call_id = call_turn.call and log.message_id = call_turn.message and log.seq >= (select seq from first)
  ),
  answered_with as (
    select log.seq, log.payload
    from public.conversation_events as log
    where log.call_id = call_turn.call and log.seq > (select seq from first) and log.event = 'assistant_message'
      and log.payload -> 'answers' @> pg_catalog.to_jsonb(call_turn.message)
      and not exists (select from led_to where led_to.event = 'assistant_message')
      and not exists (
        select from public.conversations as header
        where header.call_id = call_turn.call
          and header.state -> 'unanswered' @> pg_catalog.to_jsonb(call_turn.message)
      )
    order by log.seq
    limit 1
  )
  select coalesce(pg_catalog.jsonb_agg(turn.payload order by turn.place, turn.seq), '[]')
  from (
    select 1 as place, seq, payload from led_to
    union all
    select 2, seq, payload from answered_with
  ) as turn
$$;

-- Keeps an agent's change of a ticket that was at the version before. Refuses with ticket_conflict.
create function public.change_ticket(ticket jsonb, actor text) returns void
language sql volatile security invoker set search_path = ''
as $$ select public.callcenter_write_ticket(change_ticket.ticket, change_ticket.actor, 'ticket_conflict') $$;

-- Keeps a call as another store had it: {header, events, tickets, entries}. False: it is here already, with this log or
-- a longer one. Refuses with call_exists when another call has its id, ticket_number_taken likewise.
create function public.restore_call(archive jsonb) returns boolean
language plpgsql security invoker set search_path = ''
as $$
declare
  header public.conversations := pg_catalog.jsonb_populate_record(null::public.conversations, archive -> 'header');
  last_event jsonb := archive -> 'events' -> -1;
  added bigint;
begin
  insert into public.conversations select header.* on conflict (call_id) do nothing;
  if not found then
    -- A version that knew fewer fields may have written one of them; what both have must be the same.
    if exists (
      select from public.conversation_events as log
      where log.call_id = header.call_id and log.seq = (last_event ->> 'seq')::bigint
        and (log.payload @> (last_event -> 'payload') or log.payload <@ (last_event -> 'payload'))
    ) then
      return false;
    end if;
    raise sqlstate 'PT409' using message = 'call_exists';
  end if;
  perform public.callcenter_add_events(archive -> 'events');
  perform public.callcenter_add_tickets(archive -> 'tickets');
  insert into public.ticket_events (number, version, at, actor, changes)
  select number, version, at, actor, changes
  from pg_catalog.jsonb_populate_recordset(null::public.ticket_events, archive -> 'entries')
  on conflict (number, version) do nothing;
  get diagnostics added = row_count;
  if added < pg_catalog.jsonb_array_length(archive -> 'entries') then
    raise sqlstate 'PT409' using message = 'ticket_number_taken';
  end if;
  return true;
end
$$;

-- Deletes a call for good, with its log, tickets and histories: {events, tickets}, or null when there is none.
create function public.erase_call(call text) returns jsonb
language plpgsql security invoker set search_path = ''
as $$
declare
  deleted_tickets bigint;
  deleted_events bigint;
begin
  perform from public.conversations where call_id = call for update;
  if not found then
    return null;
  end if;
  delete from public.tickets where call_id = call;
  get diagnostics deleted_tickets = row_count;
  delete from public.conversation_events where call_id = call;
  get diagnostics deleted_events = row_count;
  delete from public.conversations where call_id = call;
  return pg_catalog.jsonb_build_object('events', deleted_events, 'tickets', deleted_tickets);
end
$$;

-- What models read and wrote for the replies kept since a moment.
create function public.tokens_used(since timestamptz) returns bigint
language sql stable security invoker set search_path = ''
as $$
  select coalesce(pg_catalog.sum(
    (payload #>> '{usage,input_tokens}')::bigint + (payload #>> '{usage,output_tokens}')::bigint
  ), 0)::bigint
  from public.conversation_events
  where event = 'assistant_message' and payload ->> 'usage' is not null and at >= tokens_used.since
$$;

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 8 $$;

revoke all on function
  public.callcenter_time_text(timestamptz), public.callcenter_ticket_texts(public.tickets),
  public.callcenter_add_events(jsonb), public.callcenter_add_tickets(jsonb),
  public.callcenter_write_ticket(jsonb, text, text),
  public.append_call_events(jsonb), public.load_call(text, integer), public.call_turn(text, text),
  public.change_ticket(jsonb, text), public.restore_call(jsonb), public.erase_call(text), public.tokens_used(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function
  public.callcenter_time_text(timestamptz), public.callcenter_ticket_texts(public.tickets),
  public.callcenter_add_events(jsonb), public.callcenter_add_tickets(jsonb),
  public.callcenter_write_ticket(jsonb, text, text),
  public.append_call_events(jsonb), public.load_call(text, integer), public.call_turn(text, text),
  public.change_ticket(jsonb, text), public.restore_call(jsonb), public.erase_call(text), public.tokens_used(timestamptz)
  to service_role;

-- Figures over many calls with what agents made of the replies suggested to them. The embedded store has the same
-- statement in callcenter/store/analytics_sqlite.py; docs/analytics.md says what each figure is.

-- [group, figure, key, value] of the calls that started in one of the `spans` ([label, from, until]) and are of this
-- `language`, `channel`, `persona`; null matches all. `by` is what groups are made of, `now` what is overdue.
-- To compile a statement of this length takes longer than to run it over a hundred thousand events.
create or replace function public.call_analytics(wanted jsonb) returns jsonb
language sql stable security invoker set search_path = '' set timezone = 'UTC' set jit = 'off'
as $$
  with
  span (label, starts, stops) as materialized (
    select value ->> 0, (value ->> 1)::timestamptz, (value ->> 2)::timestamptz
    from pg_catalog.jsonb_array_elements(wanted -> 'spans') as each (value)
  ),
  call (grp, call_id, ended, outcome, satisfaction) as materialized (
    select
      case wanted ->> 'by'
        when 'day' then span.label
        when 'language' then header.language
        when 'persona' then header.current_persona
        when 'channel' then header.channel
        else ''
      end,
      header.call_id,
      header.ended_at is not null,
      header.state ->> 'outcome',
      cast(header.state ->> 'satisfaction' as text)
    from span
    join public.conversations as header on header.started_at >= span.starts and header.started_at < span.stops
    where (wanted ->> 'language' is null or header.language = wanted ->> 'language')
      and (wanted ->> 'channel' is null or header.channel = wanted ->> 'channel')
      and (wanted ->> 'persona' is null or header.current_persona = wanted ->> 'persona')
  ),
  log (
    grp, ended, call_id, seq, event, micros, message_id, word, mood,
    wrong, again, asked, input, cached, output, cost, agent, seconds, alike
  ) as materialized (
    select
      call.grp, call.ended, call.call_id, log.seq, log.event, public.callcenter_micros(log.at), log.message_id,
      case log.event
        when 'routing' then payload #>> '{analysis,intent,intent}'
        when 'handoff' then (payload ->> 'from_persona') || '>' || (payload ->> 'to_persona')
        when 'assistant_message' then payload ->> 'voice'
        when 'suggestion_used' then payload ->> 'verdict'
      end,
      case log.event when 'routing' then payload #>> '{analysis,sentiment,sentiment}' end,
      log.event = 'assistant_message' and payload -> 'corrections' @> '[{"fault": "wrong_language"}]',
      log.event = 'assistant_message' and payload -> 'corrections' @> '[{"fault": "asked_again"}]',
      log.event = 'assistant_message'
        and (payload ->> 'usage' is not null or payload #> '{corrections,0}' is not null),
      case when log.event = 'assistant_message' then (payload #>> '{usage,input_tokens}')::bigint end,
      case when log.event = 'assistant_message' then (payload #>> '{usage,cached_tokens}')::bigint end,
      case when log.event = 'assistant_message' then (payload #>> '{usage,output_tokens}')::bigint end,
      case when log.event = 'assistant_message' then (payload #>> '{usage,cost_microusd}')::bigint end,
      case log.event when 'suggestion_used' then payload ->> 'agent' end,
      case log.event when 'suggestion_used' then (payload ->> 'seconds')::numeric end,
      case log.event when 'suggestion_used' then (payload ->> 'similarity')::numeric end
    from call
    join public.conversation_events as log on log.call_id = call.call_id
  ),
  course (
    grp, ended, spoken, escalated, transferred, ticketed, claimed,
    first_message, first_reply, first_request, first_claim
  ) as materialized (
    select
      log.grp,
      log.ended,
      pg_catalog.bool_or(log.event = 'user_message'),
      pg_catalog.bool_or(log.event = 'escalation'),
      pg_catalog.bool_or(log.event = 'transfer_requested'),
      pg_catalog.bool_or(log.event = 'ticket_created'),
      pg_catalog.bool_or(log.event = 'call_claimed'),
      min(case log.event when 'user_message' then log.micros end),
      min(case log.event when 'assistant_message' then log.micros end),
      min(case log.event when 'transfer_requested' then log.micros end),
      min(case log.event when 'call_claimed' then log.micros end)
    from log
    group by log.grp, log.call_id, log.ended
  ),
  analysed (grp, quarter, mood) as (
    select
      grp,
      1 + (row_number() over (partition by call_id order by seq) - 1) * 4 / count(*) over (partition by call_id),
      mood
    from log
    where event = 'routing'
  ),
  ticket (grp, category, settled, created, due, answered, ended) as materialized (
    select
      call.grp,
      ticket.category,
      ticket.status in ('resolved', 'closed'),
      public.callcenter_micros(ticket.created_at),
      public.callcenter_micros(ticket.due_at),
      (
        select min(public.callcenter_micros(entry.at)) from public.ticket_events as entry
        where entry.number = ticket.number and entry.actor <> 'customer'
      ),
      case when ticket.status in ('resolved', 'closed') then (
        select min(public.callcenter_micros(entry.at)) from public.ticket_events as entry
        where entry.number = ticket.number
          and entry.changes ->> 'status' in ('resolved', 'closed')
          and entry.version > (
            select coalesce(max(earlier.version), 0) from public.ticket_events as earlier
            where earlier.number = ticket.number and earlier.changes ->> 'status' not in ('resolved', 'closed')
          )
      ) end
    from call
    join public.tickets as ticket on ticket.call_id = call.call_id
  ),
  delay (grp, figure, micros) as (
    select grp, 'first_response', first_reply - first_message from course
    where first_message is not null and first_reply is not null
    union all
    select grp, 'human_wait', first_claim - first_request from course where first_claim >= first_request
    union all
    select grp, 'response', micros - said from (
      select
        grp, event, micros,
        max(case event when 'user_message' then micros end) over (partition by call_id, message_id) as said
      from log
      where event in ('user_message', 'assistant_message')
    ) as turn
    where event = 'assistant_message' and said is not null
    union all
    select grp, 'ticket_response', answered - created from ticket where answered is not null
    union all
    select grp, 'ticket_resolution', ended - created from ticket where ended is not null
    union all
    select grp, 'copilot_decision', pg_catalog.round(seconds * 1000000)::bigint from log where event = 'suggestion_used'
    union all
    select grp, 'copilot_similarity', pg_catalog.round(alike * 1000000)::bigint from log
    where event = 'suggestion_used' and word = 'edited'
  ),
  ranked (grp, figure, micros, place, total) as (
    select
      grp, figure, micros,
      row_number() over (partition by grp, figure order by micros),
      count(*) over (partition by grp, figure)
    from delay
  ),
  figure (grp, figure, key, value) as (
    select grp, 'calls', 'started', count(*) from call group by grp
    union all
    select grp, 'calls', 'ended', count(*) from call where ended group by grp
    union all
    select grp, 'calls', 'spoken', count(*) from course where spoken group by grp
    union all
    select grp, 'calls', 'over', count(*) from course where ended and spoken group by grp
    union all
    select grp, 'calls', 'contained', count(*) from course
    where ended and spoken and not (transferred or ticketed or claimed) group by grp
    union all
    select grp, 'calls', 'escalated', count(*) from course where spoken and escalated group by grp
    union all
    select grp, 'calls', 'transferred', count(*) from course where spoken and transferred group by grp
    union all
    select grp, 'calls', 'claimed', count(*) from course where spoken and claimed group by grp
    union all
    select grp, 'outcomes', outcome, count(*) from call where outcome is not null group by grp, outcome
    union all
    select grp, 'scores', satisfaction, count(*) from call where satisfaction is not null group by grp, satisfaction
    union all
    select grp, 'messages', 'customer', count(*) from log where event = 'user_message' group by grp
    union all
    select grp, 'messages', 'persona', count(*) from log where event in ('greeting', 'assistant_message') group by grp
    union all
    select grp, 'messages', 'agent', count(*) from log where event = 'agent_message' group by grp
    union all
    select grp, 'intents', word, count(*) from log where event = 'routing' group by grp, word
    union all
    select grp, 'sentiment_' || quarter, mood, count(*) from analysed group by grp, quarter, mood
    union all
    select grp, 'handoffs', word, count(*) from log where event = 'handoff' group by grp, word
    union all
    select grp, 'replies', 'count', count(*) from log where event = 'assistant_message' group by grp
    union all
    select grp, 'replies', case when word in ('offline', 'apology') then word else 'model' end, count(*)
    from log where event = 'assistant_message' group by 1, 3
    union all
    select grp, 'replies', 'asked', count(*) from log where asked group by grp
    union all
    select grp, 'replies', 'wrong_language', count(*) from log where wrong group by grp
    union all
    select grp, 'replies', 'asked_again', count(*) from log where again group by grp
    union all
    select grp, 'tokens', 'replies', count(*) from log where input is not null group by grp
    union all
    select grp, 'tokens', 'input', sum(input) from log where input is not null group by grp
    union all
    select grp, 'tokens', 'cached', sum(cached) from log where input is not null group by grp
    union all
    select grp, 'tokens', 'output', sum(output) from log where input is not null group by grp
    union all
    select grp, 'tokens', 'priced', count(*) from log where cost is not null group by grp
    union all
    select grp, 'tokens', 'cost_microusd', sum(cost) from log where cost is not null group by grp
    union all
    select grp, 'copilot', word, count(*) from log where event = 'suggestion_used' group by grp, word
    union all
    select grp, 'copilot_agents', word || ':' || agent, count(*) from log
    where event = 'suggestion_used' group by grp, word, agent
    union all
    select grp, 'tickets', 'opened', count(*) from ticket group by grp
    union all
    select grp, 'tickets', 'settled', count(*) from ticket where settled group by grp
    union all
    select grp, 'tickets', 'met', count(*) from ticket where answered <= due group by grp
    union all
    select grp, 'tickets', 'breached', count(*) from ticket
    where answered > due or (answered is null and due < public.callcenter_micros((wanted ->> 'now')::timestamptz))
    group by grp
    union all
    select grp, 'tickets', 'waiting', count(*) from ticket
    where answered is null and due >= public.callcenter_micros((wanted ->> 'now')::timestamptz) group by grp
    union all
    select grp, 'categories', category, count(*) from ticket group by grp, category
    union all
    select grp, figure, 'count', count(*) from delay group by grp, figure
    union all
    select grp, figure, 'p50', min(micros) from ranked where place * 100 >= total * 50 group by grp, figure
    union all
    select grp, figure, 'p95', min(micros) from ranked where place * 100 >= total * 95 group by grp, figure
  )
  select coalesce(
    pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(grp, figure, key, value)), '[]'
  )
  from figure
$$;

-- What is the desk's own business (events.shown_to_customer) no customer reads here either.
drop policy customers_read_their_call on public.conversation_events;
create policy customers_read_their_call on public.conversation_events for select to authenticated
  using (
    call_id = (select public.callcenter_claims() ->> 'call_id')
    and event not in (
      'internal_note', 'suggestion_used', 'wrap_up',
      'script_started', 'script_step', 'script_completed', 'script_dropped'
    )
  );

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 26 $$;

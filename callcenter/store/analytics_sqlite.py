"""Count figures over many calls in SQLite, in one statement; 0026_copilot_supabase.sql has PostgreSQL's.

Each event of the period is read, and its JSON looked into, once. What a figure is stands in docs/analytics.md.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

import orjson

from callcenter.store.analytics import Analytics, AnalyticsFilter
from callcenter.store.analytics_rows import answer, question


def analytics(wanted: AnalyticsFilter, now: datetime, connection: sqlite3.Connection) -> Analytics:
    """Return the figures of the calls that are wanted."""
    asked = question(wanted, now)
    rows = connection.execute(_FIGURES, {**asked, "spans": orjson.dumps(asked["spans"]).decode()})
    return answer(wanted, rows.fetchall())


def _micros(column: str) -> str:
    """Return SQL for the microseconds since 1970 of a time as columns hold it; SQLite itself counts in thousandths."""
    return f"(unixepoch(substr({column}, 1, 19)) * 1000000 + cast(substr({column}, 21, 6) as integer))"


_FIGURES: Final = f"""
with
span (label, starts, stops) as materialized (
  select value ->> 0, value ->> 1, value ->> 2 from json_each(:spans)
),
call (grp, call_id, ended, outcome, satisfaction) as materialized (
  select
    case :by
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
  from span cross join conversations as header on header.started_at >= span.starts and header.started_at < span.stops
  where (:language is null or header.language = :language)
    and (:channel is null or header.channel = :channel)
    and (:persona is null or header.current_persona = :persona)
),
log (
  grp, ended, call_id, seq, event, micros, message_id, word, mood,
  wrong, again, asked, input, cached, output, cost, agent, seconds, alike
) as materialized (
  select
    call.grp, call.ended, call.call_id, log.seq, log.event, {_micros("log.at")}, log.message_id,
    case log.event
      when 'routing' then payload ->> '$.analysis.intent.intent'
      when 'handoff' then (payload ->> 'from_persona') || '>' || (payload ->> 'to_persona')
      when 'assistant_message' then payload ->> 'voice'
      when 'suggestion_used' then payload ->> 'verdict'
    end,
    case log.event when 'routing' then payload ->> '$.analysis.sentiment.sentiment' end,
    case when log.event = 'assistant_message' and payload ->> '$.corrections[0]' is not null then
      exists (select 1 from json_each(payload, '$.corrections') where value ->> 'fault' = 'wrong_language') end,
    case when log.event = 'assistant_message' and payload ->> '$.corrections[0]' is not null then
      exists (select 1 from json_each(payload, '$.corrections') where value ->> 'fault' = 'asked_again') end,
    case when log.event = 'assistant_message' then
      payload ->> 'usage' is not null or payload ->> '$.corrections[0]' is not null end,
    case when log.event = 'assistant_message' then payload ->> '$.usage.input_tokens' end,
    case when log.event = 'assistant_message' then payload ->> '$.usage.cached_tokens' end,
    case when log.event = 'assistant_message' then payload ->> '$.usage.output_tokens' end,
    case when log.event = 'assistant_message' then payload ->> '$.usage.cost_microusd' end,
    case log.event when 'suggestion_used' then payload ->> 'agent' end,
    case log.event when 'suggestion_used' then payload ->> 'seconds' end,
    case log.event when 'suggestion_used' then payload ->> 'similarity' end
  from call cross join conversation_events as log on log.call_id = call.call_id
),
course (
  grp, ended, spoken, escalated, transferred, ticketed, claimed,
  first_message, first_reply, first_request, first_claim
) as materialized (
  select
    log.grp,
    log.ended,
    max(log.event = 'user_message'),
    max(log.event = 'escalation'),
    max(log.event = 'transfer_requested'),
    max(log.event = 'ticket_created'),
    max(log.event = 'call_claimed'),
    min(case log.event when 'user_message' then log.micros end),
    min(case log.event when 'assistant_message' then log.micros end),
    min(case log.event when 'transfer_requested' then log.micros end),
    min(case log.event when 'call_claimed' then log.micros end)
  from log
  group by log.call_id
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
    {_micros("ticket.created_at")},
    {_micros("ticket.due_at")},
    (
      select min({_micros("entry.at")}) from ticket_events as entry
      where entry.number = ticket.number and entry.actor <> 'customer'
    ),
    case when ticket.status in ('resolved', 'closed') then (
      select min({_micros("entry.at")}) from ticket_events as entry
      where entry.number = ticket.number
        and entry.changes ->> 'status' in ('resolved', 'closed')
        and entry.version > (
          select coalesce(max(earlier.version), 0) from ticket_events as earlier
          where earlier.number = ticket.number and earlier.changes ->> 'status' not in ('resolved', 'closed')
        )
    ) end
  from call cross join tickets as ticket on ticket.call_id = call.call_id
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
  select grp, 'copilot_decision', cast(round(seconds * 1000000) as integer) from log where event = 'suggestion_used'
  union all
  select grp, 'copilot_similarity', cast(round(alike * 1000000) as integer) from log
  where event = 'suggestion_used' and word = 'edited'
),
ranked (grp, figure, micros, place, total) as (
  select
    grp, figure, micros,
    row_number() over (partition by grp, figure order by micros),
    count(*) over (partition by grp, figure)
  from delay
)
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
where answered > due or (answered is null and due < {_micros(":now")})
group by grp
union all
select grp, 'tickets', 'waiting', count(*) from ticket
where answered is null and due >= {_micros(":now")} group by grp
union all
select grp, 'categories', category, count(*) from ticket group by grp, category
union all
select grp, figure, 'count', count(*) from delay group by grp, figure
union all
select grp, figure, 'p50', min(micros) from ranked where place * 100 >= total * 50 group by grp, figure
union all
select grp, figure, 'p95', min(micros) from ranked where place * 100 >= total * 95 group by grp, figure
"""  # noqa: S608 (ours; values are bound)

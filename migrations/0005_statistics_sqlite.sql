-- The fifth view: every call in figures and in a few words, as the API's `stats` has it.

create view conversation_statistics as
select
  call_id,
  customer_name,
  channel,
  language,
  started_at,
  ended_at,
  state ->> 'conversation_duration_seconds' as duration_seconds,
  state ->> 'message_count' as total_messages,
  state ->> 'user_message_count' as user_messages,
  (state ->> 'message_count') - (state ->> 'user_message_count') as assistant_messages,
  (
    select group_concat(value, ', ')
    from (select value from json_each(conversations.state, '$.personas_used') order by key)
  ) as personas_used,
  (
    select group_concat(intent, ', ')
    from (select intent from conversation_analysis where call_id = conversations.call_id order by seq)
  ) as intents_detected,
  (
    select group_concat(sentiment, ', ')
    from (select sentiment from conversation_analysis where call_id = conversations.call_id order by seq)
  ) as sentiment_progression,
  (
    select count(*) from conversation_events
    where conversation_events.call_id = conversations.call_id and event = 'handoff'
  ) as handoffs,
  (
    select count(*) from conversation_events
    where conversation_events.call_id = conversations.call_id and event = 'escalation'
  ) as escalations,
  json_array_length(state, '$.tickets') as tickets,
  (
    select group_concat(value, ', ')
    from (select value from json_each(conversations.state, '$.tickets') order by key)
  ) as ticket_numbers,
  state ->> 'outcome' as outcome,
  state ->> 'satisfaction' as satisfaction
from conversations;

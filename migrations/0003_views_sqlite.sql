-- The log under the names people look for, one readable row a message, an analysis, a decision, a transcript.

create view conversation_messages as
select
  call_id,
  seq,
  case event when 'user_message' then 'user' else 'assistant' end as role,
  payload ->> 'message' as content,
  payload ->> 'persona' as persona,
  payload ->> 'language' as language,
  message_id,
  at as timestamp
from conversation_events
where event in ('greeting', 'user_message', 'assistant_message');

create view conversation_analysis as
select
  call_id,
  seq,
  message_id,
  payload -> 'analysis' -> 'language' ->> 'kind' as language,
  payload -> 'analysis' -> 'intent' ->> 'intent' as intent,
  payload -> 'analysis' -> 'intent' ->> 'confidence' as intent_confidence,
  payload -> 'analysis' -> 'intent' -> 'keywords' as keywords,
  payload -> 'analysis' -> 'intent' ->> 'reasoning' as intent_reasoning,
  payload -> 'analysis' -> 'sentiment' ->> 'sentiment' as sentiment,
  payload -> 'analysis' -> 'sentiment' ->> 'confidence' as sentiment_confidence,
  payload -> 'analysis' -> 'sentiment' ->> 'reasoning' as sentiment_reasoning,
  payload -> 'analysis' -> 'urgency' ->> 'level' as urgency,
  payload -> 'analysis' -> 'question' ->> 'is_question' as is_question,
  payload -> 'analysis' -> 'entities' as entities,
  at as timestamp
from conversation_events
where event = 'routing';

create view routing_decisions as
select
  call_id,
  seq,
  message_id,
  payload -> 'decision' ->> 'target_persona' as target_persona,
  payload -> 'decision' ->> 'priority' as priority,
  payload -> 'decision' ->> 'suggested_action' as suggested_action,
  payload -> 'decision' ->> 'create_ticket' as create_ticket,
  payload -> 'decision' ->> 'escalation_needed' as escalation_needed,
  payload -> 'decision' ->> 'transfer_to_human' as transfer_to_human,
  payload -> 'decision' ->> 'handoff' as handoff,
  payload -> 'decision' ->> 'language' as language,
  payload -> 'decision' ->> 'rule' as rule,
  payload -> 'decision' ->> 'reasoning' as reasoning,
  payload -> 'decision' ->> 'confidence' as confidence,
  at as timestamp
from conversation_events
where event = 'routing';

create view transcripts as
select
  call_id,
  customer_name,
  channel,
  language,
  started_at,
  ended_at,
  state ->> 'message_count' as total_messages,
  state ->> 'user_message_count' as user_messages,
  state ->> 'outcome' as outcome,
  (
    select group_concat(line, char(10))
    from (
      select coalesce(persona, role) || ': ' || content as line
      from conversation_messages
      where conversation_messages.call_id = conversations.call_id
      order by seq
    )
  ) as transcript
from conversations;

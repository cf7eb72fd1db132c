-- The log under the names people look for: one readable row a message, an analysis, a decision, a transcript, a call in
-- figures. Whoever asks sees the rows of the calls they may read (security_invoker), and no more.

create view public.conversation_messages with (security_invoker = true) as
select
  call_id,
  seq,
  case event when 'user_message' then 'user' else 'assistant' end as role,
  payload ->> 'message' as content,
  payload ->> 'persona' as persona,
  payload ->> 'language' as language,
  message_id,
  at as timestamp
from public.conversation_events
where event in ('greeting', 'user_message', 'assistant_message');

create view public.conversation_analysis with (security_invoker = true) as
select
  call_id,
  seq,
  message_id,
  payload #>> '{analysis,language,kind}' as language,
  payload #>> '{analysis,intent,intent}' as intent,
  (payload #>> '{analysis,intent,confidence}')::double precision as intent_confidence,
  payload #> '{analysis,intent,keywords}' as keywords,
  payload #>> '{analysis,intent,reasoning}' as intent_reasoning,
  payload #>> '{analysis,sentiment,sentiment}' as sentiment,
  (payload #>> '{analysis,sentiment,confidence}')::double precision as sentiment_confidence,
  payload #>> '{analysis,sentiment,reasoning}' as sentiment_reasoning,
  payload #>> '{analysis,urgency,level}' as urgency,
  (payload #>> '{analysis,question,is_question}')::boolean as is_question,
  payload #> '{analysis,entities}' as entities,
  at as timestamp
from public.conversation_events
where event = 'routing';

create view public.routing_decisions with (security_invoker = true) as
select
  call_id,
  seq,
  message_id,
  payload #>> '{decision,target_persona}' as target_persona,
  payload #>> '{decision,priority}' as priority,
  payload #>> '{decision,suggested_action}' as suggested_action,
  (payload #>> '{decision,create_ticket}')::boolean as create_ticket,
  (payload #>> '{decision,escalation_needed}')::boolean as escalation_needed,
  (payload #>> '{decision,transfer_to_human}')::boolean as transfer_to_human,
  (payload #>> '{decision,handoff}')::boolean as handoff,
  payload #>> '{decision,language}' as language,
  payload #>> '{decision,rule}' as rule,
  payload #>> '{decision,reasoning}' as reasoning,
  (payload #>> '{decision,confidence}')::double precision as confidence,
  at as timestamp
from public.conversation_events
where event = 'routing';

create view public.transcripts with (security_invoker = true) as
select
  call_id,
  customer_name,
  channel,
  language,
  started_at,
  ended_at,
  (state ->> 'message_count')::integer as total_messages,
  (state ->> 'user_message_count')::integer as user_messages,
  state ->> 'outcome' as outcome,
  (
    select string_agg(coalesce(message.persona, message.role) || ': ' || message.content, E'\n' order by message.seq)
    from public.conversation_messages as message
    where message.call_id = conversations.call_id
  ) as transcript
from public.conversations;

create view public.conversation_statistics with (security_invoker = true) as
select
  call.call_id,
  call.customer_name,
  call.channel,
  call.language,
  call.started_at,
  call.ended_at,
  (call.state ->> 'conversation_duration_seconds')::double precision as duration_seconds,
  (call.state ->> 'message_count')::integer as total_messages,
  (call.state ->> 'user_message_count')::integer as user_messages,
  (call.state ->> 'message_count')::integer - (call.state ->> 'user_message_count')::integer as assistant_messages,
  (
    select string_agg(persona, ', ' order by place)
    from jsonb_array_elements_text(call.state -> 'personas_used') with ordinality as used (persona, place)
  ) as personas_used,
  log.intents_detected,
  log.sentiment_progression,
  log.handoffs,
  log.escalations,
  jsonb_array_length(call.state -> 'tickets') as tickets,
  (
    select string_agg(number, ', ' order by place)
    from jsonb_array_elements_text(call.state -> 'tickets') with ordinality as opened (number, place)
  ) as ticket_numbers,
  call.state ->> 'outcome' as outcome,
  (call.state ->> 'satisfaction')::integer as satisfaction
from public.conversations as call
cross join lateral (
  select
    string_agg(payload #>> '{analysis,intent,intent}', ', ' order by seq) filter (where event = 'routing')
      as intents_detected,
    string_agg(payload #>> '{analysis,sentiment,sentiment}', ', ' order by seq) filter (where event = 'routing')
      as sentiment_progression,
    count(*) filter (where event = 'handoff') as handoffs,
    count(*) filter (where event = 'escalation') as escalations
  from public.conversation_events
  where conversation_events.call_id = call.call_id
) as log;

revoke all on public.conversation_messages, public.conversation_analysis, public.routing_decisions, public.transcripts,
  public.conversation_statistics
  from public, anon, authenticated, service_role;
grant select on public.conversation_messages, public.conversation_analysis, public.routing_decisions,
  public.transcripts, public.conversation_statistics
  to authenticated, service_role;

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 7 $$;

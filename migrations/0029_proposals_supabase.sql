-- The few calls with actions that wait for somebody to approve them, among all there are.

create index conversations_with_proposals on public.conversations (started_at, call_id)
  where (state -> 'proposals') <> '[]';

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 29 $$;

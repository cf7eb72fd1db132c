-- Who may do what, on PostgreSQL 15 and on Supabase. The server comes as `service_role` and may do everything with calls
-- and tickets. A signed-in agent (`authenticated`, with the role agent, supervisor or admin in the token's app_metadata,
-- which no user can write) reads them. A customer reads the one call that the claim `call_id` of their token names.
-- `anon`, and whoever is signed in without any of that, sees nothing. Nobody but the server writes.

do $$
declare
  missing text;
begin
  -- A Supabase project has them. Elsewhere nobody logs in as them; whoever serves the API is made a member.
  for missing in
    select name from unnest(array['anon', 'authenticated', 'service_role']) as name
    where not exists (select from pg_catalog.pg_roles where rolname = name)
  loop
    begin
      execute format('create role %I nologin noinherit', missing);
    exception
      when duplicate_object or unique_violation then
        null;  -- another database of the same server was quicker
      when insufficient_privilege then
        raise exception 'The role % is missing here, and % may not make it; let an administrator create it.',
          missing, current_user
          using errcode = 'insufficient_privilege';
    end;
  end loop;
end
$$;

-- What ran here, with the checksums of the files; `callcenter migrate` keeps it.
create table if not exists public.schema_migrations (
  version bigint not null primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null
);

-- What the token of whoever asks says; PostgREST puts it into this setting. Empty without a token.
create function public.callcenter_claims() returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(nullif(pg_catalog.current_setting('request.jwt.claims', true), ''), '{}')::pg_catalog.jsonb
$$;

create function public.callcenter_is_agent() returns boolean
language sql stable security invoker set search_path = ''
as $$
  select coalesce(public.callcenter_claims() #>> '{app_metadata,role}' in ('agent', 'supervisor', 'admin'), false)
$$;

-- The newest migration that ran here; every file for PostgreSQL ends by saying so, whoever ran it.
create function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 6 $$;

alter table public.conversations enable row level security;
alter table public.conversation_events enable row level security;
alter table public.tickets enable row level security;
alter table public.ticket_events enable row level security;
alter table public.schema_migrations enable row level security;

-- In `(select ...)` a claim is read once a query, not once a row.
create policy agents_read on public.conversations for select to authenticated
  using ((select public.callcenter_is_agent()));
create policy agents_read on public.conversation_events for select to authenticated
  using ((select public.callcenter_is_agent()));
create policy agents_read on public.tickets for select to authenticated
  using ((select public.callcenter_is_agent()));
create policy agents_read on public.ticket_events for select to authenticated
  using ((select public.callcenter_is_agent()));

create policy customers_read_their_call on public.conversations for select to authenticated
  using (call_id = (select public.callcenter_claims() ->> 'call_id'));
create policy customers_read_their_call on public.conversation_events for select to authenticated
  using (call_id = (select public.callcenter_claims() ->> 'call_id'));
create policy customers_read_their_call on public.tickets for select to authenticated
  using (call_id = (select public.callcenter_claims() ->> 'call_id'));

-- A project's service_role passes by all policies; elsewhere it may not, and needs these.
create policy server_does_all on public.conversations for all to service_role using (true) with check (true);
create policy server_does_all on public.conversation_events for all to service_role using (true) with check (true);
create policy server_does_all on public.tickets for all to service_role using (true) with check (true);
create policy server_does_all on public.ticket_events for all to service_role using (true) with check (true);
create policy server_reads on public.schema_migrations for select to service_role using (true);

-- Older projects grant everything on new tables and functions to everybody, newer ones nothing to anybody.
grant usage on schema public to anon, authenticated, service_role;

revoke all on public.conversations, public.conversation_events, public.tickets, public.ticket_events,
  public.schema_migrations
  from public, anon, authenticated, service_role;
grant select on public.conversations, public.conversation_events, public.tickets, public.ticket_events to authenticated;
grant select, insert, update, delete
  on public.conversations, public.conversation_events, public.tickets, public.ticket_events
  to service_role;
grant select on public.schema_migrations to service_role;

revoke all on function public.callcenter_claims(), public.callcenter_is_agent(), public.callcenter_schema()
  from public, anon, authenticated, service_role;
grant execute on function public.callcenter_claims(), public.callcenter_is_agent() to authenticated, service_role;
grant execute on function public.callcenter_schema() to service_role;

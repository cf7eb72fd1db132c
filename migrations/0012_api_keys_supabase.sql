-- Who may do what with API keys, on PostgreSQL: the server all of it, signed-in users, admins among them, nothing.

alter table public.api_keys enable row level security;

create policy server_does_all on public.api_keys for all to service_role using (true) with check (true);

revoke all on public.api_keys from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.api_keys to service_role;

-- Keeps a new key. False: its id is taken.
create function public.add_api_key(key jsonb) returns boolean
language plpgsql security invoker set search_path = ''
as $$
begin
  insert into public.api_keys
  select * from pg_catalog.jsonb_populate_record(null::public.api_keys, add_api_key.key)
  on conflict (id) do nothing;
  return found;
end
$$;

revoke all on function public.add_api_key(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.add_api_key(jsonb) to service_role;

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 12 $$;

-- Service scripts on PostgreSQL: the server's alone. Agents read them through the server, which says who may what.

alter table public.scripts enable row level security;
alter table public.script_versions enable row level security;

create policy server_does_all on public.scripts for all to service_role using (true) with check (true);
create policy server_does_all on public.script_versions for all to service_role using (true) with check (true);

revoke all on public.scripts, public.script_versions from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.scripts, public.script_versions to service_role;

-- Keeps a version that follows the newest one. Refuses with script_conflict.
create function public.save_script(script jsonb) returns void
language plpgsql security invoker set search_path = ''
as $$
declare
  next public.scripts := pg_catalog.jsonb_populate_record(null::public.scripts, script);
begin
  if next.version = 1 then
    insert into public.scripts select next.* on conflict (id) do nothing;
  else
    update public.scripts as kept
    set version = next.version, status = next.status, updated_at = next.updated_at, payload = next.payload
    where kept.id = next.id and kept.version = next.version - 1;
  end if;
  if not found then
    raise sqlstate 'PT409' using message = 'script_conflict';
  end if;
  insert into public.script_versions (id, version, at, actor, payload)
  values (next.id, next.version, next.updated_at, script ->> 'actor', next.payload);
end
$$;

-- The newest version of every script, by id: in one answer, however few rows the data API gives at a time.
create function public.list_scripts() returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(pg_catalog.jsonb_agg(kept.payload order by kept.id collate "C"), '[]') from public.scripts as kept
$$;

-- The last so many versions of one script, oldest first.
create function public.list_script_versions(script text, most integer) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(pg_catalog.jsonb_agg(kept.payload order by kept.version), '[]')
  from (
    select version, payload from public.script_versions
    where id = list_script_versions.script
    order by version desc
    limit list_script_versions.most
  ) as kept
$$;

create function public.scripts_kept() returns bigint
language sql stable security invoker set search_path = ''
as $$ select coalesce(pg_catalog.sum(version), 0)::bigint from public.scripts $$;

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 23 $$;

revoke all on function
  public.save_script(jsonb), public.list_scripts(), public.list_script_versions(text, integer), public.scripts_kept()
  from public, anon, authenticated, service_role;
grant execute on function
  public.save_script(jsonb), public.list_scripts(), public.list_script_versions(text, integer), public.scripts_kept()
  to service_role;

-- Records and results of actions on PostgreSQL: the server's alone. Agents read them through the server.

alter table public.records enable row level security;
alter table public.action_results enable row level security;

create policy server_does_all on public.records for all to service_role using (true) with check (true);
create policy server_does_all on public.action_results for all to service_role using (true) with check (true);

revoke all on public.records, public.action_results from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.records, public.action_results to service_role;

-- Finds a customer's rows by any field.
create index records_by_field on public.records using gin (fields jsonb_path_ops);

create function public.callcenter_record(kept public.records) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select pg_catalog.jsonb_build_object(
    'table', kept.table_name, 'id', kept.id, 'version', kept.version, 'fields', kept.fields, 'updated_at', kept.updated_at
  )
$$;

-- Takes in a table's file, lines of {id, fields, line_sha256}: how many were new or changed.
create function public.sync_records(name text, lines jsonb, at timestamptz) returns bigint
language plpgsql security invoker set search_path = ''
as $$
declare
  taken bigint;
begin
  -- One start after the other, and no action in between; whoever reads is not kept waiting.
  lock table public.records in share row exclusive mode;
  insert into public.records as kept (table_name, id, version, fields, line_sha256, updated_at)
  select sync_records.name, line.id, 1, line.fields, line.line_sha256, sync_records.at
  from pg_catalog.jsonb_to_recordset(sync_records.lines) as line (id text, fields jsonb, line_sha256 text)
  on conflict (table_name, id) do update
  set version = kept.version + 1, fields = excluded.fields, line_sha256 = excluded.line_sha256,
    updated_at = excluded.updated_at
  where kept.line_sha256 is distinct from excluded.line_sha256;
  get diagnostics taken = row_count;
  delete from public.records as kept
  where kept.table_name = sync_records.name and kept.line_sha256 is not null and not exists (
    select from pg_catalog.jsonb_to_recordset(sync_records.lines) as line (id text) where line.id = kept.id
  );
  return taken;
end
$$;

create function public.count_records() returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(pg_catalog.jsonb_object_agg(table_name, rows), '{}')
  from (select table_name, pg_catalog.count(*) as rows from public.records group by table_name) as counted
$$;

-- The records of a table with these fields, changed later than a moment where one is given, by id.
create function public.list_records(name text, wanted jsonb, changed_after timestamptz, most integer) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(pg_catalog.jsonb_agg(public.callcenter_record(kept) order by kept.id collate "C"), '[]')
  from (
    select each.* from public.records as each
    where each.table_name = list_records.name and each.fields @> list_records.wanted
      and (list_records.changed_after is null or each.updated_at > list_records.changed_after)
    order by each.id collate "C"
    limit list_records.most
  ) as kept
$$;

create function public.get_record(name text, record text) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select public.callcenter_record(kept) from public.records as kept
  where kept.table_name = get_record.name and kept.id = get_record.record
$$;

create function public.action_performed(key text) returns jsonb
language sql stable security invoker set search_path = ''
as $$ select kept.result from public.action_results as kept where kept.key = action_performed.key $$;

-- Writes {key, call_id, result, at, changes: [{table, id, version, fields}]} once; returns the result kept under the key.
-- Refuses with record_conflict.
create function public.perform_action(done jsonb) returns jsonb
language plpgsql security invoker set search_path = ''
as $$
declare
  change record;
  moment timestamptz := (done ->> 'at')::timestamptz;
begin
  -- Claims the key first: whoever comes second waits here for the first to end.
  insert into public.action_results (key, call_id, result, at)
  values (done ->> 'key', done ->> 'call_id', done -> 'result', moment)
  on conflict (key) do nothing;
  if not found then
    return (select kept.result from public.action_results as kept where kept.key = done ->> 'key');
  end if;
  for change in
    select wanted."table" as name, wanted.id, wanted.version, wanted.fields
    from pg_catalog.jsonb_to_recordset(done -> 'changes') as wanted ("table" text, id text, version bigint, fields jsonb)
    order by wanted."table", wanted.id
  loop
    if change.version = 0 then
      insert into public.records (table_name, id, version, fields, updated_at)
      values (change.name, change.id, 1, change.fields, moment)
      on conflict (table_name, id) do nothing;
    else
      update public.records as kept
      set version = kept.version + 1, fields = change.fields, updated_at = moment
      where kept.table_name = change.name and kept.id = change.id and kept.version = change.version;
    end if;
    if not found then
      raise sqlstate 'PT409' using message = 'record_conflict';
    end if;
  end loop;
  return done -> 'result';
end
$$;

-- As before, and the results of its actions; those also where the call itself never came here from a journal.
create or replace function public.erase_call(call text) returns jsonb
language plpgsql security invoker set search_path = ''
as $$
declare
  deleted_tickets bigint;
  deleted_events bigint;
begin
  delete from public.action_results where call_id = call;
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

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 20 $$;

revoke all on function
  public.callcenter_record(public.records), public.sync_records(text, jsonb, timestamptz), public.count_records(),
  public.list_records(text, jsonb, timestamptz, integer), public.get_record(text, text),
  public.action_performed(text), public.perform_action(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function
  public.callcenter_record(public.records), public.sync_records(text, jsonb, timestamptz), public.count_records(),
  public.list_records(text, jsonb, timestamptz, integer), public.get_record(text, text),
  public.action_performed(text), public.perform_action(jsonb)
  to service_role;

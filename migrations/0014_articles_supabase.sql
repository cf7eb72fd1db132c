-- Articles and gaps on PostgreSQL: the server's alone. Agents read them through the server, which says who may what.

alter table public.articles enable row level security;
alter table public.article_versions enable row level security;
alter table public.knowledge_gaps enable row level security;

create policy server_does_all on public.articles for all to service_role using (true) with check (true);
create policy server_does_all on public.article_versions for all to service_role using (true) with check (true);
create policy server_does_all on public.knowledge_gaps for all to service_role using (true) with check (true);

revoke all on public.articles, public.article_versions, public.knowledge_gaps
  from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.articles, public.article_versions, public.knowledge_gaps to service_role;

-- Keeps a version that follows the newest one. Refuses with article_conflict.
create function public.save_article(article jsonb) returns void
language plpgsql security invoker set search_path = ''
as $$
declare
  next public.articles := pg_catalog.jsonb_populate_record(null::public.articles, article);
begin
  if next.version = 1 then
    insert into public.articles select next.* on conflict (slug) do nothing;
  else
    update public.articles as kept
    set version = next.version, status = next.status, updated_at = next.updated_at, payload = next.payload
    where kept.slug = next.slug and kept.version = next.version - 1;
  end if;
  if not found then
    raise sqlstate 'PT409' using message = 'article_conflict';
  end if;
  insert into public.article_versions (slug, version, at, actor, payload)
  values (next.slug, next.version, next.updated_at, article ->> 'actor', next.payload);
end
$$;

-- The newest version of every article, by slug: in one answer, however few rows the data API gives at a time.
create function public.list_articles() returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(pg_catalog.jsonb_agg(kept.payload order by kept.slug collate "C"), '[]') from public.articles as kept
$$;

-- The last so many versions of one article, oldest first.
create function public.list_article_versions(article text, most integer) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(pg_catalog.jsonb_agg(kept.payload order by kept.version), '[]')
  from (
    select version, payload from public.article_versions
    where slug = list_article_versions.article
    order by version desc
    limit list_article_versions.most
  ) as kept
$$;

create function public.articles_kept() returns bigint
language sql stable security invoker set search_path = ''
as $$ select coalesce(pg_catalog.sum(version), 0)::bigint from public.articles $$;

-- Counts a question, and forgets those asked longest ago beyond so many.
create function public.note_gap(gap jsonb, most integer) returns void
language plpgsql security invoker set search_path = ''
as $$
begin
  insert into public.knowledge_gaps as known
  select * from pg_catalog.jsonb_populate_record(null::public.knowledge_gaps, gap)
  on conflict (question, language) do update
  set asked = known.asked + excluded.asked, first_at = least(known.first_at, excluded.first_at),
    last_at = greatest(known.last_at, excluded.last_at);
  delete from public.knowledge_gaps as old
  using (
    select question, language from public.knowledge_gaps
    order by last_at desc, question collate "C", language offset note_gap.most
  ) as beyond
  where old.question = beyond.question and old.language = beyond.language;
end
$$;

create function public.list_gaps(most integer) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(gap) order by gap.asked desc, gap.last_at desc), '[]')
  from (
    select question, language, asked, first_at, last_at from public.knowledge_gaps
    order by asked desc, last_at desc
    limit list_gaps.most
  ) as gap
$$;

create or replace function public.callcenter_schema() returns integer
language sql immutable security invoker set search_path = ''
as $$ select 14 $$;

revoke all on function
  public.save_article(jsonb), public.list_articles(), public.list_article_versions(text, integer),
  public.articles_kept(), public.note_gap(jsonb, integer), public.list_gaps(integer)
  from public, anon, authenticated, service_role;
grant execute on function
  public.save_article(jsonb), public.list_articles(), public.list_article_versions(text, integer),
  public.articles_kept(), public.note_gap(jsonb, integer), public.list_gaps(integer)
  to service_role;

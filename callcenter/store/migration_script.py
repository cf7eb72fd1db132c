"""The migrations as one SQL statement, for where only SQL can be run, like Supabase's SQL editor.

It does what migrate_postgres.py does: once each, in order, all or nothing, refusing what is newer or was edited; and it
takes over a database whose files were run one by one. It can be run as often as one likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from callcenter.errors import ConfigurationError
from callcenter.store.migrate import VERSIONS_TABLE, Migration

_BEGINNING: Final = """\
-- callcenter: everything its database needs, up to version {newest}. Run it as the owner of the database; twice does no
-- harm. It is one statement: all of it is done, or nothing.

do $callcenter$
declare
  reached integer := 0;
  stored text;
begin
  perform pg_catalog.pg_advisory_xact_lock({lock});
  perform pg_catalog.set_config('search_path', 'public', true);
  if pg_catalog.to_regprocedure('public.callcenter_schema()') is not null then
    reached := public.callcenter_schema();
  elsif pg_catalog.to_regclass('public.conversations') is not null
    and pg_catalog.to_regclass('public.schema_migrations') is null then
    raise exception 'The table conversations is not callcenter''s, or its files were not run to the end.';
  end if;
  {versions_table};
  if reached > {newest} or exists (select from public.schema_migrations where version > {newest}) then
    raise exception 'The database was migrated by a newer version of callcenter.';
  end if;
"""

_EACH: Final = """
  select checksum into stored from public.schema_migrations where version = {version};
  if not found then
    if reached < {version} then
      execute {tag}
{sql}
{tag};
      raise notice 'applied {name}';
    end if;
    insert into public.schema_migrations values ({version}, '{name}', '{checksum}', now());
  elsif stored <> '{checksum}' then
    raise exception 'The migration {name} was changed after it ran on this database.';
  end if;
"""

_END: Final = """
  perform pg_catalog.pg_notify('pgrst', 'reload schema');
end
$callcenter$;
"""


def script(wanted: Sequence[Migration], *, lock: int) -> str:
    """Return the statement that runs these migrations; `lock` is what migrators wait for one another with."""
    parts = [_BEGINNING.format(newest=wanted[-1].version, lock=lock, versions_table=_inside(VERSIONS_TABLE))]
    for each in wanted:
        tag = f"$m{each.version:04}$"
        if tag in each.sql or "$callcenter$" in each.sql:
            raise ConfigurationError(f"{each.name} holds {tag} or $callcenter$, and can't be quoted in a script.")
        parts.append(
            _EACH.format(version=each.version, name=each.name, checksum=each.checksum, tag=tag, sql=each.sql.strip())
        )
    return "".join((*parts, _END))


def _inside(statement: str) -> str:
    return statement.strip().replace("\n", "\n  ")

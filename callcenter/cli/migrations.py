"""`callcenter migrate`: say what a database lacked and got, or would get."""

from __future__ import annotations

from pathlib import Path

import typer

from callcenter.settings import Settings


def bring_up_to_date(settings: Settings) -> None:
    """Migrate the PostgreSQL of the settings, or the embedded database where they name none."""
    if settings.supabase_db_url is None:
        _say(_migrate_embedded(settings.database), settings.database)
        return
    from callcenter.store.migrate_postgres import migrate_postgres

    done = migrate_postgres(settings.supabase_db_url.get_secret_value())
    for name in done.adopted:
        typer.echo(f"found {name}")
    _say(done.applied, "The PostgreSQL database")


def up_to_date(settings: Settings) -> bool:
    """Say what `bring_up_to_date` would run, change nothing, and return whether that is nothing."""
    from callcenter.store.migrate import pending_sqlite

    place: Path | str
    if settings.supabase_db_url is None:
        place, missing = settings.database, pending_sqlite(settings.database)
    else:
        from callcenter.store.migrate_postgres import pending_postgres

        place, missing = "The PostgreSQL database", pending_postgres(settings.supabase_db_url.get_secret_value())
    for name in missing:
        typer.echo(f"missing {name}")
    typer.echo(f"{place} lacks {len(missing)} of its migrations." if missing else f"{place} is up to date.")
    return not missing


def print_script() -> None:
    """Print the SQL that brings a PostgreSQL up to date."""
    from callcenter.store.migrate_postgres import script

    typer.echo(script(), nl=False)


def _migrate_embedded(database: Path) -> tuple[str, ...]:
    from callcenter.store.migrate import migrate_sqlite

    database.parent.mkdir(parents=True, exist_ok=True)
    return migrate_sqlite(database)


def _say(applied: tuple[str, ...], place: Path | str) -> None:
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo(f"{place} is up to date.")

"""The throw-away server is a real one, and each test's database its own."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = pytest.mark.live


def test_every_database_is_fresh(postgres):
    one, other = postgres.new_database(), postgres.new_database()
    with psycopg.connect(one) as connection:
        connection.execute("create table notes (words text)")
    with psycopg.connect(other) as connection:
        found = connection.execute("select to_regclass('notes'), to_regclass('conversations')::text").fetchone()
    assert found == (None, "conversations")

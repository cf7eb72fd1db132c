"""Who may do what on PostgreSQL: each role, on each table and view, with each verb, asked by SQL and nothing between.

The tables of this file are the contract. A privilege too many or too few, or a policy that lets a row through, fails.
"""

from __future__ import annotations

import psycopg
import pytest

from callcenter.calls import Language
from callcenter.events import shown_to_customer
from callcenter.store.migrate_postgres import migrate_postgres
from tests.factories import following, opening, routing, ticket, ticket_created, user_message
from tests.postgres import running
from tests.store.calls_in_postgres import ask, asking_as, put, rows, server, step_json
from tests.test_events import a_whole_call

pytestmark = pytest.mark.live

CALLERS = {
    "anon": ("anon", None),
    "anon with a call": ("anon", {"role": "anon", "call_id": "CALL-1"}),
    "nobody": ("authenticated", {"role": "authenticated", "sub": "5f0e"}),
    "no token": ("authenticated", None),
    "odd role": ("authenticated", {"app_metadata": {"role": "owner"}, "call_id": None}),
    "odd token": ("authenticated", ["agent"]),
    "self-made agent": ("authenticated", {"user_metadata": {"role": "admin"}, "role": "agent", "call_id": ""}),
    "agent": ("authenticated", {"app_metadata": {"role": "agent"}}),
    "supervisor": ("authenticated", {"app_metadata": {"role": "supervisor"}}),
    "admin": ("authenticated", {"app_metadata": {"role": "admin"}}),
    "agent with a call": ("authenticated", {"app_metadata": {"role": "agent"}, "call_id": "CALL-1"}),
    "customer": ("authenticated", {"call_id": "CALL-1"}),
    "other customer": ("authenticated", {"call_id": "CALL-2"}),
    "stranger": ("authenticated", {"call_id": "CALL-404"}),
    "self-made customer": ("authenticated", {"user_metadata": {"call_id": "CALL-1"}}),
    "server": ("service_role", None),
}

TABLES = (
    *("conversations", "conversation_events", "tickets", "ticket_events", "api_keys"),
    *("articles", "article_versions", "knowledge_gaps", "schema_migrations"),
    *("records", "action_results", "scripts", "script_versions", "ticket_words"),
)
SERVERS = (
    *("api_keys", "schema_migrations", "articles", "article_versions", "knowledge_gaps"),
    *("records", "action_results", "scripts", "script_versions", "ticket_words"),
)
"""Tables that nobody else sees anything of."""
VIEWS = (
    "conversation_messages",
    "conversation_analysis",
    "routing_decisions",
    "transcripts",
    "conversation_statistics",
)

EVERYTHING: dict[str, object] = {
    "conversations": {"CALL-1", "CALL-2", "CALL-3"},
    "conversation_events": {"CALL-1", "CALL-2", "CALL-3"},
    "tickets": {"CALL-1", "CALL-2"},
    "ticket_events": {"TKT-00000001", "TKT-00000002"},
    **dict.fromkeys(SERVERS, "refused"),
    "conversation_messages": {"CALL-1", "CALL-2", "CALL-3"},
    "conversation_analysis": {"CALL-1", "CALL-2"},
    "routing_decisions": {"CALL-1", "CALL-2"},
    "transcripts": {"CALL-1", "CALL-2", "CALL-3"},
    "conversation_statistics": {"CALL-1", "CALL-2", "CALL-3"},
}
"""By relation, the calls (of histories: the tickets) that an agent reads."""


def of_call(call_id: str) -> dict[str, object]:
    """Return what the customer of one call reads: as an agent, of that call; no histories."""
    own: dict[str, object] = {name: {call_id} for name in EVERYTHING}
    return own | {"ticket_events": set(), **dict.fromkeys(SERVERS, "refused")}


NOTHING: dict[str, object] = {
    **{name: set() for name in EVERYTHING},
    **dict.fromkeys(SERVERS, "refused"),
}
REFUSED: dict[str, object] = dict.fromkeys(EVERYTHING, "refused")

READS: dict[str, dict[str, object]] = {
    "anon": REFUSED,
    "anon with a call": REFUSED,
    "nobody": NOTHING,
    "no token": NOTHING,
    "odd role": NOTHING,
    "odd token": NOTHING,
    "self-made agent": NOTHING,
    "agent": {**EVERYTHING},
    "supervisor": {**EVERYTHING},
    "admin": {**EVERYTHING},
    "agent with a call": {**EVERYTHING},
    "customer": of_call("CALL-1"),
    "other customer": of_call("CALL-2"),
    "stranger": NOTHING,
    "self-made customer": NOTHING,
    "server": {
        **EVERYTHING,
        "api_keys": {"0123456789ab"},
        "articles": {"how-to"},
        "article_versions": {"how-to"},
        "knowledge_gaps": {"what is it"},
        "records": {"ORD1001"},
        "action_results": {"CALL-1:1"},
        "ticket_words": {"TKT-00000001"},
        "scripts": {"a-brief"},
        "script_versions": {"a-brief"},
        "schema_migrations": {"0001_calls", "0008_functions_supabase"},
    },
}

WRITES = {
    ("conversations", "insert"): "insert into conversations select 'CALL-9', seq, customer_name, channel, language,"
    " current_persona, mode, started_at, updated_at, ended_at, state from some_call",
    ("conversations", "update"): "update conversations set mode = 'human' where call_id = 'CALL-1'",
    ("conversations", "delete"): "delete from conversations where call_id = 'CALL-3'",
    ("conversation_events", "insert"): "insert into conversation_events values ('CALL-1', 99, 'x', now(), null, '{}')",
    ("conversation_events", "update"): "update conversation_events set payload = '{}' where call_id = 'CALL-1'",
    ("conversation_events", "delete"): "delete from conversation_events where call_id = 'CALL-1'",
    ("tickets", "insert"): "insert into tickets select * from jsonb_populate_record(null::tickets, (select ticket from"
    " some_ticket))",
    ("tickets", "update"): "update tickets set status = 'closed' where call_id = 'CALL-1'",
    ("tickets", "delete"): "delete from tickets where call_id = 'CALL-1'",
    ("ticket_events", "insert"): "insert into ticket_events values ('TKT-00000001', 99, now(), 'x', '{}')",
    ("ticket_events", "update"): "update ticket_events set actor = 'x' where number = 'TKT-00000001'",
    ("ticket_events", "delete"): "delete from ticket_events where number = 'TKT-00000001'",
    ("api_keys", "insert"): "insert into api_keys values ('x', 'x', 'admin', repeat('0', 64), now(), null, null)",
    ("api_keys", "update"): "update api_keys set role = 'admin'",
    ("api_keys", "delete"): "delete from api_keys",
    ("articles", "insert"): "insert into articles values ('x', 1, 'draft', now(), '{}')",
    ("articles", "update"): "update articles set payload = '{}'",
    ("articles", "delete"): "delete from articles",
    ("article_versions", "insert"): "insert into article_versions values ('how-to', 2, now(), 'x', '{}')",
    ("article_versions", "update"): "update article_versions set actor = 'x'",
    ("article_versions", "delete"): "delete from article_versions",
    ("knowledge_gaps", "insert"): "insert into knowledge_gaps values ('x', 'en', 1, now(), now())",
    ("knowledge_gaps", "update"): "update knowledge_gaps set asked = 9",
    ("knowledge_gaps", "delete"): "delete from knowledge_gaps",
    ("scripts", "insert"): "insert into scripts values ('x', 1, 'draft', now(), '{}')",
    ("scripts", "update"): "update scripts set payload = '{}'",
    ("scripts", "delete"): "delete from scripts",
    ("script_versions", "insert"): "insert into script_versions values ('a-brief', 2, now(), 'x', '{}')",
    ("script_versions", "update"): "update script_versions set actor = 'x'",
    ("script_versions", "delete"): "delete from script_versions",
    ("records", "insert"): "insert into records values ('orders', 'x', 1, '{}', null, now())",
    ("records", "update"): "update records set fields = '{}'",
    ("records", "delete"): "delete from records",
    ("action_results", "insert"): "insert into action_results values ('x', 'CALL-1', '{}', now())",
    ("action_results", "update"): "update action_results set result = '{}'",
    ("action_results", "delete"): "delete from action_results",
    ("ticket_words", "insert"): "insert into ticket_words values ('TKT-00000002', 'x', '')",
    ("ticket_words", "update"): "update ticket_words set words = 'x'",
    ("ticket_words", "delete"): "delete from ticket_words",
    ("schema_migrations", "insert"): "insert into schema_migrations values (9999, 'x', 'x', now())",
    ("schema_migrations", "update"): "update schema_migrations set checksum = 'x' where version = 1",
    ("schema_migrations", "delete"): "delete from schema_migrations where version = 1",
}
"""A statement for each table and verb that does change a row where it is allowed."""

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")

PRIVILEGES: dict[tuple[str, str], set[str]] = {
    **{("anon", name): set() for name in TABLES + VIEWS},
    **{("authenticated", name): {"SELECT"} for name in TABLES + VIEWS},
    **{("service_role", name): {"SELECT", "INSERT", "UPDATE", "DELETE"} for name in TABLES},
    **{("service_role", name): {"SELECT"} for name in VIEWS},
    **{("authenticated", name): set() for name in SERVERS},
    ("service_role", "schema_migrations"): {"SELECT"},
}

FOR_THE_SIGNED_IN = {"callcenter_claims", "callcenter_is_agent"}
"""What policies ask; all other functions are the server's."""


def fill(url: str) -> None:
    """Put in a call in Arabic and one in English, each with an analysis, a ticket and its history, and a short one."""
    with server(url) as connection:
        for call_id, number, language in (
            ("CALL-1", "TKT-00000001", Language.ar),
            ("CALL-2", "TKT-00000002", Language.en),
        ):
            start = opening(call_id, language=language)
            opened = ticket(number, call_id=call_id)
            said = (user_message(), routing(), ticket_created(opened=opened))
            put(connection, start, following(start.state, *said, opened=(opened,)))
        put(connection, opening("CALL-3"))
        connection.execute(
            "insert into api_keys values ('0123456789ab', 'shop', 'service', repeat('a', 64), now(), null, null)"
        )
        connection.execute("insert into articles values ('how-to', 1, 'draft', now(), '{}')")
        connection.execute("insert into article_versions values ('how-to', 1, now(), 'sara', '{}')")
        connection.execute("insert into knowledge_gaps values ('what is it', 'en', 1, now(), now())")
        connection.execute("insert into scripts values ('a-brief', 1, 'draft', now(), '{}')")
        connection.execute("insert into script_versions values ('a-brief', 1, now(), 'sara', '{}')")
        connection.execute("insert into records values ('orders', 'ORD1001', 1, '{}', null, now())")
        connection.execute("insert into action_results values ('CALL-1:1', 'CALL-1', '{}', now())")
        connection.execute("insert into ticket_words values ('TKT-00000001', 'tkt 1', '')")
    with psycopg.connect(url) as owner:
        # What inserts are made of, so that a refusal is about the table that is written to.
        owner.execute("create table some_call as select * from conversations where call_id = 'CALL-3'")
        owner.execute(
            'create table some_ticket as select to_jsonb(t) || \'{"number": "TKT-9"}\' as ticket from tickets t'
            " where call_id = 'CALL-1'"
        )
        owner.execute("grant select on some_call, some_ticket to anon, authenticated, service_role")


@pytest.fixture(scope="module")
def url(postgres) -> str:
    address: str = postgres.new_database()
    fill(address)
    return address


@pytest.fixture(scope="module")
def generous(postgres) -> str:
    """A database where somebody granted everything to everybody, as gateways for developers do."""
    address: str = postgres.new_database()
    fill(address)
    with psycopg.connect(address) as owner:
        owner.execute("grant all on all tables in schema public to anon, authenticated, service_role")
    return address


def seen(connection, relation: str) -> object:
    column = {"ticket_events": "number", "schema_migrations": "name", "api_keys": "id"}.get(relation)
    column = column or {
        "knowledge_gaps": "question",
        "records": "id",
        "action_results": "key",
        "scripts": "id",
        "script_versions": "id",
        "ticket_words": "number",
    }.get(relation)
    column = column or ("slug" if "article" in relation else "call_id")
    try:
        return {value for (value,) in rows(connection, f"select {column} from {relation}")}  # noqa: S608 (ours)
    except psycopg.errors.InsufficientPrivilege:
        return "refused"


def written(connection, statement: str) -> object:
    try:
        return connection.execute(statement.encode()).rowcount > 0
    except psycopg.errors.InsufficientPrivilege:
        return "refused"


def test_the_tables_here_are_all_there_are(url):
    with psycopg.connect(url) as connection:
        named = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = any(%s)"
        assert {name for (name,) in rows(connection, named, (["r", "p"],))} == {*TABLES, "some_call", "some_ticket"}
        assert {name for (name,) in rows(connection, named, (["v", "m"],))} == {*VIEWS}


# What each caller gets


@pytest.mark.parametrize("relation", TABLES + VIEWS)
@pytest.mark.parametrize("caller", CALLERS)
def test_reading(url, caller, relation):
    with asking_as(url, *CALLERS[caller]) as connection:
        expected = READS[caller][relation]
        found = seen(connection, relation)
        if (caller, relation) == ("server", "schema_migrations"):
            assert isinstance(expected, set)
            assert isinstance(found, set)
            assert found >= expected
        else:
            assert found == expected


@pytest.mark.parametrize(("table", "verb"), WRITES)
@pytest.mark.parametrize("caller", CALLERS)
def test_writing(url, caller, table, verb):
    may = caller == "server" and table != "schema_migrations"
    with asking_as(url, *CALLERS[caller]) as connection:
        assert written(connection, WRITES[table, verb]) == (True if may else "refused")


@pytest.mark.parametrize(("role", "relation"), PRIVILEGES)
def test_privileges(url, role, relation):
    with psycopg.connect(url) as connection:
        held = rows(
            connection,
            "select verb from unnest(%s::text[]) as verb where has_table_privilege(%s, %s, verb)",
            ([*VERBS], role, relation),
        )
    assert {verb for (verb,) in held} == PRIVILEGES[role, relation]


def functions(connection) -> list[str]:
    found = rows(
        connection,
        "select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace order by 1",
    )
    return [name for (name,) in found]


@pytest.mark.parametrize("role", ["public", "anon", "authenticated", "service_role"])
def test_functions_are_the_servers(url, role):
    with psycopg.connect(url) as connection:
        all_of_them = functions(connection)
        held = "select f from unnest(%s::text[]) as f where has_function_privilege(%s, f, 'EXECUTE')"
        may = {name.split("(")[0] for (name,) in rows(connection, held, (all_of_them, role))}
    expected = {"service_role": {name.split("(")[0] for name in all_of_them}, "authenticated": FOR_THE_SIGNED_IN}
    assert len(all_of_them) >= 15
    assert may == expected.get(role, set())


def test_functions_look_nowhere_but_where_they_say(url):
    loose = "select proname from pg_proc where pronamespace = 'public'::regnamespace"
    loose += " and (prosecdef or not coalesce(proconfig, '{}') @> array['search_path=\"\"'])"
    with psycopg.connect(url) as connection:
        assert rows(connection, loose) == []


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "server"])
def test_nobody_else_asks_the_servers_functions(url, caller):
    for function, arguments in (
        ("append_call_events", {"step": step_json(opening("CALL-9"))}),
        ("load_call", {"call": "CALL-1", "last": 5}),
        ("call_turn", {"call": "CALL-1", "message": "m-1"}),
        ("erase_call", {"call": "CALL-1"}),
        ("call_analytics", {"wanted": {}}),
        ("save_article", {"article": {"slug": "x", "version": 1}}),
        ("list_articles", {}),
        ("save_script", {"script": {"id": "x", "version": 1}}),
        ("list_scripts", {}),
        ("sync_records", {"name": "orders", "lines": [], "at": "2026-11-01T12:00:00Z"}),
        ("get_record", {"name": "orders", "record": "ORD1001"}),
        ("perform_action", {"done": {"key": "x", "changes": []}}),
        ("change_tickets", {"tickets": [], "actor": "x"}),
        ("find_tickets", {"wanted": {"words": "'tkt':*", "limit": 5}}),
        ("put_ticket_words", {"rows": []}),
        ("note_gap", {"gap": {"question": "x"}, "most": 5}),
        ("add_api_key", {"key": {"id": "0123456789ac", "name": "x", "role": "admin"}}),
    ):
        with asking_as(url, *CALLERS[caller]) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(connection, function, **arguments)


# What holds when grants don't


def test_every_table_has_row_level_security_and_every_view_asks_as_its_reader(url):
    with psycopg.connect(url) as connection:
        secured = rows(connection, "select relname, relrowsecurity from pg_class where relname = any(%s)", ([*TABLES],))
        assert dict(secured) == dict.fromkeys(TABLES, True)
        options = rows(connection, "select relname, reloptions from pg_class where relname = any(%s)", ([*VIEWS],))
        assert dict(options) == {name: ["security_invoker=true"] for name in VIEWS}


@pytest.mark.parametrize("relation", TABLES + VIEWS)
@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "server"])
def test_policies_hide_rows_where_everything_is_granted(generous, caller, relation):
    expected = READS[caller][relation]
    with asking_as(generous, *CALLERS[caller]) as connection:
        # What was refused is granted now, and there is nothing in it.
        assert seen(connection, relation) == (set() if expected == "refused" else expected)


@pytest.mark.parametrize(("table", "verb"), WRITES)
@pytest.mark.parametrize("caller", ["anon", "nobody", "agent", "admin", "customer"])
def test_policies_keep_rows_where_everything_is_granted(generous, caller, table, verb):
    with asking_as(generous, *CALLERS[caller]) as connection:
        assert written(connection, WRITES[table, verb]) == ("refused" if verb == "insert" else False)


@pytest.mark.parametrize(("caller", "all_of_it"), [("agent", True), ("customer", False)])
def test_what_is_the_desks_own_is_no_customers_here_either(postgres, caller, all_of_it):
    address = postgres.new_database()
    events = a_whole_call()
    keep = "insert into conversation_events values (%s, %s, %s, %s, null, %s::jsonb)"
    with psycopg.connect(address) as owner:
        owner.execute(
            "insert into conversations values ('CALL-1', 9, null, 'web', 'ar', 'sales', 'ai', now(), now(), null, '{}')"
        )
        for event in events:
            owner.execute(keep, ("CALL-1", event.seq, event.event, event.at, event.json_text))
    with asking_as(address, *CALLERS[caller]) as connection:
        read = {event for (event,) in rows(connection, "select event from conversation_events")}
    assert read == {event.event for event in events if all_of_it or shown_to_customer(event) is not None}


def test_an_older_projects_generosity_is_taken_back(postgres, url):
    address = postgres.new_database(migrated=False)
    with psycopg.connect(address, autocommit=True) as owner:
        for kind in ("tables", "functions", "sequences"):
            grant = f"grant all on {kind} to anon, authenticated, service_role"
            owner.execute(f"alter default privileges in schema public {grant}".encode())
    migrate_postgres(address)
    roles = ["anon", "authenticated", "service_role"]
    held = "select relname, r, v from pg_class, unnest(%s::text[]) r, unnest(%s::text[]) v"
    held += " where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') and relname not like 'some%%'"
    held += " and has_table_privilege(r, oid, v) order by 1, 2, 3"
    may = "select proname, r from pg_proc, unnest(%s::text[]) r"
    may += " where pronamespace = 'public'::regnamespace and has_function_privilege(r, oid, 'EXECUTE') order by 1, 2"
    with psycopg.connect(address) as old, psycopg.connect(url) as new:
        assert rows(old, held, (roles, [*VERBS])) == rows(new, held, (roles, [*VERBS]))
        assert rows(old, may, (roles,)) == rows(new, may, (roles,))


def test_the_matrix_holds_on_a_plain_postgresql_whose_server_passes_by_no_policy():
    with running(like_project=False) as plain:
        address = plain.new_database()
        with psycopg.connect(address) as owner:
            assert rows(owner, "select rolbypassrls from pg_roles where rolname = 'service_role'") == [(False,)]
        fill(address)
        for caller, (role, claims) in CALLERS.items():
            with asking_as(address, role, claims) as connection:
                for relation in (*(name for name in TABLES if name != "schema_migrations"), *VIEWS):
                    # A refusal ends the transaction; the savepoint keeps it.
                    with connection.transaction(force_rollback=True):
                        assert (caller, relation, seen(connection, relation)) == (
                            caller,
                            relation,
                            READS[caller][relation],
                        )
        for (table, verb), statement in WRITES.items():
            with asking_as(address, "service_role") as connection:
                expected = "refused" if table == "schema_migrations" else True
                assert (table, verb, written(connection, statement)) == (table, verb, expected)

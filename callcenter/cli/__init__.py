"""The `callcenter` command: what can be asked of it, and how it says that something went wrong.

Each command's work is done by a sibling module or a package below, imported only when the command runs, so that
`analyze` answers in a blink. Errors are one line on stderr: exit code 2 for what was typed or configured wrongly, 1 for
what failed.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Final, ParamSpec

import typer

from callcenter import __version__
from callcenter.calls import Language
from callcenter.errors import CallCenterError, ConfigurationError, InvalidRequest

P = ParamSpec("P")

FAILED: Final = 1
MISUSED: Final = 2
"""What was typed or configured can't work; typer itself ends so when options are wrong."""

_STORES: Final = "sqlite|supabase"


class ExportFormat(StrEnum):
    """How exported calls are written."""

    jsonl = "jsonl"
    csv = "csv"
    html = "html"
    txt = "txt"
    json = "json"


def _told(command: Callable[P, None]) -> Callable[P, None]:
    """Tell people what went wrong in a command, in one line, where a program would get an exception."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except CallCenterError as error:
            typer.echo(f"callcenter: {error.message}", err=True)
            misused = isinstance(error, ConfigurationError | InvalidRequest)
            raise typer.Exit(MISUSED if misused else FAILED) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # whoever read our output has seen enough; typer ends quietly
            named = f"{error.filename}: " if error.filename else ""
            typer.echo(f"callcenter: {named}{error.strerror or error}", err=True)
            raise typer.Exit(FAILED) from None

    return run


app = typer.Typer(
    name="callcenter",
    help="A company's front line in Arabic and English: understands, routes, answers, and never loses a message.\n\n"
    "Settings come from the environment (CALLCENTER_...) or from .env; see docs/configuration.md.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (typer hands over the flag)
    if wanted:
        typer.echo(f"callcenter {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Say which version this is.")
    ] = False,
) -> None:
    pass


@app.command()
@_told
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of CALLCENTER_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port, instead of CALLCENTER_PORT; 0 takes a free one.")
    ] = None,
) -> None:
    """Serve REST, WebSocket and their documentation.

    Until keys are configured it serves this machine only (docs/configuration.md).
    """
    from callcenter.api.server import serve as run
    from callcenter.settings import read_settings

    run(read_settings(host=host, port=port))


@app.command(
    epilog=(
        "\b\nExamples:\n  callcenter chat --language ar --name علي\n"
        '  echo "What are your working hours?" | callcenter chat'
    )
)
@_told
def chat(
    language: Annotated[
        Language | None, typer.Option("--language", "-l", help="Language to greet in; it then follows yours.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", "-n", help="Your name as the customer.")] = None,
    persona: Annotated[
        str | None, typer.Option("--persona", "-p", help="Who answers first: reception, sales or complaints.")
    ] = None,
) -> None:
    """Talk to the company in this terminal.

    It shows how each line is understood: intent, sentiment, routing, handoffs and tickets as they happen. The call is
    kept like any other. Lines can be piped in. While talking: /ar, /en, /persona NAME, /help, /quit.
    """
    from callcenter.cli.terminal import talk
    from callcenter.settings import read_settings

    talk(read_settings(), language=language, name=name, persona=persona)


@app.command(
    epilog=(
        '\b\nExamples:\n  callcenter analyze "I want a refund, it broke twice!"\n'
        '  callcenter analyze "كم تكلفة تصميم موقع؟" --json'
    )
)
@_told
def analyze(
    text: Annotated[str, typer.Argument(help="One customer message; - reads it from standard input.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what POST /api/analyze answers.")] = False,
    language: Annotated[
        Language | None,
        typer.Option(
            "--language", "-l", help="Language the customer's client is set to; decides only if the text can't."
        ),
    ] = None,
    company: Annotated[
        Path | None,
        typer.Option(envvar="CALLCENTER_COMPANY", help="Company folder whose own words count too."),
    ] = None,
) -> None:
    """Understand one message, and say from which words.

    Every verdict is shown with the words it rests on and where they stand. Nothing is stored, no call is made.
    """
    from callcenter.cli.verdicts import show

    show(sys.stdin.read() if text == "-" else text, as_json=as_json, language=language, company=company)


@app.command(
    epilog=(
        "\b\nExamples:\n  callcenter evaluate messages.jsonl --by dialect\n"
        '  echo \'{"text": "كم تكلفة تصميم موقع؟", "intent": "sales_interest"}\' | callcenter evaluate -'
    )
)
@_told
def evaluate(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(metavar="FILE.jsonl", help="Labelled messages, one a line; - reads them from standard input."),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="FIELD", help="Split the scores by a field.")] = None,
    company: Annotated[
        Path | None,
        typer.Option(envvar="CALLCENTER_COMPANY", help="Company folder whose own words count too."),
    ] = None,
    errors: Annotated[int, typer.Option("--errors", min=0, help="Mistakes to show of each part; 0 for none.")] = 10,
) -> None:
    """Measure how well labelled messages are understood.

    A line holds a `text` and any of `persona`, `intent`, `sentiment`, `language` and `kind` (docs/evaluate.md). Nothing
    is stored, no call is made.
    """
    from callcenter.cli.evaluation import show

    name = getattr(file, "name", "<stdin>")
    show(file, name, as_json=as_json, by=by, company=company, errors=errors)


@app.command(
    epilog=(
        "\b\nExamples:\n  callcenter export CALL-001\n"
        "  callcenter export all-calls.jsonl.gz\n"
        "  callcenter export CALL-001 --format html --output call.html\n"
        "  callcenter export --from 2026-11-01 --until 2026-12-01 --output november.csv"
    )
)
@_told
def export(  # noqa: PLR0913 (one parameter an option)
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="CALL_ID | FILE.jsonl.gz",
            help="One call, or a file (.jsonl, .jsonl.gz) for all of them; leave it out to export a period.",
        ),
    ] = None,
    *,
    since: Annotated[str | None, typer.Option("--from", help="First day or moment, e.g. 2026-11-01; included.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Day or moment to stop before; not included.")] = None,
    fmt: Annotated[
        ExportFormat | None,
        typer.Option("--format", "-f", help="Default: by the name of the output, else txt for a call, jsonl for more."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default: the screen.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
    language: Annotated[
        Language | None, typer.Option("--language", "-l", help="Language of headings, instead of the call's.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(metavar=_STORES, help="Store to export all calls of, instead of CALLCENTER_STORE.")
    ] = None,
) -> None:
    """Write out one call, those of a period, or all.

    A period holds the calls that started in it, newest first. Days are the company's, in its time zone. A period as
    html is a zip of pages. A FILE takes all calls with their logs and tickets, for `callcenter import`. Files are
    readable by you alone, since they hold customers' words.
    """
    from callcenter.cli.files import Period, export_one, export_period
    from callcenter.cli.moving import export_all, is_moving_file
    from callcenter.settings import read_settings

    if (what is None) is (since is None and until is None):
        raise typer.BadParameter("name either a CALL_ID, a FILE.jsonl.gz or a period (--from, --until)")
    if what is not None and is_moving_file(what) and not (fmt or output or language):
        export_all(read_settings(), Path(what), store=store, force=force)
    elif store is not None:
        raise typer.BadParameter("--store is for exporting all calls to a FILE.jsonl.gz")
    elif what is not None:
        export_one(read_settings(), what, fmt=fmt, output=output, force=force, language=language)
    else:
        period = Period(since, until)
        export_period(read_settings(), period, fmt=fmt, output=output, force=force, language=language)


@app.command(
    name="import",
    epilog=(
        "\b\nExamples:\n  callcenter import all-calls.jsonl.gz\n  callcenter import --from sqlite --store supabase"
    ),
)
@_told
def import_calls(
    file: Annotated[Path | None, typer.Argument(help="A file of `callcenter export FILE.jsonl.gz`.")] = None,
    *,
    origin: Annotated[
        str | None, typer.Option("--from", metavar=_STORES, help="Store to take the calls from, instead of a file.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(metavar=_STORES, help="Store to take them into, instead of CALLCENTER_STORE.")
    ] = None,
) -> None:
    """Take in all calls of a file or another store.

    They come with their logs and tickets. Calls that are there already are left alone, so that a move which was
    stopped goes on when started again. What can't be taken is named, the rest is taken, and the command ends with 1.
    Stop the server first (docs/operations.md).
    """
    from callcenter.cli.moving import import_file, import_store
    from callcenter.settings import read_settings

    if file is not None and origin is None:
        whole = import_file(read_settings(), file, store=store)
    elif origin is not None and file is None:
        whole = import_store(read_settings(), origin, store=store)
    else:
        raise typer.BadParameter("name either a FILE or a store (--from)")
    if not whole:
        raise typer.Exit(FAILED)


@app.command(epilog=("\b\nExamples:\n  callcenter simulate mycompany/scenarios --company mycompany"))
@_told
def simulate(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of scenarios (*.toml), or one of them.")],
    *,
    company: Annotated[
        Path | None, typer.Option(help="Company folder to simulate, instead of CALLCENTER_COMPANY.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this scenario; can be repeated.")] = None,
    no_mutations: Annotated[bool, typer.Option("--no-mutations", help="Only what is written, not respelled.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")] = False,
) -> None:
    """Rehearse scripted calls offline.

    Every scenario is called in Arabic and in English, and again with its words respelled; each call must take the route
    that is written down. Nothing of it is kept. Ends with 1 if a call went wrong (docs/simulate.md).
    """
    from callcenter.cli.simulations import rehearse
    from callcenter.settings import read_settings

    settings = read_settings(company=company)
    if not rehearse(settings, place, only=only or (), mutations=not no_mutations, as_json=as_json):
        raise typer.Exit(FAILED)


@app.command(epilog=("\b\nExamples:\n  callcenter words mycompany\n  callcenter words --strict"))
@_told
def words(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A company's folder, or one of word files; default: ours.")
    ] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 if a language lacks what another has.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")] = False,
) -> None:
    """Check word files, and compare their languages.

    Counts what each language has words for, and names what one has and the other lacks, words that stand for two
    things, and those that do nothing (docs/words.md). A mistake is named with its file, line and reason.
    """
    from callcenter.cli.words import examine

    if not examine(folder, as_json=as_json) and strict:
        raise typer.Exit(FAILED)


@app.command(
    epilog=(
        "\b\nExamples:\n  callcenter migrate\n  callcenter migrate --check\n"
        "  callcenter migrate --print > callcenter.sql"
    )
)
@_told
def migrate(
    *,
    database_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A PostgreSQL, as postgresql://USER:PASSWORD@HOST:PORT/NAME."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; end with 1 if something is missing.")] = False,
    as_script: Annotated[bool, typer.Option("--print", help="Print SQL to run on a PostgreSQL yourself.")] = False,
) -> None:
    """Bring the database to this version.

    The embedded one, or the PostgreSQL of SUPABASE_DB_URL, which keeps a password from other users of this machine
    better than the option does. It says what was done. The server does the same at start with the embedded one. Running
    it twice does no harm.
    """
    from callcenter.cli.migrations import bring_up_to_date, print_script, up_to_date
    from callcenter.settings import read_settings

    if as_script and (check or database_url):
        raise typer.BadParameter("--print asks no database; leave the other options out")
    if as_script:
        print_script()
    elif not check:
        bring_up_to_date(read_settings(supabase_db_url=database_url))
    elif not up_to_date(read_settings(supabase_db_url=database_url)):
        raise typer.Exit(FAILED)


keys = typer.Typer(
    name="keys",
    help="Make API keys, list them, take them back.\n\n"
    "For CALLCENTER_AUTH=required. Keys are kept where calls are; of a secret only its digest.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(keys)


class KeyHolder(StrEnum):
    """What the holder of a key may be."""

    service = "service"
    admin = "admin"
    supervisor = "supervisor"
    agent = "agent"


@keys.command(
    name="create",
    epilog=(
        "\b\nExamples:\n  callcenter keys create website\n  callcenter keys create Layla --role agent --expires 90d"
    ),
)
@_told
def create_key(
    name: Annotated[str, typer.Argument(help="Whom or what it is for; histories name its holder so.")],
    *,
    role: Annotated[
        KeyHolder, typer.Option(help="What it lets its holder do (docs/api.md#access).")
    ] = KeyHolder.service,
    expires: Annotated[
        str | None,
        typer.Option(metavar="90d", help="When it ends: days (90d) or hours (12h) from now; default: never."),
    ] = None,
) -> None:
    """Make an API key and print it, this once.

    Only the key goes to standard output, so that it can be piped to where secrets are kept. A running server takes it
    within seconds.
    """
    from callcenter.cli.keys import create
    from callcenter.settings import read_settings

    create(read_settings(), name, role=role.value, expires=expires)


@keys.command(name="list")
@_told
def list_keys() -> None:
    """List API keys, the last made first: id, name, role, days of creation, expiry and last use."""
    from callcenter.cli.keys import show
    from callcenter.settings import read_settings

    show(read_settings())


@keys.command(name="revoke", epilog=("\b\nExamples:\n  callcenter keys revoke 0123456789ab"))
@_told
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `callcenter keys list` shows it.")],
) -> None:
    """Take an API key back.

    It is deleted for good; running servers refuse it within a minute.
    """
    from callcenter.cli.keys import revoke
    from callcenter.settings import read_settings

    revoke(read_settings(), key_id)


@app.command(epilog=("\b\nExamples:\n  callcenter init mycompany"))
@_told
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]) -> None:
    """Start a company of your own from the demo.

    Copies the demo company, Ornina, into a folder for you to edit.
    """
    from callcenter.company import copy_demo

    written = copy_demo(folder)
    typer.echo(
        f"Copied {len(written)} files to {folder}.\n\n"
        "Next:\n"
        f"  1. Read {folder / 'README.md'}, and put your name, hours and contacts into {folder / 'company.toml'}.\n"
        f"  2. Describe what you sell in {folder / 'services'}, your rules in {folder / 'policies'}, and frequent\n"
        f"     questions in {folder / 'faq.toml'}; every text in Arabic and English.\n"
        f"  3. Put your orders and accounts into {folder / 'tables'}, as CSV files; those there are made up.\n"
        "  4. Try it; a mistake is named with its file, field and reason:\n"
        f"     CALLCENTER_COMPANY={folder} callcenter chat --language ar"
    )


@app.command(name="fake-openai", epilog=("\b\nExamples:\n  callcenter fake-openai --fault-rate 0.05 --pause-ms 25"))
@_told
def fake_openai(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 8089,
    fault_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Share of answers that go wrong: errors, cuts, stalls.")
    ] = 0.0,
    pause_ms: Annotated[int, typer.Option(min=0, help="Milliseconds between words.")] = 25,
) -> None:
    """Try the product with a model, without a key.

    Speaks OpenAI's wire on this machine only, and answers with the line of the facts that fits best. Not for customers.
    """
    from callcenter.cli.fake_openai import answer_as_model

    answer_as_model(port, fault_rate=fault_rate, pause_ms=pause_ms)


@app.command()
@_told
def settings() -> None:
    """Show the settings in force, keys masked."""
    from callcenter.settings import read_settings, variable

    for name, value in read_settings():
        shown = ",".join(str(each) for each in value) if isinstance(value, tuple) else value
        typer.echo(f"{variable(name)}={'' if shown is None else shown}")


def main() -> None:
    """Run the command line; Arabic goes in and out as UTF-8 whatever the machine's code page is."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()

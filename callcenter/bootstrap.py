"""Put the house together. The only module that names implementations, reads the clock and draws ids.

`build(settings)` fails early, with a ConfigurationError that says what to mend, rather than serve half a product.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from callcenter.actions.registry import Actions
from callcenter.actions.taking_in import TableSync
from callcenter.analysis import ConversationAnalyzer, MessageAnalysis, default_lexicons, load_lexicons
from callcenter.auth import CustomerTokens, Guard, SocketTickets, StoredKeys, Tokens, secret_of
from callcenter.bus import Bus
from callcenter.bus.memory import MemoryBus
from callcenter.calls import (
    ActionName,
    CallId,
    ConversationState,
    MessageId,
    PersonaType,
    ProposalId,
    SuggestionId,
    TicketNumber,
)
from callcenter.company import DEMO, Company, load_company
from callcenter.conversation import ConversationManager, Sources
from callcenter.conversation.call_log import CallLog
from callcenter.conversation.copilot import Copilot
from callcenter.conversation.copilot.suggesting import Recognise, SuggestedAction, Suggesting
from callcenter.desk import AgentDesk, Suggestions
from callcenter.desk.approvals import Approvals
from callcenter.errors import ConfigurationError, ProviderError, StoreRefused
from callcenter.knowledge.folder import read_folder
from callcenter.knowledge.library import Library
from callcenter.llm import Voice
from callcenter.llm.offline import OfflineVoice
from callcenter.llm.second_opinion import SecondOpinion
from callcenter.personas import PersonaManager, load_personas
from callcenter.scripts.book import ScriptBook
from callcenter.scripts.folder import read_folder as read_scripts
from callcenter.settings import AnalysisMode, AuthMode, OpenAIApi, Settings, StoreKind
from callcenter.store import Store
from callcenter.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from callcenter.llm.guarded import GuardedModel
    from callcenter.llm.model_voice import ModelVoice
    from callcenter.llm.prompt import Tool
    from callcenter.store.journal import JournaledStore
    from callcenter.store.supabase import SupabaseStore

_CALL_ID_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is mistaken for a digit when an id is read out."""
_CALL_ID_CHARS: Final = 10
"""50 bits: not to be guessed, and no two alike in any company's life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A language model, ready to speak and to be asked."""

    voice: ModelVoice
    model: GuardedModel
    """The same model for questions beside the replies, within the same bounds."""
    place: str
    """Its host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything a server, a command or a test runs on."""

    settings: Settings
    company: Company
    personas: PersonaManager
    store: Store
    bus: Bus
    conversations: ConversationManager
    guard: Guard
    copilot: Copilot
    desk: AgentDesk
    actions: Actions
    approvals: Approvals
    library: Library
    scripts: ScriptBook
    tables: TableSync
    """The company's own data on its way into the store."""
    speech: Speech | None = None
    """None: only the offline voice speaks."""
    journal: JournaledStore | None = None
    """The store, where it has a journal for the times Supabase is away."""

    async def close(self) -> None:
        """Let go of everything; what was acknowledged is kept."""
        await self.desk.suggestions.close()
        if self.speech is not None:
            await self.speech.voice.close()
        await self.guard.close()
        await self.library.close()
        await self.tables.close()
        await self.bus.close()
        await self.store.close()


def load_analyzer(company: Company) -> ConversationAnalyzer:
    """Return the analyzer with the company's own words on top. Raises LexiconInvalid."""
    own = company.lexicon_folder
    return ConversationAnalyzer(load_lexicons(own) if own else default_lexicons())


async def build(settings: Settings, *, sources: Sources | None = None) -> App:
    """Build the product. Raises ConfigurationError (company, lexicon, migrations, data folder) and StoreUnavailable."""
    company = load_company(settings.company or DEMO)
    analyzer = load_analyzer(company)
    personas = PersonaManager(load_personas(), company)
    secret = _secret(settings)
    journal = await _journaled(settings) if settings.store is StoreKind.supabase else None
    store = journal or await open_store(settings)
    library = await open_library(settings, company, analyzer, store)
    scripts = await open_scripts(settings, company, store)
    bus = MemoryBus()
    offline = OfflineVoice(company)
    actions = Actions(company, store)
    speech = await _speech(settings, company, personas, store, actions) if settings.speaks_through_model else None
    voices: tuple[Voice, ...] = (offline,) if speech is None else (speech.voice, offline)
    sources = sources or system_sources()
    conversations = ConversationManager(
        store=store,
        bus=bus,
        analyzer=analyzer,
        company=company,
        personas=personas,
        voices=voices,
        sources=sources,
        second_opinion=_second_opinion(settings, speech),
        actions=actions,
        articles=library,
        scripts=scripts.current,
    )
    copilot = Copilot(voices=voices, personas=personas, model=speech.model if speech else None)
    tables = TableSync(store, company.tables, now=sources.now)
    await tables.begin()
    return App(
        settings=settings,
        company=company,
        personas=personas,
        store=store,
        journal=journal,
        bus=bus,
        conversations=conversations,
        actions=actions,
        approvals=Approvals(store=store, conversations=conversations, sources=sources),
        desk=AgentDesk(
            store=store,
            conversations=conversations,
            personas=personas,
            company=company,
            sources=sources,
            suggestions=Suggestions(
                Suggesting(
                    copilot=copilot,
                    log=CallLog(store, bus, remembers=True),
                    analyzer=analyzer,
                    articles=library,
                    recognise=_recognising(actions),
                    scripts=scripts.current,
                ),
                now=sources.now,
                new_id=lambda: SuggestionId(secrets.token_hex(8)),
            ),
        ),
        speech=speech,
        library=library,
        scripts=scripts,
        tables=tables,
        copilot=copilot,
        guard=_guard(settings, store, secret),
    )


async def open_library(settings: Settings, company: Company, analyzer: ConversationAnalyzer, store: Store) -> Library:
    """Return the company's articles, its folder's and the store's. Raises ConfigurationError for a folder with faults.

    A store that is away keeps nobody from starting: its articles follow.
    """
    library = Library(
        store=store,
        folder=read_folder(settings.company or DEMO),
        analyzer=analyzer,
        default=company.default_language,
        answered=lambda question: bool(company.topics(question)),
        now=_now,
    )
    await library.begin()
    return library


async def open_scripts(settings: Settings, company: Company, store: Store) -> ScriptBook:
    """Return the company's service scripts, its folder's and the store's. Raises ConfigurationError likewise."""
    offered = {service.id for service in company.services}
    book = ScriptBook(store=store, folder=read_scripts(settings.company or DEMO, services=offered), now=_now)
    await book.begin()
    return book


async def open_store(settings: Settings, *, kind: StoreKind | None = None) -> Store:
    """Open where calls and tickets are kept; `kind` is another place than the configured one, to move calls there.

    Raises ConfigurationError, StoreUnavailable.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if (kind or settings.store) is StoreKind.sqlite:
        return await SQLiteStore.open(settings.database)
    return await _supabase(settings)


async def _journaled(settings: Settings) -> JournaledStore:
    """Return Supabase with a journal before it, whether Supabase answers or not.

    One that refuses us is a mistake in the configuration, unless it took our calls before: then customers come first.
    Raises ConfigurationError, StoreUnavailable for the journal's file.
    """
    from callcenter.store.journal import JournaledStore

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    primary = await _supabase(settings)
    away: ProviderError | None = None
    try:
        await primary.check()
    except ProviderError as error:
        if isinstance(error, StoreRefused) and not settings.journal.exists():
            await primary.close()
            raise ConfigurationError(f"CALLCENTER_STORE=supabase can't be used. {error.message}") from None
        away = error
    return await JournaledStore.open(primary, settings.journal, clock=_now, away=away)


async def _supabase(settings: Settings) -> SupabaseStore:
    """Return the project's store; only who has one pays for loading its packages."""
    from callcenter.store.supabase import SupabaseStore

    if settings.supabase_url is None or settings.supabase_secret_key is None:
        raise ConfigurationError("CALLCENTER_STORE=supabase needs SUPABASE_URL and SUPABASE_SECRET_KEY.")
    key = settings.supabase_secret_key.get_secret_value()
    return await SupabaseStore.open(settings.supabase_url, key, seconds=settings.supabase_seconds)


async def _speech(
    settings: Settings, company: Company, personas: PersonaManager, store: Store, actions: Actions
) -> Speech:
    """Return the language model as configured; only who has one pays for loading its packages."""
    from callcenter.llm.breaker import Breaker
    from callcenter.llm.budget import Budget, Prices
    from callcenter.llm.checks import load_checks
    from callcenter.llm.guarded import GuardedModel
    from callcenter.llm.model_voice import ModelVoice
    from callcenter.llm.openai_chat import ChatModel
    from callcenter.llm.openai_client import OPENAI, OpenAIClient
    from callcenter.llm.openai_responses import ResponsesModel
    from callcenter.llm.patience import Patience
    from callcenter.personas.prompting import Prompting

    key = settings.openai_api_key
    client = OpenAIClient(
        api_key=key.get_secret_value() if key else None,
        base_url=settings.openai_base_url,
        connect_seconds=settings.openai_connect_seconds,
        read_seconds=settings.openai_total_seconds,
    )
    adapter = ResponsesModel if settings.openai_api is OpenAIApi.responses else ChatModel
    model = adapter(
        client,
        model=settings.openai_model,
        temperature=settings.openai_temperature,
        effort=settings.openai_reasoning,
    )
    budget = Budget(
        now=_now,
        call_tokens=settings.call_tokens,
        day_tokens=settings.day_tokens,
        prices=Prices.of(
            input_price=settings.openai_input_price,
            cached_price=settings.openai_cached_price,
            output_price=settings.openai_output_price,
        ),
    )
    if settings.day_tokens is not None:
        midnight = _now().replace(hour=0, minute=0, second=0, microsecond=0)
        budget.resume(midnight.date(), await store.tokens_used(midnight))
    breaker = Breaker()
    voice = ModelVoice(
        model,
        compose=Prompting(
            personas,
            company,
            prompt_tokens=settings.openai_prompt_tokens,
            max_output_tokens=settings.openai_max_output_tokens,
            actions=_tools(actions),
        ).compose,
        checks=load_checks(),
        breaker=breaker,
        budget=budget,
        patience=Patience(
            first_token=settings.openai_first_token_seconds,
            idle=settings.openai_idle_seconds,
            total=settings.openai_total_seconds,
        ),
    )
    guarded = GuardedModel(model, breaker=breaker, budget=budget)
    return Speech(voice=voice, model=guarded, place=_host(settings.openai_base_url or OPENAI))


def _recognising(actions: Actions) -> Recognise:
    """Return what says which action a message asks for, to be suggested to an agent."""

    def recognise(text: str, analysis: MessageAnalysis, state: ConversationState) -> tuple[SuggestedAction, ...]:
        request = actions.recognise(text, analysis, state)
        if request is None:
            return ()
        summary = actions.summary(request)
        return (SuggestedAction(action=request.action, arguments=request.arguments, summary=summary),)

    return recognise


def _tools(actions: Actions) -> Mapping[PersonaType, tuple[Tool, ...]]:
    """Return the actions that a persona's model is offered."""
    from callcenter.llm.prompt import Tool

    return {
        persona: tuple(
            Tool(name=action, description=actions.description(action), parameters=actions.parameters(action))
            for action in ActionName
            if actions.offered(action, persona)
        )
        for persona in PersonaType
    }


def _host(url: str) -> str:
    """Return host and port of an address, without the name and password that may stand before them."""
    return urlsplit(url).netloc.rpartition("@")[2]


async def check_admission(app: App) -> None:
    """Refuse to serve where nobody could be let in. Raises ConfigurationError, which says how to make the first key.

    Where users may sign in nothing is asked: a store that is away keeps no server from starting.
    """
    settings = app.settings
    if settings.auth is AuthMode.open or settings.api_keys or settings.supabase_url is not None:
        return
    if not await StoredKeys(app.store, now=_now).any():
        raise ConfigurationError(
            "CALLCENTER_AUTH=required, and there is no key that lets anybody in. Make one with `callcenter keys create"
            " NAME`, or put one into CALLCENTER_API_KEYS."
        )


def _secret(settings: Settings) -> bytes | None:
    """Return what tokens are signed with; None in open mode. Raises ConfigurationError for one that can't be used."""
    if settings.auth is AuthMode.open:
        return None
    return settings.secret.get_secret_value().encode() if settings.secret else secret_of(settings.secret_file)


def _guard(settings: Settings, store: Store, secret: bytes | None) -> Guard:
    """Return who lets requests in."""
    if secret is None:
        return Guard(keys=None, public_url=settings.public_url)
    return Guard(
        keys=[key.get_secret_value() for key in settings.api_keys],
        public_url=settings.public_url,
        tokens=_tokens(settings),
        stored=StoredKeys(store, now=_now),
        customers=CustomerTokens(secret, lifetime=timedelta(seconds=settings.customer_token_seconds), now=_now),
        tickets=SocketTickets(secret, now=_now),
    )


def _tokens(settings: Settings) -> Tokens | None:
    """Return what verifies the tokens of signed-in users, where somebody may sign in."""
    if settings.auth is AuthMode.open or settings.supabase_url is None:
        return None
    from callcenter.auth.tokens import AccessTokens

    key = settings.supabase_secret_key
    return AccessTokens(settings.supabase_url, now=_now, secret_key=key.get_secret_value() if key else None)


def _second_opinion(settings: Settings, speech: Speech | None) -> SecondOpinion | None:
    """Return who is asked where the rules are unsure. Raises ConfigurationError when nobody could be."""
    if settings.analysis is AnalysisMode.rules:
        return None
    if speech is None:
        raise ConfigurationError(
            "CALLCENTER_ANALYSIS=hybrid asks a language model; set OPENAI_API_KEY or OPENAI_BASE_URL."
        )
    return SecondOpinion(speech.model, settings.analysis_seconds)


def _now() -> datetime:
    return datetime.now(UTC)


def system_sources() -> Sources:
    """Return the real clock and random ids."""
    return Sources(
        now=_now,
        call_id=lambda: CallId("CALL-" + "".join(secrets.choice(_CALL_ID_ALPHABET) for _ in range(_CALL_ID_CHARS))),
        message_id=lambda: MessageId(secrets.token_hex(8)),
        ticket_number=lambda: TicketNumber(f"TKT-{secrets.randbelow(10**8):08d}"),
        proposal_id=lambda: ProposalId(f"ACT-{secrets.token_hex(5).upper()}"),
    )

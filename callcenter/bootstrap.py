"""Put the house together. The only module that names implementations, reads the clock and draws ids.

`build(settings)` fails early, with a ConfigurationError that says what to mend, rather than serve half a product.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from callcenter.analysis import ConversationAnalyzer, default_lexicons, load_lexicons
from callcenter.auth import Guard
from callcenter.bus import Bus
from callcenter.bus.memory import MemoryBus
from callcenter.calls import CallId, MessageId, TicketNumber
from callcenter.company import DEMO, Company, load_company
from callcenter.conversation import ConversationManager, Sources
from callcenter.llm.offline import OfflineVoice
from callcenter.personas import PersonaManager, load_personas
from callcenter.settings import AuthMode, Settings
from callcenter.store import Store
from callcenter.store.sqlite import SQLiteStore

_CALL_ID_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is mistaken for a digit when an id is read out."""
_CALL_ID_CHARS: Final = 10
"""50 bits: not to be guessed, and no two alike in any company's life."""


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

    async def close(self) -> None:
        """Let go of everything; what was acknowledged is kept."""
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
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = await SQLiteStore.open(settings.database)
    bus = MemoryBus()
    keys = [key.get_secret_value() for key in settings.api_keys] if settings.auth is AuthMode.required else None
    return App(
        settings=settings,
        company=company,
        personas=personas,
        store=store,
        bus=bus,
        conversations=ConversationManager(
            store=store,
            bus=bus,
            analyzer=analyzer,
            company=company,
            personas=personas,
            voices=(OfflineVoice(company),),
            sources=sources or system_sources(),
        ),
        guard=Guard(keys=keys, public_url=settings.public_url),
    )


def system_sources() -> Sources:
    """Return the real clock and random ids."""
    return Sources(
        now=lambda: datetime.now(UTC),
        call_id=lambda: CallId("CALL-" + "".join(secrets.choice(_CALL_ID_ALPHABET) for _ in range(_CALL_ID_CHARS))),
        message_id=lambda: MessageId(secrets.token_hex(8)),
        ticket_number=lambda: TicketNumber(f"TKT-{secrets.randbelow(10**8):08d}"),
    )

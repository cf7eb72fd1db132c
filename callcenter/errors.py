"""Every way the product fails, told apart by who must act. Knows no HTTP: api/errors.py maps codes to statuses.

    CallCenterError
    ├── CustomerError             the request is wrong; whoever sent it must act
    │   ├── InvalidRequest
    │   │   ├── EmptyMessage
    │   │   └── DocumentUnreadable
    │   ├── CallNotFound
    │   ├── CallEnded
    │   ├── CallExists
    │   ├── CallTaken
    │   ├── CallNotHeld
    │   ├── RatingSettled
    │   ├── AgentUnavailable
    │   ├── NothingToAnswer
    │   ├── SuggestionNotFound
    │   ├── TicketNotFound
    │   ├── TicketConflict
    │   ├── InvalidTransition
    │   ├── InvalidMerge
    │   ├── ArticleNotFound
    │   ├── ArticleExists
    │   ├── ArticleConflict
    │   ├── TableNotFound
    │   ├── ScriptNotFound
    │   ├── ScriptExists
    │   ├── ScriptConflict
    │   ├── ProposalNotFound
    │   ├── ProposalDecided
    │   ├── NotApproved
    │   └── SubscriberTooSlow
    ├── AccessError               the caller may not do this
    │   ├── NotAuthenticated
    │   └── NotAllowed
    ├── ConfigurationError        whoever runs the product must act
    │   ├── CompanyInvalid
    │   ├── LexiconInvalid
    │   └── UnsafeListen
    ├── ProviderError             something we depend on failed
    │   ├── StoreUnavailable      (retryable)
    │   ├── StoreRefused          (retryable, once somebody has mended it)
    │   ├── SignInUnavailable     (retryable)
    │   ├── BusClosed             (retryable)
    │   ├── VoiceFailed           (retryable)
    │   └── ModelFailed           (says itself whether it is)
    └── RaceError                 two of us did the same thing at once; the code retries it
        ├── TurnConflict
        ├── MessageTaken
        ├── TicketNumberTaken
        └── RecordConflict

A class's docstring is its default message: what happened, and what to do. `code` is API and never changes.
"""

from __future__ import annotations

import inspect
from typing import ClassVar


class CallCenterError(Exception):
    """Something failed that has no better name; this is a bug, please report it."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, **facts: object) -> None:
        """Keep `facts` as data beside the message; never put customers' words or numbers into either."""
        self.message = message or inspect.cleandoc(type(self).__doc__ or "")
        self.facts = facts
        super().__init__(self.message)


class CustomerError(CallCenterError):
    """The request can't be carried out as sent; correct it and send it again."""

    code = "invalid_request"


class InvalidRequest(CustomerError):
    """A field of the request is missing or out of bounds; see `errors` for which."""

    code = "invalid_request"


class EmptyMessage(InvalidRequest):
    """The message holds no text that can be read; send at least one visible character."""

    code = "empty_message"


class CallNotFound(CustomerError):
    """No call has this id; start one with POST /api/calls."""

    code = "call_not_found"


class CallEnded(CustomerError):
    """This call has ended; its transcript stays readable. Start a new call to go on talking."""

    code = "call_ended"


class CallExists(CustomerError):
    """A call with this id exists already; choose another id or leave it out."""

    code = "call_exists"


class CallTaken(CustomerError):
    """A human has this call already."""

    code = "call_taken"


class CallNotHeld(CustomerError):
    """You don't have this call; claim it first."""

    code = "call_not_held"


class RatingSettled(CustomerError):
    """This call's score was changed as often as may be; the last one counts."""

    code = "rating_settled"


class AgentUnavailable(CustomerError):
    """This agent can't take a call now: they are not at the desk, away, or have as many as they can."""

    code = "agent_unavailable"


class NothingToAnswer(CustomerError):
    """The customer has said nothing yet that a reply could be suggested to."""

    code = "nothing_to_answer"


class SuggestionNotFound(CustomerError):
    """You were shown no reply of this id on this call, or decided on it already."""

    code = "suggestion_not_found"


class TicketNotFound(CustomerError):
    """No ticket has this number."""

    code = "ticket_not_found"


class TicketConflict(CustomerError):
    """Somebody changed this ticket since you read it; read it again and repeat your change."""

    code = "ticket_conflict"


class InvalidTransition(CustomerError):
    """A ticket can't go from its present status to the one asked for; see `allowed`."""

    code = "invalid_transition"


class InvalidMerge(CustomerError):
    """These tickets can't be merged: they are one and the same, or one was merged before; see `merged_into`."""

    code = "invalid_merge"


class DocumentUnreadable(InvalidRequest):
    """The document can't be made an article of; send text in UTF-8 with something in it."""

    code = "document_unreadable"


class ArticleNotFound(CustomerError):
    """No article has this name."""

    code = "article_not_found"


class ArticleExists(CustomerError):
    """An article with this name exists already; choose another name, or edit that one."""

    code = "article_exists"


class ArticleConflict(CustomerError):
    """Somebody changed this article since you read it; read it again and repeat your change."""

    code = "article_conflict"


class TableNotFound(CustomerError):
    """The company's data has no table of this name."""

    code = "table_not_found"


class ScriptNotFound(CustomerError):
    """No script has this id, or none is followed on this call."""

    code = "script_not_found"


class ScriptExists(CustomerError):
    """A script with this id exists already; choose another id, or edit that one."""

    code = "script_exists"


class ScriptConflict(CustomerError):
    """Somebody changed this script since you read it; read it again and repeat your change."""

    code = "script_conflict"


class ProposalNotFound(CustomerError):
    """No action with this id waits, or was decided, on this call."""

    code = "proposal_not_found"


class ProposalDecided(CustomerError):
    """This proposal was decided otherwise already, or its time is over."""

    code = "proposal_decided"


class NotApproved(CustomerError):
    """This action changes something and is not approved; propose it, and have an agent approve it."""

    code = "not_approved"


class SubscriberTooSlow(CustomerError):
    """This reader fell too far behind; connect again with ?after= the last seq it saw."""

    code = "subscriber_too_slow"


class AccessError(CallCenterError):
    """The caller may not do this."""

    code = "not_allowed"


class NotAuthenticated(AccessError):
    """This server wants an API key or a valid access token; send it as `Authorization: Bearer KEY`."""

    code = "not_authenticated"


class NotAllowed(AccessError):
    """This request comes from somewhere, or somebody, that this server does not serve."""

    code = "not_allowed"


class ConfigurationError(CallCenterError):
    """The configuration can't be used; the message says which setting and why."""

    code = "configuration_invalid"


class CompanyInvalid(ConfigurationError):
    """The company profile can't be used; the message names file, field and reason."""

    code = "company_invalid"


class LexiconInvalid(ConfigurationError):
    """A lexicon can't be used; the message names file, entry and reason."""

    code = "lexicon_invalid"


class UnsafeListen(ConfigurationError):
    """Open mode serves this machine only; to listen elsewhere set CALLCENTER_AUTH=required and CALLCENTER_API_KEYS."""

    code = "unsafe_listen"


class ProviderError(CallCenterError):
    """Something this product depends on failed; try again."""

    code = "provider_failed"
    retryable = True


class StoreUnavailable(ProviderError):
    """The store can't be read or written now; nothing was acknowledged that is not kept. Try again."""

    code = "store_unavailable"


class StoreRefused(ProviderError):
    """The store refuses what this server asks; whoever runs it must see to its key, its rights or its migrations."""

    code = "store_refused"


class SignInUnavailable(ProviderError):
    """The sign-in server does not answer, so this token can't be checked now; nothing is wrong with it. Try again."""

    code = "sign_in_unavailable"


class BusClosed(ProviderError):
    """This server is stopping; connect again with ?after= the last seq this reader saw."""

    code = "bus_closed"


class VoiceFailed(ProviderError):
    """A voice could not answer, or not to the end; the next one in line takes over."""

    code = "voice_failed"

    def __init__(self, message: str | None = None, *, reason: str = "failed", **facts: object) -> None:
        """Say why in one stable word (`llm.Failure`); it stands in the event of the reply."""
        super().__init__(message, **facts)
        self.reason = reason


class ModelFailed(ProviderError):
    """A language model did not answer, or not to the end; `reason` says why."""

    code = "model_failed"

    def __init__(self, *, reason: str = "broken", retry: bool = False, retry_after: float | None = None) -> None:
        """Say why (`llm.Failure`); `retry` if the same request may succeed, `retry_after` the seconds asked for."""
        super().__init__(f"The language model did not answer: {reason}.")
        self.reason = reason
        self.retry = retry
        self.retry_after = retry_after


class RaceError(CallCenterError):
    """Two writers met; the loser reads again and retries."""

    code = "conflict"
    retryable = True


class TurnConflict(RaceError):
    """The call's log moved on since it was read; load it again and retry the turn."""

    code = "turn_conflict"


class MessageTaken(RaceError):
    """A message with this id is in the log already; read what it led to."""

    code = "message_taken"


class TicketNumberTaken(RaceError):
    """A ticket with this number exists; draw another number and retry."""

    code = "ticket_number_taken"


class RecordConflict(RaceError):
    """A record of the company was changed since it was read; read it again and retry."""

    code = "record_conflict"

"""Say on the wire what failed: HTTP statuses, problem documents, WebSocket close codes, texts for customers.

The only module that knows statuses and close codes. Exceptions come from callcenter/errors.py and, for what only a wire
can get wrong, from the tree below. A problem never repeats what the caller sent: it names fields, not their contents.

    CustomerError
    ├── InvalidJson
    ├── BodyTooLarge
    ├── UnsupportedMedia
    ├── UnknownPath
    ├── UnknownMethod
    ├── PageNotFound
    ├── InvalidFrame
    ├── BinaryFrame
    └── FrameTooLarge
    ProviderError
    └── NotReady
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route

from callcenter.calls import LocalizedText, Value
from callcenter.errors import (
    AccessError,
    AgentUnavailable,
    ArticleConflict,
    ArticleExists,
    ArticleNotFound,
    CallCenterError,
    CallEnded,
    CallExists,
    CallNotFound,
    CallNotHeld,
    CallTaken,
    CustomerError,
    EmptyMessage,
    InvalidMerge,
    InvalidRequest,
    InvalidTransition,
    NotAllowed,
    NotApproved,
    NotAuthenticated,
    NothingToAnswer,
    ProposalDecided,
    ProposalNotFound,
    ProviderError,
    RaceError,
    RatingSettled,
    ScriptConflict,
    ScriptExists,
    ScriptNotFound,
    StoreUnavailable,
    SubscriberTooSlow,
    SuggestionNotFound,
    TableNotFound,
    TicketConflict,
    TicketNotFound,
)

MAX_BODY_BYTES: Final = 64 * 1024
"""Far above the longest message that is kept (4,000 characters), far below what could hurt."""

_log = logging.getLogger(__name__)


class InvalidJson(CustomerError):
    """The body is not valid JSON text in UTF-8."""

    code = "invalid_json"


class BodyTooLarge(CustomerError):
    """The body is larger than 64 KiB."""

    code = "body_too_large"


class UnsupportedMedia(CustomerError):
    """The body must be JSON; send it with `Content-Type: application/json`."""

    code = "unsupported_media_type"


class UnknownPath(CustomerError):
    """There is nothing at this path; /docs lists what there is."""

    code = "not_found"


class UnknownMethod(CustomerError):
    """This path does not take this method; see the Allow header."""

    code = "method_not_allowed"


class PageNotFound(CustomerError):
    """No page of this list begins at this cursor; leave `cursor` out to start from the beginning."""

    code = "page_not_found"


class InvalidFrame(CustomerError):
    """The frame starts like a JSON object but is not one with a `message` in it."""

    code = "invalid_frame"


class BinaryFrame(CustomerError):
    """Binary frames are not understood; send text."""

    code = "binary_frame"


class FrameTooLarge(CustomerError):
    """The frame is larger than 64 KiB."""

    code = "frame_too_large"


class NotReady(ProviderError):
    """The server runs but can't take calls now; it tries on by itself."""

    code = "not_ready"


_STATUSES: Final[Mapping[type[CallCenterError], HTTPStatus]] = {
    CallCenterError: HTTPStatus.INTERNAL_SERVER_ERROR,
    CustomerError: HTTPStatus.BAD_REQUEST,
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    CallNotFound: HTTPStatus.NOT_FOUND,
    CallEnded: HTTPStatus.CONFLICT,
    CallExists: HTTPStatus.CONFLICT,
    CallTaken: HTTPStatus.CONFLICT,
    CallNotHeld: HTTPStatus.CONFLICT,
    AgentUnavailable: HTTPStatus.CONFLICT,
    NothingToAnswer: HTTPStatus.CONFLICT,
    SuggestionNotFound: HTTPStatus.NOT_FOUND,
    TicketNotFound: HTTPStatus.NOT_FOUND,
    TicketConflict: HTTPStatus.CONFLICT,
    InvalidTransition: HTTPStatus.CONFLICT,
    InvalidMerge: HTTPStatus.CONFLICT,
    RatingSettled: HTTPStatus.CONFLICT,
    ArticleNotFound: HTTPStatus.NOT_FOUND,
    TableNotFound: HTTPStatus.NOT_FOUND,
    ArticleExists: HTTPStatus.CONFLICT,
    ArticleConflict: HTTPStatus.CONFLICT,
    ScriptNotFound: HTTPStatus.NOT_FOUND,
    ScriptExists: HTTPStatus.CONFLICT,
    ScriptConflict: HTTPStatus.CONFLICT,
    ProposalNotFound: HTTPStatus.NOT_FOUND,
    ProposalDecided: HTTPStatus.CONFLICT,
    NotApproved: HTTPStatus.CONFLICT,
    InvalidJson: HTTPStatus.BAD_REQUEST,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    UnknownPath: HTTPStatus.NOT_FOUND,
    PageNotFound: HTTPStatus.NOT_FOUND,
    UnknownMethod: HTTPStatus.METHOD_NOT_ALLOWED,
    AccessError: HTTPStatus.FORBIDDEN,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    ProviderError: HTTPStatus.SERVICE_UNAVAILABLE,
    # The turn was tried several times; nothing is wrong with the request, and the same one may work in a moment.
    RaceError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""By class; one that is not listed has its nearest ancestor's."""

_RETRY_AFTER_SECONDS: Final = "1"
NO_CONTENT: Final = HTTPStatus.NO_CONTENT
OK: Final = HTTPStatus.OK
CREATED: Final = HTTPStatus.CREATED


class Closing(NamedTuple):
    """How a WebSocket ends, as its client sees it."""

    code: int
    reason: str = ""


DONE: Final = Closing(1000, "call_ended")
ERASED: Final = Closing(1000, "call_erased")
TOO_LARGE: Final = Closing(1009, FrameTooLarge.code)
BROKEN: Final = Closing(1011, CallCenterError.code)
TOO_SLOW: Final = Closing(1013, SubscriberTooSlow.code)
TRY_LATER: Final = Closing(1013, StoreUnavailable.code)
BAD_ADDRESS: Final = Closing(4400, InvalidRequest.code)
"""The URL names no possible call, or a parameter is out of bounds: connecting again the same way is of no use."""
NO_CALL: Final = Closing(4404, CallNotFound.code)
"""There is no such call, and whoever connects may not begin one."""

_CUSTOMER_TEXTS: Final[Mapping[str, LocalizedText]] = {
    EmptyMessage.code: LocalizedText(
        ar="لم يصلنا نص في رسالتك. تفضّل بكتابة ما تحتاج إليه.",
        en="Your message arrived without any text. Please type what you need.",
    ),
    InvalidFrame.code: LocalizedText(
        ar='تعذّرت قراءة الرسالة. أرسل نصًا عاديًا، أو كائن JSON بهذا الشكل: {"message": "مرحبًا"}',
        en='We could not read that message. Send plain text, or JSON like this: {"message": "Hello"}',
    ),
    BinaryFrame.code: LocalizedText(
        ar="لا يمكننا استقبال الملفات هنا. تفضّل بإرسال رسالتك نصًا.",
        en="We can't receive files here. Please send your message as text.",
    ),
    FrameTooLarge.code: LocalizedText(
        ar="رسالتك أطول مما يمكننا استقباله. تفضّل بإرسالها على أجزاء أقصر.",
        en="Your message is longer than we can receive. Please send it in shorter parts.",
    ),
    CallEnded.code: LocalizedText(
        ar="انتهت هذه المحادثة. يسعدنا أن تبدأ محادثة جديدة في أي وقت.",
        en="This conversation has ended. You are welcome to start a new one at any time.",
    ),
    CallNotFound.code: LocalizedText(
        ar="هذه المحادثة غير موجودة. يسعدنا أن تبدأ محادثة جديدة في أي وقت.",
        en="There is no such conversation. You are welcome to start a new one at any time.",
    ),
    NotAllowed.code: LocalizedText(
        ar="لا يمكنك الكتابة في هذه المحادثة، بل متابعتها فقط.",
        en="You can follow this conversation, but not write in it.",
    ),
    InvalidRequest.code: LocalizedText(
        ar="تعذّر فتح المحادثة: أحد بيانات الرابط غير صحيح.",
        en="We could not open the conversation: part of the link is not valid.",
    ),
    StoreUnavailable.code: LocalizedText(
        ar="نعتذر، لم نتمكن من حفظ رسالتك الآن. تفضّل بإرسالها مرة أخرى بعد قليل.",
        en="Sorry, we could not save your message just now. Please send it again in a moment.",
    ),
}
_SOMETHING_FAILED: Final = LocalizedText(
    ar="نعتذر، حدث خلل من جانبنا. تفضّل بإرسال رسالتك مرة أخرى.",
    en="Sorry, something went wrong on our side. Please send your message again.",
)


def customer_text(code: str) -> LocalizedText:
    """Return what a customer is told about a failure, in every language."""
    return _CUSTOMER_TEXTS.get(code, _SOMETHING_FAILED)


class FieldProblem(Value):
    """One field that is wrong."""

    field: str
    """Where: `body.language`, `query.limit`."""
    code: str
    message: str


class Problem(Value):
    """What went wrong, as RFC 9457 has it, with a `code` that never changes."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    """The path that was asked for, percent-encoded."""
    errors: tuple[FieldProblem, ...] | None = None
    """Which fields are wrong, where fields are."""
    allowed: tuple[str, ...] | None = None
    """What would have been accepted instead, where that is a short list."""


PROBLEM_MEDIA_TYPE: Final = "application/problem+json"


def status_of(kind: type[CallCenterError]) -> HTTPStatus:
    """Return the HTTP status of a class of failures."""
    return next(_STATUSES[each] for each in kind.__mro__ if each in _STATUSES)


def problem(error: CallCenterError, path: str) -> Response:
    """Return the response for a failure that has a name."""
    status = status_of(type(error))
    headers = {"X-Content-Type-Options": "nosniff"}
    if error.retryable:
        headers["Retry-After"] = _RETRY_AFTER_SECONDS
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    allowed = error.facts.get("allowed")
    fields = error.facts.get("errors")
    document = Problem(
        type=f"urn:callcenter:problem:{error.code}",
        title=error.code.replace("_", " ").capitalize(),
        status=status,
        detail=error.message,
        code=error.code,
        instance=quote(path),
        errors=tuple(each for each in fields if isinstance(each, FieldProblem)) if isinstance(fields, tuple) else None,
        allowed=tuple(str(each) for each in allowed) if isinstance(allowed, Iterable) else None,
    )
    return Response(document.model_dump_json(exclude_none=True), status, headers=headers, media_type=PROBLEM_MEDIA_TYPE)


_FIELD: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def invalid(error: ValidationError | RequestValidationError, where: str) -> CustomerError:
    """Return what to raise for what did not validate in the `body` or the `query`."""
    if isinstance(error, RequestValidationError):
        details: Sequence[ErrorDetails] = error.errors()
    else:
        details = error.errors(include_url=False, include_context=False, include_input=False)
    if any(each["type"] == "json_invalid" for each in details):
        return InvalidJson()
    fields = tuple(
        FieldProblem(field=_name(each["loc"], where), code=each["type"], message=each["msg"]) for each in details
    )
    return InvalidRequest(errors=fields)


def _name(place: Sequence[int | str], where: str) -> str:
    """Name a field without repeating what a caller may have hidden in a key."""
    parts = [str(part) if _FIELD.fullmatch(str(part)) else "(unknown)" for part in place]
    return ".".join(parts if parts[:1] in (["query"], ["path"], ["body"]) else [where, *parts])


def problems(*kinds: type[CallCenterError]) -> dict[int | str, dict[str, object]]:
    """Return these failures as OpenAPI responses, one a status."""
    found: dict[int | str, dict[str, object]] = {}
    for status in dict.fromkeys(status_of(kind) for kind in kinds):
        codes = {kind.code: kind for kind in kinds if status_of(kind) is status}
        found[int(status)] = {
            "description": " ".join(f"`{code}`: {kind().message}" for code, kind in codes.items()),
            "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return found


def install(app: Starlette) -> None:
    """Have every failure of `app` answered with a problem document."""
    app.add_exception_handler(CallCenterError, _on_named)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(ClientDisconnect, _on_gone)
    app.add_exception_handler(Exception, _on_bug)


async def failed(request: Request, error: Exception) -> Response:
    """Return the response for what a handler raised, where no layer of the framework does."""
    if isinstance(error, CallCenterError):
        return await _on_named(request, error)
    return await (_on_gone if isinstance(error, ClientDisconnect) else _on_bug)(request, error)


def expected(error: Exception) -> bool:
    """Whether a failure is part of the service, no bug."""
    return isinstance(error, CallCenterError | ClientDisconnect)


async def _on_named(request: Request, error: Exception) -> Response:
    assert isinstance(error, CallCenterError)  # noqa: S101 (registered for it)
    if isinstance(error, ProviderError | RaceError):
        _log.warning("request failed", extra={"code": error.code, "method": request.method})
    elif status_of(type(error)) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed", extra={"code": error.code, "method": request.method})
    return problem(error, request.url.path)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for it)
    return problem(invalid(error, "query"), request.url.path)


async def _on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: a path or a method it does not know."""
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for it)
    path = request.url.path
    if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        return problem(UnknownPath() if error.status_code == HTTPStatus.NOT_FOUND else InvalidRequest(), path)
    allow = ", ".join(_methods(request))
    if request.method == "OPTIONS":
        return Response(status_code=NO_CONTENT, headers={"Allow": allow})
    response = problem(UnknownMethod(), path)
    response.headers["Allow"] = allow
    return response


def _methods(request: Request) -> list[str]:
    """Return what a path takes: the framework tells of its first route only."""
    routes = [each for each in request.app.routes if isinstance(each, Route)]
    taken = {
        method for each in routes if each.matches(request.scope)[0] is not Match.NONE for method in each.methods or ()
    }
    return sorted(taken | {"OPTIONS"} | ({"HEAD"} if "GET" in taken else set()))


async def _on_gone(_request: Request, _error: Exception) -> Response:
    """Answer nobody: the caller hung up while sending."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _on_bug(request: Request, _error: Exception) -> Response:
    """Answer for a bug; the framework raises it on to the server, whose log has the traceback."""
    return problem(CallCenterError(), request.url.path)

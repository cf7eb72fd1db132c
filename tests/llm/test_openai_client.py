from __future__ import annotations

import math

import aiohttp
import pytest

from callcenter.llm import Failure
from callcenter.llm.openai_client import failure_of, failure_of_code, retry_after

pytestmark = pytest.mark.unit

NOW = 1_792_994_400.0
DATE = "Mon, 26 Oct 2026 06:00:00 GMT"
LATER = "Mon, 26 Oct 2026 06:00:30 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after": LATER}, 30.0),
        ({"retry-after": DATE}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, math.inf),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
    ],
)
def test_retry_after_is_milliseconds_seconds_or_a_date(headers: dict[str, str], seconds: float | None):
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("trouble", "reason", "retry"),
    [
        (aiohttp.ConnectionTimeoutError(), Failure.connect_timeout, True),
        (aiohttp.SocketTimeoutError(), Failure.first_token_timeout, True),
        (aiohttp.ServerDisconnectedError(), Failure.connection_lost, True),
        (aiohttp.ClientOSError(), Failure.connection_lost, True),
        (aiohttp.ClientPayloadError(), Failure.connection_lost, True),
        (ConnectionResetError(), Failure.connection_lost, True),
        (aiohttp.InvalidUrlClientError("http://"), Failure.request_refused, False),
        (aiohttp.NonHttpUrlClientError("ftp://model"), Failure.request_refused, False),
    ],
)
def test_trouble_on_the_line_is_told_by_its_kind(
    trouble: Exception,
    reason: Failure,
    retry: bool,  # noqa: FBT001 (a row's fact)
):
    failure = failure_of(trouble)
    assert (failure.reason, failure.retry) == (reason, retry)


def test_silence_amid_a_reply_is_not_tried_again():
    failure = failure_of(aiohttp.SocketTimeoutError(), silence=Failure.idle_timeout)
    assert (failure.reason, failure.retry) == (Failure.idle_timeout, False)


@pytest.mark.parametrize(
    ("code", "reason", "retry"),
    [
        ("server_error", Failure.server_error, True),
        ("rate_limit_exceeded", Failure.rate_limited, True),
        ("insufficient_quota", Failure.rate_limited, False),
        ("invalid_prompt", Failure.filtered, False),
        ("mystery", Failure.server_error, False),
        (None, Failure.server_error, False),
        ({}, Failure.server_error, False),
        (401, Failure.key_refused, False),
        ("429", Failure.rate_limited, True),
        (500, Failure.server_error, True),
    ],
)
def test_error_within_a_reply_is_told_by_its_code(
    code: object,
    reason: Failure,
    retry: bool,  # noqa: FBT001 (a row's fact)
):
    failure = failure_of_code(code)
    assert (failure.reason, failure.retry) == (reason, retry)

from __future__ import annotations

import pytest

from callcenter.llm.event_stream import MAX_EVENT_BYTES, EventReader, Json

pytestmark = pytest.mark.unit

BODY = 'event: a\ndata: {"n": 1, "text": "أهلاً 😀"}\n\n: alive\n\ndata: {"n": 2}\n\ndata: [DONE]\n\n'.encode()
EVENTS: list[Json] = [{"n": 1, "text": "أهلاً 😀"}, {"n": 2}]  # welcome


def read(*portions: bytes) -> list[Json]:
    reader = EventReader()
    events = [event for portion in portions for event in reader.feed(portion)]
    return [*events, *reader.finish()]


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(BODY)])
def test_events_do_not_depend_on_how_the_bytes_arrive(size: int):
    assert read(*(BODY[start : start + size] for start in range(0, len(BODY), size))) == EVENTS


def test_lines_may_end_in_two_characters():
    assert read(BODY.replace(b"\n", b"\r\n")) == EVENTS
    assert read(*(bytes([byte]) for byte in BODY.replace(b"\n", b"\r\n"))) == EVENTS


def test_data_may_run_over_several_lines_and_need_no_blank():
    assert read(b'data:{"n":\ndata:1}\n\n') == [{"n": 1}]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_last_event_is_taken_without_its_blank_line(end: bytes):
    assert read(b'data: {"n": 1}\n\ndata: {"n": 2}' + end) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b'data: {"n": 1}\ndata: \n\ndata: {"n": 2}\n\n', [{"n": 1}, {"n": 2}]),
        (b'data: {"n": 1}\n\r\ndata: {"n": 2}\n\n', [{"n": 1}, {"n": 2}]),
        (b'data: {"n": 1}\r\n\nxdata: 1\n\n data: 1\n\n', [{"n": 1}]),
        (b'data: {"n": 1}\n\ndata: [DONE]\n\ndata: {"n": 2}\n\n', [{"n": 1}, {"n": 2}]),
        (b"data:\n\ndata: \x0b{}\n\n", [{}]),
        (b'data: {"n": [{}\n\ndata: {}]}, {}\n\n', []),
    ],
)
def test_odd_framing_is_read_alike_whole_and_in_bytes(body: bytes, events: list[Json]):
    assert read(body) == read(*(bytes([byte]) for byte in body)) == events


def test_unfinished_event_is_not_taken():
    assert read(b'data: {"n": 1}\n\ndata: {"n":') == [{"n": 1}]


def test_what_came_before_garbage_is_read():
    reader = EventReader()
    assert reader.feed(b'data: {"n": 1}\n\ndata: {"n\n\n') == [{"n": 1}]
    assert reader.garbled


@pytest.mark.parametrize("data", [b"[1]", b"1", b"null", b'"text"', b"\xff", b"{} {}"])
def test_what_is_no_object_is_garbled(data: bytes):
    reader = EventReader()
    assert reader.feed(b"data: " + data + b"\n\n") == []
    assert reader.garbled


def test_event_has_a_bound():
    whole = b'data: {"a":"' + b"x" * (MAX_EVENT_BYTES - 20) + b'"}\n\n'
    assert len(read(whole)) == 1
    reader = EventReader()
    assert reader.feed(whole.replace(b'{"a"', b'{"padding, padding"')) == []
    assert reader.garbled


@pytest.mark.parametrize("start", [b"data: ", b": ", b""])
def test_line_without_an_end_has_the_same_bound(start: bytes):
    reader = EventReader()
    assert reader.feed(start + b"x" * (MAX_EVENT_BYTES - len(start))) == []
    assert not reader.garbled
    assert reader.feed(b"x") == []
    assert reader.garbled


def test_reader_knows_whether_anything_of_the_protocol_came():
    page, stream = EventReader(), EventReader()
    page.feed(b"<html>\n\n</html>\n\n")
    stream.feed(b"data: [DONE]\n\n")
    assert (page.begun, stream.begun) == (False, True)

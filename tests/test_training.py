"""What is learnt from: every message is labelled soundly, and the packaged file is made of these very messages."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import pytest
from pydantic import BaseModel, ConfigDict, StringConstraints

from callcenter.analysis import LanguageKind, clean, normalise
from callcenter.analysis.learnt import LANES, PATH, pieces_of
from callcenter.analysis.phrases import words_only
from callcenter.calls import ConversationIntent, Language, Sentiment

pytestmark = pytest.mark.unit

ROOT: Final = Path(__file__).parents[1]
FILES: Final = sorted((ROOT / "training" / "messages").glob("*.jsonl"))
SPOKEN: Final = {
    LanguageKind.ar: Language.ar,
    LanguageKind.arabizi: Language.ar,
    LanguageKind.mixed: Language.ar,
    LanguageKind.en: Language.en,
    LanguageKind.unknown: None,
}
SAID_BY_ANYONE: Final = 4
"""Shorter messages ("hello, how are you") are nobody's own: test and training may share them but for their letters."""

Words = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _'&/-]*$")]


class Dialect(StrEnum):
    msa = "msa"
    gulf = "gulf"
    egyptian = "egyptian"
    levantine = "levantine"
    maghrebi = "maghrebi"
    iraqi = "iraqi"
    sudanese = "sudanese"
    yemeni = "yemeni"


class Form(StrEnum):
    chat = "chat"
    tweet = "tweet"
    review = "review"
    mail = "mail"
    voice = "voice"


class TrainingMessage(BaseModel):
    """One line of training/messages, as training/README.md describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    kind: LanguageKind
    intent: ConversationIntent
    sentiment: Sentiment
    trade: Words
    form: Form
    language: Language | None = None
    dialect: Dialect | None = None


def _read(path: Path) -> list[TrainingMessage]:
    return [TrainingMessage.model_validate(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def messages() -> list[TrainingMessage]:
    return [message for path in FILES for message in _read(path)]


@pytest.fixture(scope="module")
def tested() -> list[str]:
    lines = (ROOT / "tests" / "data" / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_is_a_message_with_sound_labels(path: Path) -> None:
    for number, message in enumerate(_read(path), 1):
        where = f"{path.name}:{number}: {message.text}"
        assert message.language is SPOKEN[message.kind], where
        assert (message.dialect is not None) is (message.language is Language.ar), where
        assert message.text.strip() == message.text, where
        assert clean(message.text).text.replace("\u200d", "") == message.text.replace("\u200d", ""), where


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_end_and_break_their_lines_alike_everywhere(path: Path) -> None:
    """The digest is over bytes: another line break would make the learnt file look out of date."""
    raw = path.read_bytes()
    assert raw.endswith(b"\n")
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")


def test_no_message_is_there_twice(messages: list[TrainingMessage]) -> None:
    counted = Counter(message.text for message in messages)
    assert [text for text, times in counted.items() if times > 1] == []


def test_no_message_is_labelled_two_ways(messages: list[TrainingMessage]) -> None:
    labels: dict[str, tuple[str, ...]] = {}
    for message in messages:
        label = (message.kind, message.intent, message.sentiment)
        assert labels.setdefault(message.text, label) == label, message.text


def test_no_tested_message_was_learnt(messages: list[TrainingMessage], tested: list[str]) -> None:
    assert {message.text for message in messages}.isdisjoint(tested)


def test_no_tested_message_was_learnt_in_other_letters(messages: list[TrainingMessage], tested: list[str]) -> None:
    """Neither with other capitals, marks or spellings of hamza; but who greets, greets like everybody."""
    learnt = {_words(message.text) for message in messages}
    assert [text for text in tested if len(_words(text)) > SAID_BY_ANYONE and _words(text) in learnt] == []


def _words(text: str) -> tuple[str, ...]:
    return tuple(words_only(normalise(text).text).split())


def test_intents_feelings_dialects_and_trades_are_all_there(messages: list[TrainingMessage]) -> None:
    assert len(messages) > 10_000
    assert {message.sentiment for message in messages} == set(Sentiment)
    assert {message.kind for message in messages} == set(LanguageKind)
    assert {message.dialect for message in messages} == {*Dialect, None}
    assert {message.form for message in messages} == set(Form)
    assert len({message.trade for message in messages}) >= 30
    intents = Counter(message.intent for message in messages)
    assert {intent for intent in ConversationIntent if intents[intent] < 100} == set()


def test_every_intent_is_learnt_in_both_languages(messages: list[TrainingMessage]) -> None:
    counted = Counter((message.intent, message.language) for message in messages)
    assert [
        pair for intent in ConversationIntent for language in Language if counted[pair := (intent, language)] < 30
    ] == []


def test_the_learnt_file_is_made_of_these_messages() -> None:
    """Otherwise: `make train`, and look at what it changes before it is kept."""
    digest = sha256(b"".join(path.read_bytes() for path in FILES)).hexdigest()
    assert _header()["messages"] == digest


def test_the_learnt_file_holds_a_weight_for_each_piece_and_lane() -> None:
    header, _, table = PATH.read_bytes().partition(b"\n")
    facts = json.loads(header)
    assert set(facts["bias"]) == set(LANES)
    assert facts["pieces"] & (facts["pieces"] - 1) == 0  # places are found by masking
    assert len(table) == facts["pieces"] * len(LANES)
    assert 0 < facts["step"] < 1
    assert facts["reach"] > 0
    assert len(set(table)) > 100  # learnt, not all alike
    assert min(table) >= 1  # -127 to 127, as bytes around 128


def test_a_piece_is_told_from_a_whole_word() -> None:
    assert b"=<net>" in pieces_of("net")
    assert b"net" in pieces_of("internet")
    assert b"=<net>" not in pieces_of("internet")


def _header() -> dict[str, str]:
    header: dict[str, str] = json.loads(PATH.read_bytes().partition(b"\n")[0])
    return header

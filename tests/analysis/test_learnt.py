"""The layer beneath the cues: what words weigh, whatever their order, and which of them told."""

from __future__ import annotations

import json
import math
import random
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.analysis import analyze, default_lexicons, normalise
from callcenter.analysis.learnt import (
    FEELINGS,
    INTENTS,
    LANES,
    TONGUES,
    LearntLayer,
    default_layer,
    pieces_of,
    words_of,
)
from callcenter.analysis.models import LEARNT
from callcenter.analysis.phrases import words_only
from callcenter.calls import ConversationIntent, Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from callcenter.analysis import MessageAnalysis

    Read = Callable[[str], MessageAnalysis]

pytestmark = pytest.mark.unit

LEXICONS = default_lexicons()
LAYER = default_layer()
FORGETFUL = LearntLayer(remembered=2)
WORDS: Final = st.lists(
    st.one_of(
        st.sampled_from(
            ["broken", "thanks", "مكسور", "شكرا", "عايز", "price", "#", "?", "!", "course", "دورة", "hello"]
        ),
        st.text(max_size=40),
    ),
    max_size=20,
)

BOTH: Final = "the zipper came loose on my جاكيت بعد اسبوع زرار وقع 😡 12 ? what 3ayez ana el order talabi mne7 gedan"


def folded(text: str) -> list[str]:
    once = normalise(text).text
    return words_of(once, words_only(once).split())


def likeliest(text: str, lanes: tuple[str, ...]) -> str:
    first = LANES.index(lanes[0])
    odds = LAYER.weigh(folded(text)).odds[first : first + len(lanes)]
    return lanes[max(range(len(lanes)), key=odds.__getitem__)]


def test_there_is_a_lane_for_each_intent() -> None:
    assert set(INTENTS) == {intent.value for intent in ConversationIntent}
    assert LANES == INTENTS + FEELINGS + TONGUES
    assert len(set(LANES)) == len(LANES)


@given(WORDS, st.randoms(use_true_random=False))
def test_the_same_words_weigh_the_same_in_any_order(words: list[str], chance: random.Random) -> None:
    mixed = list(words)
    chance.shuffle(mixed)
    assert LAYER.weigh(mixed).odds == LAYER.weigh(words).odds
    assert LearntLayer().weigh(words).odds == LAYER.weigh(words).odds


@given(WORDS)
def test_any_words_weigh_something_finite(words: list[str]) -> None:
    weighed = LAYER.weigh(words)
    assert len(weighed.odds) == len(LANES)
    assert all(math.isfinite(each) for each in weighed.odds)
    assert weighed.words == tuple(dict.fromkeys(words))


@given(WORDS)
def test_a_word_said_again_adds_nothing(words: list[str]) -> None:
    assert LAYER.weigh(words + words[::-1]).odds == LAYER.weigh(words).odds


@given(WORDS, st.integers(0, len(LANES) - 1), st.integers(1, 5))
def test_words_that_tell_are_words_of_the_message(words: list[str], lane: int, most: int) -> None:
    weighed = LAYER.weigh(words)
    telling = LAYER.telling(weighed, lane, most)
    assert len(telling) <= most
    assert {word for word, _ in telling} <= set(words)
    added = [weight for _, weight in telling]
    assert all(weight > 0 for weight in added)
    assert added == sorted(added, reverse=True)


@given(WORDS, st.integers(0, len(LANES) - 1))
def test_what_was_forgotten_weighs_the_same_again(words: list[str], lane: int) -> None:
    weighed = FORGETFUL.weigh(words)
    assert weighed == LAYER.weigh(words) == FORGETFUL.weigh(words)
    assert FORGETFUL.telling(weighed, lane, len(words)) == LAYER.telling(weighed, lane, len(words))


@given(st.lists(st.sampled_from(["broken", "screen", "thanks", "price", "مكسور", "شكرا"]), min_size=1, max_size=6))
def test_what_words_add_sums_up_to_the_odds(words: list[str]) -> None:
    """The odds are explained by the words: what each weighs by itself, scaled alike, is what all weigh together."""
    weighed, nothing = LAYER.weigh(words), LAYER.weigh([])
    for lane in range(len(LANES)):
        alone = [LAYER.weigh([word]) for word in weighed.words]
        parts = [(each.odds[lane] - nothing.odds[lane]) / each.scale * weighed.scale for each in alone]
        assert weighed.odds[lane] == pytest.approx(nothing.odds[lane] + sum(parts), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("my parcel never arrived and nobody answers", ConversationIntent.complaint),
        ("طلبي ما وصل ومحد يرد علي", ConversationIntent.complaint),
        ("my phone screen stays black", ConversationIntent.technical_support),
        ("شاشة جوالي سودا وما تفتح", ConversationIntent.technical_support),
        ("which course suits beginners", ConversationIntent.training_interest),
        ("أي دورة تناسب المبتدئين", ConversationIntent.training_interest),
        ("bye and many thanks", ConversationIntent.goodbye),
        ("شكرا جزيلا مع السلامة", ConversationIntent.goodbye),
        ("I want to buy a washing machine", ConversationIntent.sales_interest),
        ("ابغى اشتري غسالة", ConversationIntent.sales_interest),
        ("let me talk to a person", ConversationIntent.human_request),
        ("ابي اكلم موظف", ConversationIntent.human_request),
        ("what time do you close", ConversationIntent.information),
        ("متى تقفلون", ConversationIntent.information),
        ("good evening", ConversationIntent.greeting),
        ("مساء الخير", ConversationIntent.greeting),
    ],
)
def test_learnt_words_alone_tell_plain_intents(text: str, intent: ConversationIntent) -> None:
    assert likeliest(text, INTENTS) == intent


@pytest.mark.parametrize(
    ("text", "feeling"),
    [
        ("you are thieves and liars", "angry"),
        ("انتم حرامية وكذابين", "angry"),
        ("I have called so many times and I am tired of waiting", "frustrated"),
        ("تعبت وانا اتصل فيكم كل يوم", "frustrated"),
        ("great service, thank you so much", "positive"),
        ("خدمة رائعة وشكرا لكم", "positive"),
        ("when do you open on friday", "neutral"),
        ("متى تفتحون يوم الجمعة", "neutral"),
    ],
)
def test_learnt_words_alone_tell_plain_feelings(text: str, feeling: str) -> None:
    assert likeliest(text, FEELINGS) == feeling


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("where can I pick up my parcel", "en"),
        ("wein agdar astelem el tard", "arabizi"),
        ("fein a2dar astelem el tard", "arabizi"),
        ("où puis-je retirer mon colis", "unknown"),
        ("dónde puedo recoger mi paquete", "unknown"),
    ],
)
def test_learnt_words_tell_what_latin_letters_spell(text: str, tongue: str) -> None:
    assert likeliest(text, TONGUES) == tongue


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("😡", ["😡"]),
        ("12 345", ["#", "#"]),
        ("٧٤٧", ["#"]),
        ("order 7474839?", ["order", "#", "?"]),
        ("why?!", ["why", "?", "!"]),
        ("ليش؟", ["ليش", "?"]),
        ("@Norvik my bag, see https://x.co/broken", ["my", "bag", "see"]),
        ("الخدمةُ سيّئة", ["الخدمه", "سييه"]),
    ],
)
def test_addresses_weigh_nothing_and_numbers_are_alike(text: str, words: list[str]) -> None:
    assert folded(text) == words


@pytest.mark.parametrize("text", ["", "   ", "😡😡😡", "...", "\u202e", "12345", "٥٥", "\ud800", "https://x.co"])
def test_a_message_without_words_is_understood_as_nothing_in_particular(text: str) -> None:
    found = analyze(text, LEXICONS)
    assert found.intent.intent is ConversationIntent.other
    assert not found.intent.evidence or found.entities


def test_no_words_at_all_are_even() -> None:
    weighed = LAYER.weigh([])
    assert weighed.scale == 0
    assert LAYER.telling(weighed, 0, 3) == []


@pytest.mark.parametrize("word", ["broken", "مكسوره", "a", "", "x" * 500, "\ud800", "😡"])
def test_pieces_are_the_word_and_its_runs_of_letters(word: str) -> None:
    pieces = pieces_of(word)
    assert pieces[0].startswith(b"=<")
    assert len(pieces) == len(set(pieces))
    assert len(pieces) < 80  # however long the word


def test_forms_of_one_word_share_pieces() -> None:
    assert len({*pieces_of("delivery")} & {*pieces_of("delivered")}) >= 8
    assert len({*pieces_of("توصيل")} & {*pieces_of("التوصيل")}) >= 4


def test_the_file_is_read_when_the_first_message_is_weighed(tmp_path: Path) -> None:
    """A process that analyses nothing does not pay for it."""
    layer = LearntLayer(tmp_path / "none.bin")
    with pytest.raises(FileNotFoundError):
        layer.weigh(["word"])


def test_a_file_of_weights_means_what_it_says(tmp_path: Path) -> None:
    """A byte over 128 speaks for a lane, one below against it, each by its distance times the step."""
    width, lane = len(LANES), LANES.index("complaint")
    row = bytearray([128] * width)
    row[lane] = 128 + 10
    header = {"pieces": 1, "step": 0.5, "reach": 2.0, "bias": dict.fromkeys(LANES, 0.25)}
    path = tmp_path / "small.bin"
    path.write_bytes(json.dumps(header).encode() + b"\n" + bytes(row))
    layer = LearntLayer(path)
    weighed = layer.weigh(["ab"])
    pieces = len(pieces_of("ab"))
    expected = 10 * 0.5 * pieces * (2.0 / math.sqrt(pieces))
    assert weighed.odds[lane] == pytest.approx(0.25 + expected)
    assert all(each == pytest.approx(0.25) for place, each in enumerate(weighed.odds) if place != lane)
    (telling,) = layer.telling(weighed, lane, 1)
    assert telling[0] == "ab"
    assert telling[1] == pytest.approx(expected)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(BOTH.split()), max_size=9))
def test_learnt_words_cited_stand_in_the_message(words: list[str]) -> None:
    text = " ".join(words)
    found = analyze(text, LEXICONS, hint=Language.ar)
    for cited in (*found.intent.evidence, *found.sentiment.evidence):
        if cited.rule.startswith(LEARNT):
            assert text[cited.start : cited.end] == cited.text
            assert set(cited.text.split()) <= set(words)

from __future__ import annotations

import pytest

from callcenter.analysis.lexicon import default_lexicons
from callcenter.analysis.lexicon_file import Cue
from callcenter.analysis.lexicon_gaps import (
    ACCEPTED,
    OWED,
    GapKind,
    MissingDialects,
    Standing,
    counts,
    gaps,
    missing_dialects,
    section_of,
)
from callcenter.analysis.lexicon_remarks import Entry, RemarkKind, remarks

pytestmark = pytest.mark.unit


def cue(
    text: str,
    section: str = "intent.complaint.money",
    lexicon: str = "en",
    *,
    when: str = "plain",
    dialect: str | None = None,
) -> Cue:
    aspect, label, _ = section.split(".")
    rule = section.removeprefix("intent.")
    return Cue(text, aspect, label, rule, 2.0, when, lexicon, dialect, alone=False)


def many(count: int, section: str, lexicon: str, dialect: str | None = None) -> list[Cue]:
    return [cue(f"word{number}", section, lexicon, dialect=dialect) for number in range(count)]


def found(cues: list[Cue], beside: list[Cue] | None = None) -> list[tuple[GapKind, str, str]]:
    return [(gap.kind, gap.section, gap.language) for gap in gaps(cues, beside or [])]


# The packaged words.


def test_packaged_languages_lack_nothing_that_is_not_known() -> None:
    new = [f"{gap.section} in {gap.language}" for gap in gaps(default_lexicons().cues) if gap.fails]
    assert new == [], "add the words, or say in ACCEPTED (callcenter/analysis/lexicon_gaps.py) why there can be none"


@pytest.mark.parametrize("known", [ACCEPTED, OWED], ids=["accepted", "owed"])
def test_known_gaps_are_still_there(known: dict[tuple[str, str], str]) -> None:
    open_now = {(gap.section, gap.language) for gap in gaps(default_lexicons().cues) if gap.kind is not GapKind.few}
    assert set(known) - open_now == set(), "closed: take them out of callcenter/analysis/lexicon_gaps.py"


def test_no_language_has_few_packaged_words() -> None:
    assert [gap for gap in gaps(default_lexicons().cues) if gap.kind is GapKind.few] == []


# Gaps.


@pytest.mark.parametrize(("has", "lacks"), [("ar", "en"), ("en", "ar")])
def test_section_of_one_language_is_a_gap_of_the_other(has: str, lacks: str) -> None:
    both = [cue("late", "intent.complaint.time", name) for name in (has, lacks)]
    assert found(both) == []
    gap = gaps([*both, cue("fee", "intent.complaint.fees", has)])[0]
    assert (gap.kind, gap.section, gap.language) == (GapKind.section, "intent.complaint.fees", lacks)
    assert (gap.entries, gap.standing, gap.fails) == ({has: 1, lacks: 0}, Standing.new, True)


@pytest.mark.parametrize(("has", "lacks"), [("ar", "en"), ("en", "ar")])
def test_label_without_any_word_is_one_gap_however_many_sections_it_has(has: str, lacks: str) -> None:
    words = [cue("a", "sentiment.angry.words", has), cue("b", "sentiment.angry.threat", has)]
    assert found(words) == [(GapKind.label, "sentiment.angry", lacks)]


@pytest.mark.parametrize(("has", "lacks"), [("ar", "en"), ("en", "ar")])
def test_what_stands_beside_the_words_is_no_gap(has: str, lacks: str) -> None:
    own = [cue("ours", "intent.complaint.money", has)]
    assert found(own, [cue("theirs", "intent.complaint.money", lacks)]) == []
    assert found(own, [cue("theirs", "intent.complaint.goods", lacks)]) == [
        (GapKind.section, "intent.complaint.money", lacks)
    ]


def test_arabizi_is_held_against_nothing() -> None:
    assert found([cue("mafish", "intent.complaint.slang", "arabizi")]) == []
    arabic_only = [cue("late", "intent.complaint.time", "ar"), cue("t2akhar", "intent.complaint.time", "arabizi")]
    assert found(arabic_only) == [(GapKind.label, "intent.complaint", "en")]


@pytest.mark.parametrize(("most", "least"), [("ar", "en"), ("en", "ar")])
@pytest.mark.parametrize(("more", "less", "few"), [(11, 2, True), (10, 2, False), (10, 1, True), (9, 1, False)])
def test_few_words_are_fewer_than_a_fifth_of_ten_or_more(
    most: str, least: str, more: int, less: int, *, few: bool
) -> None:
    section = "intent.greeting.hello"
    expected = [(GapKind.few, "intent.greeting", least)] if few else []
    assert found([*many(more, section, most), *many(less, section, least)]) == expected


def test_few_words_fail_no_strict_check() -> None:
    section = "intent.greeting.hello"
    gap = gaps([*many(30, section, "ar"), *many(2, section, "en")])[0]
    assert (gap.kind, gap.language, gap.entries, gap.fails) == (GapKind.few, "en", {"ar": 30, "en": 2}, False)


@pytest.mark.parametrize("key", [*ACCEPTED, *OWED], ids=" ".join)
def test_known_gap_tells_why_and_fails_no_strict_check(key: tuple[str, str]) -> None:
    section, lacking = key
    has = {"ar": "en", "en": "ar"}[lacking]
    other = ".".join([*section.split(".")[:2], "other"])
    known = [cue("a", section, has), cue("b", other, has), cue("c", other, lacking)]
    (gap,) = gaps(known)
    assert (gap.section, gap.language, gap.fails) == (section, lacking, False)
    assert gap.reason
    assert gap.standing is (Standing.accepted if key in ACCEPTED else Standing.owed)


def test_counts_name_every_language() -> None:
    words = [cue("fee", lexicon="ar"), cue("charge", lexicon="ar"), cue("7esab", lexicon="arabizi")]
    assert counts(words) == {"intent.complaint": {"ar": 2, "arabizi": 1, "en": 0}}


def test_sections_are_named_as_in_the_file() -> None:
    headings = ["intent.complaint.money", "sentiment.angry.words", "label.name.given", "question.price.loose"]
    assert [section_of(cue("x", heading)) for heading in headings] == headings
    assert {section_of(each).split(".")[0] for each in default_lexicons().cues} <= {
        each.aspect for each in default_lexicons().cues
    }


# Dialects.


def test_dialect_is_missing_where_others_have_words_of_their_own() -> None:
    greetings = "intent.greeting.hello"
    words = [*many(10, greetings, "ar", "gulf"), *many(10, greetings, "ar", "egyptian")]
    partings = [cue("bye", "intent.goodbye.bye", "ar", dialect="gulf"), cue("so", "question.how.x", "ar")]
    assert missing_dialects([*words, *partings]) == (
        MissingDialects(lexicon="ar", label="intent.goodbye", dialects=("egyptian",)),
    )


def test_dialect_with_few_words_is_missed_nowhere() -> None:
    words = [*many(10, "intent.greeting.hello", "ar", "gulf"), *many(9, "intent.goodbye.bye", "ar", "yemeni")]
    assert [(each.label, each.dialects) for each in missing_dialects(words)] == [("intent.goodbye", ("gulf",))]


# Remarks.


def remarked(own: list[Cue], beside: list[Cue] | None = None) -> list[tuple[RemarkKind, str]]:
    entries = [Entry(each, f"own.toml:{line}") for line, each in enumerate(own, 1)]
    return [(remark.kind, remark.place) for remark in remarks(entries, beside or [])]


@pytest.mark.parametrize(("lexicon", "word"), [("ar", "بارد"), ("en", "cold")])
def test_entry_that_stands_beside_already_repeats_or_replaces(lexicon: str, word: str) -> None:
    own, at = [cue(word, lexicon=lexicon)], "own.toml:1"
    assert remarked(own, [own[0]]) == [(RemarkKind.repeats, at)]
    assert remarked(own, [own[0]._replace(rule="complaint.goods")]) == [(RemarkKind.repeats, at)]
    assert remarked(own, [own[0]._replace(weight=1.0)]) == [(RemarkKind.replaces, at)]
    assert remarked(own, [own[0]._replace(label="greeting", rule="greeting.hello")]) == [(RemarkKind.replaces, at)]
    assert remarked(own, [own[0]._replace(alone=True)]) == [(RemarkKind.replaces, at)]
    assert remarked(own, [own[0]._replace(text="other")]) == []
    assert remarked(own, [own[0]._replace(when="negated")]) == []
    assert remarked(own, [cue(word, "sentiment.negative.plain", lexicon)]) == []


@pytest.mark.parametrize(("lexicon", "word"), [("ar", "بارد"), ("en", "cold")])
def test_words_for_two_things_contradict(lexicon: str, word: str) -> None:
    plain, always, negated = (cue(word, lexicon=lexicon, when=when) for when in ("plain", "any", "negated"))

    def other(one: Cue) -> Cue:
        return one._replace(label="greeting", rule="greeting.hello")

    contradiction = [(RemarkKind.contradicts, "own.toml:2")]
    assert remarked([plain, other(always)]) == contradiction
    assert remarked([always, other(plain)]) == contradiction
    assert remarked([always, other(negated)]) == contradiction
    assert remarked([plain, other(negated)]) == []  # "crispy", "not crispy"
    assert remarked([negated, other(always)]) == []
    assert remarked([plain, always]) == []
    assert remarked([plain, other(always)._replace(aspect="sentiment")]) == []
    assert remarked([other(always)], [plain]) == [(RemarkKind.contradicts, "own.toml:1")]


def test_replaced_entry_contradicts_nothing() -> None:
    ours, theirs = cue("cold", "intent.greeting.hello", when="any"), cue("cold", when="any")
    assert remarked([ours, cue("cold", "intent.greeting.hello")], [theirs]) == [(RemarkKind.replaces, "own.toml:1")]


@pytest.mark.parametrize(
    "text", ["log* me out", "how…much", "how .. much", "… wet", "tray … very … short", "الطلب* ناقص"]
)
def test_star_or_gap_out_of_place_is_never_found(text: str) -> None:
    assert remarked([cue(text)]) == [(RemarkKind.never_found, "own.toml:1")]


@pytest.mark.parametrize("text", ["crash*", "how … cost", "tray* … short*", "10/10", "الصينيه … ناقص*"])
def test_star_or_gap_in_its_place_is_fine(text: str) -> None:
    assert remarked([cue(text)]) == []


def test_file_named_after_no_language_is_told_once() -> None:
    packaged = [cue("fee", lexicon="ar"), cue("fee", lexicon="en")]
    own = [cue("one", lexicon="clinic"), cue("two", lexicon="clinic"), cue("three", lexicon="en")]
    assert remarked(own, packaged) == [(RemarkKind.no_language, "own.toml:1")]

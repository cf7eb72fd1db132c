from __future__ import annotations

import re

import pytest

from callcenter.calls import Language, PersonaType
from callcenter.errors import ConfigurationError
from callcenter.llm.offline.phrases import FILE, Wordings, load_phrasebook

pytestmark = pytest.mark.unit

ARABIC = re.compile("[\u0621-\u064a]")
LATIN = re.compile("[A-Za-z]")
NAMES = re.compile(r"\{\w+\}")


def wordings(persona):
    for field, value in load_phrasebook().personas[persona]:
        if isinstance(value, Wordings):
            yield field, value
        else:
            yield from ((f"{field}.{key}", each) for key, each in value.items())


@pytest.mark.parametrize("persona", PersonaType)
def test_every_wording_stands_in_its_own_script(persona):
    for name, value in wordings(persona):
        assert not any(LATIN.search(NAMES.sub("", text)) for text in value[Language.ar]), name
        assert not any(ARABIC.search(text) for text in value[Language.en]), name


@pytest.mark.parametrize("persona", PersonaType)
def test_no_wording_asks_twice_or_uses_markdown(persona):
    for name, value in wordings(persona):
        for text in (*value[Language.ar], *value[Language.en]):
            assert len(re.findall("[?؟]", text)) <= 1, name
            assert not re.search(r"\*\*|^#|`|\]\(", text), name


def test_personas_word_their_greeting_differently():
    said = {phrases.offer_help for phrases in load_phrasebook().personas.values()}
    assert len(said) == len(PersonaType)


def test_sarah_speaks_of_herself_as_a_woman():
    sales = load_phrasebook().personas[PersonaType.sales]
    assert any("سعيدة" in text for text in sales.thanks.ar)
    assert any("متأكدة" in text for text in sales.unclear_again.ar)
    assert not any("متأكد " in text for text in sales.unclear_again.ar)


def broken(tmp_path, old, new):
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "phrases.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('en = ["Hello!", "Hi there!"]', "", r"hello\.en: Field required"),
        ('en = ["Hello!", "Hi there!"]', "en = []", r"hello\.en"),
        ("[everyone.hello]", "[everyone.helo]", r"hello: Field required"),
        ("and you'll have an answer {within}.", "and you'll have an answer.", "name different facts"),
        ('staff = { ar = ["أسلوب', 'staf = { ar = ["أسلوب', "matters"),
        ("[cues.steps]", "[cues.step]", "cues"),
        ('{ last_two = [3, 10], text = "{n} أيام" }', '{ last_two = [3], text = "{n} أيام" }', "counts"),
    ],
)
def test_phrases_that_can_not_be_used_are_refused(tmp_path, old, new, reason):
    with pytest.raises(ConfigurationError, match=reason):
        load_phrasebook(broken(tmp_path, old, new))


def test_a_cue_without_words_is_refused(tmp_path):
    text = FILE.read_text(encoding="utf-8")
    start, end = text.index("[cues.website]"), text.index("[cues.praise]")
    file = tmp_path / "phrases.toml"
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(ConfigurationError, match="website"):
        load_phrasebook(file)

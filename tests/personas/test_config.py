from __future__ import annotations

import re
import shutil

import pytest

from callcenter.calls import Language, PersonaType
from callcenter.errors import ConfigurationError
from callcenter.personas import load_personas, load_texts
from callcenter.personas.config import FOLDER

pytestmark = pytest.mark.unit

ARABIC = re.compile("[\u0621-\u064a]")


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "personas", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("persona", "english", "arabic"),
    [
        (PersonaType.reception, "Ahmed", "أحمد"),
        (PersonaType.sales, "Sarah", "سارة"),
        (PersonaType.complaints, "Mohammed", "محمد"),
    ],
)
def test_personas_have_their_names_in_both_languages(persona, english, arabic):
    config = load_personas()[persona]
    assert (config.name.en, config.name.ar) == (english, arabic)


@pytest.mark.parametrize(
    ("persona", "traits"),
    [
        (PersonaType.reception, ["friendly", "informative"]),
        (PersonaType.sales, ["enthusiastic", "solution-focused"]),
        (PersonaType.complaints, ["empathetic", "resolution-focused"]),
    ],
)
def test_personas_have_their_traits(persona, traits):
    assert [trait.en for trait in load_personas()[persona].traits] == traits


@pytest.mark.parametrize("persona", PersonaType)
def test_prompts_stand_in_their_language_and_name_the_persona(persona):
    config = load_personas()[persona]
    for language in Language:
        assert config.name[language] in config.prompt[language]
    assert ARABIC.search(config.prompt.ar)
    assert not ARABIC.search(config.prompt.en)


def test_a_missing_prompt_is_refused_by_file(folder):
    (folder / "sales.ar.md").unlink()
    with pytest.raises(ConfigurationError, match=r"sales\.ar\.md: is missing"):
        load_personas(folder)


def test_half_a_pair_is_refused_by_file_and_field(folder):
    edit(folder / "reception.toml", 'name = { ar = "أحمد", en = "Ahmed" }', 'name = { en = "Ahmed" }')
    with pytest.raises(ConfigurationError, match=r"reception\.toml: name\.ar: Field required"):
        load_personas(folder)


def test_an_unknown_field_is_refused(folder):
    edit(folder / "reception.toml", "[greeting]", "[farewell]\nar = 'وداعًا'\nen = 'Bye'\n\n[greeting]")
    with pytest.raises(ConfigurationError, match=r"reception\.toml: farewell"):
        load_personas(folder)


def test_broken_toml_is_refused_with_its_line(folder):
    edit(folder / "complaints.toml", 'type = "complaints"', 'type = "complaints')
    with pytest.raises(ConfigurationError, match=r"complaints\.toml: is no valid TOML: .*line \d+"):
        load_personas(folder)


def test_a_file_that_describes_another_persona_is_refused(folder):
    edit(folder / "sales.toml", 'type = "sales"', 'type = "reception"')
    with pytest.raises(ConfigurationError, match=r"sales\.toml: type"):
        load_personas(folder)


def test_a_line_without_its_placeholder_is_refused(folder):
    edit(folder / "sales.toml", "passing you to {colleague}", "passing you on")
    with pytest.raises(ConfigurationError, match=r"handoff\.en must hold \{colleague\}"):
        load_personas(folder)


def test_all_problems_are_listed_at_once(folder):
    (folder / "sales.ar.md").unlink()
    edit(folder / "complaints.toml", 'name = { ar = "محمد", en = "Mohammed" }', 'name = { ar = "محمد" }')
    with pytest.raises(ConfigurationError) as refused:
        load_personas(folder)
    assert str(refused.value).count("\n") == 2


def test_a_value_without_a_label_is_refused(folder):
    edit(folder / "texts.toml", 'angry = { ar = "غاضب", en = "angry" }\n', "")
    with pytest.raises(ConfigurationError, match=r"texts\.toml: labels: .*sentiment has no text for angry"):
        load_texts(folder)

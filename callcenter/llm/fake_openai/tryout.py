"""What the fake says when no script tells it to: a line of the facts it was given, in the language it is to speak.

Deterministic and modest: it quotes what shares most words with the customer's message, claims nothing of its own, and
says so when it finds nothing. Facts stand under headings that say so; without any, every line may be one. Wanted
structure it fills with the least that the schema allows.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from callcenter.llm.fake_openai.answers import Answer, Usage
from callcenter.llm.fake_openai.request import Json, Request


class _Language(NamedTuple):
    letters: re.Pattern[str]
    word: re.Pattern[str]
    affixes: re.Pattern[str]
    facts: re.Pattern[str]
    figures: re.Pattern[str]
    matter: re.Pattern[str]
    unknown: re.Pattern[str]
    aside: re.Pattern[str]
    nothing_found: str
    courtesies: dict[re.Pattern[str], str]


class _Line(NamedTuple):
    text: str
    words: frozenset[str]
    weight: int


def _read(path: Path) -> dict[str, _Language]:
    patterns = ("letters", "word", "affixes", "facts", "figures", "matter", "unknown", "aside")
    return {
        name: _Language(
            **{pattern: re.compile(data[pattern], re.MULTILINE) for pattern in patterns},
            nothing_found=data["nothing_found"],
            courtesies={re.compile(words, re.IGNORECASE): said for words, said in data["courtesies"].items()},
        )
        for name, data in tomllib.loads(path.read_text("utf-8")).items()
    }


_LANGUAGES: Final = _read(Path(__file__).with_name("tryout.toml"))
_HEADING: Final = re.compile(r"^# .*$", re.MULTILINE)
_BULLET: Final = re.compile(r"^(?:[-*•#]+|\d+\.)\s+")
_DIGIT: Final = re.compile(r"\d")
_GIVEN: Final = re.compile(r"\d{4,}")
"""Who writes such a number answers a question; no fact is wanted."""
_APT: Final = 3
"""How much more a line tells that stands with what the message is about, or has the figure that is asked for."""
_COURTESY_WORDS: Final = 5
"""More of them want more than a greeting back."""
_ENOUGH: Final = 3
"""One of so many words that were asked for, a line must have."""
_SHORT: Final = 8
"""Words; of longer lines each one tells less."""
_QUESTION_MARKS: Final = ("?", "؟")
_BYTES_A_TOKEN: Final = 4
_WORD_SIZED: Final = re.compile(r"\S+\s*")
_SENTENCE: Final = re.compile(r"(?<=[.!?؟])\s+")
_SENTENCES: Final = 2
_MAX_CHARACTERS: Final = 240
"""More of a line is no short answer; it is cut at a word."""
_NUMBERS: Final = {"number": 0.5, "integer": 0}
"""Given where no minimum is named."""
_DEPTH: Final = 20
"""Of a schema that refers to itself."""


def answer(request: Request, *, pause: float, pieces: int | None) -> Answer:
    """Return the answer to a request; with `pieces`, said over again until it has so many."""
    schema = request.schema
    text = reply(request) if schema is None else orjson.dumps(example(schema, schema)).decode()
    words = tuple(_WORD_SIZED.findall(text))
    if pieces is not None and schema is None:
        spaced = (*words[:-1], f"{words[-1]} ")
        words = tuple(spaced[number % len(spaced)] for number in range(pieces))
    return Answer(pieces=words, pause=pause, usage=_usage(request, "".join(words)))


def _usage(request: Request, text: str) -> Usage:
    """Return about the tokens that a model would count."""
    read = "".join(text for _, text in request.messages)
    return Usage(input_tokens=_tokens(read), output_tokens=_tokens(text))


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN)


def reply(request: Request) -> str:
    """Return two short sentences at most."""
    asked, instructions = request.last_user_message, request.instructions
    language = _spoken(instructions) or _language_of(asked)
    data = _LANGUAGES[language]
    fact = None if _GIVEN.search(asked) else _fact(instructions, asked, language)
    found = _courtesy(asked, data) or fact or _standing(instructions, data)
    said = " ".join(_SENTENCE.split(found)[:_SENTENCES])
    return said if len(said) <= _MAX_CHARACTERS else said[:_MAX_CHARACTERS].rsplit(" ", 1)[0]


def _spoken(instructions: str) -> str | None:
    """Return the language in which the facts have their headings."""
    return next((name for name, data in _LANGUAGES.items() if data.facts.search(instructions)), None)


def _courtesy(asked: str, data: _Language) -> str | None:
    if len(asked.split()) > _COURTESY_WORDS:
        return None
    return next((said for words, said in data.courtesies.items() if words.search(asked)), None)


def _standing(instructions: str, data: _Language) -> str:
    """Return how the customer's matter stands, or that there is no answer."""
    if matter := data.matter.search(instructions):
        return matter[0]
    unknown = data.unknown.search(instructions)
    return unknown[1] if unknown else data.nothing_found


def _fact(instructions: str, asked: str, language: str) -> str | None:
    """Return the line of the language that shares most with what was asked, if that is enough.

    Rare words count more, and lines that are not long. Of equals the last one wins: facts stand below what a persona is
    told to do.
    """
    lines, rarity = _lines(instructions, language)
    figures = _LANGUAGES[language].figures
    wanted = {word for word in _words(asked, language) if not figures.search(word)}
    best, best_score = "", 0.0
    for line in lines:
        shared = line.words & wanted
        apt = _APT if figures.search(asked) and _DIGIT.search(line.text) else 1
        score = sum(rarity[word] for word in shared) * line.weight * apt / max(_SHORT, len(line.words))
        if len(shared) * _ENOUGH >= len(wanted) and score and score >= best_score:
            best, best_score = line.text, score
    return best or None


@lru_cache(maxsize=64)
def _lines(instructions: str, language: str) -> tuple[tuple[_Line, ...], dict[str, float]]:
    """Return the language's facts with their words, and how much each word tells."""
    data = _LANGUAGES[language]
    lines = tuple(
        _Line(said, _words(text, language), weight)
        for part, weight in _facts(instructions, data)
        for each in part.splitlines()
        if (text := _BULLET.sub("", each.strip()))
        and _language_of(text) == language
        and not (text.endswith(":") or data.aside.search(text))
        and (said := " ".join(each for each in _SENTENCE.split(text) if not each.endswith(_QUESTION_MARKS)))
    )
    counts = Counter(word for line in lines for word in line.words)
    return lines, {word: math.log(1 + len(lines) / count) for word, count in counts.items()}


def _facts(instructions: str, data: _Language) -> list[tuple[str, int]]:
    """Return what stands under headings of facts, and how much its lines tell."""
    headings = list(_HEADING.finditer(instructions))
    ends = [*(heading.start() for heading in headings[1:]), len(instructions)]
    parts = [
        (instructions[heading.end() : end], _APT if found["apt"] else 1)
        for heading, end in zip(headings, ends, strict=False)
        if (found := data.facts.match(heading[0]))
    ]
    return parts or [(instructions, 1)]


def _words(text: str, language: str) -> frozenset[str]:
    data = _LANGUAGES[language]
    return frozenset(data.affixes.sub("", word) for word in data.word.findall(text.casefold()))


def _language_of(text: str) -> str:
    return next(name for name, language in _LANGUAGES.items() if language.letters.search(text))


def example(schema: Json, root: Json, depth: int = 0) -> object:
    """Return the least that is valid by a JSON schema; `root` is where its references lead."""
    if "$ref" in schema and depth < _DEPTH:
        found: object = root
        for name in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[name] if isinstance(found, dict) else {}
        return example(found if isinstance(found, dict) else {}, root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if values := schema.get("enum"):
        return "other" if "other" in values else values[0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema and depth < _DEPTH:
            least = min(schema[several], key=lambda each: each.get("type") != "null")
            return example(least, root, depth + 1)
    kind = schema.get("type", "object")
    return _example_of(kind[0] if isinstance(kind, list) else kind, schema, root, depth)


def _example_of(kind: str, schema: Json, root: Json, depth: int) -> object:
    if kind == "object":
        properties = schema.get("properties", {}) if depth < _DEPTH else {}
        return {name: example(each, root, depth + 1) for name, each in properties.items()}
    if kind == "array":
        least = schema.get("minItems", 0)
        return [example(schema.get("items", {}), root, depth + 1)] * least if least else []
    if kind in _NUMBERS:
        default = _NUMBERS[kind]
        return schema.get("minimum", min(default, schema.get("maximum", default)))
    return {"string": "-" * schema.get("minLength", 0), "boolean": False}.get(kind)

"""What the fake says when no script tells it to: a line of the facts it was given, in the language it was asked in.

Deterministic and modest: it quotes what shares most words with the customer's message, claims nothing of its own, and
says so when it finds nothing. Wanted structure it fills with the least that the schema allows.
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

from callcenter.llm.fake_openai.answers import Answer
from callcenter.llm.fake_openai.request import Json, Request


class _Language(NamedTuple):
    letters: re.Pattern[str]
    word: re.Pattern[str]
    affixes: re.Pattern[str]
    nothing_found: str


def _read(path: Path) -> dict[str, _Language]:
    return {
        name: _Language(
            re.compile(data["letters"]), re.compile(data["word"]), re.compile(data["affixes"]), data["nothing_found"]
        )
        for name, data in tomllib.loads(path.read_text("utf-8")).items()
    }


_LANGUAGES: Final = _read(Path(__file__).with_name("tryout.toml"))
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
    return Answer(pieces=words, pause=pause)


def reply(request: Request) -> str:
    """Return two short sentences at most."""
    asked = request.last_user_message
    language = _language_of(asked)
    fact = _fact(request.instructions, _words(asked, language), language)
    if fact is None:
        return _LANGUAGES[language].nothing_found
    said = " ".join(_SENTENCE.split(fact)[:_SENTENCES])
    return said if len(said) <= _MAX_CHARACTERS else said[:_MAX_CHARACTERS].rsplit(" ", 1)[0]


def _fact(instructions: str, asked: frozenset[str], language: str) -> str | None:
    """Return the line of the language that shares most with what was asked.

    Rare words count more. Of equals the last one wins: facts stand below what a persona is told to do.
    """
    lines, rarity = _lines(instructions, language)
    scored = [(sum(rarity[word] for word in words & asked), number) for number, (_, words) in enumerate(lines)]
    score, number = max(scored, default=(0.0, 0))
    return lines[number][0] if score else None


@lru_cache(maxsize=64)
def _lines(instructions: str, language: str) -> tuple[tuple[tuple[str, frozenset[str]], ...], dict[str, float]]:
    """Return the language's lines with their words, and how much each word tells."""
    texts = [line.strip().lstrip("-*•# ").strip() for line in instructions.splitlines()]
    lines = tuple((text, _words(text, language)) for text in texts if text and _language_of(text) == language)
    counts = Counter(word for _, words in lines for word in words)
    return lines, {word: math.log(1 + len(lines) / count) for word, count in counts.items()}


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

"""Find the passages of articles that fit a question: BM25 by SQLite's FTS5, in memory, over the keys of words.py.

An index never changes; when articles do, a new one is built. What FTS5 ranks best is kept only if it covers enough of
the question (`FLOOR`), so that nonsense finds nothing: BM25 alone always has a best.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final

from callcenter.calls import Language
from callcenter.errors import ConfigurationError
from callcenter.knowledge.article import Article, ArticleStatus, Passage
from callcenter.knowledge.words import CONCEPT, Key, keys, units

FLOOR: Final = 0.5
"""A passage covers at least this share of a question, rare words counting more; set on tests/data/knowledge.jsonl."""
_CANDIDATES: Final = 40
"""So many rows are looked at of those that FTS5 ranks best."""
_SECTION_CHARS: Final = 700
"""A longer section is parted between paragraphs: what is quoted is to be short."""
_WEIGHTS: Final = (6.0, 4.0, 3.0, 1.0)
"""What a word counts in title, tags, heading and body."""
_HEADING: Final = re.compile(r"^#{1,6}[ \t]+(?P<heading>.+?)[ \t#]*$", re.MULTILINE)
_PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n")
_FEW_ROWS: Final = 1_000
"""A hundred articles or two."""
_MOST_UNITS: Final = 40
"""Of a longer question the first words count."""


_NO_KEYS: Final = frozenset[str]()
_NO_ROWS: Final = frozenset[int]()

_Name = tuple[frozenset[str], ...]
"""What something is called: of each of its words the keys that would do for it."""
_HEADING_NAMED: Final = 2 / 3
"""A question with so much of a heading means it."""


_REMEMBERED: Final = 512
"""Sections whose words are at hand with their places: customers ask after the same few again and again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Section:
    """A piece of one text: a row of the index."""

    article: Article
    language: Language
    heading: str
    start: int
    end: int
    words: frozenset[str]
    """All keys of the row."""
    title_words: frozenset[str]
    about: frozenset[str]
    """The concepts of the title: a question that has them all means it, whatever else it says."""
    heading_words: frozenset[str]
    body_words: frozenset[str]
    names: tuple[_Name, ...]
    """Titles and tags of the article."""
    heading_name: _Name


class Index:
    """The published articles of a company, ready to be searched. Used from one thread at a time."""

    def __init__(self, articles: Iterable[Article]) -> None:
        """Build it. Raises ConfigurationError where Python's SQLite has no FTS5."""
        self._rows: list[_Section] = []
        self._by_article: dict[str, list[_Section]] = {}
        self._counts: Counter[str] = Counter()
        self._by_word: dict[str, set[int]] = {}
        """Rows by the keys they hold, as long as they are few."""
        self._articles = 0
        # Read by whoever holds the index, one at a time: built in a thread of its own, searched on the event loop.
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute(
                "create virtual table passages using fts5"
                "(title, tags, heading, body, tokenize = 'unicode61 remove_diacritics 0')"
            )
        except sqlite3.OperationalError as error:
            raise ConfigurationError(
                "Searching articles needs SQLite's FTS5, which this Python was built without; use another build of it."
            ) from error
        self._connection.execute("begin")
        for article in articles:
            if article.status is ArticleStatus.published:
                self._add(article)
        self._connection.execute("commit")
        self._weights = {word: self._weight(count) for word, count in self._counts.items()}
        self._rarest = self._weight(1)
        """What a word weighs that no article has."""
        self._titles = frozenset(row.about for row in self._rows if len(row.about) >= _NAMED)
        """What each title is about that a question can name."""
        self._title_concepts = _NO_KEYS.union(*self._titles)

    def close(self) -> None:
        """Let go of the memory."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def search(
        self, question: str, language: Language, *, readings: Iterable[tuple[str, str]] = (), limit: int = 5
    ) -> tuple[Passage, ...]:
        """Return the passages that fit, the best first, one an article; of its text in `language` where it has one."""
        asked = list(units(question, readings).values())[:_MOST_UNITS]
        said = _NO_KEYS.union(*asked)
        wanted = said & self._weights.keys()
        if not wanted:
            return ()
        weighed, whole = [], 0.0
        for keys_of in asked:  # once, not for every row
            weight = self._rarest
            if not keys_of.isdisjoint(wanted):
                weight = min([self._weights[key] for key in keys_of if key in wanted])
                weighed.append((keys_of, weight))
            whole += weight
        if not self._any_fits(weighed, whole, said):
            return ()
        best: dict[str, tuple[float, float, _Section]] = {}
        for row, rank in self._ranked(wanted):
            section = self._rows[row - 1]
            share = sum(weight for keys_of, weight in weighed if not keys_of.isdisjoint(section.words)) / whole
            if share >= FLOOR or _names_all(section, said):
                score, known, _ = best.get(section.article.slug, (0.0, 0.0, section))
                best[section.article.slug] = (max(score, -rank * share), max(known, share), section)
        found = sorted(best.values(), key=lambda each: -each[0])[:limit]
        return tuple(self._passage(section, score, share, wanted, language) for score, share, section in found)

    def _any_fits(self, weighed: Sequence[tuple[frozenset[str], float]], whole: float, said: frozenset[str]) -> bool:
        """Whether any row covers enough of a question; most messages ask for nothing that stands here.

        `weighed` has the words that stand in some article. Of a few rows this costs less than having all that share
        a word ranked. Of many it is not asked.
        """
        if len(self._rows) > _FEW_ROWS:
            return True
        least = FLOOR * whole
        if sum([weight for _, weight in weighed]) >= least:  # else no row alone can
            covered: dict[int, float] = {}
            for keys_of, weight in weighed:
                for row in _NO_ROWS.union(*[self._by_word.get(key, ()) for key in keys_of]):
                    covered[row] = covered.get(row, 0.0) + weight
            if covered and max(covered.values()) >= least:
                return True
        return len(said & self._title_concepts) >= _NAMED and any(map(said.issuperset, self._titles))

    def _ranked(self, wanted: frozenset[str]) -> Sequence[tuple[int, float]]:
        match = " OR ".join(f'"{word}"' for word in sorted(wanted))
        weights = ", ".join(map(str, _WEIGHTS))
        return self._connection.execute(
            f"select rowid, bm25(passages, {weights}) as rank from passages where passages match ?"  # noqa: S608 (ours)
            " order by rank limit ?",
            (match, _CANDIDATES),
        ).fetchall()

    def _weight(self, count: int) -> float:
        """Return how much a word says that so many articles have: the rarer, the more."""
        return log(1 + (self._articles - count + 0.5) / (count + 0.5)) + 0.1

    def _passage(
        self, section: _Section, score: float, share: float, wanted: frozenset[str], language: Language
    ) -> Passage:
        spoken = language if language in section.article.texts else section.language
        chosen = max(
            (each for each in self._by_article[section.article.slug] if each.language is spoken),
            key=lambda each: _closeness(each, wanted),  # of equals the first
        )
        text = section.article.texts[chosen.language]
        marks = _merged((key.start, key.end) for key in _keys_of(chosen) if key.word in wanted)
        return Passage(
            slug=section.article.slug,
            title=text.title,
            language=chosen.language,
            other_language=chosen.language is not language,
            heading=chosen.heading,
            text=text.body[chosen.start : chosen.end],
            start=chosen.start,
            highlights=marks,
            score=round(score, 3),
            share=round(share, 3),
            on_subject=_on_subject(chosen, wanted),
        )

    def _add(self, article: Article) -> None:
        known: set[str] = set()
        tags = [key.word for tag in article.tags for key in keys(tag)]
        called = (*(text.title for text in article.texts.values()), *article.tags)
        names = tuple(name for each in called if (name := _name(each)))
        for language, text in article.texts.items():
            title = [key.word for key in keys(text.title)]
            for heading, start, end in sections(text.body):
                under = [key.word for key in keys(heading)]
                body = [key.word for key in keys(text.body[start:end])]
                words = frozenset((*title, *tags, *under, *body))
                about = frozenset(word for word in title if word.startswith(CONCEPT))
                apart = (frozenset(title), about, frozenset(under), frozenset(body))
                section = _Section(article, language, heading, start, end, words, *apart, names, _name(heading))
                if len(self._rows) < _FEW_ROWS:
                    for word in words:
                        self._by_word.setdefault(word, set()).add(len(self._rows))
                self._rows.append(section)
                self._by_article.setdefault(article.slug, []).append(section)
                self._connection.execute(
                    "insert into passages (rowid, title, tags, heading, body) values (?, ?, ?, ?, ?)",
                    (len(self._rows), *(" ".join(each) for each in (title, tags, under, body))),
                )
                known |= words
        self._counts.update(known)
        self._articles += 1


def sections(body: str) -> list[tuple[str, int, int]]:
    """Part a Markdown text at its headings, and long parts between paragraphs: heading, start, end (in characters)."""
    marks = list(_HEADING.finditer(body))
    begins = [("", 0), *((mark["heading"].strip(), mark.end()) for mark in marks)]
    ends = [*(mark.start() for mark in marks), len(body)]
    found = [
        (heading, *piece)
        for (heading, start), end in zip(begins, ends, strict=True)
        for piece in _pieces(body, start, end)
    ]
    return found or [("", 0, len(body))]


def _pieces(body: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Part a section between paragraphs so that pieces stay short, without the white space around them."""
    begin = stop = start
    for next_stop, after in (*(match.span() for match in _PARAGRAPHS.finditer(body, start, end)), (end, end)):
        if next_stop - begin > _SECTION_CHARS and stop > begin:
            yield from _trimmed(body, begin, stop)
            begin = stop
        stop = min(after, end)
    yield from _trimmed(body, begin, end)


def _trimmed(body: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = body[start:end]
    if text := piece.strip():
        begin = start + piece.index(text)
        yield begin, begin + len(text)


@lru_cache(_REMEMBERED)
def _keys_of(section: _Section) -> Sequence[Key]:
    """Return what a section is found by, with its places in the article's body."""
    text = section.article.texts[section.language].body[section.start : section.end]
    return tuple(Key(key.word, key.start + section.start, key.end + section.start) for key in keys(text))


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


_NAMED: Final = 2
"""A title of one concept alone is not named by a question that happens to have it."""


def _name(text: str) -> _Name:
    return tuple(units(text).values())


def _on_subject(section: _Section, said: frozenset[str]) -> bool:
    """Whether a question has a title or a tag of the article whole, or most of the section's heading."""
    if any(all(keys & said for keys in name) for name in section.names):
        return True
    return _heading_named(section, said)


def _heading_named(section: _Section, said: frozenset[str]) -> bool:
    heading = section.heading_name
    return bool(heading) and sum(bool(keys & said) for keys in heading) >= _HEADING_NAMED * len(heading)


def _closeness(section: _Section, wanted: frozenset[str]) -> int:
    """Return how near a section is to what a question has beyond the article's title.

    What the title says, the whole article is about: "how long is the warranty?" is answered where it begins. A heading
    counts twice, if the question has most of it: "my account" is no "keeping your account safe".
    """
    beyond = wanted - section.title_words
    named = 2 * len(section.heading_words & beyond) if _heading_named(section, wanted) else 0
    return len(section.body_words & beyond) + named


def _names_all(section: _Section, said: frozenset[str]) -> bool:
    """Whether a question names all that a title is about, whatever else it says: "I changed my mind, and ..."."""
    return len(section.about) >= _NAMED and section.about <= said

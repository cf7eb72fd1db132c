"""Learn the layer beneath the lexicons from training/messages and write callcenter/analysis/learnt.bin.

    make train                   learn from all messages, write the file
    make train CHECK=1           learn from two thirds of the trades, say how well the rest is understood, write nothing

One multinomial logistic regression for the intents, one for the feelings, one for what Latin letters spell, over the
pieces of words that callcenter.analysis.learnt defines; their weights are rounded to a byte each. The same messages
give the same file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, NamedTuple
from zlib import crc32

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from callcenter.analysis import LanguageKind, clean, default_lexicons
from callcenter.analysis.learnt import FEELINGS, INTENTS, LANES, PATH, TONGUES, pieces_of, words_of
from callcenter.analysis.reading import Reading
from callcenter.calls import Sentiment

MESSAGES: Final = Path(__file__).parents[1] / "training" / "messages"
PIECES: Final = 1 << 15
"""Places for pieces' weights; those that fall together share one. Half as many cost half a point of F1."""
REACH: Final = 3.0
"""Length of a message's feature vector, so that a long message is no surer than a short one."""
SOFTNESS: Final = 0.3
"""Inverse of the penalty on weights; found by leaving trades out."""
FOLDS: Final = 3
_FOLD: Final = {Sentiment.very_positive: "positive"}
_LARGEST: Final = 127


class Labelled(NamedTuple):
    """One training message, taken apart."""

    words: list[str]
    """For intent and feeling: Arabizi in Arabic letters."""
    latin: list[str]
    """As typed, when it has no Arabic letters; else empty."""
    intent: str
    feeling: str
    tongue: str
    trade: str


def messages_digest() -> str:
    """Return the SHA-256 of all training messages, in the order of their files."""
    return sha256(b"".join(path.read_bytes() for path in sorted(MESSAGES.glob("*.jsonl")))).hexdigest()


def read_messages() -> list[Labelled]:
    """Read all training messages, in the order of their files."""
    return [
        _labelled(json.loads(line))
        for path in sorted(MESSAGES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def _labelled(fields: dict[str, str]) -> Labelled:
    reading = Reading(clean(fields["text"]).text)
    latin = words_of(reading.folded, reading.tokens) if fields["kind"] in TONGUES else []
    reading.read_as(LanguageKind(fields["kind"]), default_lexicons().spelling)
    feeling = Sentiment(fields["sentiment"])
    return Labelled(
        reading.meant_words(),
        latin,
        fields["intent"],
        _FOLD.get(feeling, feeling),
        fields["kind"],
        fields["trade"],
    )


def features(messages: Sequence[Sequence[str]]) -> csr_matrix:
    """Return a row a message: how often each piece occurs in its words, scaled to length REACH of single pieces."""
    rows, columns, values = [], [], []
    for row, words in enumerate(messages):
        pieces = Counter(crc32(piece) & (PIECES - 1) for word in dict.fromkeys(words) for piece in pieces_of(word))
        length = np.sqrt(pieces.total() or 1)
        for column, times in pieces.items():
            rows.append(row)
            columns.append(column)
            values.append(REACH * times / length)
    return csr_matrix((values, (rows, columns)), shape=(len(messages), PIECES))


def fitted(
    matrix: csr_matrix, gold: Sequence[str], classes: Sequence[str], weigh: Literal["balanced"] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (a row a class of `classes`) and biases, centred so that 0 speaks for no class."""
    model = LogisticRegression(C=SOFTNESS, max_iter=500, class_weight=weigh).fit(matrix, gold)
    order = [list(model.classes_).index(name) for name in classes]
    weights, bias = model.coef_[order], model.intercept_[order]
    return weights - weights.mean(axis=0), bias - bias.mean()


def learn(messages: Sequence[Labelled]) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights and biases of all lanes."""
    meant = features([message.words for message in messages])
    latin = [message for message in messages if message.latin]
    parts = [
        fitted(meant, [message.intent for message in messages], INTENTS),
        fitted(meant, [message.feeling for message in messages], FEELINGS),
        fitted(features([m.latin for m in latin]), [m.tongue for m in latin], TONGUES, "balanced"),
    ]
    return np.vstack([weights for weights, _ in parts]), np.concatenate([bias for _, bias in parts])


def written(weights: np.ndarray, bias: np.ndarray) -> bytes:
    """Return the file: a line of JSON, then a byte for each piece and lane.

    The line names the messages learnt from by their digest, so that a test can tell whether it is out of date.
    """
    step = float(np.percentile(np.abs(weights), 99.99)) / _LARGEST
    table = (np.clip(np.rint(weights / step), -_LARGEST, _LARGEST) + _LARGEST + 1).astype(np.uint8)
    header = {
        "pieces": PIECES,
        "step": round(step, 9),
        "reach": REACH,
        "messages": messages_digest(),
        "bias": {lane: round(float(value), 4) for lane, value in zip(LANES, bias, strict=True)},
    }
    body: bytes = table.T.tobytes()
    return json.dumps(header).encode() + b"\n" + body


def check(messages: Sequence[Labelled]) -> None:
    """Print how well messages of trades left out are understood by the learnt layer alone."""
    found: dict[str, list[tuple[str, str]]] = {"intent": [], "feeling": [], "tongue": []}
    for fold in range(FOLDS):
        left_out = [message for message in messages if crc32(message.trade.encode()) % FOLDS == fold]
        weights, bias = learn([message for message in messages if crc32(message.trade.encode()) % FOLDS != fold])
        meant = features([m.words for m in left_out]) @ weights.T + bias
        latin = [message for message in left_out if message.latin]
        spelled = features([m.latin for m in latin]) @ weights.T + bias
        lanes = np.array(LANES)
        first, second = len(INTENTS), len(INTENTS) + len(FEELINGS)
        found["intent"] += zip((m.intent for m in left_out), lanes[:first][meant[:, :first].argmax(1)], strict=True)
        found["feeling"] += zip(
            (m.feeling for m in left_out), lanes[first:second][meant[:, first:second].argmax(1)], strict=True
        )
        found["tongue"] += zip((m.tongue for m in latin), lanes[second:][spelled[:, second:].argmax(1)], strict=True)
    for part, pairs in found.items():
        gold, said = zip(*pairs, strict=True)
        right = sum(one == other for one, other in pairs) / len(pairs)
        print(f"{part}: {len(pairs)} messages, right {right:.3f}, macro-F1 {f1_score(gold, said, average='macro'):.3f}")


def main() -> int:
    """Learn, and write or check."""
    parser = argparse.ArgumentParser(description="Learn the layer beneath the lexicons.")
    parser.add_argument("--check", action="store_true", help="leave trades out and say how well they are understood")
    wanted = parser.parse_args()
    messages = read_messages()
    print(f"{len(messages)} messages")
    if wanted.check:
        check(messages)
    else:
        weights, bias = learn(messages)
        PATH.write_bytes(written(weights, bias))
        print(f"{PATH.name}: {PATH.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

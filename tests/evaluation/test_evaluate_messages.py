from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from callcenter.analysis import Evidence, analyze, default_lexicons
from callcenter.calls import Sentiment
from callcenter.evaluation.labels import Part, read_labelled
from callcenter.evaluation.messages import Evaluation, Verdict, compare, evaluate

pytestmark = pytest.mark.unit

ANGRY = "الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً"
PRICE = "What's the pricing for platform development?"
HOURS = "ما هي ساعات العمل لديكم؟"
NUMBER = "7474839"


def measured(*lines: Mapping[str, object], by: str | None = None) -> Evaluation:
    return evaluate(read_labelled([json.dumps(line).encode() for line in lines], "-", by=by), default_lexicons())


def test_each_part_is_judged_by_its_own_verdict():
    found = measured(
        {"text": ANGRY, "persona": "complaints", "sentiment": "angry", "language": "ar", "kind": "ar"},
        {"text": PRICE, "persona": "sales", "intent": "sales_interest", "language": "en", "kind": "en"},
        {"text": HOURS, "persona": "reception", "intent": "information", "sentiment": "neutral"},
        {"text": NUMBER, "language": "unknown", "kind": "unknown"},
    )
    assert {part: scores.items for part, scores in found.report.parts.items()} == {
        Part.persona: 3,
        Part.intent: 2,
        Part.sentiment: 2,
        Part.language: 3,
        Part.kind: 3,
    }
    assert {scores.accuracy for scores in found.report.parts.values()} == {1.0}
    assert not any(found.mistakes.values())


@pytest.mark.parametrize(("text", "kind"), [("kam el se3r bel shahr?", "arabizi"), (ANGRY, "ar"), (PRICE, "en")])
def test_wrong_labels_are_mistakes_of_each_part(text, kind):
    """Whatever is labelled wrongly is a mistake: the verdict is the product's, never the label's."""
    found = measured(
        {"text": text, "persona": "reception", "intent": "goodbye", "language": "unknown", "kind": "mixed"}
    )
    assert {scores.accuracy for scores in found.report.parts.values()} == {0.0}
    assert {part: len(wrong) for part, wrong in found.mistakes.items()} == dict.fromkeys(found.report.parts, 1)
    assert found.mistakes[Part.kind][0].predicted == kind


def test_persona_is_the_one_a_fresh_call_goes_to():
    """Labels of the persona neither need nor follow one of the intent."""
    found = measured({"text": ANGRY, "persona": "sales", "intent": None}, {"text": PRICE, "persona": "sales"})
    assert found.report.parts[Part.persona].confusion == {"sales": {"sales": 1, "complaints": 1}}
    assert set(found.report.parts) == {Part.persona}


def test_mistakes_come_with_the_words_they_rest_on():
    found = measured({"text": PRICE, "intent": "other"}, {"text": ANGRY, "sentiment": "positive", "persona": "sales"})
    (wrong,) = found.mistakes[Part.intent]
    verdict = analyze(PRICE, default_lexicons()).intent
    assert (wrong.line, wrong.text, wrong.labels, wrong.predicted) == (1, PRICE, ("other",), "sales_interest")
    assert (wrong.confidence, wrong.reason, wrong.evidence) == (verdict.confidence, verdict.reasoning, verdict.evidence)

    (felt,), (routed,) = found.mistakes[Part.sentiment], found.mistakes[Part.persona]
    assert "غاضب" in " ".join(cited.text for cited in felt.evidence)
    assert (routed.reason, routed.evidence) == ("sentiment.angry", felt.evidence)


def test_most_confident_mistakes_come_first_and_equals_as_in_the_file():
    texts = ["hello, i have a issue", PRICE, ANGRY, PRICE]
    wrong = measured(*({"text": text, "intent": "goodbye"} for text in texts)).mistakes[Part.intent]
    assert sorted((-each.confidence, each.line) for each in wrong) == [(-each.confidence, each.line) for each in wrong]
    assert len({each.confidence for each in wrong}) == 3
    assert [each.line for each in wrong if each.text == PRICE] == [2, 4]


def verdict(label: str) -> Verdict:
    return Verdict(label, 0.7, "some reason", (Evidence(start=0, end=1, text="x", cue="x", rule="r", weight=1),))


@pytest.mark.parametrize("said", Sentiment)
@pytest.mark.parametrize("labels", [("positive",), ("neutral",), ("negative",), ("neutral", "negative")])
def test_verdict_is_folded_where_labels_know_three_sentiments(said, labels):
    coarse = {"very_positive": "positive", "frustrated": "negative", "angry": "negative"}.get(said, said)
    found = compare(Part.sentiment, labels, verdict(said))
    assert found.predicted == coarse
    assert (found.gold == found.predicted) is (coarse in labels)


@pytest.mark.parametrize("said", Sentiment)
@pytest.mark.parametrize("labels", [("very_positive",), ("frustrated",), ("angry",), ("negative", "frustrated")])
def test_verdict_is_compared_as_is_where_a_label_is_finer(said, labels):
    found = compare(Part.sentiment, labels, verdict(said))
    assert found.predicted == said
    assert (found.gold == found.predicted) is (said in labels)


def test_finer_and_coarse_lines_of_one_file_are_compared_each_in_its_way():
    found = measured({"text": ANGRY, "sentiment": "negative"}, {"text": ANGRY, "sentiment": "frustrated"})
    assert found.report.parts[Part.sentiment].confusion == {"negative": {"negative": 1}, "frustrated": {"angry": 1}}


@pytest.mark.parametrize(
    ("said", "gold"), [("complaint", "complaint"), ("technical_support", "technical_support"), ("other", "complaint")]
)
def test_any_of_several_labels_is_right_and_the_first_counts_otherwise(said, gold):
    found = compare(Part.intent, ("complaint", "technical_support"), verdict(said))
    assert (found.gold, found.predicted, found.confidence) == (gold, said, 0.7)


def test_split_has_the_shape_of_the_whole_most_frequent_first():
    lines: list[dict[str, object]] = [
        {"text": PRICE, "intent": "other", "source": "بريد"},
        {"text": HOURS, "intent": "information"},
        {"text": HOURS, "kind": "ar"},
    ]
    document = measured(*lines, by="source").report.document()
    assert list(document) == ["items", "intent", "kind", "by"]
    assert document["by"] == {
        "-": measured(*lines[1:]).report.document(),
        "بريد": measured(lines[0]).report.document(),
    }
    assert list(document["by"]) == ["-", "بريد"]
    assert "by" not in measured(*lines).report.document()


def test_sender_s_language_is_not_assumed():
    found = measured({"text": NUMBER, "language": "ar"}, {"text": NUMBER, "language": "en"})
    assert found.report.parts[Part.language].confusion == {"ar": {"unknown": 1}, "en": {"unknown": 1}}

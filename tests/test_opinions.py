"""What is doubted, and whose verdict stands: single rules in both languages, and what always holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.analysis import analyze, default_lexicons
from callcenter.analysis.models import Evidence, IntentCandidate, MessageAnalysis
from callcenter.calls import ConversationIntent, ConversationState, Language, Sentiment, TokenUsage, fresh_call
from callcenter.opinions import Doubt, ModelVerdict, NoVerdict, doubt, quoted, settle
from callcenter.routing import DoubtReason, RoutingPolicy, Winner, decide
from tests.factories import NOON, analysis

pytestmark = pytest.mark.unit

POLICY = RoutingPolicy()
DOUBT = Doubt(because=DoubtReason.contradiction, reasoning="close")
USAGE = TokenUsage(input_tokens=400, output_tokens=40)
COMPLAINT = ConversationIntent.complaint
SALES = ConversationIntent.sales_interest
HUMAN = ConversationIntent.human_request

TEXTS = {Language.ar: "المكنسة تطلع صوت غريب من أول يوم", Language.en: "the vacuum makes a strange noise since day one"}
QUOTES = {Language.ar: "صوت غريب", Language.en: "strange noise"}


def state(**facts: object) -> ConversationState:
    return fresh_call(Language.en, NOON).altered(facts)


def said(
    intent: ConversationIntent = ConversationIntent.information,
    confidence: float = 0.5,
    *,
    others: tuple[tuple[ConversationIntent, float], ...] = (),
    sentiment: Sentiment = Sentiment.neutral,
    guessed: bool = False,
    question: bool = False,
    words: int = 7,
) -> MessageAnalysis:
    whole = analysis(intent=intent, sentiment=sentiment)
    rule = f"learnt.{intent}" if guessed else f"{intent}.cue"
    evidence = (Evidence(start=0, end=3, text="the", cue="the", rule=rule, weight=1.0),)
    rivals = tuple(IntentCandidate(intent=each, score=1, confidence=sure, evidence=()) for each, sure in others)
    return whole.altered(
        {
            "intent": whole.intent.altered({"confidence": confidence, "evidence": evidence, "others": rivals}),
            "language": whole.language.altered({"words": words}),
            "question": whole.question.altered({"is_question": question}),
        }
    )


def verdict(
    intent: ConversationIntent = COMPLAINT, confidence: float = 0.9, words: tuple[str, ...] = ("strange noise",)
) -> ModelVerdict:
    return ModelVerdict(intent=intent, confidence=confidence, words=words, reasoning="it is broken", usage=USAGE)


def because(understood: MessageAnalysis, **facts: object) -> DoubtReason | None:
    found = doubt(state(**facts), understood)
    return found.because if found else None


@pytest.mark.parametrize(("confidence", "doubted"), [(0.29, True), (0.3, False), (0.9, False)])
def test_a_faint_intent_is_doubted(confidence, doubted):
    assert because(said(confidence=confidence)) == (DoubtReason.low_confidence if doubted else None)


def test_a_verdict_that_routing_takes_for_a_guess_is_doubted():
    policy = RoutingPolicy(min_learnt_confidence=0.5)
    found = doubt(state(), said(confidence=0.45, guessed=True), policy)
    assert found
    assert found.because is DoubtReason.low_confidence
    assert doubt(state(), said(confidence=0.45), policy) is None


@pytest.mark.parametrize(("rival", "doubted"), [(0.5, True), (0.36, True), (0.35, False), (0.2, False)])
def test_intents_of_two_personas_nearly_as_likely_are_doubted(rival, doubted):
    understood = said(confidence=0.5, others=((ConversationIntent.greeting, 0.5), (SALES, rival)))
    assert because(understood) == (DoubtReason.contradiction if doubted else None)


def test_two_intents_of_one_persona_are_no_contradiction():
    assert because(said(SALES, 0.5, others=((ConversationIntent.service_inquiry, 0.49),))) is None


@pytest.mark.parametrize(
    ("intent", "sentiment", "confidence", "doubted"),
    [
        (ConversationIntent.account_request, Sentiment.negative, 0.7, True),
        (ConversationIntent.account_request, Sentiment.negative, 0.8, False),
        (ConversationIntent.account_request, Sentiment.neutral, 0.7, False),
        (ConversationIntent.goodbye, Sentiment.negative, 0.7, False),
        (COMPLAINT, Sentiment.positive, 0.7, True),
        (COMPLAINT, Sentiment.neutral, 0.7, True),
        (COMPLAINT, Sentiment.negative, 0.7, False),
        (COMPLAINT, Sentiment.positive, 0.8, False),
    ],
)
def test_a_mood_that_speaks_against_the_intent_is_doubted(intent, sentiment, confidence, doubted):
    found = because(said(intent, confidence, sentiment=sentiment))
    assert found == (DoubtReason.contradiction if doubted else None)


@pytest.mark.parametrize("sentiment", [Sentiment.frustrated, Sentiment.angry])
def test_an_upset_customer_is_escalated_without_a_second_opinion(sentiment):
    assert because(said(confidence=0.1, sentiment=sentiment)) is None


def test_a_request_for_a_human_is_not_doubted():
    assert because(said(HUMAN, 0.25)) is None
    assert because(said(confidence=0.25, others=((HUMAN, 0.3),))) is None
    assert because(said(confidence=0.25, others=((HUMAN, 0.1),))) is DoubtReason.low_confidence


@pytest.mark.parametrize(("words", "doubted"), [(0, False), (2, False), (3, True)])
def test_too_few_words_are_not_doubted(words, doubted):
    assert (because(said(confidence=0.1, words=words)) is not None) is doubted


def test_while_a_persona_collects_only_questions_are_doubted():
    assert because(said(confidence=0.1), collecting=True) is None
    assert because(said(confidence=0.1, question=True), collecting=True) is DoubtReason.low_confidence


@pytest.mark.parametrize(
    "text",
    [
        *("hello", "good morning", "yes please", "thanks a lot", "ORD-5512", "can I talk to a human?", "speak English"),
        *("my order arrived broken", "how much is the blue one?", "I don't have an order number"),
        *("مرحبا", "صباح الخير", "نعم", "شكرا جزيلا", "٥٥١٢", "أريد التحدث مع موظف", "تكلم عربي"),
        *("وصل الطلب مكسور", "كم سعر الباقة؟", "ما عندي رقم الطلب"),
    ],
)
def test_everyday_messages_are_not_doubted(text):
    assert doubt(state(), analyze(text, default_lexicons())) is None


@pytest.mark.parametrize(
    "text", ["can your hosting run node apps or is it php only", "بتنضفوا سجاد وستاير ولا هدوم بس؟"]
)
def test_a_message_between_two_personas_is_doubted(text):
    found = doubt(state(), analyze(text, default_lexicons()))
    assert found
    assert found.because is DoubtReason.contradiction
    assert found.reasoning


@pytest.mark.parametrize("language", Language)
def test_a_sure_model_that_quotes_the_message_wins(language):
    text, rules = TEXTS[language], said()
    stands, opinion = settle(text, rules, verdict(words=(QUOTES[language],)), DOUBT)
    assert stands.intent.intent is COMPLAINT
    assert stands.intent.confidence == 0.9
    assert stands.intent.keywords == (QUOTES[language],)
    (cited,) = stands.intent.evidence
    assert text[cited.start : cited.end] == cited.text == QUOTES[language]
    assert cited.rule == "model.complaint"
    assert not stands.intent.guessed
    assert "information (0.50)" in stands.intent.reasoning
    assert stands.altered({"intent": rules.intent}) == rules
    assert (opinion.winner, opinion.reason) == (Winner.model, "model_surer")
    assert (opinion.rules_intent, opinion.rules_confidence) == (ConversationIntent.information, 0.5)
    assert (opinion.intent, opinion.confidence, opinion.usage) == (COMPLAINT, 0.9, USAGE)
    assert opinion.asked_because is DoubtReason.contradiction


def test_what_the_rules_said_stays_beside_the_models_verdict():
    rules = said(others=((COMPLAINT, 0.4), (SALES, 0.3)))
    stands, _ = settle(TEXTS[Language.en], rules, verdict(), DOUBT)
    assert [each.intent for each in stands.intent.others] == [ConversationIntent.information, SALES]


def test_routing_follows_the_model_where_it_wins():
    rules = said()
    stands, opinion = settle(TEXTS[Language.en], rules, verdict(), DOUBT)
    decision = decide(state(), stands).altered({"opinion": opinion})
    assert decision.rule == "intent.complaint"
    assert decision.matched == ("strange noise",)
    assert type(decision).model_validate_json(decision.model_dump_json()) == decision


@pytest.mark.parametrize(
    ("given_verdict", "reason"),
    [
        (verdict(confidence=0.59), "model_unsure"),
        (verdict(ConversationIntent.information), "agreed"),
        (verdict(words=("broken pump",)), "words_not_in_message"),
        (verdict(words=("strange noise", "broken pump")), "words_not_in_message"),
        (verdict(words=()), "words_not_in_message"),
        (NoVerdict(reason="total_timeout"), "total_timeout"),
        (NoVerdict(reason="garbled", usage=USAGE), "garbled"),
    ],
)
def test_otherwise_the_rules_stand(given_verdict, reason):
    rules = said()
    stands, opinion = settle(TEXTS[Language.en], rules, given_verdict, DOUBT)
    assert stands is rules
    assert (opinion.winner, opinion.reason, opinion.usage) == (Winner.rules, reason, given_verdict.usage)


def test_a_model_just_sure_enough_wins():
    assert settle(TEXTS[Language.en], said(), verdict(confidence=0.6), DOUBT)[1].winner is Winner.model


def test_a_model_less_sure_than_the_rules_does_not_win():
    rules = said(confidence=0.7)
    assert settle(TEXTS[Language.en], rules, verdict(confidence=0.69), DOUBT)[1].reason == "model_unsure"
    assert settle(TEXTS[Language.en], rules, verdict(confidence=0.7), DOUBT)[1].winner is Winner.model


def test_a_guess_the_model_shares_is_a_verdict_from_then_on():
    rules = said(COMPLAINT, 0.2, guessed=True)
    stands, opinion = settle(TEXTS[Language.en], rules, verdict(), DOUBT)
    assert opinion.winner is Winner.model
    assert POLICY.heard(stands, has_ticket=False) is COMPLAINT
    assert stands.intent.others == ()


def test_a_model_takes_no_request_for_a_human_away():
    rules = said(HUMAN, 0.5)
    assert settle(TEXTS[Language.en], rules, verdict(), DOUBT)[1].reason == "human_request_stands"
    guess = said(HUMAN, 0.5, guessed=True)
    assert settle(TEXTS[Language.en], guess, verdict(), DOUBT)[1].winner is Winner.model


def test_a_model_does_not_calm_an_upset_customer():
    rules = said(sentiment=Sentiment.angry)
    assert settle(TEXTS[Language.en], rules, verdict(SALES), DOUBT)[1].reason == "upset_stands"
    stands, _ = settle(TEXTS[Language.en], rules, verdict(COMPLAINT), DOUBT)
    assert decide(state(), stands).escalation_needed


@pytest.mark.parametrize(
    ("text", "quotation", "cited"),
    [
        ("The  LID is cracked!", "the lid", "The  LID"),
        ("The lid is cracked", "“lid is cracked.”", "lid is cracked"),
        ("I know, no refund", "no", "no"),
        ("it kept on raining", "rain", "raining"),
        ("وصلني الطلبُ مكسوراً", "الطلب مكسورا", "الطلبُ مكسوراً"),
        ("الخدمة سيئة والطلب ناقص", "الطلب ناقص", "والطلب ناقص"),
        ("طلبي رقم ٥٥١٢ لم يصل", "5512", "٥٥١٢"),
    ],
)
def test_quotations_are_found_as_whole_words(text, quotation, cited):
    ((start, end),) = quoted(text, (quotation,))
    assert text[start:end] == cited


@pytest.mark.parametrize(
    ("text", "quotation"),
    [
        ("I know nothing", "thi"),
        ("the lid", ""),
        ("the lid", "…"),
        ("the lid", "l"),
        ("وصل الطلب", "لم يصل"),
        ("", "lid"),
    ],
)
def test_what_does_not_stand_there_is_not_found(text, quotation):
    assert quoted(text, (quotation,)) == ()


confidences = st.floats(0, 1)
failures = st.builds(NoVerdict, reason=st.sampled_from(["total_timeout", "garbled", "refused", "empty"]))
opinions = st.builds(
    ModelVerdict,
    intent=st.sampled_from(ConversationIntent),
    confidence=confidences,
    words=st.lists(st.sampled_from([*QUOTES.values(), "the", "no such words"]), max_size=3).map(tuple),
    reasoning=st.just("because"),
    usage=st.just(USAGE),
)
rules_verdicts = st.builds(
    said,
    intent=st.sampled_from(ConversationIntent),
    confidence=confidences,
    sentiment=st.sampled_from(Sentiment),
    guessed=st.booleans(),
)


@given(rules_verdicts, st.one_of(failures, opinions), st.sampled_from(Language))
def test_unless_the_model_wins_the_analysis_is_the_very_same(rules, second, language):
    stands, opinion = settle(TEXTS[language], rules, second, DOUBT)
    assert (stands is rules) is (opinion.winner is Winner.rules)
    assert opinion.reason
    assert MessageAnalysis.model_validate(stands.model_dump()) == stands
    if isinstance(second, NoVerdict):
        assert stands is rules
    else:
        assert (opinion.intent, opinion.confidence) == (second.intent, second.confidence)


@given(rules_verdicts, opinions, st.sampled_from(Language))
def test_no_opinion_takes_a_human_or_an_escalation_away(rules, second, language):
    before, after = decide(state(), rules), decide(state(), settle(TEXTS[language], rules, second, DOUBT)[0])
    assert after.escalation_needed is before.escalation_needed
    assert after.transfer_to_human or not before.transfer_to_human or rules.intent.guessed


@given(st.text(max_size=60), st.text(max_size=10))
def test_every_citation_stands_in_the_message(text, quotation):
    for start, end in quoted(text, (quotation,)):
        assert 0 <= start < end <= len(text)

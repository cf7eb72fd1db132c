from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.calls import Sentiment

if TYPE_CHECKING:
    from collections.abc import Callable

    from callcenter.analysis import MessageAnalysis

    Read = Callable[[str], MessageAnalysis]

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("good", Sentiment.positive),
        ("جيد", Sentiment.positive),
        ("absolutely excellent", Sentiment.very_positive),
        ("ممتاز جداً", Sentiment.very_positive),
        ("not good", Sentiment.negative),
        ("مش كويس", Sentiment.negative),
        ("the chair is brown", Sentiment.neutral),
        ("الكرسي بني", Sentiment.neutral),
        ("the food was nice but the waiter was slow and rude", Sentiment.negative),
        ("الأكل حلو بس الخدمة سيئة", Sentiment.negative),
        ("tired of this, third time I call", Sentiment.frustrated),
        ("ثالث مرة أتصل وزهقت", Sentiment.frustrated),
        ("you are thieves", Sentiment.angry),
        ("أنتم نصابين", Sentiment.angry),
        ("I will sue you", Sentiment.angry),
        ("سأرفع قضية وأنا متضايق", Sentiment.angry),
        ("I am not angry", Sentiment.neutral),
        ("لست غاضبا", Sentiment.neutral),
    ],
)
def test_feeling_is_read(read: Read, text: str, sentiment: Sentiment) -> None:
    assert read(text).sentiment.sentiment is sentiment


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ("it is good", "it is very good"),
        ("الخدمة جيدة", "الخدمة جيدة جدا"),
        ("a bit slow", "slow"),
        ("slow", "very slow"),
    ],
)
def test_degrees_change_the_strength(read: Read, weaker: str, stronger: str) -> None:
    assert abs(read(weaker).sentiment.score) < abs(read(stronger).sentiment.score)


def test_contrast_leans_to_what_follows(read: Read) -> None:
    assert read("good but slow").sentiment.score < 0 < read("slow but good").sentiment.score


def test_not_bad_is_not_negative(read: Read) -> None:
    assert read("not bad").sentiment.score > 0


def test_shouting_adds_anger_to_displeasure_only(read: Read) -> None:
    assert read("THIS IS TERRIBLE AND BROKEN!!!").sentiment.score < read("this is terrible and broken").sentiment.score
    assert read("THANK YOU SO MUCH!!!").sentiment.score > 0


def test_every_indicator_is_cited(read: Read) -> None:
    found = read("خدمة ممتازة وموظفين محترمين").sentiment
    assert found.emotion_indicators == ("ممتازة", "محترمين")


@pytest.mark.parametrize(
    "text",
    [
        "my parcel is lost again, well done",
        "the blender broke after one day, what amazing quality",
        "lost my suitcase for the third time, bravo",
        "the app crashes every time, brilliant work",
        "الطلب ضاع مرة ثانية، برافو عليكم",
        "التطبيق يعلق كل مرة، شغل ممتاز",
        "ضيعتوا شنطتي للمرة الثالثة، برافو",
        "لسه الفلوس مرجعتش بعد شهرين، شركة محترمة",
        "المكنة باظت تاني يوم، جودة عالية فعلا",
        "الجهاز خرب بعد يوم واحد، جودة رائعة",
    ],
)
def test_praise_beside_a_failure_is_no_joy(read: Read, text: str) -> None:
    found = read(text).sentiment
    assert found.sentiment.valence < 0
    assert found.score < 0


@pytest.mark.parametrize(
    "text",
    ["great service, everything works now", "what a wonderful service", "خدمة رائعة فعلا", "شغل ممتاز، برافو عليكم"],
)
def test_the_same_praise_by_itself_is_joy(read: Read, text: str) -> None:
    assert read(text).sentiment.sentiment.valence > 0


@pytest.mark.parametrize(
    "text",
    [
        "I am not angry",
        "I'm not angry, I just want to know when it opens",
        "I am not upset",
        "I'm not frustrated, only asking",
        "لست غاضبا",
        "لست محبطا",
        "أنا مش زعلان",
        "مو معصب",
        "ما انا زعلان",
        "أنا مو زعلان منكم",
        "mesh za3lan",
    ],
)
def test_a_bad_feeling_denied_is_none(read: Read, text: str) -> None:
    assert read(text).sentiment.sentiment is Sentiment.neutral


@pytest.mark.parametrize("text", ["not bad at all", "مش سيء", "مو سيئة الخدمة"])
def test_not_bad_is_never_bad(read: Read, text: str) -> None:
    assert read(text).sentiment.sentiment.valence >= 0


@pytest.mark.parametrize(
    ("bad_last", "good_last"),
    [
        ("the room was clean but the staff were rude", "the staff were rude but the room was clean"),
        ("the food is tasty but the delivery is slow", "the delivery is slow but the food is tasty"),
        ("الأكل حلو بس التوصيل سيء", "التوصيل سيء بس الأكل حلو"),
        ("الغرفة نظيفة لكن الموظفين وقحين", "الموظفين وقحين لكن الغرفة نظيفة"),
    ],
)
def test_what_follows_a_contrast_counts_for_more(read: Read, bad_last: str, good_last: str) -> None:
    assert read(bad_last).sentiment.score < read(good_last).sentiment.score
    assert read(bad_last).sentiment.sentiment.valence < 0


@pytest.mark.parametrize(
    "text",
    [
        "the soup was cold",
        "my parcel is late",
        "my coffee arrived cold",
        "one button is missing from the shirt",
        "the delivery was a day late",
        "the fridge stopped cooling",
        "الطرد متأخر",
        "الاوردر ناقص قطعة",
        "القهوة وصلت باردة",
        "الطلبية تأخرت يوم",
        "الكيكة وصلت مكسورة",
        "الثلاجة لا تبرد",
        "el net mesh shaghal",
        "wein talabi",
    ],
)
def test_a_fault_plainly_told_displeases_and_no_more(read: Read, text: str) -> None:
    assert read(text).sentiment.sentiment is Sentiment.negative


@pytest.mark.parametrize(
    "text",
    [
        "I have called five times and nobody helps",
        "still nothing after a month of promises, I give up",
        "I keep calling and keep repeating myself, I'm fed up",
        "this is the third time I report the same leak and nothing happens",
        "I am sick and tired of waiting for your technician",
        "how many times do I have to call you?",
        "للمرة الثالثة أبلغ عن نفس العطل ومحد جا",
        "طفح الكيل من كثر الوعود",
        "تعبت من الانتظار",
        "تعبت من كثر ما أتصل عليكم",
        "كل يوم تقولون بكرة، تعبت",
        "كل يوم تقولولي بكره وانا زهقت",
        "بقالي شهر بكلمكم ومفيش فايدة",
        "هاي رابع مرة بشرحلكم نفس الموضوع",
        "زهقت من الانتظار كل يوم بتقولولي بكرا",
        "عييت من الانتظار",
        "مليت من الانتظار وكل مرة نفس الكلام",
        "b2aly shahr bakalemko w kol yom te2olo bokra",
        "wallah ta3abt men el entezar",
    ],
)
def test_waiting_and_repeating_oneself_wears_out(read: Read, text: str) -> None:
    assert read(text).sentiment.sentiment is Sentiment.frustrated


@pytest.mark.parametrize(
    "text",
    [
        "you stole my money, I will sue you",
        "this is a scam, give me my money back NOW!!!",
        "your company is a disgrace, I'm reporting you to the police",
        "how dare you take my money, you crooks",
        "I will take you to court",
        "go to hell with your company",
        "حسبي الله ونعم الوكيل فيكم يا نصابين",
        "أنتم شركة نصابة وسأقاضيكم",
        "هذا نصب واحتيال، بشتكيكم بالتجارة",
        "الله لا يوفقكم يا كذابين",
        "انتو حرامية وهرفع عليكم قضية",
        "هشتكيكم في حماية المستهلك يا نصابين",
        "شركة زبالة وموظفين حمير",
        "والله غير نرفع عليكم دعوى يا الشفارة",
        "راكم شفارة",
        "entu 7aramya w nasabeen",
    ],
)
def test_insults_and_threats_are_anger(read: Read, text: str) -> None:
    found = read(text).sentiment
    assert found.sentiment is Sentiment.angry
    assert found.score < -0.5


def test_without_a_word_for_it_anger_cites_what_was_learnt(read: Read) -> None:
    """What leads to an escalation is cited, and from the message."""
    text = "go to hell with your company"
    found = read(text).sentiment
    assert found.evidence
    assert all(text[cited.start : cited.end] == cited.text for cited in found.evidence)
    assert all(cited.weight < 0 for cited in found.evidence)


@pytest.mark.parametrize(
    "text", ["", "😐", "7474839", "the bus stop is opposite the bank", "متى تفتحون", "bkam el wa7da"]
)
def test_a_calm_message_has_no_indicator(read: Read, text: str) -> None:
    found = read(text).sentiment
    assert found.sentiment is Sentiment.neutral
    assert found.emotion_indicators == ()
    assert -0.35 < found.score < 0.35


@pytest.mark.parametrize("sentiment", list(Sentiment))
def test_score_and_class_agree(read: Read, sentiment: Sentiment) -> None:
    texts = {
        Sentiment.angry: "you are liars and I will sue you",
        Sentiment.frustrated: "I am fed up with waiting",
        Sentiment.negative: "the soup was cold",
        Sentiment.neutral: "when do you open",
        Sentiment.positive: "the soup was good",
        Sentiment.very_positive: "the soup was absolutely excellent, I love it",
    }
    found = read(texts[sentiment]).sentiment
    assert found.sentiment is sentiment
    assert (found.score > 0.05) - (found.score < -0.05) == (sentiment.valence > 0) - (sentiment.valence < 0)

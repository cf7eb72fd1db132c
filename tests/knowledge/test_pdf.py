"""PDFs as documents: Arabic in the order it is read, whoever drew it; and what holds no text, or means no good."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from bidi import get_display  # type: ignore[import-untyped] # it comes without types

from callcenter.errors import DocumentUnreadable
from callcenter.knowledge.documents import read_document
from callcenter.knowledge.pdf import read_pdf
from callcenter.knowledge.pdf_lines import Glyph, logical, runs_from_right, with_signs
from tests.knowledge.pdfs import pdf

pytestmark = pytest.mark.unit

PRINTED = Path(__file__).parents[1] / "data" / "payment.ar.pdf"
"""Printed by a browser, with shaped letters, ligatures and vowel signs."""

LINES = [
    "لإلغاء الطلب أرسلوا رقمه إلينا",
    "أرسلوه إلى hello@ornina.example خلال 14 يوما",
    "اتصلوا على +966 11 000 0000 الآن",
    "من الساعة 9:00 إلى 18:00",
    "المبلغ 20,000 ريال أي 50% منه (تقريبا).",
    "رقم الطلب ORD1001 بتاريخ ٢٠٢٦/١١/٢٢",
    "نقبل Visa و Mastercard فقط",
    "To cancel an order, send its number (4471) to us.",
    "The word طلب means order.",
    "Write to us: 14 days, 50%.",
]


def drawn(line: str) -> list[Glyph]:
    """Return a line as a program that knows the Unicode algorithm draws it."""
    return [Glyph(char, place * 6, place * 6 + 6, 12) for place, char in enumerate(get_display(line))]


@pytest.mark.parametrize("line", LINES)
def test_what_is_drawn_is_read_as_it_was_written(line):
    glyphs = drawn(line)
    assert logical(glyphs, from_right=runs_from_right([glyphs])) == line


@pytest.mark.parametrize("line", LINES)
async def test_a_pdf_is_read_as_it_was_written(line):
    assert await read_pdf(pdf([list(get_display(line))])) == line


async def test_a_pdf_printed_by_a_browser_is_read_as_it_was_written():
    text = await read_pdf(PRINTED.read_bytes())
    assert text.startswith("طرق الدفع والاسترداد\n\nنقبل بطاقات مدى و Visa و Mastercard عبر رابط دفع آمن [اختياري].")
    for told in (
        "اتصلوا على +966 11 000 0000 من الساعة 9:00 إلى",
        "المشاريع حتى 20,000 ريال: 50% عند التعاقد و50% عند التسليم (أي 10,000.50 ريال).",
        "للتفاصيل، أو راسلوا hello@ornina.example خلال 14 يومًا.",
        "رقم الطلب ORD1001 بتاريخ ٢٠٢٦/١١/٢٢ «مؤكد» ويُعاد المبلغ كاملًا.",
    ):
        assert told in text
    article, _ = read_document(text.encode(), "text/plain")
    assert article.title == "طرق الدفع والاسترداد"


def test_shapes_and_ligatures_become_plain_letters():
    glyphs = [Glyph(char, place * 6, place * 6 + 6, 12) for place, char in enumerate("ءﺎﻐﻟإ ﻻ")]
    read = logical([each for each in with_signs(glyphs) if each], from_right=True)
    assert read == "لا إلغاء"


@pytest.mark.parametrize("order", ["a sign before its letter", "a letter before its sign"])
def test_a_vowel_sign_stays_with_its_letter(order):
    sign, letter = Glyph("\u064f", 14, 14, 12), Glyph("ي", 12, 18, 12)
    pair = [sign, letter] if order.startswith("a sign") else [letter, sign]
    glyphs = [Glyph("د", 0, 6, 12), Glyph("ا", 6, 8, 12), Glyph("ع", 8, 12, 12), *pair]
    assert logical([each for each in with_signs(glyphs) if each], from_right=True) == "يُعاد"


def test_words_without_blanks_between_them_are_parted_by_their_distance():
    glyphs = [Glyph("a", 0, 6, 12), Glyph("b", 6, 12, 12), Glyph("c", 18, 24, 12)]
    assert logical(glyphs, from_right=False) == "ab c"


async def test_pages_follow_each_other_and_lines_apart_are_paragraphs():
    text = await read_pdf(pdf([list("One."), list("Two.")], [list("Three.")]))
    assert text == "One.\n\nTwo.\n\nThree."


async def test_so_many_pages_are_read_and_no_more():
    text = await read_pdf(pdf(*([list(f"Page {number}")] for number in range(1, 71))))
    assert text.endswith("Page 60")


def bomb() -> bytes:
    """Return a PDF whose page is a hundred times larger than it looks."""
    packed = zlib.compress(b"BT /F 12 Tf <0001> Tj ET\n" * 4_000_000, 9)
    made = pdf([list("x")])
    start = made.rindex(b"<< /Length")
    stop = made.rindex(b"endstream")
    head = f"<< /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode()
    return made[:start] + head + packed + b"\n" + made[stop:]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (pdf([]), "holds no text"),
        (pdf([[" "]]), "holds no text"),
        (pdf([list("secret")], encrypt=True), "locked with a password"),
        (b"%PDF-1.7 and nothing", "can't be read"),
        (b"no pdf at all", "can't be read"),
        (b"", "can't be read"),
        (pdf([list("cut off")])[:200], "can't be read"),
    ],
)
async def test_what_can_not_be_read_is_refused_with_a_sentence(content, why):
    with pytest.raises(DocumentUnreadable, match=why):
        await read_pdf(content)


async def test_a_pdf_that_never_ends_is_given_up():
    with pytest.raises(DocumentUnreadable, match="too long"):
        await read_pdf(bomb(), seconds=1)

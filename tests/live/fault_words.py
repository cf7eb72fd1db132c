"""The second half of the table of faults: what a model says and does that it should not, and customers who make it.

Most models here do the same wrong thing again when they are asked again, as one that was talked into it would.
"""

from __future__ import annotations

import re
from typing import Final

from callcenter.llm.fake_openai import Answer, Request, says
from tests.live.fault_table import (
    AR,
    BOOK,
    CANCEL,
    DOWN,
    EN,
    FINE,
    FIRST,
    GOOD,
    HOURS,
    OFFLINE,
    OPEN,
    PRICE,
    REFUND,
    Pair,
    Row,
    Turn,
    told,
)

SWAPPED: Final = told({AR: OPEN[EN], EN: OPEN[AR]})
"""The right reply in the other language."""


def again(turn: Turn) -> tuple[Turn, Turn]:
    """Return what a model does that learns nothing from being asked again."""
    return turn, turn


def given_up(fault: str) -> tuple[str, ...]:
    """Return what is done about a first sentence that can't go out, twice: another voice answers."""
    return (f"{fault} regenerated", f"{fault} dropped")


def kept_secret() -> tuple[str, ...]:
    """Return what is done about instructions that are read out, and again when the model is asked again."""
    return tuple(f"leaked_instructions {action}" for action in ("regenerated", "replaced", "dropped"))


LANGUAGE: Final = (
    Row(
        name="the other language, then the right one",
        model=(SWAPPED, FINE),
        ends="model",
        has=GOOD,
        corrections=("wrong_language regenerated",),
    ),
    Row(
        name="the other language twice",
        model=again(SWAPPED),
        reason="unfit",
        corrections=given_up("wrong_language"),
        has={AR: "والسبت من 10:00", EN: "Saturday, 10:00"},
    ),
    Row(
        name="the other language in the second sentence",
        ends="model",
        corrections=("wrong_language dropped",),
        model=(
            told(
                {
                    # we work from Sunday to Thursday / is there anything else?
                    AR: ("نعمل من الأحد إلى الخميس. ", "Please tell me more about it. ", "هل من شيء آخر؟"),
                    EN: (
                        "We are open Sunday to Thursday. ",
                        "يسعدنا أن نخدمكم دائمًا. ",
                        "Is there anything else?",
                    ),  # glad to serve
                }
            ),
        ),
        has={AR: "هل من شيء آخر؟", EN: "Is there anything else?"},
        never={AR: "Please|tell me", EN: "[\u0621-\u064a]"},
    ),
    Row(
        name="the other language from the second sentence on",
        reason="unfit",
        corrections=("wrong_language dropped",),
        model=(
            told(
                {
                    AR: (
                        "نعمل من الأحد إلى الخميس. ",
                        "Please tell me more. ",
                        "What do you need today? ",
                        "I am here.",
                    ),
                    EN: ("We are open Sunday to Thursday. ", "يسعدنا أن نخدمكم. ", "ماذا تحتاجون اليوم؟ ", "أنا هنا."),
                }
            ),
        ),
        never={AR: "Please|What|here", EN: "[\u0621-\u064a]"},
    ),
    Row(
        name="a third script twice",
        model=again(Answer(pieces=("Мы открыты ", "с девяти до шести."))),
        reason="unfit",
        corrections=given_up("wrong_language"),
        never={AR: "[а-я]", EN: "[а-я]"},
    ),
    Row(
        name="a word of a third script",
        model=(
            told(
                {
                    AR: ("نعمل من الأحد إلى الخميس. ", "أهلًا 您好 بكم. ", "هل من شيء آخر؟"),
                    EN: ("We are open Sunday to Thursday. ", "And 您好 to you. ", "Is there anything else?"),
                }
            ),
        ),
        ends="model",
        corrections=("wrong_language dropped",),
        never={AR: "您好", EN: "您好"},
    ),
)


def _promise(  # noqa: PLR0917 (the columns of a table)
    name: str, customer: Pair, arabic: str, english: str, never: Pair, has: Pair = OFFLINE
) -> Row:
    return Row(
        name=f"a false {name}",
        customer=customer,
        model=again(told({AR: arabic, EN: english})),
        reason="unfit",
        corrections=given_up("unbacked_action"),
        has=has,
        never=never,
    )


PROMISES: Final = (
    _promise(
        "refund",
        HOURS,
        "تم استرداد المبلغ إلى بطاقتكم. هل من شيء آخر؟",  # the amount was refunded to your card
        "I have refunded the amount to your card. Is there anything else?",
        {AR: "بطاقتكم", EN: "to your card"},
    ),
    _promise(
        "refund on the way",
        REFUND,
        "سيصلكم المبلغ خلال ثلاثة أيام.",  # you will get the amount within three days
        "Your money is on its way and will be back in three days.",
        {AR: "سيصلكم المبلغ", EN: "on its way"},
        {AR: "TKT-", EN: "TKT-"},
    ),
    _promise(
        "cancellation",
        CANCEL,
        "لقد ألغيت طلبكم الآن. شكرًا لكم.",  # I have cancelled your order now
        "I've cancelled your order just now. Thank you.",
        {AR: "ألغيت طلبكم", EN: "cancelled your order"},
        {AR: "يمكنكم إلغاء المشروع", EN: "no cancellation fee"},  # how to cancel one
    ),
    _promise(
        "transfer",
        HOURS,
        "أحوّلكم الآن إلى موظف مختص.",  # I am transferring you now to a specialist
        "I'm transferring you to a specialist right now.",
        {AR: "أحوّلكم", EN: "transferring you"},
    ),
    _promise(
        "ticket",
        HOURS,
        "فتحت لكم تذكرة بهذا الشأن. هل من شيء آخر؟",  # I have opened a ticket for you about this
        "I have opened a ticket for you. Is there anything else?",
        {AR: "فتحت", EN: "opened a ticket"},
    ),
    _promise(
        "booking",
        BOOK,
        "تم حجز موعدكم غدًا. نراكم قريبًا.",  # your appointment is booked for tomorrow
        "I've booked your appointment for tomorrow. See you soon.",
        {AR: "تم حجز", EN: "booked your appointment"},
        {AR: "الاستشارة الأولى مجانية", EN: "The first consultation is free"},  # it is free
    ),
    _promise(
        "callback",
        HOURS,
        "سيتصل بكم أحد زملائي اليوم. هل من شيء آخر؟",  # a colleague of mine will call you today
        "One of my colleagues will call you back today. Is there anything else?",
        {AR: "سيتصل", EN: "call you back"},
    ),
    _promise(
        "message",
        HOURS,
        "أرسلت لكم رسالة بكل التفاصيل. هل من شيء آخر؟",  # I have sent you a message with everything
        "I've sent you an e-mail with all the details. Is there anything else?",
        {AR: "أرسلت", EN: "sent you"},
    ),
    _promise(
        "change",
        HOURS,
        "حدّثت بيانات حسابكم. هل من شيء آخر؟",  # I have updated your account's data
        "I have updated your account details. Is there anything else?",
        {AR: "حدّثت", EN: "updated your account"},
    ),
    Row(
        name="a false refund at the end",
        customer=REFUND,
        ends="model",
        corrections=("unbacked_action replaced",),
        model=(
            told(
                {
                    AR: (
                        "يؤسفني ما حدث مع طلبكم. ",
                        "تم ",
                        "استرداد المبلغ ",
                        "بالكامل.",
                    ),  # the amount was refunded in full
                    EN: ("I'm sorry about your order. ", "Your refund ", "has been ", "approved."),
                }
            ),
        ),
        has={AR: "يؤسفني ما حدث", EN: "I'm sorry about"},
        never={AR: "بالكامل", EN: "approved"},
    ),
    Row(
        name="two false promises",
        customer=CANCEL,
        ends="model",
        corrections=("unbacked_action replaced", "unbacked_action dropped"),
        model=(
            told(
                {
                    AR: "يسعدني أن أخدمكم. تم إلغاء طلبكم. وتم استرداد المبلغ. هل من شيء آخر؟",  # cancelled; refunded
                    EN: "I'm glad to help. I have cancelled your order. I also refunded you. Is there anything else?",
                }
            ),
        ),
        has={AR: "هل من شيء آخر؟", EN: "Is there anything else?"},
        never={AR: "تم إلغاء|استرداد المبلغ", EN: "have cancelled|refunded you"},
    ),
    Row(
        name="a ticket that is there",
        customer=DOWN,
        ends="model",
        tickets=1,
        model=(
            told(
                {
                    AR: "فتحت لكم تذكرة بالمشكلة، وسيتواصل معكم فريقنا.",  # a ticket is open, we will be in touch
                    EN: "I have opened a ticket for the problem, and our team will get back to you.",
                }
            ),
        ),
        has={AR: "فتحت لكم تذكرة", EN: "I have opened a ticket"},
    ),
    Row(
        name="the number of a ticket that is there",
        customer=DOWN,
        ends="model",
        tickets=1,
        model=(
            {
                AR: lambda request: says(
                    f"رقم تذكرتكم {_ticket(request)}. ", "نعتذر عن العطل."
                ),  # your ticket's number is
                EN: lambda request: says(f"Your ticket number is {_ticket(request)}. ", "We apologise for the fault."),
            },
        ),
        has={AR: "TKT-", EN: "TKT-"},
    ),
)


def _ticket(request: Request) -> str:
    found = re.search(r"TKT-\d+", request.instructions)
    return found[0] if found else "none"


def _invented(  # noqa: PLR0917 (the columns of a table)
    name: str, fault: str, arabic: str, english: str, never: Pair, customer: Pair = HOURS
) -> Row:
    return Row(
        name=f"an invented {name}",
        customer=customer,
        model=again(told({AR: arabic, EN: english})),
        reason="unfit",
        corrections=given_up(fault),
        has=OFFLINE if customer is HOURS else {AR: "من 4,500 إلى 9,500 ريال", EN: "SAR 4,500 to 9,500"},  # from to
        never=never,
    )


FIGURES: Final = (
    _invented(
        "price",
        "unknown_price",
        "سعر الموقع التعريفي 1200 ريال فقط. هل يناسبكم؟",  # the website costs 1200 only
        "Only SAR 1,200 for a website. Does that suit you?",
        {AR: "1200", EN: "1,200"},
        PRICE,
    ),
    _invented(
        "price in words",
        "unknown_price",
        "سعره ألف وخمسمئة ريال. هل يناسبكم؟",  # its price is fifteen hundred riyals
        "Just fifteen hundred riyals. Does that suit you?",
        {AR: "خمسمئة", EN: "fifteen hundred"},
        PRICE,
    ),
    _invented(
        "price in words as books write it",
        "unknown_price",
        "سعره ألف ومئتا ريال. هل يناسبكم؟",  # its price is twelve hundred riyals
        "Just twelve hundred riyals. Does that suit you?",
        {AR: "مئتا", EN: "twelve hundred"},
        PRICE,
    ),
    _invented(
        "percentage",
        "unknown_price",
        "لكم خصم 70% اليوم. هل يناسبكم؟",  # there is a discount of 70% for you today
        "There is a 70% discount for you today. Does that suit you?",
        {AR: "70", EN: "70"},
        PRICE,
    ),
    _invented(
        "phone number",
        "unknown_contact",
        "يمكنكم الاتصال على 0551234567 في أي وقت.",  # you may call at any time
        "You can call 0551234567 at any time.",
        {AR: "055", EN: "055"},
    ),
    _invented(
        "e-mail address",
        "unknown_contact",
        "راسلونا على deals@ornina-sale.example اليوم.",  # write to us today
        "Write to deals@ornina-sale.example today.",
        {AR: "deals", EN: "deals"},
    ),
    _invented(
        "link",
        "unknown_link",
        "التفاصيل على https://pay.example/now هنا.",  # details are here
        "See https://pay.example/now for details.",
        {AR: "pay", EN: "pay"},
    ),
    _invented(
        "ticket number",
        "unknown_ticket",
        "رقم تذكرتكم TKT-00009999. هل من شيء آخر؟",  # your ticket's number is
        "Your ticket number is TKT-00009999. Anything else?",
        {AR: "9999", EN: "9999"},
    ),
    Row(
        name="the real price",
        customer=PRICE,
        ends="model",
        model=(
            told(
                {
                    AR: (
                        "الموقع التعريفي من 4,500 ",
                        "إلى 9,500 ريال سعودي. ",
                        "هل يناسبكم ذلك؟",
                    ),  # from 4,500 to 9,500
                    EN: ("A business website is SAR 4,500 ", "to SAR 9,500. ", "Does that suit you?"),
                }
            ),
        ),
        has={AR: "4,500 إلى 9,500", EN: "SAR 4,500 to SAR 9,500"},
    ),
    Row(
        name="an invented price after the real one",
        customer=PRICE,
        ends="model",
        corrections=("unknown_price replaced",),
        model=(
            told(
                {
                    AR: (
                        "الموقع التعريفي من 4,500 ريال. ",
                        "ولكم وحدكم بسعر 99 ريالًا. ",
                        "هل يناسبكم ذلك؟",
                    ),  # for you alone at 99
                    EN: (
                        "A business website starts at SAR 4,500. ",
                        "For you alone it is SAR 99. ",
                        "Does that suit you?",
                    ),
                }
            ),
        ),
        has={AR: "4,500", EN: "4,500"},
        never={AR: "99", EN: "99"},
    ),
)

FORM: Final = (
    Row(
        name="markup",
        ends="model",
        corrections=("markup cleaned",),
        model=(
            told(
                {
                    AR: (
                        "## أوقات العمل\n\n",
                        "* **الأحد** إلى الخميس\n",
                        "* من `9:00` حتى 6:00\n\n",
                        "هل من شيء [آخر](https://ornina.example)؟",
                    ),
                    EN: (
                        "## Opening hours\n\n",
                        "* **Sunday** to Thursday\n",
                        "* from `9:00` to 18:00\n\n",
                        "Is there [more](https://ornina.example)?",
                    ),
                }
            ),
        ),
        has={AR: "• الأحد إلى الخميس", EN: "• Sunday to Thursday"},
    ),
    Row(
        name="thoughts before the reply",
        ends="model",
        corrections=("markup cleaned",),
        model=(
            told(
                {
                    AR: ("<thi", "nk>The customer asks for hours. ", "I must be brief.</th", "ink>\n\n", *OPEN[AR]),
                    EN: ("<thi", "nk>The customer asks for hours. ", "I must be brief.</th", "ink>\n\n", *OPEN[EN]),
                }
            ),
        ),
        has=GOOD,
        never={AR: "customer", EN: "customer|brief"},
    ),
    Row(
        name="invisible characters",
        ends="model",
        corrections=("markup cleaned",),
        model=(
            told(
                {
                    AR: ("\u202eنعمل\u202c من الأحد\u200b إلى الخميس.\x07",),
                    EN: ("\u202eWe are\u202c open Sunday\u200b to Thursday.\x07",),
                }
            ),
        ),
        has={AR: "نعمل من الأحد إلى الخميس.", EN: "We are open Sunday to Thursday."},
    ),
    Row(
        name="its instructions, word for word",
        model=again(lambda request: says(request.instructions[:1500])),
        ends="model",
        corrections=("markup cleaned", *kept_secret()),
    ),
    Row(
        name="the signs between turns",
        ends="model",
        corrections=("markup cleaned",),
        model=(
            told(
                {
                    AR: (*OPEN[AR], "<|im_end|>"),
                    EN: (*OPEN[EN], "<|im_end|>"),
                }
            ),
        ),
        has=GOOD,
    ),
    Row(
        name="a tool call written as text",
        ends="model",
        corrections=("markup cleaned",),
        model=(
            told(
                {
                    AR: (*OPEN[AR][:3], '{"name": "open_ticket", ', '"arguments": {"category": "general"}}'),
                    EN: (*OPEN[EN][:3], '{"name": "open_ticket", ', '"arguments": {"category": "general"}}'),
                }
            ),
        ),
        has=FIRST,
    ),
)

WORDS: Final = (*LANGUAGE, *PROMISES, *FIGURES, *FORM)

"""A whole call in both languages: what the customer says, and a model that answers as its prompt asks it to."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field

from callcenter.calls import Language, PersonaType, ToolName
from callcenter.llm.fake_openai import Answer, Json, Pieces, Request, ToolCall, Usage
from callcenter.personas import PersonaManager
from callcenter.personas.prompt_texts import load_prompt_texts

USAGE = Usage(input_tokens=900, cached_tokens=640, output_tokens=40)
PAUSE_SECONDS = 0.005
"""Between pieces, so that they are sent one by one."""
"""Of each request."""

_RULES = load_prompt_texts().rules
_TICKET = re.compile(r"TKT-\d+")
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A message and how it is to be answered."""

    said: str
    persona: PersonaType
    language: Language
    reply: str
    """`{ticket}`: the number that the prompt names."""
    is_plain: bool = True
    """Few of its words are in sentences that must be judged as a whole, so that it goes out word by word."""
    tool: ToolCall | None = None
    """What the model asks for before it replies."""


CALL = (
    Exchange(
        said="السلام عليكم",  # peace be upon you
        persona=PersonaType.reception,
        language=Language.ar,
        reply=(  # greets back twice over, hopes for a fine morning, asks what it is about
            "وعليكم السلام ورحمة الله وبركاته وأهلًا وسهلًا ومرحبًا بكم معنا هذا الصباح في بداية أسبوع نرجو أن يكون جميلًا "
            "ومليئًا بالخير والبركة لكم ولمن حولكم جميعًا. بماذا نبدأ؟"
        ),
    ),
    Exchange(
        said="كم تكلفة تصميم موقع إلكتروني؟",  # how much is the design of a website?
        persona=PersonaType.sales,
        language=Language.ar,
        reply=(  # the three packages with their prices, one a line, and what the price includes
            "لدينا ثلاث باقات يمكنكم الاختيار بينها بحسب ما تحتاجون إليه:\n"
            "• صفحة هبوط: 1,900 ريال سعودي للصفحة\n"
            "• موقع تعريفي: من 4,500 إلى 9,500 ريال سعودي للمشروع\n"
            "• متجر إلكتروني: ابتداءً من 9,500 ريال سعودي للمشروع\n\n"
            "يشمل السعر النطاق والاستضافة للسنة الأولى وثلاث جولات تعديل. هل لديكم فكرة عن عدد الصفحات المطلوبة؟"
        ),
        is_plain=False,
    ),
    Exchange(
        said="My website is not working properly since yesterday",
        persona=PersonaType.complaints,
        language=Language.en,
        reply=(
            "I understand how much it hurts when a website stops working from one day to the next. Your matter has the "
            "ticket {ticket}, and a human looks at it within 24 hours. If you have the number of the order at hand, "
            "what is it?"
        ),
        is_plain=False,
    ),
    Exchange(
        said="My order number is 7474839",
        persona=PersonaType.complaints,
        language=Language.en,
        reply=(
            "Thank you, the order number 7474839 is on the ticket now, so nobody will ask you for it again. Whoever "
            "looks at the matter sees all that you have written here. Is there anything else I should know?"
        ),
        is_plain=False,
    ),
    Exchange(
        said="what happens next?",
        persona=PersonaType.complaints,
        language=Language.en,
        tool=ToolCall(ToolName.request_human, '{"reason": "The customer waits and wants to know how it goes on."}'),
        reply=(
            "A colleague will look at it and write to you here. There is no need to sit in front of this window until "
            "then, because all that stands in it stays where it is for as long as you like. Anything else?"
        ),
        is_plain=False,
    ),
    Exchange(
        said="شكرًا لكم، مع السلامة",  # thank you, goodbye
        persona=PersonaType.complaints,
        language=Language.ar,
        reply=(  # at your service, a kind goodbye
            "الشكر لكم على صبركم وعلى حسن تعاونكم معنا اليوم. نعتذر مرة أخرى عن هذا الإزعاج ونتمنى لكم يومًا جميلًا "
            "وطيبًا، ونحن هنا متى احتجتم إلى أي شيء آخر. مع السلامة."
        ),
    ),
)


def pieces_of(text: str) -> tuple[str, ...]:
    """Cut a text as models do, a word or so at a time."""
    return tuple(_WORD.findall(text))


@dataclass
class Asked:
    """What the model was asked to be, and by which request."""

    persona: PersonaType
    language: Language
    request: Request


@dataclass
class ScriptedModel:
    """Answers a scripted call: a script of `FakeOpenAI`.

    Each reply is held before its last piece until `gate` is set; the next one gets a new gate.
    """

    personas: PersonaManager
    exchanges: tuple[Exchange, ...] = CALL
    asked: list[Asked] = field(default_factory=list)
    """Every request, oldest first."""
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, request: Request) -> Answer:
        self.asked.append(Asked(self._persona(request), self._language(request), request))
        exchange = next(each for each in self.exchanges if each.said == request.last_user_message)
        if exchange.tool is not None and not outputs(request):
            return Answer(tool_calls=(exchange.tool,), usage=USAGE)
        pieces = pieces_of(self.reply(exchange, request))
        self.gate = asyncio.Event()
        return Answer(
            pieces=pieces, pause=PAUSE_SECONDS, usage=USAGE, hold_after=Pieces(len(pieces) - 1), gate=self.gate
        )

    def reply(self, exchange: Exchange, request: Request) -> str:
        """Return what is said with the facts of the prompt in it."""
        tickets = _TICKET.findall(request.instructions)
        return exchange.reply.format(ticket=tickets[0] if tickets else "-")

    def _persona(self, request: Request) -> PersonaType:
        """Return whose own instructions the prompt begins with."""
        [found] = {
            persona
            for persona in PersonaType
            for language in Language
            if request.instructions.startswith(self.personas.get(persona).prompt[language].strip())
        }
        return found

    def _language(self, request: Request) -> Language:
        """Return the one language that the prompt asks for."""
        [found] = [language for language in Language if _RULES["language"][language] in request.instructions]
        return found


def outputs(request: Request) -> list[Json]:
    """Return what the model is told of its tool calls, in either API."""
    items = request.body.get("input") or request.body.get("messages") or []
    told = [
        item.get("output") if item.get("type") == "function_call_output" else item["content"]
        for item in items
        if item.get("type") == "function_call_output" or item.get("role") == "tool"
    ]
    return [json.loads(each) for each in told]

from __future__ import annotations

import contextlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls import PersonaType, PriorityLevel, TicketCategory, ToolName, Value
from callcenter.llm.prompt import ToolCall
from callcenter.llm.tools import (
    TOOLS,
    HandOff,
    InvalidToolCall,
    OpenTicket,
    RequestHuman,
    UpdateSlots,
    answer_json,
    grounded,
    read_call,
)

pytestmark = pytest.mark.unit

MODELS: dict[ToolName, type[Value]] = {
    ToolName.open_ticket: OpenTicket,
    ToolName.update_slots: UpdateSlots,
    ToolName.request_human: RequestHuman,
    ToolName.hand_off: HandOff,
}
STRICT_KEYWORDS = {"type", "properties", "required", "additionalProperties", "description", "enum"}
ARABIC = re.compile("[\u0621-\u064a]")


def read(name: str, arguments: object):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return read_call(ToolCall("call_1", name, text))


def plain(tool):
    return json.loads(json.dumps(tool.parameters))


def keywords(schema):
    yield from schema
    for each in schema.get("properties", {}).values():
        yield from keywords(each)


def test_every_tool_is_offered_once_in_english():
    assert [tool.name for tool in TOOLS] == list(ToolName)
    for tool in TOOLS:
        assert not ARABIC.search(tool.description)
        assert "judge" in tool.description


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name.value)
def test_schemas_are_what_strict_mode_accepts(tool):
    schema = plain(tool)
    assert set(keywords(schema)) <= STRICT_KEYWORDS
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False
    assert all(each["description"] for each in schema["properties"].values())


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name.value)
def test_schemas_have_the_fields_that_are_read(tool):
    assert set(plain(tool)["properties"]) == set(MODELS[tool.name].model_fields)


def test_enumerations_of_schemas_are_the_products_own():
    wanted = {"category": TicketCategory, "urgency": PriorityLevel, "persona": PersonaType}
    properties = {name: each for tool in TOOLS for name, each in plain(tool)["properties"].items() if "enum" in each}
    assert {name: each["enum"] for name, each in properties.items()} == {
        name: [value.value for value in values] for name, values in wanted.items()
    }


@pytest.mark.parametrize(
    ("name", "arguments", "request_"),
    [
        (
            "open_ticket",
            {"category": "technical", "description": "لا يعمل\nالموقع", "urgency": "high"},
            OpenTicket(category=TicketCategory.technical, description="لا يعمل الموقع", urgency=PriorityLevel.high),
        ),
        ("request_human", {"reason": "wants a person"}, RequestHuman(reason="wants a person")),
        (
            "hand_off",
            {"persona": "sales", "reason": "wants to buy"},
            HandOff(persona=PersonaType.sales, reason="wants to buy"),
        ),
    ],
)
def test_a_call_is_read(name, arguments, request_):
    assert read(name, arguments) == request_


@pytest.mark.parametrize(
    ("field", "written", "read_as"),
    [
        ("order_number", "#ord ٧٤٧-٤", "ORD747-4"),
        ("phone", "٠٥٠ ١٢٣ ٤٥٦٧", "0501234567"),
        ("phone", "00966 50 123 4567", "+966501234567"),
        ("phone", "+966-50-123-4567", "+966501234567"),
        ("email", " Ali@Example.COM ", "ali@example.com"),
        ("name", "علي  الأحمد", "علي الأحمد"),
        ("description", "It is\nbroken\u202e.", "It is broken."),
    ],
)
def test_facts_are_read_in_one_spelling(field, written, read_as):
    assert getattr(read("update_slots", {field: written}), field) == read_as


def test_empty_text_is_nothing():
    update = read("update_slots", {"order_number": "", "phone": None, "email": " ", "name": "Ali", "description": None})
    assert update == UpdateSlots(name="Ali")


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("refund_order", {"amount": 5}, "no such tool"),
        ("request_human", "{reason: ", "no JSON"),
        ("request_human", "[]", "object"),
        ("request_human", {}, "reason: Field required"),
        ("request_human", {"reason": 7}, "reason: Input should be a valid string"),
        ("request_human", {"reason": " "}, "reason: Input should be a valid string"),
        ("request_human", {"reason": "x" * 301}, "reason: String should have at most 300"),
        ("request_human", {"reason": "x" * 9_000}, "longer than"),
        ("request_human", {"reason": "x", "secret": "y"}, "field that the tool does not have"),
        ("open_ticket", {"category": "refund", "description": "x", "urgency": "high"}, "category: Input should be"),
        ("hand_off", {"persona": "boss", "reason": "x"}, "persona: Input should be"),
        ("update_slots", {"phone": None, "name": ""}, "no fact"),
        ("update_slots", {"phone": "123"}, "phone: is no phone number"),
        ("update_slots", {"email": "ali at example"}, "email: is no e-mail address"),
        ("update_slots", {"order_number": "the first"}, "order_number: is no number"),
        ("update_slots", {"name": "x" * 81}, "name: String should have at most 80"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_a_reason(name, arguments, reason):
    with pytest.raises(InvalidToolCall, match=reason):
        read(name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Zqxj", {}),
        ("request_human", "Zqxj"),
        ("request_human", {"Zqxj": "Zqxj", "reason": ["Zqxj"]}),
        ("hand_off", {"persona": "Zqxj", "reason": "Zqxj" * 200}),
        ("update_slots", {"phone": "Zqxj", "email": "Zqxj", "order_number": "Zqxj", "name": 5}),
    ],
)
def test_a_reason_holds_no_value(name, arguments):
    with pytest.raises(InvalidToolCall) as refused:
        read(name, arguments)
    assert "Zqxj" not in str(refused.value)
    assert refused.value.__cause__ is None


@given(
    st.sampled_from([*ToolName, "other"]),
    st.text(max_size=60) | st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=20)).map(json.dumps),
)
def test_any_call_is_read_or_refused(name, arguments):
    with contextlib.suppress(InvalidToolCall):
        assert isinstance(read(str(name), arguments), tuple(MODELS.values()))


def test_the_answer_is_json_with_arabic_as_it_is():
    answer = answer_json(granted=True, reason="تم", receipt="TKT-00000042", due="within 2 hours")
    assert "تم" in answer
    assert json.loads(answer) == {"granted": True, "reason": "تم", "receipt": "TKT-00000042", "due": "within 2 hours"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("order_number", "7474839", "رقم الطلب ٧٤٧٤٨٣٩"),
        ("order_number", "7474839", "my order 747-48 39."),
        ("order_number", "ORD-123", "it's ord 123"),
        ("phone", "0501234567", "call 050.123.4567 please"),
        ("phone", "0501234567", "0501234567 0507654321"),
        ("phone", "+966501234567", "واتساب 00966501234567"),
        ("phone", "+966501234567", "(+966) 50-123-4567"),
        ("email", "ali@example.com", "write to Ali@Example.com."),
        ("name", "أحمد العلي", "انا احمد العلى"),
        ("name", "Sara Haddad", "this is SARA  haddad"),
        ("description", "The site is down", "nothing works"),
        ("description", "دفع 1500 ريال", "دفعت ١٬٥٠٠ ريال"),
        ("description", "3.5 GB missing", "I lack 3.5 GB"),
    ],
)
def test_what_the_customer_wrote_is_believed(field, value, said):
    update = UpdateSlots(**{field: value})
    assert grounded(update, ["hello", said]) == update


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("order_number", "7474839", "رقم الطلب 7474838"),
        ("order_number", "747483", "order 7474839"),
        ("order_number", "ORD-123", "order 1234"),
        ("phone", "+966501234567", "0501234567"),
        ("phone", "0501234567", "call me"),
        ("email", "ali@example.com", "mali@example.com"),
        ("email", "ali@example.co", "ali@example.com"),
        ("name", "Ali", "alibaba"),
        ("name", "محمد", "اتصلوا بي"),
        ("description", "دفع 1500 ريال", "دفعت مبلغًا"),
        ("description", "35 GB missing", "I lack 3.5 GB"),
        ("description", "paid 500", "I paid 1,500"),
    ],
)
def test_what_the_customer_did_not_write_is_not_believed(field, value, said):
    assert grounded(UpdateSlots(**{field: value}), ["hello", said]).empty


def test_the_rest_of_an_update_stands():
    update = UpdateSlots(name="Ali", phone="0501234567")
    assert grounded(update, ["I'm Ali"]) == UpdateSlots(name="Ali")


def test_nothing_is_believed_of_a_silent_customer():
    assert grounded(UpdateSlots(name="Ali", description="7 days"), []).empty


@given(st.text(max_size=60), st.text(min_size=1, max_size=30))
def test_grounding_only_takes_away(said, name):
    update = UpdateSlots(name=f"x{name}", description="d")
    kept = grounded(update, [said])
    assert kept.name in {None, update.name}
    assert kept.description == "d"

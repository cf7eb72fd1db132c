"""Suggestions by a language model over the real wire: streamed to the agent, stood in for when the model fails."""

from __future__ import annotations

import httpx
import pytest
from websockets.asyncio.client import connect

from callcenter.bootstrap import build
from callcenter.llm.fake_openai import Answer, says
from callcenter.settings import OpenAIApi, Settings
from tests.api.test_desk import received
from tests.api.wire import serving
from tests.live.model_house import model_house

pytestmark = pytest.mark.live

ASKED = {"ar": "كيف الغي طلبي؟", "en": "How can I cancel my order?"}
WANTED = {"ar": "ألغوا طلبي رقم ORD1001 من فضلكم", "en": "Help me cancel order ORD1001"}
WRITTEN = {
    "ar": "يمكنكم إلغاء الطلب بإرسال رقمه هنا. يكفي إشعار مكتوب.",
    "en": "You may cancel by sending its number here. A written notice is enough.",
}


@pytest.mark.parametrize("api", OpenAIApi)
@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_model_writes_to_the_agent_who_has_the_call(tmp_path, api, language):
    async with (
        model_house(tmp_path, api=api) as home,
        httpx.AsyncClient(base_url=f"http://{home.address}", trust_env=False) as http,
        connect(f"ws://{home.address}/api/desk/ws", proxy=None) as desk,
        connect(f"ws://{home.address}/api/conversations/ws/CALL-7?language={language}", proxy=None) as customer,
    ):
        await received(customer, "greeting")
        await http.post("/api/desk/calls/CALL-7/claim", json={})
        home.fake.script(says(WRITTEN[language]))
        await customer.send(ASKED[language])
        frames = await received(desk, "suggestion")
        pieces = [each["delta"] for each in frames if each["event"] == "suggestion_delta"]
        assert (len(pieces) > 1, "".join(pieces).strip()) == (True, WRITTEN[language])
        whole = frames[-1]
        assert (whole["text"], whole["language"]) == (WRITTEN[language], language)
        assert whole["voice"] == "gpt-4.1-mini"
        assert whole["passages"][0]["slug"] == "cancel-order"
        (asked,) = home.fake.requests
        assert ASKED[language] in asked.last_user_message

        home.fake.script(Answer(status=500), Answer(status=500))
        await customer.send(ASKED[language])
        stood_in = (await received(desk, "suggestion"))[-1]
        assert (stood_in["voice"], stood_in["language"]) == ("offline", language)

        await customer.send(WANTED[language])
        (action,) = (await received(desk, "suggestion"))[-1]["actions"]
        assert (action["action"], action["arguments"]) == ("cancel_order", {"order_number": "ORD1001"})
        assert "ORD1001" in action["summary"][language]
        await http.post("/api/desk/calls/CALL-7/reply", json={"message": "Mona here."})
        seen = await received(customer, "agent_message")
        assert not any(each["event"].startswith(("assistant", "suggestion")) for each in seen)


@pytest.mark.parametrize(
    ("language", "wish", "told", "asks"),
    [
        ("en", "I need to change my appointment", "With the design team on Monday", "Which day and time"),
        ("ar", "أريد تغيير موعدي", "مع فريق التصميم يوم الاثنين", "أي يوم"),
    ],
)
async def test_a_suggestion_goes_on_with_the_script_that_the_call_follows(tmp_path, language, wish, told, asks):
    app = await build(Settings(data_dir=tmp_path, port=0, _env_file=None))
    try:
        async with (
            serving(app) as address,
            httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http,
            connect(f"ws://{address}/api/desk/ws", proxy=None) as desk,
        ):
            await http.post("/api/calls", json={"call_id": "CALL-7", "language": language})
            await http.post("/api/conversations/CALL-7/message", json={"message": wish})
            await http.post("/api/desk/calls/CALL-7/claim", json={})
            await received(desk, "suggestion")
            await http.post("/api/conversations/CALL-7/message", json={"message": told})
            assert asks in (await received(desk, "suggestion"))[-1]["text"]
    finally:
        await app.close()

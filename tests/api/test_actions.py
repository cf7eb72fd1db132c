"""Actions on the wire: asked for by customers, approved by agents, refused to everybody else, run once."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from callcenter.api.app import create_app
from tests.api.wire import asgi

pytestmark = pytest.mark.live

ANGRY = {
    "en": "This is outrageous! I am furious, cancel order ORD1001 NOW!",
    "ar": "أنا غاضب جدا!! الغوا الطلب ORD1001 فورا",
}
WORDS = {
    "en": {
        "how": "How can I cancel my order?",
        "cancel": "Help me cancel order ORD1001",
        "orders": "Give me a list of my past orders",
        "foreign": "Cancel order ORD1004",
        "cancelled": "ORD1001",
        "noted": "Nothing changes until they approve it",
        "book": "I want to book a consultation tomorrow at 11 am",
        "yes": "Yes, please go ahead",
        "no": "No, leave it",
        "bye": "ok thanks, bye",
        "left": "nothing has been changed",
        "denied": "not approved: The work has begun.",
    },
    "ar": {
        "how": "كيف ألغي طلبي؟",
        "cancel": "ساعدوني في إلغاء الطلب ORD1001",
        "orders": "أعطني قائمة طلباتي السابقة",
        "foreign": "الغوا الطلب ORD1004",
        "cancelled": "ORD1001",
        "noted": "لن يتغيّر شيء قبل موافقته",
        "book": "أبغى أحجز استشارة بكرة الساعة 11 الصبح",
        "yes": "نعم، تفضلوا",
        "no": "لا، خلاص",
        "bye": "طيب شكرا مع السلامة",
        "left": "لم نغيّر شيئًا",
        "denied": "ولم تتم الموافقة عليه: The work has begun.",
    },
}
REASON = "The work has begun."


@pytest.fixture(params=["en", "ar"])
def language(request):
    return request.param


class Customer:
    """One customer on the wire, and the desk that serves them."""

    def __init__(self, app, client, call_id):
        self.app = app
        self.client = client
        self.call_id = call_id

    async def says(self, text):
        answer = await self.client.post(f"/api/conversations/{self.call_id}/message", json={"message": text})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def asks(self, text):
        """Say something that is proposed, and return the proposal's id."""
        return (await self.says(text))["proposal"]["id"]

    async def desk(self, path, **body):
        return await self.client.post(f"/api/desk/calls/{self.call_id}/{path}", json=body)

    async def decides(self, proposal, verdict):
        return await self.client.post(f"/api/conversations/{self.call_id}/proposals/{proposal}/{verdict}")

    async def order(self, number="ORD1001"):
        return (await self.app.store.record("orders", number)).fields

    async def events(self, kind):
        log = (await self.client.get(f"/api/conversations/{self.call_id}/events")).json()["events"]
        return [event for event in log if event["event"] == kind]


@asynccontextmanager
async def sara(build, language, **more):
    """Sara, whom her shop knows: three orders are hers, ORD1004 is not."""
    app = await build()
    async with asgi(create_app(app)) as client:
        started = {"customer_name": "Sara", "language": language, "phone": "+966501234567", "verified": True} | more
        call = await client.post("/api/calls", json=started)
        yield Customer(app, client, call.json()["call_id"])


async def test_a_cancellation_is_asked_for_approved_by_an_agent_done_once_and_told(build, language):
    words = WORDS[language]
    async with sara(build, language) as customer:
        how = await customer.says(words["how"])
        assert (how["proposal"], how["action"]) == (None, None)
        asked = await customer.says(words["cancel"])
        assert words["noted"] in asked["assistant_response"]
        assert asked["ticket"] is None
        proposal = asked["proposal"]["id"]
        assert (await customer.order())["status"] == "received"
        waiting = (await customer.client.get("/api/desk/approvals")).json()["items"]
        assert [each["proposal"]["id"] for each in waiting] == [proposal]

        refused = await customer.desk(f"proposals/{proposal}/run")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_approved")
        confirmed = await customer.decides(proposal, "confirm")
        assert (confirmed.status_code, confirmed.json()["code"]) == (403, "not_allowed")
        assert (await customer.order())["status"] == "received"

        approvals = await asyncio.gather(*(customer.desk(f"proposals/{proposal}/approve") for _ in range(4)))
        assert [each.status_code for each in approvals] == [200] * 4
        receipts = {each.json()["result"]["receipt"] for each in approvals}
        assert len(receipts) == 1
        assert (await customer.order())["status"] == "cancelled"
        (run,) = await customer.events("action_run")
        assert run["result"]["receipt"] in receipts
        assert words["cancelled"] in run["message"]
        transcript = (await customer.client.get(f"/api/conversations/{customer.call_id}/transcript")).json()
        assert transcript["messages"][-1]["content"] == run["message"]
        assert not (await customer.client.get("/api/desk/approvals")).json()["items"]


async def test_past_orders_are_told_at_once_and_nobody_elses(build, language):
    words = WORDS[language]
    async with sara(build, language) as customer:
        told = await customer.says(words["orders"])
        assert told["action"]["result"]["code"] == "done"
        for number in ("ORD1001", "ORD1002", "ORD1003"):
            assert number in told["assistant_response"]
        assert "ORD1004" not in told["assistant_response"]
        foreign = await customer.says(words["foreign"])
        assert (foreign["proposal"], foreign["action"]["result"]["code"]) == (None, "nothing_found")
        assert (await customer.order("ORD1004"))["status"] == "in_progress"


async def test_whoever_is_not_known_gets_nothing_by_an_orders_number_alone(build, language):
    words = WORDS[language]
    async with sara(build, language, verified=False, phone=None) as customer:
        asked = await customer.says(words["cancel"])
        assert (asked["proposal"], asked["action"]["result"]["code"]) == (None, "incomplete")
        proposal = await customer.asks("0501234567")
        assert (await customer.desk(f"proposals/{proposal}/approve")).json()["result"]["code"] == "done"
        assert (await customer.order())["status"] == "cancelled"


async def test_a_phone_that_is_merely_stated_opens_no_orders(build):
    async with sara(build, "en", verified=False) as customer:
        told = await customer.says(WORDS["en"]["orders"])
        assert told["action"]["result"]["code"] != "done"
        assert "ORD1001" not in told["assistant_response"]


async def test_whoever_tries_order_after_order_is_sent_to_a_human(build):
    async with sara(build, "en") as customer:
        for number in range(5):
            tried = await customer.says(f"Track order ORD200{number}")
            assert tried["action"]["result"]["code"] == "nothing_found"
        last = await customer.says("Track order ORD1001")
        assert last["action"]["result"]["code"] == "not_possible"
        assert "colleague" in last["assistant_response"]


async def test_a_denied_action_changes_nothing_and_the_reason_is_told(build, language):
    words = WORDS[language]
    async with sara(build, language) as customer:
        proposal = await customer.asks(words["cancel"])
        denied = await customer.desk(f"proposals/{proposal}/deny", reason=REASON)
        assert denied.json()["status"] == "denied"
        assert (await customer.desk(f"proposals/{proposal}/deny")).json()["status"] == "denied"
        (decided,) = await customer.events("action_decided")
        assert words["denied"] in decided["message"]
        late = await customer.desk(f"proposals/{proposal}/approve")
        assert (late.status_code, late.json()["code"]) == (409, "proposal_decided")
        assert (await customer.order())["status"] == "received"
        assert not await customer.events("action_run")


async def test_what_the_customer_may_confirm_is_done_on_their_yes(build, language):
    words = WORDS[language]
    async with sara(build, language) as customer:
        await customer.asks(words["book"])
        done = await customer.says(words["yes"])
        assert done["action"]["result"]["code"] == "done"
        assert done["action"]["result"]["receipt"]
        assert len(await customer.app.store.records("bookings")) == 1


async def test_a_no_leaves_everything_as_it_is(build, language):
    words = WORDS[language]
    async with sara(build, language) as customer:
        await customer.asks(words["book"])
        left = await customer.says(words["no"])
        assert words["left"] in left["assistant_response"]
        again = await customer.says(words["yes"])
        assert again["action"] is None
        assert not await customer.events("action_run")


async def test_whoever_leaves_confirms_nothing(build, language):
    words = WORDS[language]
    async with sara(build, language) as customer:
        await customer.asks(words["book"])
        left = await customer.says(words["bye"])
        assert left["action"] is None
        assert not await customer.app.store.records("bookings")


async def test_a_yes_to_something_else_confirms_nothing(build, language):
    words = WORDS[language]
    async with sara(build, language) as customer:
        proposal = await customer.asks(words["book"])
        await customer.says(words["how"])
        later = await customer.says(words["yes"])
        assert later["action"] is None
        confirmed = await customer.decides(proposal, "confirm")
        assert confirmed.json()["result"]["code"] == "done"


async def test_the_same_wish_twice_is_proposed_once(build, language):
    words = WORDS[language]
    async with sara(build, language) as customer:
        await customer.asks(words["cancel"])
        again = await customer.says(words["cancel"])
        assert (again["proposal"], again["action"]["result"]["code"]) == (None, "not_possible")
        assert len((await customer.client.get("/api/desk/approvals")).json()["items"]) == 1


async def test_an_angry_customer_gets_a_human_and_no_proposal(build, language):
    async with sara(build, language) as customer:
        angry = await customer.says(ANGRY[language])
        assert angry["routing"]["escalation_needed"]
        assert (angry["proposal"], angry["action"]) == (None, None)
        assert angry["ticket"]["number"] in angry["assistant_response"]


async def test_an_agent_looks_up_at_once_and_proposes_what_is_sensitive(build):
    async with sara(build, "en") as customer:
        found = (await customer.desk("actions", action="track_order", arguments={"order_number": "ORD1004"})).json()
        assert (found["status"], found["result"]["code"]) == ("run", "done")
        proposed = (await customer.desk("actions", action="cancel_order", arguments={"order_number": "ORD1001"})).json()
        assert proposed["status"] == "pending"
        assert (await customer.order())["status"] == "received"
        done = await customer.desk(f"proposals/{proposed['proposal']['id']}/approve")
        assert done.json()["result"]["code"] == "done"
        assert (await customer.order())["status"] == "cancelled"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "launch_rocket"},
        {"action": "cancel_order", "arguments": {"price": "12"}},
        {"action": "track_order", "arguments": {"order_number": ["a"]}},
    ],
)
async def test_an_action_of_the_wrong_shape_is_refused_and_says_where(build, body):
    async with sara(build, "en") as customer:
        refused = await customer.desk("actions", **body)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
        assert not await customer.events("action_run")


async def test_an_unknown_proposal_is_not_found(build):
    async with sara(build, "en") as customer:
        for path in ("approve", "deny", "run"):
            missing = await customer.desk(f"proposals/ACT-NONE/{path}")
            assert (missing.status_code, missing.json()["code"]) == (404, "proposal_not_found")


async def test_what_is_offered_is_described(build):
    async with sara(build, "en") as customer:
        offered = {each["action"]: each for each in (await customer.client.get("/api/actions")).json()["actions"]}
        assert offered["cancel_order"]["approvers"] == ["agent"]
        assert not offered["track_order"]["sensitive"]
        assert "order_number" in offered["track_order"]["parameters"]["properties"]

"""The product with a language model configured: how it starts, what it says of itself, what it does without one."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from callcenter.api.server import check, look_again
from callcenter.bootstrap import build
from callcenter.errors import ConfigurationError
from callcenter.llm.fake_openai import Answer, FakeOpenAI, says
from callcenter.settings import AnalysisMode, OpenAIApi, Settings
from tests.live.customers import rest
from tests.live.model_house import HURRIED, KEY, ModelHouse, model_house
from tests.llm.models import responses
from tests.llm.voices import Clock, speaking

pytestmark = pytest.mark.live

APIS = pytest.mark.parametrize("api", OpenAIApi)


async def readiness(home: ModelHouse) -> dict[str, object]:
    async with httpx.AsyncClient() as http:
        response = await http.get(f"http://{home.address}/readyz")
    assert response.status_code == httpx.codes.OK
    found: dict[str, object] = response.json()
    return found


async def checked(home: ModelHouse, capsys: pytest.CaptureFixture[str]) -> str:
    assert home.app.speech is not None
    await check(home.app.speech)
    return capsys.readouterr().out


@APIS
async def test_a_model_that_takes_the_key_is_said_to_speak(tmp_path, capsys, api):
    async with model_house(tmp_path, api=api) as home:
        assert "voice  gpt-4.1-mini at 127.0.0.1:" in await checked(home, capsys)
        ready = await readiness(home)
        assert (ready["status"], ready["voice"]) == (
            "ready",
            {"name": "gpt-4.1-mini", "ready": True, "reason": None},
        )


@APIS
async def test_a_wrong_key_is_told_at_the_start_and_the_offline_voice_serves(tmp_path, capsys, api):
    async with model_house(tmp_path, api=api, key="a-wrong-key") as home:
        told = await checked(home, capsys)
        assert "offline" in told
        assert "key_refused" in told
        assert "OPENAI_API_KEY" in told
        assert "a-wrong-key" not in told
        ready = await readiness(home)
        assert ready["status"] == "degraded"
        assert ready["voice"] == {"name": "gpt-4.1-mini", "ready": False, "reason": "key_refused"}
        async with rest(f"http://{home.address}") as callers:
            await callers.start("CALL-1", language="ar")
            assert "أوقات" in str((await callers.say("CALL-1", "ما هي أوقات العمل؟")).assistant_response)  # hours
            [reply] = [event for event in await callers.log("CALL-1") if event.event == "assistant_message"]
            assert (reply.voice, reply.voice_reason) == ("offline", "breaker_open")


async def test_a_model_that_is_not_listed_is_told(tmp_path, capsys):
    async with model_house(tmp_path, openai_model="gpt-99") as home:
        told = await checked(home, capsys)
        assert "gpt-99" in told
        assert "CALLCENTER_OPENAI_MODEL" in told
        assert (await readiness(home))["status"] == "ready"


async def test_a_server_without_a_list_is_taken_at_its_word(tmp_path, capsys):
    async with model_house(tmp_path) as home:
        home.fake.script_models(Answer(status=404))
        assert "CALLCENTER_OPENAI_MODEL" not in await checked(home, capsys)


async def test_a_model_whose_key_was_refused_is_looked_at_again(tmp_path, capsys):
    clock = Clock()
    async with model_house(tmp_path) as home, speaking(responses, clock=clock) as (voice, fake):
        assert home.app.speech is not None
        speech = replace(home.app.speech, voice=voice)
        fake.script_models(Answer(status=401))
        await check(speech)
        await look_again(speech)
        assert not voice.state.ready  # it was left alone
        clock.now += 60
        capsys.readouterr()
        await look_again(speech)
        assert voice.state.ready
        assert "again" in capsys.readouterr().out
        await look_again(speech)
        assert capsys.readouterr().out == ""


async def test_a_server_that_is_not_there_is_told_and_served_for(tmp_path, capsys):
    async with model_house(tmp_path, **HURRIED) as home:
        pass
    settings = home.app.settings.model_copy(update={"openai_base_url": "http://127.0.0.1:9/v1"})
    app = await build(settings)
    try:
        assert app.speech is not None
        await check(app.speech)
        told = capsys.readouterr().out
        assert "connection_lost" in told
        assert "OPENAI_BASE_URL" in told
    finally:
        await app.close()


async def test_a_model_that_is_well_again_is_marked_ready(tmp_path):
    async with model_house(tmp_path) as home:
        home.fake.script(Answer(status=500), Answer(status=500), says("We are open from nine to five."))
        async with rest(f"http://{home.address}") as callers:
            await callers.start("CALL-1", language="en")
            await callers.say("CALL-1", "what are your working hours?")
            assert (await readiness(home))["voice"] == {
                "name": "gpt-4.1-mini",
                "ready": True,
                "reason": "server_error",
            }
            assert (await callers.say("CALL-1", "what are your working hours?")).assistant_response == (
                "We are open from nine to five."
            )
            assert (await readiness(home))["voice"] == {"name": "gpt-4.1-mini", "ready": True, "reason": None}


async def test_without_a_key_nobody_is_asked(tmp_path):
    app = await build(Settings(data_dir=tmp_path, _env_file=None))
    try:
        assert app.speech is None
    finally:
        await app.close()


async def test_a_second_opinion_needs_a_model(tmp_path):
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        await build(Settings(data_dir=tmp_path, analysis=AnalysisMode.hybrid, _env_file=None))


async def test_what_was_spent_before_a_restart_counts_for_the_day(tmp_path):
    fake = FakeOpenAI(key=KEY)
    for number, voice in enumerate(("gpt-4.1-mini", "offline")):
        async with model_house(tmp_path, fake=fake, day_tokens=10) as home, rest(f"http://{home.address}") as callers:
            await callers.start(f"CALL-{number}", language="en")
            await callers.say(f"CALL-{number}", "hello")
            [reply] = [each for each in await callers.log(f"CALL-{number}") if each.event == "assistant_message"]
            assert reply.voice == voice
    assert reply.voice_reason == "day_budget"


async def test_a_call_that_spent_its_budget_goes_on_offline(tmp_path):
    async with model_house(tmp_path, call_tokens=10) as home, rest(f"http://{home.address}") as callers:
        await callers.start("CALL-1", language="en")
        for text in ("hello", "what are your working hours?"):
            await callers.say("CALL-1", text)
        first, second = (each for each in await callers.log("CALL-1") if each.event == "assistant_message")
        assert (first.voice, first.voice_reason) == ("gpt-4.1-mini", None)
        assert (second.voice, second.voice_reason) == ("offline", "call_budget")
        await callers.start("CALL-2", language="en")
        await callers.say("CALL-2", "hello")
        [other] = [each for each in await callers.log("CALL-2") if each.event == "assistant_message"]
        assert other.voice == "gpt-4.1-mini"

"""The OpenAPI document: complete, with true examples in both languages, and kept by the server (schemathesis)."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from callcenter.api.app import create_app
from callcenter.api.openapi import EXAMPLES, REQUESTS, RESPONSES

DOCUMENT = create_app().openapi()
OPERATIONS = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}
EXAMPLES_OF = json.loads(EXAMPLES.read_text(encoding="utf-8"))
MODELS = {model.__name__: model for model in (*REQUESTS, *RESPONSES)}


def model_of(content):
    return MODELS[content["application/json"]["schema"]["$ref"].rpartition("/")[2]]


def references(node):
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


@pytest.mark.unit
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_says_what_it_does_who_may_call_it_and_how_it_fails(name):
    operation = OPERATIONS[name]
    assert operation["tags"]
    assert operation["summary"]
    assert re.search(r"\bFor (API keys\b.* and|everybody\b)", operation["description"])
    failures = {status: each for status, each in operation["responses"].items() if not status.startswith("2")}
    assert failures
    for failure in failures.values():
        assert set(failure["content"]) == {"application/problem+json"}
        assert failure["description"].startswith("`")


@pytest.mark.unit
def test_every_reference_leads_somewhere():
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= known
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("model", "field", "description"),
    [
        ("NewCall", "seq", "Number of the last event of the call; resume after it."),
        ("BotReply", "persona", "Who answered."),  # inherited, and a reference
        ("MessageRequest", "language", "The language the customer's client is set to; a hint, the words themselves"),
    ],
)
def test_a_field_is_described_by_the_string_under_it_or_by_its_type(model, field, description):
    described = DOCUMENT["components"]["schemas"][model]["properties"][field]
    assert described["description"].startswith(description)


@pytest.mark.unit
@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name, each in OPERATIONS.items()
        if "application/json" in each.get("requestBody", {}).get("content", {})
    ),
)
def test_a_body_has_an_example_in_each_language_that_is_one(name):
    content = OPERATIONS[name]["requestBody"]["content"]
    shown = content["application/json"]["examples"]
    assert set(shown) == {"arabic", "english"}
    for example in shown.values():
        model_of(content).model_validate(example["value"])


@pytest.mark.unit
@pytest.mark.parametrize("name", sorted(name for name, each in EXAMPLES_OF.items() if "response" in each))
def test_an_example_of_a_response_is_one(name):
    content = next(each for status, each in OPERATIONS[name]["responses"].items() if status[0] == "2")["content"]
    assert content["application/json"]["examples"] == EXAMPLES_OF[name]["response"]
    for example in EXAMPLES_OF[name]["response"].values():
        model_of(content).model_validate_json(json.dumps(example["value"]))


@pytest.mark.unit
def test_an_example_belongs_to_an_operation():
    assert set(EXAMPLES_OF) <= set(OPERATIONS)


BEYOND_SCHEMAS = """
[[operations]]
include-name = "GET /api/analytics"
checks.positive_data_acceptance.expected-statuses = ["2xx", "422"]

[[operations]]
include-name = "POST /api/knowledge/upload"
checks.positive_data_acceptance.expected-statuses = ["2xx", "409", "422"]
checks.negative_data_rejection.expected-statuses = ["201", "400", "405", "406", "409", "413", "415", "422"]

[[operations]]
include-name = "PATCH /api/tickets/{number}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "409", "422"]

[[operations]]
include-name = "POST /api/desk/calls/{call_id}/actions"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "409", "422"]

[[operations]]
include-name = "POST /api/scripts"
checks.positive_data_acceptance.expected-statuses = ["2xx", "409", "422"]

[[operations]]
include-name = "PATCH /api/scripts/{script_id}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "409", "422"]
"""
"""No schema can say it: each end of a period is a time, but not every two make a period; what makes a PDF; that a
document of a word or two is one as well; that a ticket is given to somebody or taken from them; what an action
takes; and what each step of a script fills, and that no two are alike."""


@pytest.mark.live
async def test_the_server_keeps_to_its_document(server, tmp_path):
    (tmp_path / "schemathesis.toml").write_text(BEYOND_SCHEMAS)
    program = Path(sys.executable).with_name("schemathesis")
    run = await asyncio.create_subprocess_exec(
        *(program, "run", f"http://{server}/openapi.json", "--seed=1", "--max-examples=15", "--no-color"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(120):
        said, _ = await run.communicate()
    assert run.returncode == 0, said.decode()

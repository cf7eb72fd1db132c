"""Articles over REST."""

from __future__ import annotations

import pytest

from callcenter.knowledge.documents import MAX_DOCUMENT_BYTES
from callcenter.knowledge.pdf import MAX_PDF_BYTES
from tests.knowledge.pdfs import pdf

pytestmark = pytest.mark.unit

ARTICLES = "/api/knowledge/articles"
PARKING = {
    "slug": "parking",
    "texts": {"ar": {"title": "مواقف السيارات", "body": "خلف المبنى."}, "en": {"title": "Parking", "body": "Behind."}},
    "tags": ["garage"],
}


async def found(client, q, **wanted):
    response = await client.get("/api/knowledge/search", params={"q": q, **wanted})
    assert response.status_code == 200, response.text
    return [(each["slug"], each["language"], each["other_language"]) for each in response.json()["items"]]


@pytest.mark.parametrize(("q", "language"), [("كيف الغي طلبي", "ar"), ("cancel my order", "en")])
async def test_a_search_answers_in_the_questions_language_or_the_one_asked_for(client, q, language):
    assert (await found(client, q))[0] == ("cancel-order", language, False)
    for asked in ("ar", "en"):
        assert (await found(client, q, language=asked))[0] == ("cancel-order", asked, False)


@pytest.mark.parametrize("q", ["الفيل الأزرق يطير", "blue elephants sing"])
async def test_a_search_for_nonsense_finds_nothing_and_is_a_gap(client, q):
    assert await found(client, q) == []
    assert await found(client, q) == []
    (gap,) = (await client.get("/api/knowledge/gaps")).json()["items"]
    assert gap["count"] == 2


async def test_an_article_lives_from_draft_to_archive(client):
    made = await client.post(ARTICLES, json=PARKING)
    assert (made.status_code, made.headers["location"]) == (201, f"{ARTICLES}/parking")
    assert await found(client, "parking") == []
    path = f"{ARTICLES}/parking"
    assert (await client.post(f"{path}/publish", params={"version": 1})).json()["version"] == 2
    assert await found(client, "parking") == [("parking", "en", False)]
    edit = {"texts": {"en": None}, "version": 2}
    assert (await client.patch(path, json=edit)).json()["texts"].keys() == {"ar"}
    assert await found(client, "garage", language="en") == [("parking", "ar", True)]
    late = await client.patch(path, json=edit)
    assert (late.status_code, late.json()["code"]) == (409, "article_conflict")
    assert (await client.post(f"{path}/archive")).json()["status"] == "archived"
    assert await found(client, "garage") == []
    versions = (await client.get(f"{path}/versions")).json()["versions"]
    assert [(each["version"], each["status"], each["actor"]) for each in versions] == [
        *((1, "draft", "local"), (2, "published", "local"), (3, "published", "local"), (4, "archived", "local"))
    ]
    listed = (await client.get(ARTICLES, params={"status": "archived"})).json()["items"]
    assert [each["slug"] for each in listed] == ["parking"]
    assert len((await client.get(ARTICLES)).json()["items"]) >= 10


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/no-such", None, 404, "article_not_found"),
        ("GET", "/a%00b/versions", None, 404, "article_not_found"),
        ("PATCH", "/no-such", {"tags": []}, 404, "article_not_found"),
        ("POST", "/no-such/publish", None, 404, "article_not_found"),
        ("POST", "", {**PARKING, "slug": "opening-hours"}, 409, "article_exists"),
        ("POST", "", {**PARKING, "slug": "Not A Slug"}, 422, "invalid_request"),
        ("POST", "", {**PARKING, "texts": {}}, 422, "invalid_request"),
        ("POST", "", {**PARKING, "texts": {"fr": {"title": "x", "body": "y"}}}, 422, "invalid_request"),
        ("POST", "", {**PARKING, "texts": {"en": {"title": "x", "body": "a\0b"}}}, 422, "invalid_request"),
        ("PATCH", "/opening-hours", {"texts": {"ar": None, "en": None}}, 422, "invalid_request"),
    ],
)
async def test_what_can_not_be_done_is_a_problem(client, method, path, body, status, code):  # noqa: PLR0917 (a case)
    answer = await client.request(method, f"{ARTICLES}{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def upload(client, content, media, **wanted):
    params = {"slug": "garage", "language": "en", **wanted}
    return await client.post("/api/knowledge/upload", params=params, content=content, headers={"content-type": media})


async def test_a_document_becomes_a_draft_and_its_other_language_joins_it(client):
    page = "<html><head><title>Garage</title></head><body><h2>Where?</h2><p>Below.</p></body></html>"
    made = (await upload(client, page, "text/html; charset=utf-8")).json()
    assert (made["status"], made["texts"]["en"]) == ("draft", {"title": "Garage", "body": "## Where?\n\nBelow."})
    both = await upload(client, "# المرآب\n\nتحت المبنى.".encode(), "text/markdown", language="ar")
    assert (both.status_code, both.json()["version"], set(both.json()["texts"])) == (201, 2, {"ar", "en"})
    again = await upload(client, "Garage\nBelow.", "text/plain")
    assert (again.status_code, again.json()["code"]) == (409, "article_exists")


async def test_a_pdf_becomes_a_draft(client):
    made = await upload(client, pdf([list("Parking"), list("Below the house.")]), "application/pdf")
    assert made.status_code == 201
    assert made.json()["texts"]["en"] == {"title": "Parking", "body": "Parking\n\nBelow the house."}


@pytest.mark.parametrize(
    ("content", "media", "status", "code"),
    [
        (b"\xff\xfe", "text/plain", 422, "document_unreadable"),
        (b"<p></p>", "text/html", 422, "document_unreadable"),
        (b"%PDF-1.7", "application/pdf", 422, "document_unreadable"),
        (b"PK", "application/zip", 415, "unsupported_media_type"),
        (b"x" * (MAX_PDF_BYTES + 1), "application/pdf", 413, "body_too_large"),
        (b"x" * (MAX_DOCUMENT_BYTES + 1), "text/plain", 413, "body_too_large"),
    ],
)
async def test_a_document_that_is_none_is_refused(client, content, media, status, code):
    answer = await upload(client, content, media)
    assert (answer.status_code, answer.json()["code"]) == (status, code)

"""`/api/v1/checks/NAME/explanation`."""

from __future__ import annotations

import pytest

from tests.web.conftest import Site
from tests.web.test_api import described

PATH = "/api/v1/checks/{name}/explanation"


@pytest.mark.parametrize("check", ["checkout-requests", "methods", "business"])
async def test_why_it_would_page_as_described(site: Site, check: str) -> None:
    answer = await site.get(
        f"/api/v1/checks/{check}/explanation{'?series=card' if check == 'methods' else ''}"
    )
    body = answer.json()
    described("GET", PATH, answer.status_code, body)
    assert (body["check"], body["rules"][0]["fires_after"]) == (check, 20.0)
    assert body["view"]["curve"] == {
        "starts_at": "2025-11-22T16:03:53.000Z",
        "usual_per_second": [1.0, None],
    }
    assert (body["last"] is None) is (check == "business")


async def test_a_typing_error_and_a_series_too_many_have_their_hint(site: Site) -> None:
    wrong = (await site.get("/api/v1/checks/bank-gatewey/explanation")).json()
    assert wrong["hint"] == 'did you mean "bank-gateway"?'
    more = (await site.get("/api/v1/checks/ledger/explanation?series=x")).json()
    assert more["hint"] == "it has one only: leave it out"


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("nothing/explanation", "there is no check"),
        ("methods/explanation", "has several series"),
        ("methods/explanation?series=cash", 'has no series "cash"'),
    ],
)
async def test_what_is_not_there_is_said_so(site: Site, path: str, what: str) -> None:
    answer = await site.get(f"/api/v1/checks/{path}")
    described("GET", PATH, answer.status_code, answer.json())
    assert (answer.status_code, what in answer.json()["detail"]) == (404, True)

"""Teams: the card that a workflow is given, its size, its refusals, and URLs that Microsoft has ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.channels.letters import letter
from tests.parts.httpserver import Answer, HttpServer
from watchtower.channels import problem_of_address
from watchtower.channels.contract import Letter
from watchtower.channels.kinds.teams import TeamsChannel
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.page_kinds import PageKind

PATH = "/workflows/1/invoke"


async def send(server: HttpServer, one: Letter) -> Any:
    channel = TeamsChannel(TeamsChannel.Settings())
    try:
        await channel.send(replace(one, address=server.url(f"{PATH}?sig=very-secret")))
    finally:
        await channel.close()
    return server.wait_for(PATH)


async def test_a_page_is_an_adaptive_card(http_server: HttpServer) -> None:
    http_server.on(PATH, Answer(202))
    body = (await send(http_server, letter())).json()
    [attachment] = body["attachments"]
    card = attachment["content"]
    assert (body["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["body"][0]["text"] == "\\[P1\\] Paylane Checkout"
    assert card["fallbackText"].startswith("[P1] Paylane Checkout: No requests")
    assert [(one["type"], one["title"]) for one in card["actions"]] == [
        ("Action.OpenUrl", "Acknowledge"),
        ("Action.OpenUrl", "Open the brief"),
    ]


@pytest.mark.parametrize("kind", list(PageKind))
async def test_every_page_has_a_card(http_server: HttpServer, kind: PageKind) -> None:
    http_server.on(PATH, Answer(202))
    card = (await send(http_server, letter(kind))).json()["attachments"][0]["content"]
    assert card["body"][0]["text"]
    assert all(one["url"] for one in card["actions"])


async def test_a_card_is_never_larger_than_teams_takes(http_server: HttpServer) -> None:
    http_server.on(PATH, Answer(202))
    steps = tuple(replace(step, en=step.en * 200) for step in letter().message.sop_steps)
    request = await send(http_server, letter(sop_steps=steps * 20))
    assert len(request.body) <= 28 * 1024
    assert request.json()["attachments"][0]["content"]["actions"]


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, DeliveryFault.OURS), (401, DeliveryFault.ADDRESS), (404, DeliveryFault.ADDRESS),
        (413, DeliveryFault.OURS), (429, DeliveryFault.RETRY), (502, DeliveryFault.RETRY),
    ],
)  # fmt: skip
async def test_what_follows_from_a_refusal(
    http_server: HttpServer, status: int, fault: DeliveryFault
) -> None:
    http_server.on(PATH, Answer(status, "no"))
    with pytest.raises(DeliveryError) as failure:
        await send(http_server, letter())
    assert failure.value.fault is fault
    assert "very-secret" not in str(failure.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4",
        "https://outlook.office.com/webhook/1@2/IncomingWebhook/3/4",
        "https://ACME.Webhook.Office.com./webhookb2/1",
    ],
)
def test_a_connector_is_refused_with_what_to_use_instead(url: str) -> None:
    assert "make a workflow" in str(problem_of_address("teams", url))

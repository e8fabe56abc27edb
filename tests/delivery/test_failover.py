"""A second channel of the kind takes what the first does not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.far_side import BUSY, NO_SUCH_USER, FarSide, Rig, responder
from tests.parts.httpserver import Answer, HttpServer
from tests.store.samples import SMS, page
from watchtower.channels import build, traits
from watchtower.channels.kinds.sms.gateway import SmsGateway
from watchtower.core.events import Delivered, Failed
from watchtower.core.incident.incidents import Page
from watchtower.core.plan import Plan
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Secret

UNSURE = DeliveryError("timeout", "no answer")
ANY = "(for any number)"


def queued_now(number: int = 1) -> Page:
    return replace(page(), id=f"INC-1.{number}.li.sms", channel=SMS, created_at=time.time())


@asynccontextmanager
async def two(path: Path, first: Any, second: Any, plan: Plan | None = None) -> AsyncIterator[Rig]:
    more = {"sms.cn": first, "sms.abroad": second}
    rig = Rig(path / "w.db", more=more, without=("sms",), **({"plan": plan} if plan else {}))
    async with rig:
        yield await rig.started()


@pytest.mark.parametrize("fault", [BUSY, NO_SUCH_USER, UNSURE])
async def test_the_next_takes_it_at_once_under_the_same_id(tmp_path: Path, fault: DeliveryError) -> None:
    cn, abroad = FarSide(fault), FarSide()
    async with two(tmp_path, cn, abroad) as rig:
        queued = queued_now()
        await rig.offer(queued)
        await rig.idle()
        assert cn.tried[0].id == abroad.taken[0] == queued.id
        assert [(a.channel, a.outcome) for a in rig.attempts] == [
            ("sms.cn", "failover"),
            ("sms.abroad", "delivered"),
        ]
        via = f"sms.abroad {ANY} after sms.cn ({fault.code})"
        assert rig.events == [Delivered(queued.id, queued.incident, f"queue-{queued.id}", via, "sms.abroad")]


async def test_both_down_is_tried_again_and_both_refusing_is_the_end(tmp_path: Path) -> None:
    async with two(tmp_path, FarSide(BUSY, NO_SUCH_USER), FarSide(BUSY, NO_SUCH_USER)) as rig:
        queued = queued_now()
        await rig.offer(queued)
        await rig.idle()
        assert [a.outcome for a in rig.attempts] == ["failover", "retry", "failover", "failed"]
        assert rig.events[-1] == Failed(queued.id, queued.incident, "550", DeliveryFault.ADDRESS)


async def test_one_that_fails_goes_last_for_a_while(tmp_path: Path) -> None:
    """No storm of failovers: the pages after it begin with the one that works, and say why."""
    cn, abroad = FarSide(*[BUSY] * 9), FarSide()
    async with two(tmp_path, cn, abroad) as rig:
        for number in range(1, 6):
            await rig.offer(queued_now(number))
            await rig.idle()
        assert len(cn.tried) == 1
        assert len(abroad.taken) == 5
        last = rig.events[-1]
        assert isinstance(last, Delivered)
        assert last.via == f"sms.abroad {ANY} after sms.cn (failed just now)"


async def test_a_gateway_that_leaves_by_a_reload_leaves_its_pages_to_the_other(tmp_path: Path) -> None:
    abroad = FarSide(BUSY)
    async with two(tmp_path, FarSide(*[BUSY] * 9), abroad) as rig:
        queued = queued_now()
        del rig.channels["sms.cn"]
        rig.delivery.reloaded()
        await rig.offer(queued)
        await rig.idle()
        assert abroad.taken == [queued.id]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer.json({"code": "isv.BUSINESS_LIMIT_CONTROL"}), "isv.BUSINESS_LIMIT_CONTROL"),
        (Answer(503), "http 503"),
    ],
)
async def test_two_gateways_over_http(
    tmp_path: Path, http_server: HttpServer, answer: Answer, code: str
) -> None:
    """The number chooses; a no inside an HTTP 200 sends the page on, with the key that tells a repetition."""
    http_server.on("/cn", answer)
    http_server.on("/abroad", Answer.json({"code": "OK", "id": "m-7"}))
    body = {"to": "{{ to }}", "text": "{{ text }}"}
    how: dict[str, Any] = {"json": body, "success": "code == 'OK'", "code": "code", "reference": "id"}
    tables = {
        "sms.abroad": SmsGateway.Settings(url=Secret(http_server.url("/abroad")), **how),
        "sms.cn": SmsGateway.Settings(url=Secret(http_server.url("/cn")), numbers=("+86",), **how),
    }
    made = build(tables)
    plan = Plan(responders={"li": responder()}, channels=tables, kinds=traits())
    async with two(tmp_path, made["sms.cn"], made["sms.abroad"], plan) as rig:
        queued = queued_now()
        await rig.offer(queued)
        await rig.idle()
        first, second = http_server.wait_for("/cn"), http_server.wait_for("/abroad")
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
        assert first.json()["to"] == second.json()["to"] == "+8613800000000"
        via = f"sms.abroad {ANY} after sms.cn ({code})"
        assert rig.events == [Delivered(queued.id, queued.incident, "m-7", via, "sms.abroad")]
    for channel in made.values():
        await channel.close()


async def test_the_only_one_that_serves_the_number_says_so(tmp_path: Path) -> None:
    tables = {
        "sms.cn": SmsGateway.Settings(file="cn.txt", numbers=("+86",)),
        "sms.abroad": SmsGateway.Settings(file="abroad.txt", numbers=("+49",)),
    }
    plan = Plan(responders={"li": responder()}, channels=tables, kinds=traits())
    async with two(tmp_path, FarSide(), FarSide(), plan) as rig:
        queued = queued_now()
        await rig.offer(queued)
        await rig.idle()
        assert rig.events == [
            Delivered(queued.id, queued.incident, f"queue-{queued.id}", "sms.cn (for +86)", "sms.cn")
        ]


async def test_a_channel_whose_budget_is_spent_is_not_tried(tmp_path: Path) -> None:
    cn, abroad = FarSide(), FarSide(BUSY)
    async with two(tmp_path, cn, abroad) as rig:
        queued = replace(queued_now(), spent=("sms.cn",))
        await rig.offer(queued)
        await rig.idle()
        assert cn.tried == []
        assert abroad.taken == [queued.id]

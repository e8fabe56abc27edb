"""Storms, bugs, secrets and a failing store: the page goes out, and the daemon lives."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.delivery.far_side import BUSY, FarSide, Rig, now, repeated, until
from tests.store.samples import SMS, page
from watchtower.channels import traits
from watchtower.channels.contract import Receipt
from watchtower.core.events import Delivered
from watchtower.core.incident.incidents import Page
from watchtower.delivery.turns import SHARE
from watchtower.errors import DeliveryError
from watchtower.model import Severity

MAIL_SHARE = traits()["email"].at_once


@pytest.mark.parametrize(
    "answer", [RuntimeError("token s3cret in a bug"), KeyError(), TimeoutError(), OSError("gone")]
)
async def test_a_bug_in_a_channel_is_logged_and_tried_again(rig: Rig, answer: Exception) -> None:
    rig.email.answers = [answer]
    with capture_logs() as logs:
        await rig.offer(now())
        await rig.idle()
    assert rig.said() == [("Delivered", page().id)]
    assert rig.attempts[0].outcome == "retry"
    crashes = [entry for entry in logs if entry["event"] == "channel_crashed"]
    assert len(crashes) == (0 if isinstance(answer, TimeoutError) else 1)
    assert all("far_side.py" in "".join(entry["trace"]) for entry in crashes)


async def test_secrets_of_a_far_side_s_words_are_nowhere(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", redact=lambda text: text.replace("s3cret", "***")) as rig:
        await rig.started()
        rig.email.answers = [
            DeliveryError("s3cret", "s3cret"),
            RuntimeError("s3cret"),
            Receipt("s3cret", "s3cret"),
        ]
        with capture_logs() as logs:
            await rig.offer(now())
            await rig.idle()
        await rig.delivery.stop(5.0)
        assert "s3cret" not in f"{rig.events} {rig.attempts} {logs} {await rig.store.pages('INC-1')}"


async def test_an_endless_answer_is_cut(rig: Rig) -> None:
    rig.email.answers = [DeliveryError("x", "y" * 100_000)]
    await rig.offer(now())
    await rig.idle()
    assert len(rig.attempts[0].detail) == 500


async def test_a_storm_is_bounded_and_the_worst_goes_first(rig: Rig) -> None:
    await rig.offer(now(of=1000), now(of=1000, channel=SMS))
    await rig.idle()  # both far sides are known to be well
    rig.email.open.clear()
    rig.sms.open.clear()
    storm = [now(of=n, severity=Severity.P3) for n in range(1, 500)]
    storm += [now(of=n, severity=Severity.P3, channel=SMS) for n in range(1, 500)]
    await rig.offer(*storm)
    await until(lambda: (rig.email.busy, rig.sms.busy) == (MAIL_SHARE, SHARE))
    worst = now(of=999, severity=Severity.P0)
    await rig.offer(worst)
    assert rig.delivery.backlog() == 999
    rig.email.open.set()
    rig.sms.open.set()
    await rig.idle()
    assert (rig.email.most_busy, rig.sms.most_busy) == (MAIL_SHARE, SHARE)
    assert [letter.id for letter in rig.email.tried].index(worst.id) == 1 + MAIL_SHARE
    assert len(rig.said(Delivered)) == 1001
    assert repeated(rig.email.taken + rig.sms.taken) == []


async def test_a_thousand_pages_to_a_dead_gateway_do_not_touch_another(rig: Rig) -> None:
    rig.sms.open.clear()
    await rig.offer(*(now(of=n, channel=SMS) for n in range(1, 1001)))
    await until(lambda: rig.sms.busy)
    await rig.offer(*(now(of=n) for n in range(1, 21)))
    await until(lambda: len(rig.email.taken) == 20)
    assert rig.sms.most_busy == 1
    rig.sms.open.set()
    await rig.idle()
    assert len(rig.sms.taken) == 1000


async def test_the_loop_is_not_blocked_by_a_storm(rig: Rig) -> None:
    """Others get their turns of the loop between any few of a thousand pages."""
    turns: list[int] = []

    async def neighbour() -> None:
        while rig.delivery.backlog():
            turns.append(rig.delivery.backlog())
            await asyncio.sleep(0)

    storm = [now(of=n) for n in range(1, 1001)]
    await rig.commit(*storm)
    rig.delivery.offer(storm)
    await neighbour()
    assert max(a - b for a, b in itertools.pairwise(turns)) <= 40


async def test_a_store_that_fails_does_not_stop_a_page(rig: Rig) -> None:
    rig.email.answers = [BUSY, BUSY]
    await rig.commit(now())
    await rig.store.close()
    with capture_logs() as logs:
        rig.delivery.offer([now()])
        await rig.idle()
        await until(lambda: rig.delivery.unrecorded == 2)
    assert rig.said() == [("Delivered", page().id)]
    assert [entry["event"] for entry in logs] == ["attempt_not_recorded"] * 2


def crash(*_: object) -> object:
    raise RuntimeError("a bug of ours")


@pytest.mark.parametrize("part", ["redact", "report", "on_attempt"])
async def test_a_bug_beside_the_way_does_not_stop_a_page(tmp_path: Path, part: str) -> None:
    async with Rig(tmp_path / "w.db", email=FarSide(BUSY), **{part: crash}) as rig:  # type: ignore[arg-type]
        await rig.started()
        with capture_logs():
            await rig.offer(now(), now(2))
            await rig.idle()
        assert rig.email.taken == [now().id, now(2).id]


async def test_a_bug_in_the_way_is_tried_again(tmp_path: Path) -> None:
    bugs = [RuntimeError("a bug of ours")] * 3

    def links(_: Page) -> tuple[str, str]:
        if bugs:
            raise bugs.pop()
        return "", ""

    async with Rig(tmp_path / "w.db", links=links) as rig:
        await rig.started()
        with capture_logs() as logs:
            await rig.offer(now())
            await rig.idle()
        assert [name for name, _ in rig.said()] == ["PageFailing", "Delivered"]
        assert [entry["event"] for entry in logs] == ["delivery_crashed"] * 3

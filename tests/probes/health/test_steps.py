"""A transaction over several requests: which step it says fails, what it takes back, what it spends."""

from __future__ import annotations

import asyncio
import gzip
import re

import pytest

from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.probes.health.transactions import LOGIN, Made, answering, fleet, made, run, step
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.curl import CurlFleet
from watchtower.model import Observation
from watchtower.probes.contract import Services
from watchtower.probes.registry import Registry
from watchtower.probes.steps import StepsProbe
from watchtower.runner import Runner

__all__ = ["fleet", "made"]


HOSTILE = {
    "503": (Answer(503), {}, "down status"),
    "huge": (Answer(200, "x" * 3_000_000), {"body_matches": "y"}, "down too_large"),
    "packed": (
        Answer(200, gzip.compress(b"\0" * (64 << 20), 1), {"Content-Encoding": "gzip"}),
        {"body_matches": "a"},
        "down too_large",
    ),
    "drip": (Answer(200, "x" * 100, delay=0.05, fault=Fault.DRIP), {"timeout": "300ms"}, "down timeout"),
    "hang": (Answer(200, fault=Fault.HANG), {"timeout": "300ms"}, "down timeout"),
    "charset": (
        Answer(200, b"\xd5\xfd", {"Content-Type": "text/html; charset=x-unheard-of"}),
        {"body_matches": "a"},
        "unknown charset",
    ),
    "wrong length": (Answer(200, "short", fault=Fault.CUT), {}, "down reset"),
    "endless redirects": (Answer.redirect("?"), {}, "down redirects"),
    "no HTTP": (Answer(fault=Fault.GARBAGE), {}, "down protocol"),
    "deep JSON": (Answer(200, "[" * 100_000), {"json": [{"path": "a"}]}, "down garbage"),
    "many cookies": (
        Answer(200, headers={"Set-Cookie": "a=" + "x" * 5000}),
        {"carry": {"a": {"cookie": "a"}}},
        "down carry",
    ),
}


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_answer_in_any_step_is_said_of_that_step(
    made: Made, http_server: HttpServer, name: str, at: int
) -> None:
    answer, settings, says = HOSTILE[name]
    steps = [step(one) for one in ("login", "quote", "pay")]
    steps[at] |= settings
    answering(http_server, login=Answer(200), quote=Answer(200), pay=Answer(200), undo=Answer(204))
    http_server.on(f"/{steps[at]['name']}", answer)
    reading = await run(made, follow_redirects=True, max_redirects=3, step=steps, cleanup=[step("undo")])
    assert f"{reading.outcome} {reading.reason}" == says, reading
    assert reading.measurements["steps_done"] == float(at)
    assert reading.detail.startswith(f"step {at + 1} of 3, {steps[at]['name']}: ")
    assert reading.measurements.get("failed_step") == (steps[at]["name"] if says.startswith("down") else None)
    assert "latency" not in reading.measurements
    assert len(http_server.requests_to("/undo")) == 1, "it is cleaned up all the same"


async def test_one_deadline_covers_all_steps_and_leaves_time_to_clean_up(
    made: Made, http_server: HttpServer
) -> None:
    answering(http_server, a=Answer(200, delay=0.3), b=Answer(200, fault=Fault.HANG), undo=Answer(204))
    reading = await run(made, timeout=2.0, step=[step("a"), step("b"), step("c")], cleanup=[step("undo")])
    assert f"{reading.outcome} {reading.reason}" == "down timeout"
    assert re.search(r"step 2 of 3, b: connected, but no answer within 1\.\d+ s", reading.detail)
    assert http_server.requests_to("/undo"), "a quarter of the time was kept back"
    assert http_server.requests_to("/c") == []
    assert reading.measurements["cleanup_failed"] == 0.0


async def test_what_ends_later_is_asked_for_again(made: Made, http_server: HttpServer) -> None:
    pending, paid = Answer.json({"state": "pending"}), Answer.json({"state": "paid"})
    http_server.on("/paid", pending, paid)
    settle = step("paid", json=[{"path": "state", "equals": "paid"}], retry_for="4s")
    assert (await run(made, step=[settle])).outcome == "up"
    assert len(http_server.requests_to("/paid")) == 2
    http_server.on("/paid", pending)
    reading = await run(made, step=[settle | {"retry_for": "500ms"}])
    assert (reading.outcome, reading.reason) == ("down", "json")


async def test_a_clean_up_has_what_was_carried_and_leaves_out_what_nobody_gave(
    made: Made, http_server: HttpServer
) -> None:
    """The answer is not as expected, and still says which order it has made."""
    answering(
        http_server,
        login=Answer(500),
        pay=Answer.json({"order": 7, "state": "odd"}),
        undo=Answer(204),
        out=Answer(503),
    )
    pay = step("pay", json=[{"path": "state", "equals": "paid"}], carry={"order": {"json": "order"}})
    undo, out = step("undo", "/undo?order={{ order }}"), step("out")
    reading = await run(made, step=[pay], cleanup=[undo, out])
    assert (reading.outcome, reading.reason) == ("down", "json")
    assert http_server.requests_to("/undo")[0].query == {"order": ["7"]}
    assert reading.measurements["cleanup_failed"] == 1.0, "of /out, and no failure of the product"
    reading = await run(made, step=[step("login"), pay], cleanup=[undo])
    assert reading.measurements["cleanup_failed"] == 0.0
    assert len(http_server.requests_to("/undo")) == 1


@pytest.mark.parametrize("how", ["cancelled", "closed", "both"])
async def test_whoever_ends_a_run_ends_its_steps_and_not_its_clean_up(
    made: Made, http_server: HttpServer, how: str
) -> None:
    answering(http_server, pay=Answer(200, fault=Fault.HANG), undo=Answer(204))
    probe = await made(
        timeout=30.0, step=[step("pay"), step("never")], cleanup=[step("undo", "/undo?r={{ run_id }}")]
    )
    running = asyncio.create_task(probe.probe())
    await asyncio.to_thread(http_server.wait_for, "/pay")
    if how != "closed":
        running.cancel()
    if how != "cancelled":
        await probe.close()
    found = (await asyncio.gather(running, return_exceptions=True))[0]
    assert isinstance(found, asyncio.CancelledError) or (found.outcome, found.reason) == (
        "unknown",
        "stopped",
    )
    assert len(http_server.requests_to("/undo")) == 1
    assert http_server.requests_to("/never") == []


@pytest.mark.parametrize("ends", ["reload", "stop"])
async def test_a_reload_and_a_stop_wait_for_the_clean_up(
    fleet: CurlFleet, http_server: HttpServer, ends: str
) -> None:
    answering(http_server, pay=Answer(200, fault=Fault.HANG), undo=Answer(204))
    settings = {"url": http_server.url("/"), "step": [step("pay")], "cleanup": [step("undo")]}
    check = Check(
        name="buy",
        probe="steps",
        every=60.0,
        timeout=20.0,
        settings=StepsProbe.Settings.model_validate(settings),
    )
    seen: list[Observation] = []
    runner = Runner(Registry.load(None), Services(curl=fleet), seen.append, str)
    await runner.take(Plan(checks={"buy": check}), Registry.load(None))
    runner.start(["buy"])
    await asyncio.to_thread(http_server.wait_for, "/pay")
    if ends == "reload":
        await runner.take(Plan(), Registry.load(None))
    await runner.close()
    assert len(http_server.requests_to("/undo")) == 1
    assert seen == []


async def test_no_run_begins_beside_the_clean_up_of_the_one_before(
    made: Made, http_server: HttpServer
) -> None:
    answering(http_server, pay=Answer(200, fault=Fault.HANG), undo=Answer(204, fault=Fault.HANG))
    probe = await made(timeout=4.0, step=[step("pay")], cleanup=[step("undo")])
    running = asyncio.create_task(probe.probe())
    await asyncio.to_thread(http_server.wait_for, "/pay")
    running.cancel()
    await asyncio.to_thread(http_server.wait_for, "/undo")
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert (await probe.probe()).reason == "overrun"


async def test_since_when_a_step_fails_goes_on_from_run_to_run_until_another_fails(
    made: Made, http_server: HttpServer
) -> None:
    answering(http_server, login=Answer(200), pay=Answer(503))
    probe = await made(step=[step("login"), step("pay")])
    first, second = [(await probe.probe()).measurements["failing_since"] for _ in range(2)]
    assert first == second
    after_restart = await run(made, step=[step("login"), step("pay")])
    assert after_restart.measurements["failing_since"] == first
    answering(http_server, login=Answer(500))
    assert (await probe.probe()).measurements["failing_since"] > first
    answering(http_server, login=Answer(200), pay=Answer(200))
    reading = await probe.probe()
    assert reading.outcome == "up"
    assert reading.measurements.get("failing_since") is None


async def test_people_are_told_the_step_by_its_title_in_their_language(
    made: Made, http_server: HttpServer
) -> None:
    answering(http_server, login=Answer(200), pay=Answer(503))
    pay = step("pay", title={"en": "Pay", "zh": "支付"})
    reading = await run(made, step=[step("login"), pay])
    assert reading.measurements["because"] == "step 2 of 2, Pay, fails: HTTP 503"
    assert reading.measurements["because_zh"] == "第 2 步（共 2 步）“支付”失败：HTTP 503"
    assert reading.reason == "status"
    assert reading.detail.startswith("step 2 of 2, pay: HTTP 503, expected 2xx (run ")


async def test_a_budget_is_kept_over_a_restart_and_is_never_called_well(
    made: Made, http_server: HttpServer
) -> None:
    answering(http_server, login=Answer(200), pay=Answer(200))
    settings = {
        "step": [step("login"), step("pay", spends={"orders": 1})],
        "budget": {"runs": 9, "orders": 2},
    }
    assert (await run(made, **settings)).measurements["orders_left"] == 1.0
    assert (await run(made, **settings)).outcome == "up"
    reading = await run(made, **settings)
    assert (reading.outcome, reading.reason) == ("unknown", "budget")
    assert reading.detail == "today's budget of 2 orders is spent"
    assert reading.measurements == {"runs_left": 7.0, "orders_left": 0.0}
    assert len(http_server.requests_to("/login")) == 2, "a run that cannot be paid is not begun"


async def test_what_was_asked_is_spent_whatever_came_of_it(made: Made, http_server: HttpServer) -> None:
    answering(http_server, login=Answer(503), pay=Answer(200, fault=Fault.HANG))
    pay = step("pay", spends={"orders": 1}, timeout="100ms")
    budget = {"orders": 5}
    assert (await run(made, step=[step("login"), pay], budget=budget)).measurements["orders_left"] == 5.0
    assert (await run(made, step=[pay], budget=budget)).measurements["orders_left"] == 4.0
    again = pay | {"retry_for": "9s", "spends": {"orders": 4}}
    assert (await run(made, step=[again], budget=budget)).reason == "budget", "trying again is paid, too"
    assert len(http_server.requests_to("/pay")) == 2


WRONG = {
    "write it into the steps": {"headers": {"X-Token": "{{ token }}"}, "step": [LOGIN]},
    "no step before it carries": {"step": [step("pay", "/p?t={{ tokn }}"), LOGIN]},
    'two steps are named "a"': {"step": [step("a")], "cleanup": [step("a")]},
    'two measurements are named "a_status"': {"step": [step("a", measure={"a_status": "x"})]},
    'two measurements are named "latency"': {"step": [step("a", measure={"latency": "x"})]},
    "cannot stand in the host": {"step": [LOGIN, step("pay", "http://{{ token }}/")]},
    "must be a whole http": {"step": [step("pay", "ftp://x/")]},
    "JSON longer than": {"step": [step("a", measure={"x": "x"})], "max_body_bytes": 9 << 20},
    "budget has no such limit": {"step": [step("a", spends={"sms": 1})]},
    'no step spends "sms"': {"step": [step("a")], "budget": {"sms": 1}},
    "more than the 1 of a day": {"step": [step("a", spends={"sms": 2})], "budget": {"sms": 1}},
    "nothing is measured while cleaning up": {
        "step": [step("a")],
        "cleanup": [step("b", measure={"x": "x"})],
    },
    "name one place": {"step": [step("a", carry={"x": {}})]},
    "one named group": {"step": [step("a", carry={"x": {"regex": "(x)"}})]},
    "at least 1": {"step": []},
}


@pytest.mark.parametrize("says", WRONG)
def test_what_could_never_work_is_refused_when_it_is_read(says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        StepsProbe.Settings.model_validate({"url": "http://shop.example", **WRONG[says]})


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = {"step": [step("a", "/a?{{ x }}", spends={"sms": 1}), step("a")], "budget": {"orders": 1}}
    with pytest.raises(ValueError, match="two steps are named") as found:
        StepsProbe.Settings.model_validate({"url": "http://shop.example", **wrong})
    assert all(one in str(found.value) for one in ('carries "x"', 'spends "sms"', 'no step spends "orders"'))

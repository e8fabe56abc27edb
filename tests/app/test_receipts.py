"""Reports of vendors on their way to the engine, over a real store: by a request, by asking, and after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.app.test_archive import Nowhere
from tests.core.builders import http_check, rule
from tests.core.builders import plan as make_plan
from watchtower.api.contract import ProvenWay
from watchtower.app.inbox import Inbox
from watchtower.app.kept import KeptInStore
from watchtower.app.proven import ProvenWays
from watchtower.app.receipts import RESTS, VendorReports
from watchtower.channels.contract import (
    CallbackAnswer,
    CallbackRefused,
    CallbackRequest,
    DeliveryReport,
    TakenLetter,
)
from watchtower.core.events import Acknowledged, CanaryAsked, Delivered, Observed, PageQueued, Reported
from watchtower.core.incident.incidents import PageState
from watchtower.core.notify.taken_pages import TakenPages
from watchtower.core.pipeline.engine import Engine
from watchtower.detectors import DETECTORS
from watchtower.errors import DeliveryError, StoreError
from watchtower.journal import Journal
from watchtower.model import Observation, Outcome, Reading
from watchtower.store import Store
from watchtower.telemetry import Telemetry

BANK = http_check()
PLAN = replace(make_plan([BANK], [rule("down", "outcome == 'down'", BANK)]), channels={"sms.cn": object()})
AT = 1_000_000.0
ASKED = CallbackRequest("", "", (), {}, b"B-1")


@dataclass
class Vendor:
    """Reports what its queue holds, or the reference that a request is."""

    queue: list[DeliveryReport | Exception] = field(default_factory=list)
    asked: list[Sequence[TakenLetter]] = field(default_factory=list)

    def called_back(self, request: CallbackRequest) -> CallbackAnswer:
        if request.body == b"forged":
            raise CallbackRefused("the signature hunter2 is wrong")
        return CallbackAnswer(
            [DeliveryReport(PageState.UNDELIVERED, reference=request.body.decode(), code="30003")]
        )

    async def pull(self, taken: Sequence[TakenLetter]) -> Sequence[DeliveryReport]:
        self.asked.append(taken)
        for one in self.queue:
            if isinstance(one, Exception):
                raise one
        return [one for one in self.queue if isinstance(one, DeliveryReport)]


@dataclass
class Office:
    engine: Engine
    inbox: Inbox
    store: Store
    reports: VendorReports
    vendor: Vendor
    proven: ProvenWays
    page: str = ""

    async def outage(self) -> None:
        reading = Reading(Outcome.DOWN, {}, "timeout")
        await self.inbox.ask(Observed(Observation("bank", AT, reading)))
        self.page = next(p.id for p in self.engine.state.pages.values() if p.channel == "sms")
        await self.inbox.ask(Delivered(self.page, "INC-1", "B-1", "", "sms.cn"))

    async def state(self) -> tuple[PageState, str]:
        rows = await self.store.pages("INC-1")
        return next((page.state, said) for page, _, said in rows if page.id == self.page)

    async def pull(self, at: float = AT) -> None:
        self.reports.pull(at)
        while self.reports._asking:
            await asyncio.sleep(0.001)


async def open_office(store: Store, vendor: Vendor) -> tuple[Office, asyncio.Task[None], Journal]:
    telemetry, engine = Telemetry("test"), Engine(PLAN, DETECTORS, AT)
    journal = Journal(store, Nowhere(), telemetry.store_commit)
    inbox = Inbox(engine, journal, telemetry, clock=lambda: AT)
    channels: dict[str, Any] = {"sms.cn": vendor, "email": object()}
    proven = ProvenWays(engine.state.taken)
    hide = lambda text: text.replace("hunter2", "***")  # noqa: E731 - a secret of this test
    reports = VendorReports(engine, inbox, channels, store, proven, hide)
    return Office(engine, inbox, store, reports, vendor, proven), asyncio.create_task(journal.run()), journal


@pytest.fixture
async def office(store: Store) -> AsyncIterator[Office]:
    made, running, journal = await open_office(store, Vendor())
    await made.outage()
    yield made
    await made.reports.stop()
    journal.stop()
    await running


async def test_what_a_vendor_reports_is_recorded_before_it_is_answered(office: Office) -> None:
    assert await office.state() == (PageState.DELIVERED, "B-1")
    await office.reports.called_back("sms.cn", ASKED)
    assert await office.state() == (PageState.UNDELIVERED, "30003")
    log = [entry for entry in await office.store.timeline("INC-1") if entry.kind == "undelivered"]
    assert [entry.data["through"] for entry in log] == ["sms.cn"]


async def test_what_cannot_be_read_is_refused_without_its_secrets(office: Office) -> None:
    with pytest.raises(CallbackRefused, match=r"signature \*\*\* is wrong"):
        await office.reports.called_back("sms.cn", replace(ASKED, body=b"forged"))
    with pytest.raises(CallbackRefused, match="UnicodeDecodeError"):
        await office.reports.called_back("sms.cn", replace(ASKED, body=b"\xff"))
    with pytest.raises(CallbackRefused, match="takes no reports"):
        await office.reports.called_back("email", ASKED)


async def test_a_vendor_is_asked_while_it_may_still_report(office: Office) -> None:
    office.vendor.queue = [DeliveryReport(PageState.RECEIVED, page=office.page)]
    await office.pull()
    assert office.vendor.asked == [[TakenLetter(office.page, "B-1", "+8613800000000", AT)]]
    assert (await office.state())[0] is PageState.RECEIVED
    await office.pull()
    assert len(office.vendor.asked) == 1, "it has said all"


async def test_nothing_is_expected_of_a_page_of_yesterday(office: Office) -> None:
    await office.pull(AT + 90_000)
    assert office.vendor.asked == []


async def test_a_vendor_that_cannot_be_asked_is_asked_less(office: Office) -> None:
    office.vendor.queue = [DeliveryError("http 500", "busy")]
    for _ in range(4 + 1 + 2 + 3 + RESTS - 1):
        await office.pull()
    assert len(office.vendor.asked) == 4
    office.vendor.queue = []
    await office.pull()
    await office.pull()
    assert len(office.vendor.asked) == 5


async def test_after_a_restart_a_receipt_finds_its_page(office: Office) -> None:
    snapshot = await office.store.load()
    engine = Engine(PLAN, DETECTORS, AT)
    engine.restore(
        snapshot.alerts, snapshot.incidents, snapshot.pages, snapshot.detectors, snapshot.last_incident, AT,
        snapshot.logs, snapshot.outages, snapshot.sent,
    )  # fmt: skip
    known = engine.state.taken.find("sms.cn", "", "B-1")
    assert known is not None
    assert (known.page.id, known.at) == (office.page, AT)


NOTHING = dict.fromkeys(ProvenWays(TakenPages()).of(PLAN), "")


def proven(office: Office) -> dict[tuple[str, str], str]:
    return {way: one.by for way, one in office.proven.of(PLAN).items()}


async def test_a_way_is_proven_by_a_receipt_and_never_by_being_accepted(office: Office) -> None:
    assert proven(office) == NOTHING
    office.vendor.queue = [DeliveryReport(PageState.RECEIVED, page=office.page, at=AT + 7)]
    await office.pull()
    assert office.proven.of(PLAN)["li", "sms.cn"] == ProvenWay(AT + 7, "receipt")
    assert proven(office) == {**NOTHING, ("li", "sms.cn"): "receipt"}


@pytest.mark.parametrize(
    "report",
    [
        DeliveryReport(PageState.UNDELIVERED, reference="B-1"),
        DeliveryReport(PageState.RECEIVED, reference="B-1", address="+8613900000000"),
        DeliveryReport(PageState.RECEIVED, reference="B-9"),
    ],
)
async def test_what_did_not_arrive_there_proves_nothing(office: Office, report: DeliveryReport) -> None:
    await office.reports.report("sms.cn", [report])
    assert proven(office) == NOTHING


async def test_a_receipt_of_what_is_long_over_proves_the_way_all_the_same(office: Office) -> None:
    office.engine.state.taken.forget("INC-1")
    await office.reports.report("sms.cn", [DeliveryReport(PageState.READ, reference="B-1")])
    assert proven(office)["li", "sms.cn"] == "receipt"


@pytest.mark.parametrize(
    ("via", "by"), [("link", "acknowledgement"), ("sms", "acknowledgement"), ("api", "")]
)
async def test_who_acknowledges_was_reached_by_the_channel_that_carried_it(
    office: Office, via: str, by: str
) -> None:
    office.proven.decided(await office.inbox.ask(Acknowledged("INC-1", "li", via)), PLAN)
    assert proven(office) == {**NOTHING, ("li", "sms.cn"): by}


async def test_proofs_outlive_a_restart(office: Office) -> None:
    office.proven.note("li", "sms.cn", AT, "canary")
    await KeptInStore(office.store, proven=office.proven).save()
    again = ProvenWays(office.engine.state.taken)
    kept = KeptInStore(office.store, proven=again)
    await kept.open()
    assert again.of(PLAN)["li", "sms.cn"] == ProvenWay(AT, "canary")
    await office.store.put("proven", "[1]")
    await kept.open()
    again.note("li", "sms.cn", AT - 1, "receipt")
    assert again.of(PLAN)["li", "sms.cn"].by == "canary", "an older proof is no news"


class FullOnce:
    """A store whose disk is full at the first write."""

    def __init__(self) -> None:
        self.rows: list[str] | None = None

    async def put(self, name: str, value: str) -> None:
        if self.rows is None:
            self.rows = []
            raise StoreError("no space left on device")
        self.rows.append(value)


async def test_a_proof_that_could_not_be_written_is_written_later() -> None:
    store = FullOnce()
    ways = ProvenWays(TakenPages())
    kept = KeptInStore(store, proven=ways)  # type: ignore[arg-type]
    ways.note("li", "sms.cn", AT, "canary")
    with pytest.raises(StoreError):
        await kept.save()
    await kept.save()
    await kept.save()
    assert store.rows is not None
    assert len(store.rows) == 1


@dataclass(frozen=True)
class Reporting:
    reports: bool = True


@pytest.mark.parametrize("reports", [True, False])
async def test_a_canary_proves_by_its_receipt_or_where_there_is_none_by_being_accepted(
    office: Office, reports: bool
) -> None:
    plan = replace(PLAN, channels={"sms.cn": Reporting(reports)})
    office.engine.replace_plan(plan, AT)
    decisions = await office.inbox.ask(CanaryAsked(("li",)))
    page = next(d.page for d in decisions if isinstance(d, PageQueued) and d.page.channel == "sms")
    taken = await office.inbox.ask(Delivered(page.id, page.incident, "B-7", "", "sms.cn"))
    office.proven.decided(taken, plan)
    assert office.proven.of(plan)["li", "sms.cn"].by == ("" if reports else "canary")
    await office.reports.report("sms.cn", [DeliveryReport(PageState.RECEIVED, reference="B-7")])
    assert office.proven.of(plan)["li", "sms.cn"].by == "canary"
    kept = {one.id: one.state for one, _, _ in await office.store.pages(page.incident)}
    assert kept[page.id] is PageState.RECEIVED


async def test_a_canary_that_did_not_arrive_pages_nobody_and_the_next_one_takes_its_place(
    office: Office,
) -> None:
    office.engine.replace_plan(replace(PLAN, channels={"sms.cn": Reporting(), "sms.b": Reporting()}), AT)
    first = [d.page for d in await office.inbox.ask(CanaryAsked(("li",))) if isinstance(d, PageQueued)]
    for page in first:
        await office.inbox.ask(Delivered(page.id, page.incident, page.id, "", "sms.cn"))
    out = await office.inbox.ask(Reported("sms.cn", PageState.UNDELIVERED, reference=first[0].id))
    assert [d.reason for d in out] == ["undelivered"]
    out = office.engine.handle(CanaryAsked(("li",)), AT + 86400)
    assert [d.page.incident != first[0].incident for d in out if isinstance(d, PageQueued)] == [True, True]
    assert office.engine.state.taken.get(first[0].id) is None

"""What a commit costs on this disk, and what a storm of pages does: `python -m benchmarks.store [FOLDER]`.

Times depend on the disk, so each is also given as a ratio to plain `sqlite3` (one INSERT and COMMIT, WAL, the
same `synchronous`), measured in the same run in the same folder, alternating with ours.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from watchtower.channels.contract import Letter, Receipt
from watchtower.core.events import AlertChanged, Decision, Event, IncidentChanged, PageQueued
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident, Notified, Page, PageState
from watchtower.core.notify.messages import Because, Message
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.delivery import Delivery
from watchtower.model import AlertState, IncidentState, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.store.sqlite import SqliteStore

COMMITS = 500
STORM = 1000
CHECKOUT, SILENT = (
    Text("Checkout", "下单支付"),
    Text("No requests on Checkout for 40 s", "下单支付 已 40 秒无请求"),
)


def transition(number: int) -> list[Decision]:
    """All decisions of the moment in which an incident opens: alert, incident, one page, their timeline."""
    name, at = f"INC-{number}", time.time()
    alert = Alert(
        "flow-silent",
        "checkout-requests",
        str(number),
        AlertState.FIRING,
        Severity.P1,
        text=SILENT,
        incident=name,
    )
    notified = {("li", "email"): Notified(PageState.QUEUED)}
    incident = Incident(
        name, "flow:checkout", CHECKOUT, "checkout", IncidentState.TRIGGERED, Severity.P1, Severity.P1, at, at, notified=notified,
    )  # fmt: skip
    because = (Because("flow-silent", "checkout-requests", "", Severity.P1, at, SILENT, "traffic.silent"),)
    message = Message(
        PageKind.NEW, CHECKOUT, name, 1, Severity.P1, None, "triggered", "opened", CHECKOUT, "checkout", because, at, at,
    )  # fmt: skip
    page = Page(f"{name}.1.li.email", name, "li", "email", PageKind.NEW, message, at)
    return [
        AlertChanged(at, "joined", alert, AlertState.FIRING),
        IncidentChanged(at, "opened", incident),
        PageQueued(at, "opened", page),
    ]


def show(what: str, seconds: Sequence[float], base: Sequence[float] | None = None) -> None:
    median, p99 = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
    ratio = f"   {median / statistics.median(base):5.2f} x plain" if base else ""
    print(f"{what:44} median {median * 1e3:8.3f} ms   p99 {p99 * 1e3:8.3f} ms{ratio}")


async def commits(folder: Path, synchronous: str) -> None:
    plain = sqlite3.connect(folder / f"plain-{synchronous}.db", isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute(f"PRAGMA synchronous = {synchronous}")
    plain.execute("CREATE TABLE t (x INTEGER PRIMARY KEY, data TEXT)")
    store = SqliteStore(folder / f"ours-{synchronous}.db", synchronous)
    await store.open()
    base, ours = [], []
    for number in range(1, COMMITS + 1):
        begun = time.perf_counter()
        plain.execute("BEGIN IMMEDIATE")
        plain.execute("INSERT INTO t (data) VALUES (?)", ("x" * 400,))
        plain.execute("COMMIT")
        base.append(time.perf_counter() - begun)
        decisions = transition(number)
        begun = time.perf_counter()
        await store.commit(decisions)
        ours.append(time.perf_counter() - begun)
    show(f"plain INSERT and COMMIT, {synchronous}", base)
    show(f"one transition, {synchronous}", ours, base)
    begun = time.perf_counter()
    await asyncio.gather(
        *(store.commit(transition(number)) for number in range(COMMITS + 1, 2 * COMMITS + 1))
    )
    each = (time.perf_counter() - begun) / COMMITS
    ratio = each / statistics.median(base)
    print(
        f"{f'{COMMITS} transitions at once, {synchronous}, each':44}        {each * 1e3:8.3f} ms{'':23}{ratio:5.2f} x plain"
    )
    plain.close()
    await store.close()


class Slow:
    """A far side that takes 20 ms for a page."""

    name = "email"

    def __init__(self) -> None:
        self.busy = self.most = 0

    def receiver(self, address: str) -> str:
        return address

    async def send(self, letter: Letter) -> Receipt:
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(0.02)
        self.busy -= 1
        return Receipt(letter.id)

    async def close(self) -> None:
        pass


async def storm(folder: Path) -> None:
    store, receiver = SqliteStore(folder / "storm.db"), Slow()
    await store.open()
    done: list[Event] = []
    plan = Plan(responders={"li": Responder(name="li", role="oncall", addresses={"email": "li@example.com"})})
    delivery = Delivery(store, {"email": receiver}, lambda: plan, done.append)
    await delivery.start()
    decisions = [d for number in range(1, STORM + 1) for d in transition(number)]
    begun = time.perf_counter()
    await store.commit(decisions)
    committed = time.perf_counter() - begun
    stalls: list[float] = []
    before = time.perf_counter()
    delivery.offer([d.page for d in decisions if isinstance(d, PageQueued)])
    offered = time.perf_counter() - before
    while len(done) < STORM:
        before = time.perf_counter()
        await asyncio.sleep(0)
        stalls.append(time.perf_counter() - before)
    took = time.perf_counter() - begun
    await delivery.stop(1.0)
    await store.close()
    print(
        f"storm of {STORM} pages, far side 20 ms, 8 at once: one commit {committed * 1e3:.0f} ms, offer {offered * 1e3:.1f} ms,"
    )
    print(
        f"  all delivered in {took:.2f} s (far side alone {STORM / 8 * 0.02:.2f} s), in flight at most {receiver.most},"
    )
    print(f"  the loop was kept from others for at most {max(stalls) * 1e3:.1f} ms")


async def main(folder: Path) -> None:
    for synchronous in ("FULL", "NORMAL"):
        await commits(folder, synchronous)
    await storm(folder)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        asyncio.run(main(Path(folder)))

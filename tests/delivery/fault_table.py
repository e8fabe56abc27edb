"""What becomes of pages when a far side or the store fails, for each family of channels: `python -m tests.delivery.fault_table`
writes the table of docs/delivery.md anew, by the delivery's own policy.

Each run is a real channel to a far side on loopback that fails once, at the first of two pages of one incident; or a real
store that cannot be written until that page is taken.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import apprise

from tests.delivery.families import FAMILIES as BY_HTTP
from tests.delivery.families import Family
from tests.delivery.far_side import Rig, until
from tests.delivery.mail_side import MAIL, MailSide
from tests.parts.certificates import Certificates
from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.store.samples import page
from watchtower.channels import traits
from watchtower.core.events import Delivered, Failed
from watchtower.core.incident.incidents import Page
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.delivery import Policy
from watchtower.page_kinds import PageKind

FAMILIES = (MAIL, *BY_HTTP)
apprise.Apprise.instantiate(
    "json://127.0.0.1"
)  # loads its plug-ins, for which its first page would take a second
DOCS = Path(__file__).resolve().parents[2] / "docs" / "delivery.md"
BEGINS, ENDS = "<!-- faults: python -m tests.delivery.fault_table -->\n", "<!-- end of faults -->"
NOWHERE, NO_SERVER = "https://no-such-host.invalid", "smtp://no-such-host.invalid:25"
RETRY, HANGS, RESETS = "429, Retry-After 1 s", "hangs", "resets after the request"
NO, NAME, EXPIRED = "no in a 2xx", "name gone", "certificate expired"
LOCKED, FULL = "store locked", "disk full"
ONCE: Mapping[str, Answer | None] = {
    RETRY: Answer(429, "", {"Retry-After": "1"}), "500": Answer(500), HANGS: Answer(fault=Fault.HANG),
    RESETS: Answer(fault=Fault.RESET), NO: None, NAME: None, EXPIRED: None, LOCKED: None, FULL: None,
}  # fmt: skip
"""The faults; those without an answer are staged otherwise."""
BY_MAIL = {RETRY: "slow down", "500": "not now", HANGS: "hang", RESETS: "reset"}


@dataclass(frozen=True)
class Seen:
    """What became of the two pages. `fault` is what the first attempt was taken for."""

    fault: str
    seconds: float
    lost: int
    in_order: bool
    attempts: int
    requests: int
    repeat: bool

    def cell(self) -> str:
        return f"{self.fault} {self.seconds:.1f} s{', repeat' if self.repeat else ''}"


class Stage(NamedTuple):
    """Where the far side is, where it is at first (empty: there), and what it was sent so far."""

    url: str
    wrong: str
    sent: Callable[[], Sequence[str]]


@contextmanager
def staged(family: Family, fault: str, certificates: Certificates) -> Iterator[Stage]:
    """A far side with this fault."""
    if family is MAIL:
        with MailSide(BY_MAIL.get(fault, "")) as side, MailSide(pair=certificates.expired) as expired:
            yield Stage(side.url, {NAME: NO_SERVER, EXPIRED: expired.url}.get(fault, ""), lambda: side.mails)
        return
    with HttpServer() as server, HttpServer(certificates.expired) as expired_server:
        taken = Answer.json(family.taken, status=family.status)
        first = Answer.json(family.refused, status=family.status) if fault == NO else ONCE[fault]
        left = [first] if first is not None else []
        server.on(family.path, lambda request: left.pop() if left and family.is_message(request) else taken)
        family.answers(server)

        def sent() -> list[str]:
            mine = [request for request in server.requests if family.is_message(request)]
            return [unquote_plus(json.dumps(one.query)) + unquote_plus(one.body.decode()) for one in mine]

        wrong = {NAME: NOWHERE, EXPIRED: expired_server.url("").rstrip("/")}.get(fault, "")
        yield Stage(server.url("").rstrip("/"), wrong, sent)


@contextmanager
def unwritable(fault: str, folder: Path) -> Iterator[None]:
    """The store cannot be written: another program holds it, or its disk is full."""
    if fault == LOCKED:
        held = sqlite3.connect(folder / "w.db", isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        yield
        held.close()
    elif fault == FULL:
        filler = folder / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
            yield
        filler.unlink()
    else:
        yield


@contextmanager
def disk(fault: str, folder: Path) -> Iterator[None]:
    """The store's folder; of a fault that fills its disk, a disk of its own. Needs root."""
    folder.mkdir(parents=True)
    if fault != FULL:
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


async def run(
    family: Family, fault: str, folder: Path, certificates: Certificates, policy: Policy, timeout: str
) -> Seen | None:
    """None where the family has no such fault."""
    if fault == NO and family.refused is None:
        return None
    call = {"timeout": timeout, "ca_file": str(certificates.authority)}
    with disk(fault, folder), staged(family, fault, certificates) as stage:
        return await _told(family, stage, fault, folder, call, policy)


async def _told(
    family: Family, stage: Stage, fault: str, folder: Path, call: Mapping[str, Any], policy: Policy
) -> Seen:  # fmt: skip
    def plan(base: str) -> Plan:
        addresses = {family.kind: family.at(base)}
        return Plan(
            responders={"li": Responder(name="li", role="oncall", addresses=addresses)}, kinds=traits()
        )

    made = [family.channel(base, call) for base in filter(None, (stage.wrong, stage.url))]
    rig = Rig(
        folder / "w.db", more={family.kind: made[0]}, without=[k for k in ("sms", "email") if k != family.kind],
        policy=policy, plan=plan(stage.wrong or stage.url),
    )  # fmt: skip
    async with rig:
        await rig.started()
        told = [_page(family, 1, PageKind.NEW), _page(family, 2, PageKind.RESOLVED)]
        await rig.commit(*told)
        begun = time.monotonic()
        with unwritable(fault, folder):
            rig.delivery.offer(told)
            if stage.wrong:
                await until(lambda: rig.attempts)
                rig.channels[family.kind], rig.plan = made[1], plan(stage.url)
                rig.delivery.reloaded()
            await until(lambda: any(isinstance(one, Delivered | Failed) for one in rig.events))
            seconds = time.monotonic() - begun
        await rig.idle()
        ends = [one.page for one in rig.events if isinstance(one, Delivered)]
        words = stage.sent()
        seen = Seen(
            rig.attempts[0].fault or rig.attempts[0].outcome, seconds, lost=len(set(told_ids(told)) - set(ends)),
            in_order=ends == told_ids(told), attempts=len(rig.attempts), requests=len(words) + bool(stage.wrong),
            repeat=any("may be a repeat" in one for one in words),
        )  # fmt: skip
    for channel in made:
        await channel.close()
    return seen


def told_ids(pages: Sequence[Page]) -> list[str]:
    return [one.id for one in pages]


def _page(family: Family, number: int, kind: PageKind) -> Page:
    return replace(page(number, kind=kind, channel=family.kind, at=time.time()))


def table(seen: Mapping[tuple[str, str], Seen | None]) -> str:
    """As Markdown, with what holds of all runs below it."""
    lines = ["| | " + " | ".join(ONCE) + " |", "|---" * (len(ONCE) + 1) + "|"]
    for family in FAMILIES:
        cells = [one.cell() if (one := seen[family.name, fault]) else "–" for fault in ONCE]
        lines.append(f"| {family.name} | " + " | ".join(cells) + " |")
    runs = [one for one in seen.values() if one is not None]
    twice = sum(one.requests > one.attempts for one in runs)
    said = (
        f"{len(runs)} runs of two pages: {sum(one.lost for one in runs)} lost, "
        f"{sum(not one.in_order for one in runs)} out of order, {twice} with two requests in one attempt."
    )
    return "\n".join([*lines, "", said, ""])


async def _measured(folder: Path) -> dict[tuple[str, str], Seen | None]:
    seen: dict[tuple[str, str], Seen | None] = {}
    certificates = Certificates(folder)
    for number, family in enumerate(FAMILIES):
        runs = (
            run(family, fault, folder / f"{number}-{n}", certificates, Policy(), "2s")
            for n, fault in enumerate(ONCE)
        )
        found = await asyncio.gather(*runs)
        seen |= {(family.name, fault): one for fault, one in zip(ONCE, found, strict=True)}
        print(family.name, *(one.cell() if one else "–" for one in found), sep=" | ", flush=True)
    return seen


def main() -> None:
    with TemporaryDirectory() as folder:
        written = table(asyncio.run(_measured(Path(folder))))
    text = DOCS.read_text("utf-8")
    before, _, rest = text.partition(BEGINS)
    DOCS.write_text(f"{before}{BEGINS}\n{written}\n{ENDS}{rest.partition(ENDS)[2]}", "utf-8")
    print(written)


if __name__ == "__main__":
    main()

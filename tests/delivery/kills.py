"""A daemon that pages by every family of channels is killed at random moments: `python -m tests.delivery.kills [KILLS]` writes
the table of docs/delivery.md anew.

The far sides have moods: they refuse now and then, and answer at random times. They tell the truth when they are asked.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any
from urllib.parse import unquote_plus

from tests.delivery import doomed
from tests.delivery.families import Family
from tests.delivery.fault_table import DOCS, FAMILIES
from tests.delivery.mail_side import MAIL, MailSide
from tests.parts.httpserver import Answer, HttpServer, Request
from watchtower.channels import traits

BEGINS, ENDS = "<!-- kills: python -m tests.delivery.kills -->\n", "<!-- end of kills -->"
KILLS, INCIDENTS = 200, 15
REFUSES, SLOWEST, PATIENCE = 0.1, 0.03, 900.0
MOST, LONGEST, MOMENT = 30, 30.0, 0.03
"""A life ends some moment, in seconds, after its far sides took so many messages at most; or after so many seconds."""
_INCIDENT = re.compile(r"(?:INC-|[Ii]ncident )(\d+)")
_ENDS = re.compile(r"\bresolved?\b|E-resolved", re.IGNORECASE)
_REPEAT = re.compile(r"may be a repeat|a repeat\?", re.IGNORECASE)
_ID = re.compile(r"^Message-ID: (\S+)", re.MULTILINE | re.IGNORECASE)
Told = tuple[int, bool]
"""The incident, and whether this is its end."""


@dataclass
class FarSide:
    """What a family's far side took, in order: what it tells, and all of it."""

    family: Family
    taken: list[tuple[Told, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def take(self, text: str, request: Request | None = None) -> None:
        number = _INCIDENT.search(text)
        assert number is not None, text
        with self.lock:
            self.taken.append(((int(number[1]), bool(_ENDS.search(text))), text))
            if request is not None:
                self.requests.append(request)

    def row(self, incidents: int) -> tuple[int, int, int, int]:
        """Pages lost, incidents out of order, pages that came twice, and of those that neither said so nor had one id."""
        arrived: defaultdict[Told, list[str]] = defaultdict(list)
        order: defaultdict[int, list[bool]] = defaultdict(list)
        for told, text in self.taken:
            arrived[told].append(text)
            order[told[0]].append(told[1])
        lost = 2 * incidents - len(arrived)
        wrong = sum(
            ends[0] or not ends[-1] for ends in order.values()
        )  # repeated are both, the end again last
        twice = [texts for texts in arrived.values() if len(texts) > 1]
        return lost, wrong, len(twice), sum(not self._one_id(texts) for texts in twice)

    def _one_id(self, texts: Sequence[str]) -> bool:
        channel = self.family.channel("http://127.0.0.1", {})
        if getattr(channel, "idempotent", traits()[self.family.kind].idempotent):
            return len({found[1] if (found := _ID.search(text)) else text for text in texts}) == 1
        return all(_REPEAT.search(text) for text in texts[1:])

    def asked(self, request: Request) -> Answer:
        """The newest fifty messages, as this vendor lists them; a call by Twilio is not told from another one."""
        newest = self.requests[-50:]
        match self.family.slug:
            case "sms-alibaba-cloud":
                rows = [{"OutId": one.query["OutId"][0], "SendStatus": 3} for one in newest]
                return Answer.json({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}})
            case "sms-tencent-cloud":
                listed = [{"SessionContext": one.json()["SessionContext"], "SerialNo": "1"} for one in newest]
                return Answer.json({"Response": {"PullSmsSendStatusSet": listed, "RequestId": "r"}})
            case "sms-twilio":
                now = formatdate(usegmt=False)
                said: list[dict[str, Any]] = [
                    {"sid": "SM1", "status": "sent", "body": one.form()["Body"], "date_created": now}
                    for one in newest
                ]
                return Answer.json({"messages": said})
            case _:
                return Answer(500)


def _words(request: Request) -> str:
    """All that a request says; without the signature and the time, which differ in a repetition."""
    query = {name: value for name, value in request.query.items() if name not in ("timestamp", "sign")}
    return unquote_plus(json.dumps(query)) + unquote_plus(request.body.decode())


def _listen(side: FarSide, chance: random.Random, stack: ExitStack) -> str:
    """Opens the far side; returns where it is."""
    family = side.family
    if family is MAIL:
        return stack.enter_context(MailSide(take=side.take, chance=chance)).url
    server = stack.enter_context(HttpServer())

    def answer(request: Request) -> Answer:
        if not family.is_message(request):
            raised = family.kind == "pagerduty"
            return Answer.json(family.taken, status=family.status) if raised else side.asked(request)
        if chance.random() < REFUSES:
            return Answer(503)
        side.take(_words(request), request)
        return Answer.json(family.taken, status=family.status)

    def slow(request: Request) -> Answer:
        made = answer(request)
        return Answer(made.status, made.body, made.headers, delay=SLOWEST * chance.random())

    server.on(family.path, slow)
    for (method, path), said in family.beside.items():
        if path != family.path:
            server.on(path, Answer.json(said), method=method)
    return server.url("").rstrip("/")


def killed(
    folder: Path, kills: int, incidents: int, seed: int, families: Sequence[Family] = FAMILIES
) -> tuple[list[FarSide], int]:
    """The far sides after a daemon was killed so often and then lived to its end, and how many of its lives paged somebody."""
    chance, sides, at_work = random.Random(seed), [FarSide(family) for family in families], 0
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([doomed.__name__])
    with ExitStack() as stack:
        urls = {side.family.slug: _listen(side, chance, stack) for side in sides}
        for number in range(kills + 1):
            ours, theirs = forks.Pipe(duplex=False)
            given = (str(folder / "w.db"), urls, incidents, theirs)
            life = forks.Process(target=doomed.live, args=given, daemon=True)
            life.start()
            assert ours.poll(PATIENCE)
            assert ours.recv() == "ready"
            before = sum(len(side.taken) for side in sides)
            if number == kills:
                assert ours.poll(PATIENCE), "some page is still queued"
                assert ours.recv() == "done"
            else:
                ends = time.monotonic() + LONGEST
                last = before + chance.randrange(MOST)
                while sum(len(side.taken) for side in sides) < last and time.monotonic() < ends:
                    time.sleep(0.001)
                time.sleep(chance.uniform(0.0, MOMENT))
                life.kill()
                at_work += sum(len(side.taken) for side in sides) > before
            life.join()
    return sides, at_work


def table(sides: Sequence[FarSide], incidents: int, kills: int, at_work: int) -> str:
    """As Markdown."""
    lines = ["| | lost | out of order | came twice | and neither said so nor had one id |", "|---" * 5 + "|"]
    lines += [f"| {side.family.name} | {' | '.join(map(str, side.row(incidents)))} |" for side in sides]
    said = f"{kills} kills, {at_work} of them while pages went out; {2 * incidents} pages by each family."
    return "\n".join([*lines, "", said, ""])


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    with TemporaryDirectory() as folder:
        sides, at_work = killed(Path(folder), kills, INCIDENTS, seed=kills)
    written = table(sides, INCIDENTS, kills, at_work)
    text = DOCS.read_text("utf-8")
    before, _, rest = text.partition(BEGINS)
    DOCS.write_text(f"{before}{BEGINS}\n{written}\n{ENDS}{rest.partition(ENDS)[2]}", "utf-8")
    print(written)
    sys.exit(
        any(lost or wrong or unmarked for lost, wrong, _, unmarked in (side.row(INCIDENTS) for side in sides))
    )


if __name__ == "__main__":
    main()

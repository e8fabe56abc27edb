"""Draw docs/images/{board,incident,impact,flow,sign-in,audit,report,phone}.png anew: the daemon's own pages, of made-up incidents, by Chromium.

`python -m tests.web.pictures`. Look at them before they are committed: what nobody notices in a test is seen at once.
"""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from PIL import Image

from tests.brief.worst import ALERT, INCIDENT, LOG, NOW, ONSET, PLAN, line
from tests.parts.phone import Desk, Phone
from tests.review.past import DAY, DEC, record
from tests.web.board.night import night
from tests.web.engine_daemon import EngineDaemon
from tests.web.fake import FakeDaemon
from tests.web.people import a_house
from tests.web.test_check import HOUR, count
from tests.web.test_impact_curve import MARKS, MEASURED
from watchtower.api.brief import brief_of
from watchtower.api.contract import IncidentDetail, Status
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident
from watchtower.model import (
    Language,
)
from watchtower.report.month import report
from watchtower.report.page import page
from watchtower.store.sqlite import SqliteStore
from watchtower.web import incident
from watchtower.web.action_forms import forms
from watchtower.web.board import page as board
from watchtower.web.locale import Visitor

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
READER = Visitor(Language.EN)
NOTES = (
    line(
        720, "notes.change", "Gateway 4.2 rolled out to all regions", "wang", tag="deploy", due=ONSET - 5400
    ),
    line(730, "notes.known", "Only card payments fail; wallets work", "wang"),
    line(740, "notes.ruled_out", "Not DNS: the same answer from six resolvers", "wang"),
    line(1010, "notes.tried", "Restarted the gateway", "li", result="no change"),
    line(1050, "notes.tried", "Rolled the gateway back to 4.1", "li", result="errors went on"),
    line(1120, "notes.question", "Since when does the bank refuse our certificate?", "li", who="partner"),
    line(1150, "notes.doing", "Renewing the client certificate", "wang", who="wang", due=NOW + 420),
)


def the_board() -> str:
    """Four minutes after a checkout went silent, with the card payments at a half."""
    shown = night(290)
    return bytes(
        board.whole(READER, shown.status, board.EVERYBODY, board.render(READER, shown)).body
    ).decode()


def the_incident(entries: Iterable[LogEntry] = (*LOG, *NOTES), shown_of: Incident = INCIDENT) -> str:
    """An hour in, seen by somebody who was away for the most of it."""
    log = sorted(entries, key=lambda entry: entry.at)
    detail = IncidentDetail(shown_of, (ALERT,), log)
    status = Status(NOW, NOW - DAY, "0.2.0", PLAN, {}, (ALERT,), (INCIDENT,))
    made = brief_of(status, detail, ONSET + 500)
    shown = incident.render(READER, status, detail, made=made, actions=forms(READER, made, status))
    return bytes(shown.body).decode()


def the_month() -> str:
    dice = random.Random(1)
    made = []
    for number in range(1, 61):
        detected = dice.uniform(10, 90)
        acknowledged = detected + dice.uniform(20, 300)
        located, mitigated = acknowledged + dice.uniform(10, 150), acknowledged + dice.uniform(120, 1000)
        made.append(
            record(
                number, dice.uniform(-150, 30), dice.choice(("P0", "P1", "P2", "P2", "P3")), opened_at=detected,
                acknowledged_at=acknowledged, cause_identified_at=dice.choice((located, located, None)), mitigated_at=mitigated,
                resolved_at=mitigated + dice.uniform(600, 5400), cause_tag=dice.choice(("deploy", "certificate", "")),
            )
        )  # fmt: skip
    return page(report(made, "2025-11", UTC, DEC), Language.EN)


def the_link() -> str:
    """What the commander of a P0 sees who opens the link of a page: nobody has acknowledged it, and a plan waits."""
    daemon = EngineDaemon()
    daemon.down()
    status, detail = daemon.status(), asyncio.run(daemon.incident("INC-1"))
    assert detail is not None
    made, offered = brief_of(status, detail), daemon.offered("wu")
    link = incident.PersonLink("wu", "/ack/x", {one.name: "" for one in offered} | {"nothing": ""}, "", {})
    shown = incident.render(READER, status, detail, made=made, actions=offered, link=link, refresh=0)
    return bytes(shown.body).decode()


async def the_house(store: SqliteStore) -> dict[str, str]:
    """What people with accounts see: the sign-in, a flow whose requests stayed away for an hour, and the audit log."""
    daemon = FakeDaemon()
    count(daemon)
    daemon.reported = [ChangeEvent("c1", "deploy", "gateway 4.2", "ci", daemon.at - HOUR, flow="checkout")]
    await store.open()
    house = await a_house(store, daemon)
    stranger = house.browser()
    shown = {"sign-in": await stranger.get("/signin?lang=en")}
    for name, password in (("li", "a guess"), ("root", "another")):
        house.now[0] += 20
        await house.sign_in(stranger, name, password)
    li, anna = await house.signed_in("li"), await house.signed_in("anna")
    house.now[0] += 60
    await li.post("/incidents/INC-12/ack", {})
    house.now[0] += 60
    await li.get("/audit")
    shown["flow"] = await anna.get("/flows/checkout?span=6h&lang=en")
    shown["audit"] = await anna.get("/audit?lang=en")
    await store.close()
    return {name: answer.text for name, answer in shown.items()}


def save(picture: Path) -> None:
    """Writes it anew, with fewer colours."""
    Image.open(picture).convert("RGB").quantize(128).save(picture, optimize=True)


PICTURES = (
    ("board", the_board, "1440,1080"),
    ("incident", the_incident, "1280,790"),
    ("report", the_month, "880,1080"),
)

PARTS = {"sign-in": "main form", "flow": "main", "audit": "main", "impact": "section.impact"}
"""What is shown of a page."""
TALLEST = 545
"""Points of it."""


def part(desk: Desk, file: Path, picture: Path, selector: str) -> None:
    """A picture of this element, with a little around it."""
    desk.open(file.as_uri())
    left, top, right, bottom = desk.value(
        f"(() => {{ const at = document.querySelector('{selector}').getBoundingClientRect();"
        " return [at.left, at.top, at.right, at.bottom].map(Math.round); })()"
    )
    picture.write_bytes(desk.picture())
    box = (max(0, left - 16), max(0, top - 16), right + 16, min(bottom + 16, top + TALLEST))
    Image.open(picture).crop(box).save(picture)
    save(picture)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, Desk() as desk:
        drawn = asyncio.run(the_house(SqliteStore(Path(folder) / "w.db", "NORMAL")))
        drawn["impact"] = the_incident((*MEASURED, *MARKS), replace(INCIDENT, resolved_at=ONSET + 1800))
        for name, selector in PARTS.items():
            html = Path(folder) / f"{name}.html"
            shown = re.sub("<script.*?</script>", "", drawn[name])
            html.write_text(
                shown.replace('"/static/', f'"{ROOT}/src/watchtower/web/static/'), encoding="utf-8"
            )
            part(desk, html, IMAGES / f"{name}.png", selector)
    with tempfile.TemporaryDirectory() as folder:
        for name, draw, size in PICTURES:
            html = Path(folder) / f"{name}.html"
            # Without the page's script times stay in the zone of the server, and without their date.
            shown = re.sub("<script.*?</script>", "", draw())
            html.write_text(
                shown.replace('"/static/', f'"{ROOT}/src/watchtower/web/static/'), encoding="utf-8"
            )
            picture = IMAGES / f"{name}.png"
            chromium = [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={size}",
                f"--screenshot={picture}", html.as_uri(),
            ]  # fmt: skip
            subprocess.run(chromium, check=True, capture_output=True, timeout=60)
            save(picture)
        file = Path(folder) / "phone.html"
        shown = re.sub("<script.*?</script>", "", the_link())
        file.write_text(shown.replace('"/static/', f'"{ROOT}/src/watchtower/web/static/'), encoding="utf-8")
        with Phone() as phone:
            phone.open(file.as_uri())
            (IMAGES / "phone.png").write_bytes(phone.picture(whole=False))
        save(IMAGES / "phone.png")

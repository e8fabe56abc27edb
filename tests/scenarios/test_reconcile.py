"""Orders are paid and not booked: the example of docs/probes/reconcile.md, from two sums to the page and what is lost."""

from __future__ import annotations

import re
from pathlib import Path

from tests.scenarios.stage import Played, written
from watchtower.model import Observation, Outcome, Reading
from watchtower.probes.contract import Services, Target
from watchtower.probes.reconcile import Reconcile

DOCS = Path(__file__).parents[2] / "docs" / "probes" / "reconcile.md"
CHECKS, RULES = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
DSN = re.compile(r'dsn = "(?:postgresql|mysql)://[^"]*"')


async def test_what_is_not_booked_is_lost_once_it_is_late(tmp_path: Path) -> None:
    it = Played(
        written(tmp_path, DSN.sub('dsn = "sqlite:////srv/shop.db"', CHECKS), RULES), "2026-03-10T12:00"
    )
    table = {"left": "paid.value", "right": "ledger.value", "tolerance": 100.0, "lateness": "15m"}
    probe, services = (
        Reconcile(Reconcile.Settings.model_validate(table), Target("books", 60.0, 5.0)),
        Services(),
    )
    await probe.open(services)

    def minute(paid: float, ledger: float | None) -> None:
        it.at += 60.0
        for check, value in (("paid", paid), ("ledger", ledger)):
            reading = Reading(Outcome.UNKNOWN, reason="timeout", detail="no answer")
            if value is not None:
                reading = Reading(Outcome.UP, {"requests": 1.0, "value": value})
                it.see(check, dict(reading.measurements), 60.0)
            services.counts.add(Observation(check, it.at, reading), 60.0)
        found = probe.compare(it.at)
        if found.outcome is Outcome.UP:
            it.see("books", dict(found.measurements))

    for _ in range(30):
        minute(100_000.0, 99_950.0)
    assert it.course == [], "within the tolerance"
    for _ in range(15):
        minute(112_000.0, 100_000.0)
    assert it.course == [], "it may be late"
    minute(112_000.0, None)  # the ledger cannot be asked: neither right nor wrong
    assert it.course == []
    minute(112_000.0, 100_000.0)
    assert it.of("opened") == [("12:47", "opened")]
    numbers = it.replay.engine.state.numbers["INC-1"]
    assert numbers.loss is not None
    assert numbers.loss.point == 12_000.0

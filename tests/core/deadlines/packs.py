"""Packs as they ship, and packs that a test writes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from watchtower.config.compliance_tables import FOLDER
from watchtower.config.pack_files import read_pack
from watchtower.config.problems import Entry, Report
from watchtower.config.sources import read_file
from watchtower.core.plan.calendar import WorkCalendar
from watchtower.core.plan.packs import Compliance, Pack
from watchtower.core.plan.targets import DeadlinePolicy


def pack_at(path: Path) -> tuple[Pack | None, list[str]]:
    """The pack, and every problem with it as it is told."""
    report = Report()
    source = read_file(path, report)
    assert source is not None, report.problems
    pack = read_pack(Entry(source.name, source.lines, (), "pack", source.data, report))
    return pack, [f"{one.line}: {one.where}: {one.what}" for one in report.problems]


def shipped(name: str) -> Pack:
    pack, problems = pack_at(FOLDER / f"{name}.toml")
    assert pack is not None, problems
    return pack


def under(*packs: str, zone: str = "Asia/Singapore", **facts: object) -> DeadlinePolicy:
    """The policy of a product under these packs."""
    rates = {"EUR": Decimal("7.8")}
    compliance = Compliance(in_force=tuple(shipped(name) for name in packs), currency="CNY", rates=rates)
    return DeadlinePolicy(calendar=WorkCalendar(zone=zone), compliance=compliance)

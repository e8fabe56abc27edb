"""What can be wrong with `[drill.NAME]` beside the table itself."""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection

from watchtower.config.problems import Entry, did_you_mean
from watchtower.core.plan.drills import UNPLANNED, Drill


def check_drill(
    name: str, table: Drill, entry: Entry, checks: Collection[str], sops: Collection[str], plans: Collection[str]
) -> None:  # fmt: skip
    """Names that are not there, and times that cannot be."""
    if name == UNPLANNED:
        entry.wrong((), f'"{UNPLANNED}" is what drills without a name are called', "choose another name")
    if table.check not in checks:
        entry.wrong(
            ("check",), f'there is no check "{table.check}"', did_you_mean(table.check, checks, "checks")
        )
    if table.sop and table.sop not in sops:
        hint = did_you_mean(table.sop, sops, "procedures")
        entry.wrong(("sop",), f'there is no procedure "{table.sop}"', hint)
    for index, plan in enumerate(table.degrade):
        if plan not in plans:
            hint = did_you_mean(plan, plans, "degradation plans")
            entry.wrong(("degrade", index), f'there is no degradation plan "{plan}"', hint)
    try:
        zoneinfo.ZoneInfo(table.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        hint = did_you_mean(table.zone, known) or 'write an IANA name, such as "Asia/Shanghai"'
        entry.wrong(("zone",), f'there is no time zone "{table.zone}"', hint)
    if table.at is None:
        for key in ("days", "weeks"):
            if key in entry.raw:
                entry.wrong((key,), "it has no time of the day", 'write at = "10:30"')

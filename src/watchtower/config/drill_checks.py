"""What can be wrong with `[drill.NAME]` beside the table itself."""

from __future__ import annotations

from collections.abc import Collection

from watchtower.config.problems import Entry
from watchtower.config.schedules import zone_at
from watchtower.core.plan.drills import UNPLANNED, Drill


def check_drill(
    name: str, table: Drill, entry: Entry, checks: Collection[str], sops: Collection[str], plans: Collection[str]
) -> None:  # fmt: skip
    """Names that are not there, and times that cannot be."""
    if name == UNPLANNED:
        entry.wrong(
            (), f'"{UNPLANNED}" is the name of every drill that is begun without one', "choose another name"
        )
    entry.look_up(("check",), "check", table.check, checks)
    if table.sop:
        entry.look_up(("sop",), "procedure", table.sop, sops)
    for index, plan in enumerate(table.degrade):
        entry.look_up(("degrade", index), "degradation plan", plan, plans)
    zone_at(entry, ("zone",), table.zone)
    if table.at is None:
        for key in ("days", "weeks"):
            if key in entry.raw:
                entry.wrong(
                    (key,),
                    "the drill has no time of the day, so it never begins by itself",
                    'write at = "10:30"',
                )

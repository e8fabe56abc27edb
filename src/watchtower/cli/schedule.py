"""`watchtower schedule` shows who is on call, who is next, and the coming days."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import Moment, configuration_options, new_command, plan_of
from watchtower.errors import UsageError

if TYPE_CHECKING:
    from watchtower.core.plan import Plan

DAY = 86400.0


@new_command()
@click.argument("names", nargs=-1, metavar="[SCHEDULE]...")
@configuration_options
@click.option("--at", type=Moment(), help="As of this moment instead of now.")
@click.option(
    "--days", type=click.IntRange(1, 366), help="Number of days from then on. Default: 7, as a calendar 90."
)
@click.option("--ical", is_flag=True, help="As an iCalendar file, of one schedule.")
@click.option("--json", "in_json", is_flag=True, help="One JSON object a schedule.")
def command(
    names: tuple[str, ...],
    rules: Path,
    checks: Path,
    at: float | None,
    days: int | None,
    ical: bool,
    in_json: bool,
) -> None:
    """Who is on call now and until when, who is next, and a picture of the coming days. Without SCHEDULE: all of them.

    Exit status 0; 1 when nobody is on call on one of them; 2 for bad usage or configuration.
    """
    from watchtower.core.oncall.schedule import current, on_call, shifts
    from watchtower.model import Language
    from watchtower.report.ical import calendar
    from watchtower.report.schedule_picture import as_json, words

    plan = plan_of(rules, checks)
    chosen = _chosen(plan, names, ical)
    now = time.time() if at is None else at
    end = now + (days or (90 if ical else 7)) * DAY
    schedules = [plan.people.schedules[name] for name in chosen]
    if ical:
        schedule = schedules[0]
        text = calendar(
            schedule.name,
            plan.product.in_(Language.EN),
            str(schedule.zone),
            shifts(schedule, current(schedule, now).begin, end),
            now,
        )
        click.echo(text.encode(), nl=False)
    elif in_json:
        for schedule in schedules:
            click.echo(json.dumps(as_json(plan, schedule, now, end), ensure_ascii=False))
    else:
        click.echo("\n\n".join("\n".join(words(plan, schedule, now, days or 7)) for schedule in schedules))
    sys.exit(0 if all(on_call(schedule, now) for schedule in schedules) else 1)


def _chosen(plan: Plan, names: Sequence[str], ical: bool) -> Sequence[str]:
    known = list(plan.people.schedules)
    wrong = [name for name in names if name not in known]
    if not known:
        raise UsageError(
            "there is no schedule: write [schedule.NAME] in the rules file, see docs/schedule.md"
        )
    if wrong:
        raise UsageError(f'there is no schedule "{wrong[0]}"; there are: {", ".join(known)}')
    if ical and len(names or known) != 1:
        raise UsageError(f"--ical writes one schedule: name one of {', '.join(known)}")
    return names or known

"""Holidays by country or region, looked up where files are read and passed on as plain days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from watchtower.config.problems import Entry
from watchtower.errors import install


def with_holidays(settings: Any, entry: Entry, under: tuple[str, ...] = ("detect",)) -> Any:
    """Returns the settings with the days off and the worked weekends, from last year to next, of the country that `holidays`
    names."""
    days = {one for one in getattr(settings, "days_off", ()) if isinstance(one, date)}
    for day in sorted(days & {*getattr(settings, "work_days", ())}):
        entry.wrong((*under, "work_days"), f"{day} is in days_off too", "leave it in one of them")
    country = getattr(settings, "holidays", "")
    found = _of(country, entry, (*under, "holidays")) if country else None
    if found is None:
        return settings
    worked: set[date] = set(getattr(found, "weekend_workdays", ()))
    weekdays = tuple(one for one in settings.days_off if isinstance(one, str))
    return settings.model_copy(
        update={
            "days_off": weekdays
            + tuple(sorted({*settings.days_off, *found} - {*settings.work_days, *weekdays})),
            "work_days": tuple(sorted({*settings.work_days, *worked} - set(settings.days_off))),
        }
    )


def days_off(country: str, entry: Entry, path: Sequence[str | int]) -> frozenset[date]:
    """Returns the country's public holidays from last year to next. Reports a fault at `path` where they are not known."""
    return frozenset(_of(country, entry, path) or ())


def _of(country: str, entry: Entry, path: Sequence[str | int]) -> Any:
    try:
        import holidays
    except ImportError:
        hint = install("calendar")
        hint += "; or name days_off and work_days yourself" if path[-1] == "holidays" else ""
        entry.wrong(path, "needs the library of holidays, which is not installed", hint)
        return None
    year = datetime.now(UTC).year
    try:
        of, _, region = country.partition("-")
        return holidays.country_holidays(of, subdiv=region or None, years=range(year - 1, year + 2))
    except NotImplementedError:
        hint = "write a country's code, such as CN, or a region's, such as DE-BY"
        entry.wrong(path, f'there are no holidays of "{country}"', hint)
        return None

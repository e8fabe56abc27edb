"""Holidays by country, looked up where files are read and handed to detectors as plain days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from watchtower.config.problems import Entry


def with_holidays(settings: Any, entry: Entry, under: tuple[str, ...] = ("detect",)) -> Any:
    """Settings whose `holidays` names a country, with its days off and its worked weekends of last year to next."""
    country = getattr(settings, "holidays", "")
    if not country:
        return settings
    try:
        import holidays
    except ImportError:
        entry.wrong(
            (*under, "holidays"),
            "needs the library of holidays, which is not installed",
            'pip install "watchtower[calendar]"; or name days_off and work_days yourself',
        )
        return settings
    year = datetime.now(UTC).year
    try:
        found = holidays.country_holidays(country, years=range(year - 1, year + 2))
    except NotImplementedError:
        entry.wrong(
            (*under, "holidays"),
            f'there are no holidays of "{country}"',
            "write a country's code, such as CN",
        )
        return settings
    worked: set[date] = set(getattr(found, "weekend_workdays", ()))
    return settings.model_copy(
        update={
            "days_off": tuple(sorted({*settings.days_off, *found} - set(settings.work_days))),
            "work_days": tuple(sorted({*settings.work_days, *worked} - set(settings.days_off))),
        }
    )

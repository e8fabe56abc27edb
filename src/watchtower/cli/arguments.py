"""Parameter types for durations and times on the command line, written as in the files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from watchtower.fields import parse_duration


class Duration(click.ParamType[float]):
    """Seconds, written `90s`, `5m`, `1h30m`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[float]):
    """Epoch seconds, also written in ISO 8601; UTC where no zone is written."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return float(value)
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is no time: write 1995-08-01T14:43:00Z or epoch seconds', param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class Ago(click.ParamType[float]):
    """A time as `Moment` takes it, or an age such as `20m`. The value is in epoch seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, str) and value[-1:].isalpha() and not value.endswith("Z"):
            ago: float = Duration().convert(value, param, ctx)
            return datetime.now(UTC).timestamp() - ago
        moment: float = Moment().convert(value, param, ctx)
        return moment

"""Prometheus' query API: what an answer to /api/v1/query says, as series with values and times."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from watchtower.curl import Response
from watchtower.probes.exposition import Labels
from watchtower.probes.traffic import CannotTell

_DETAIL = 300


@dataclass(frozen=True, slots=True)
class Sample:
    """A series' last value, which may be NaN, and the server's time of it."""

    value: float
    at: float


@dataclass(frozen=True, slots=True)
class Result:
    series: dict[Labels, Sample]
    warnings: str = ""
    """Why the server itself does not vouch for the answer, such as a store that it could not reach."""


def read_answer(response: Response) -> Result:
    """Raises CannotTell: `query` when the server refuses the query, `status`, `garbage`."""
    try:
        answer = json.loads(response.body)
        status = answer["status"]
        if status == "success":
            return Result(_series(answer["data"]), "; ".join(answer.get("warnings", ()))[:_DETAIL])
        kind, said = str(answer["errorType"]), str(answer["error"])[:_DETAIL]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        if response.status != 200:
            raise CannotTell("status", f"HTTP {response.status}") from None
        raise CannotTell("garbage", "the answer is not that of Prometheus' query API") from None
    raise CannotTell("query" if kind in ("bad_data", "execution") else "status", f"{kind}: {said}")


def _series(data: dict[str, Any]) -> dict[Labels, Sample]:
    match data["resultType"]:
        case "vector":
            return {_labels(one): _sample(one["value"]) for one in data["result"] if "value" in one}
        case "matrix":
            return {_labels(one): _sample(one["values"][-1]) for one in data["result"] if one.get("values")}
        case "scalar":
            return {(): _sample(data["result"])}
        case other:
            raise CannotTell("query", f"the query gives a {other}, not numbers")


def _labels(one: dict[str, Any]) -> Labels:
    return tuple(sorted(one["metric"].items()))


def _sample(pair: list[Any]) -> Sample:
    return Sample(float(pair[1]), float(pair[0]))

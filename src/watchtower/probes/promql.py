"""Parses answers of Prometheus' /api/v1/query into series with values and times."""

from __future__ import annotations

import math
from typing import Any

from watchtower.bodies import BodyUnreadable
from watchtower.curl import Response
from watchtower.numbers import as_number
from watchtower.probes.exposition import Labels
from watchtower.probes.fetching import document_of
from watchtower.probes.traffic import CannotTell
from watchtower.values import Frozen

_DETAIL = 300


class Sample(Frozen):
    """A series' last value, which may be NaN, and the server's time of it."""

    value: float
    at: float


class QueryResult(Frozen):
    series: dict[Labels, Sample]
    warnings: str = ""
    """Why the server itself does not vouch for the answer, such as a store that it could not reach."""


def read_answer(response: Response) -> QueryResult:
    """Parses an answer. Raises CannotTell (`query` when the server refuses the query, `status`, `garbage`) or
    BodyUnreadable."""
    try:
        answer = document_of(response)
        status = answer["status"]
        if status == "success":
            return QueryResult(_series(answer["data"]), "; ".join(answer.get("warnings", ()))[:_DETAIL])
        kind, said = str(answer["errorType"]), str(answer["error"])[:_DETAIL]
    except BodyUnreadable as why:
        if why.reason != "garbage" and response.status == 200:
            raise
        what = "status" if response.status != 200 else "garbage"
        raise CannotTell(what, f"HTTP {response.status}: {why.detail}") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        if response.status != 200:
            raise CannotTell("status", f"HTTP {response.status}") from None
        raise CannotTell("garbage", "the answer is not that of Prometheus' query API") from None
    raise CannotTell("query" if kind in ("bad_data", "execution") else "status", f"{kind}: {said}")


def _series(data: dict[str, Any]) -> dict[Labels, Sample]:
    if any(isinstance(one, dict) and ("histogram" in one or "histograms" in one) for one in data["result"]):
        raise CannotTell(
            "query", "the query gives native histograms: write histogram_count(…) or histogram_sum(…)"
        )
    match data["resultType"]:
        case "vector":
            return {_labels(one): _sample(one["value"]) for one in _several(data["result"])}
        case "matrix":
            return {_labels(one): _sample(one["values"][-1]) for one in _several(data["result"])}
        case "scalar":
            return {(): _sample(data["result"])}
        case other:
            raise CannotTell("query", f"the query gives a {other}, not numbers")


def _several(result: Any) -> list[Any]:
    """Accepts a list; only an empty list means that there is nothing."""
    if not isinstance(result, list):
        raise TypeError
    return result


def _labels(one: dict[str, Any]) -> Labels:
    return tuple(sorted(one["metric"].items()))


def _sample(pair: list[Any]) -> Sample:
    value, at = as_number(pair[1], exponent=True), as_number(pair[0])
    if at is None:
        raise ValueError
    return Sample(math.nan if value is None else value, at)

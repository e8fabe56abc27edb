"""History out of a Prometheus: what a query would have said at every poll, by /api/v1/query_range.

A moment at which the query has no answer is an absent row: no data, never zero.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from watchtower.core.plan.checks import Check
from watchtower.errors import UsageError
from watchtower.model import Instant, Value
from watchtower.replay.columns import main_measurement
from watchtower.replay.samples import Samples

POINTS = 10_000
"""Points asked for at once; Prometheus refuses more than 11,000."""
_TIMEOUT = 120.0
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class PrometheusSource:
    """A Prometheus server, and its request headers (`Authorization`, `X-Scope-OrgID`)."""

    url: str
    headers: Mapping[str, str]

    @classmethod
    def read(cls, url: str, headers: tuple[str, ...], environ: Mapping[str, str]) -> PrometheusSource:
        """Parses headers as `Name: value`; `${NAME}` is filled in from the environment. Raises UsageError."""
        if not re.match(r"https?://[^/\s]+", url):
            raise UsageError(f"--prometheus {url}: write its URL, such as http://127.0.0.1:9090")
        made = {}
        for text in headers:
            name, colon, value = text.partition(":")
            if not colon or not name.strip():
                raise UsageError("--header: write NAME: VALUE, such as 'X-Scope-OrgID: pay'")
            for variable in _VARIABLE.findall(value):
                if not environ.get(variable):
                    raise UsageError(f"--header {name.strip()}: {variable} is not set in the environment")
            made[name.strip()] = _VARIABLE.sub(lambda found: environ[found[1]], value).strip()
        return cls(url.rstrip("/"), made)


def fetch(
    source: PrometheusSource, query: str, check: Check, series: str, span: tuple[Instant, Instant], step: float,
    progress: Callable[[int], None] = lambda _: None,
) -> Samples:  # fmt: skip
    """The check's main measurement at every `step` seconds of `span`, both ends included.

    Raises UsageError when there is no answer, or one that is not one series. `progress` is told the points so far.
    """
    main = main_measurement(check)
    if not main:
        raise UsageError(
            f'--query {check.name}: check "{check.name}" measures several things, and none of them is its main one'
        )
    column: list[Value] = []
    samples = Samples(check.name, series, query, step, main, array("d"), {main: column})
    for begin, end in chunks(span, step):
        answer = _ask(
            source, {"query": query, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        )
        for at, value in _one(answer, query):
            samples.times.append(at)
            column.append(value if math.isfinite(value) else None)
        progress(len(column))
    if not samples.times:
        raise UsageError(f"--query {check.name}: the query has no answer in all that time: {query}")
    return samples


def chunks(span: tuple[Instant, Instant], step: float) -> Iterator[tuple[Instant, Instant]]:
    """Stretches of at most `POINTS` points that together cover `span`, each point once."""
    begin, end = span
    points = int((end - begin) / step + 1e-9) + 1
    for first in range(0, points, POINTS):
        last = min(first + POINTS, points) - 1
        yield begin + first * step, begin + last * step


def _ask(source: PrometheusSource, parameters: Mapping[str, str]) -> Any:
    import requests

    try:
        response = requests.post(
            f"{source.url}/api/v1/query_range", data=parameters, headers=source.headers, timeout=_TIMEOUT
        )
    except requests.RequestException as error:
        # The text of such an error may hold the URL with a password in it: its kind says enough.
        raise UsageError(f"--prometheus: no answer ({type(error).__name__}); is it there?") from None
    try:
        answer = response.json()
        if answer["status"] == "success" and answer["data"]["resultType"] == "matrix":
            return answer["data"]["result"]
        said = f"{answer['errorType']}: {answer['error']}"
    except (ValueError, KeyError, TypeError):
        said = f"HTTP {response.status_code}, and nothing that Prometheus says"
    raise UsageError(f"--prometheus: {said[:400]}")


def _one(result: Any, query: str) -> Iterator[tuple[Instant, float]]:
    if len(result) > 1:
        labels = [", ".join(f'{k}="{v}"' for k, v in sorted(one["metric"].items())) for one in result[:3]]
        shown = "; ".join(labels) + ("; …" if len(result) > 3 else "")
        raise UsageError(
            f"--query: {query} gives {len(result)} series: {shown}\n"
            '  hint: add them up with sum(…), or choose one with {label="…"}; CHECK[SERIES]=QUERY for one series of a check'
        )
    for one in result:
        for at, value in one["values"]:
            yield float(at), float(value)

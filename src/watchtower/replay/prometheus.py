"""History out of a Prometheus: what a query would have said at every poll, by /api/v1/query_range.

A moment at which the query has no answer is an absent row: no data, never zero.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from watchtower.core.plan.checks import Check
from watchtower.errors import UsageError
from watchtower.fields import format_duration
from watchtower.model import Instant
from watchtower.replay.columns import main_measurement
from watchtower.replay.samples import Samples, counts_up
from watchtower.values import Frozen

POINTS = 10_000
"""Points asked for at once; Prometheus refuses more than 11,000."""
_TIMEOUT = 120.0
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class PrometheusSource(Frozen):
    """A Prometheus server, and its request headers (`Authorization`, `X-Scope-OrgID`)."""

    url: str
    headers: Mapping[str, str]
    verify: bool | str = True
    """Whether its certificate is checked, or the file of the authorities to check it by."""
    partial: bool = False
    """Whether an answer with warnings is taken."""

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
    (samples,) = fetch_by(source, query, check, "", span, step, progress)
    samples.series = series
    return samples


def fetch_by(
    source: PrometheusSource, query: str, check: Check, label: str, span: tuple[Instant, Instant], step: float,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Samples]:  # fmt: skip
    """As `fetch`, and for every value of this label a series of its own."""
    main = main_measurement(check)
    if not main:
        raise UsageError(
            f'--query {check.name}: check "{check.name}" measures several things, and none of them is its main one'
        )
    found: dict[str, Samples] = {}
    for begin, end in chunks(span, step):
        answer = _ask(
            source, {"query": query, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        )
        for series, values in _by_label(answer, query, label):
            samples = found.setdefault(
                series, Samples(check.name, series, query, step, main, array("d"), {main: []})
            )
            for at, value in values:
                samples.times.append(float(at))
                number = float(value)
                counted = math.isfinite(number) and (number >= 0.0 or main != "requests")
                samples.cells[main].append(number if counted else None)
        progress(round((end - span[0]) / step) + 1)
    if not any(samples.times for samples in found.values()):
        raise UsageError(f"--query {check.name}: the query has no answer in all that time: {query}")
    if any(map(counts_up, found.values())):
        raise UsageError(
            f"--query {check.name}: its answer only ever rises, as a counter does: {query}\n"
            f"  hint: ask for what came in each step, such as sum(increase({query}[{format_duration(step)}]))"
        )
    return list(found.values())


def counting_query(settings: Any, step: float, measurement: str = "requests") -> str:
    """PromQL for what a check of the probe `prometheus` counts in `step` seconds; its gauge as it is.

    Growth of a counter is the difference of two samples, at its pace between them: `increase` finds no answer where
    scrapes are as far apart as steps (a minute each, by default), and stretches the part between its first and last sample.
    """
    query = settings.query if measurement == "requests" else getattr(settings, measurement)
    by = f" by ({settings.label})" if settings.label else ""
    if settings.gives == "cumulative":
        before = f"{query} offset {format_duration(step)}"
        growth = f"({query} - {before} >= 0 or {query} < {before})"
        return f"sum{by} ({growth} * {step:g} / (timestamp({query}) - timestamp({before}) > 0))"
    share = {"rate": step, "count": step / (settings.window or step)}.get(settings.gives, 1.0)
    return f"sum{by} ({query}) * {share:g}"


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
            f"{source.url}/api/v1/query_range", data=parameters, headers=source.headers, timeout=_TIMEOUT,
            verify=source.verify,
        )  # fmt: skip
    except requests.RequestException as error:
        # The text of such an error may hold the URL with a password in it: its kind says enough.
        raise UsageError(f"--prometheus: no answer ({type(error).__name__}); is it there?") from None
    try:
        answer = response.json()
        whole = source.partial or not answer.get("warnings")
        if answer["status"] == "success" and answer["data"]["resultType"] == "matrix" and whole:
            return answer["data"]["result"]
        said = (
            f"{answer['errorType']}: {answer['error']}"
            if whole
            else f"it warns, so this may be a part only: {'; '.join(answer['warnings'])}"
        )
    except (ValueError, KeyError, TypeError):
        said = f"HTTP {response.status_code}, and nothing that Prometheus says"
    raise UsageError(f"--prometheus: {said[:400]}")


def _by_label(result: Any, query: str, label: str) -> Iterator[tuple[str, Any]]:
    """The values of each series; without a label there may be one series only."""
    seen = [str(one["metric"].get(label, "")) for one in result]
    if len(seen) > len(set(seen)):
        labels = [", ".join(f'{k}="{v}"' for k, v in sorted(one["metric"].items())) for one in result[:3]]
        shown = "; ".join(labels) + ("; …" if len(result) > 3 else "")
        raise UsageError(
            f"--query: {query} gives {len(result)} series: {shown}\n"
            '  hint: add them up with sum(…), or choose one with {label="…"}; CHECK[SERIES]=QUERY for one series of a check'
        )
    for series, one in zip(seen, result, strict=True):
        yield series, one["values"]

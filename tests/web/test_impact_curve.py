"""The impact of an incident over time, out of its log."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.brief.worst import LOG, NOW, ONSET, indicators, line
from watchtower.core.impact.impact import write
from watchtower.core.incident.entry import LogEntry
from watchtower.model import Language
from watchtower.web.impact_curve import POINTS, impact_view
from watchtower.web.locale import Visitor

WHO = Visitor(Language.EN)
MEASURED = [line(60.0 * n, "impact.measured", indicators=write(indicators(400.0 * n))) for n in range(1, 31)]
MARKS = (
    line(100, "notes.change", "Gateway 4.2 rolled out", "wang", tag="deploy", due=ONSET - 240),
    line(180, "acknowledged", "link", "li", state="acknowledged", severity="P1", record="P0", onset=ONSET),
    line(1500, "mitigated", "", state="mitigated", severity="P1", record="P0", onset=ONSET),
)


def log(*more: LogEntry) -> list[LogEntry]:
    return sorted([*MEASURED, *more], key=lambda entry: entry.at)


def test_users_and_requests_are_drawn_with_their_doubt_and_a_change_before_the_onset_is_marked() -> None:
    view = impact_view(WHO, log(*MARKS), ONSET, ONSET + 1800.0, NOW)
    assert view is not None
    assert [(one.title, one.summary) for one in view.curves] == [
        ("affected users", "12000"),
        ("missing requests", "24000"),
    ]
    assert 'class="band"' in view.curves[0].drawing
    assert [(mark.kind, mark.at - ONSET, mark.words) for mark, _ in view.marks] == [
        ("change", -240.0, "Gateway 4.2 rolled out"), ("acknowledged", 180.0, "li"), ("mitigated", 1500.0, ""),
    ]  # fmt: skip
    assert {one["kind"] for one in json.loads(view.described)["shades"]} == {
        "change",
        "acknowledged",
        "mitigated",
    }


def test_before_the_onset_nothing_was_measured_and_that_is_no_zero() -> None:
    view = impact_view(WHO, log(*MARKS), ONSET, ONSET + 1800.0, NOW)
    assert view is not None
    found = json.loads(view.described)["found"]
    users = next(one["mean"] for one in found["curves"] if one["name"] == "affected users.point")
    assert len(users) == POINTS
    assert (users[0], users[-1]) == (None, 12_000.0)
    assert 0.0 not in users


def test_what_was_measured_long_ago_is_not_drawn_on() -> None:
    view = impact_view(WHO, log(), ONSET, ONSET + 4 * 3600.0, NOW)
    assert view is not None
    users = json.loads(view.described)["found"]["curves"][0]["mean"]
    assert users[-1] is None


def test_without_two_measurements_or_without_numbers_there_is_no_curve() -> None:
    assert impact_view(WHO, [MEASURED[0]], ONSET, NOW, NOW) is None
    unknown = replace(indicators(), affected_users=None, affected_requests=None)
    entries = [line(60.0 * n, "impact.measured", indicators=write(unknown)) for n in range(3)]
    assert impact_view(WHO, entries, ONSET, NOW, NOW) is None


def test_a_line_that_cannot_be_read_costs_itself_only() -> None:
    view = impact_view(
        WHO, log(line(90, "impact.measured", indicators="?"), *LOG), ONSET, ONSET + 1800.0, NOW
    )
    assert view is not None

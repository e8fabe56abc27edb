"""Whatever the log holds and in whatever order, there is a brief."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.brief.worst import ALERT, INCIDENT, LOG, NOW, PLAN
from watchtower.brief.brief import brief
from watchtower.brief.drafts import draft
from watchtower.brief.sheet import plain, sheet_of
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.notes.notes import AUDIENCES
from watchtower.core.plan import Plan
from watchtower.model import IncidentState, Language, Severity
from watchtower.texts.phrases import Tongue

names = st.sampled_from(sorted({name for entry in LOG for name in entry.data}))
values = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
)
garbled = st.builds(
    lambda entry, data: replace(entry, data={**entry.data, **data}),
    st.sampled_from([e for e in LOG if "." in e.kind]),
    st.dictionaries(names, values, max_size=3),
)
kinds = st.sampled_from(
    ["notes", "severity", "people", "sop", "degrade", "deadlines", "impact", "review"]
).flatmap(lambda room: st.text("abcdefghijklmnop_", max_size=8).map(lambda word: f"{room}.{word}"))
unknown = st.builds(LogEntry, st.floats(0, 2 * NOW), kinds, st.text(max_size=5), st.text(max_size=5))


@given(
    log=st.lists(st.sampled_from(LOG) | garbled | unknown, max_size=40),
    plan=st.sampled_from([PLAN, Plan()]),
    state=st.sampled_from(IncidentState),
    severity=st.sampled_from(Severity),
    since=st.none() | st.floats(0, 2 * NOW),
    language=st.sampled_from(Language),
)
@settings(deadline=None, max_examples=200)
def test_there_is_a_brief_and_a_draft_for_everybody(
    log: list[LogEntry],
    plan: Plan,
    state: IncidentState,
    severity: Severity,
    since: float | None,
    language: Language,
) -> None:
    resolved = NOW if state is IncidentState.RESOLVED else None
    incident = replace(INCIDENT, state=state, severity=severity, resolved_at=resolved)
    made = brief(plan, incident, project(log), (ALERT,), log, NOW, since)
    tongue = Tongue(language, at=NOW)
    assert plain(sheet_of(made, tongue))[0].startswith(str(severity))
    for audience in AUDIENCES:
        assert all(map(tongue.say, draft(made, audience).paragraphs))

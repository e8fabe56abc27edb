"""Whatever happens in whatever order: the log tells the same story again, a raise gives nobody more time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.deadlines.desk import Desk, estimate
from tests.core.deadlines.packs import under
from watchtower.core.deadlines.duty_state import DutyStanding
from watchtower.model import IncidentState, Severity

CLOCKS = st.sampled_from(["acknowledge", "call", "mitigate", "resolve", "status", "public", "review"])
LEVELS = st.sampled_from(list(Severity))
DEEDS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([1.0, 60.0, 600.0, 3600.0, 90000.0])),
    st.tuples(st.just("level"), LEVELS),
    st.tuples(st.just("acknowledge"), st.none()),
    st.tuples(st.just("mitigate"), st.none()),
    st.tuples(st.just("relapse"), st.none()),
    st.tuples(st.just("resolve"), st.none()),
    st.tuples(st.just("reopen"), st.none()),
    st.tuples(st.just("call"), st.none()),
    st.tuples(st.just("said"), st.sampled_from(["internal", "public", "executives"])),
    st.tuples(st.just("pause"), CLOCKS),
    st.tuples(st.just("resume"), CLOCKS),
    st.tuples(st.just("bad"), st.floats(0.0, 1.0)),
    st.tuples(st.just("filed"), st.sampled_from(["mas.notice", "dora.major"])),
    st.tuples(st.just("not"), st.sampled_from(["mas.notice", "dora.major"])),
)


def happen(desk: Desk, deed: str, given: object) -> None:
    incident = desk.incident
    match deed:
        case "wait":
            desk.after(float(str(given)))
        case "level" if incident.open:
            desk.change("raised", severity=given)
        case "acknowledge" if incident.open:
            desk.acknowledged()
        case "mitigate" if incident.open:
            desk.mitigated()
        case "relapse" if incident.state is IncidentState.MITIGATED:
            desk.change("recurred", state=IncidentState.TRIGGERED, mitigated_at=None)
        case "resolve" if incident.open:
            desk.resolved()
        case "reopen" if not incident.open:
            desk.change("reopened", state=IncidentState.TRIGGERED, resolved_at=None, mitigated_at=None)
        case "call":
            desk.do("call", link="bridge")
        case "said":
            desk.note("notes.update", "text", tag=given)
        case "pause" | "resume":
            desk.do(deed, clock=given, **({"reason": "why"} if deed == "pause" else {}))
        case "bad" if incident.open:
            share = float(str(given))
            raw = (desk.at - incident.onset) / 60
            desk.measured(share, raw, affected_users_share=estimate(share, desk.at))
        case "filed":
            desk.do("filed", duty=given)
        case "not":
            desk.do("not_applicable", duty=given, reason="why")


@settings(max_examples=150, deadline=None)
@given(LEVELS, st.lists(DEEDS, max_size=25))
def test_any_course(level: Severity, deeds: list[tuple[str, object]]) -> None:
    desk = Desk(level=level, policy=under("mas", "dora"))
    for deed, given_ in deeds:
        before = dict(desk.history.deadlines.clocks)
        standing = {d.id: d.standing for d in desk.history.deadlines.duties.values()}
        happen(desk, deed, given_)
        for name, clock in desk.history.deadlines.clocks.items():
            assert clock.warn <= clock.due
            known = before.get(name)
            if deed == "level" and known is not None and known.open and known.breached is None and clock.open:
                assert clock.due <= known.due, f"a level gave {name} more time"
        for id, was in standing.items():
            now = desk.history.deadlines.duties[id].standing
            if was is DutyStanding.TRIGGERED:
                assert now is DutyStanding.TRIGGERED or (now is DutyStanding.NOT_APPLICABLE and deed == "not")
        desk.tick()
        assert desk.tick() == [], "said twice"
        assert desk.again().deadlines == desk.history.deadlines

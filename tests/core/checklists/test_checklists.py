"""Checklists: what opens them, what ticks them, who is reminded, and what people may do to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import EMAIL, LI, Story, http_check, plan, queued, rule
from watchtower.config.sops_tables import shipped
from watchtower.core.checklists.tasks import Task, Tasks, TaskState
from watchtower.core.events import ActionRequest, Logged, Refused
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.plan.paging import Responder
from watchtower.core.plan.sops import Auto, Sop, SopStep
from watchtower.model import Severity, Text

BANK = http_check()
WU = Responder(name="wu", role="commander", addresses={EMAIL: "wu@example.com"})
CHEN = Responder(name="chen", role="finance", addresses={EMAIL: "chen@example.com"})


def job(text: str, role: str = "", within: float = 0.0, auto: str = "", levels: str = "") -> SopStep:
    wanted = tuple(Severity(one) for one in levels.split())
    return SopStep(
        do=Text(text, f"{text}（中）"),
        role=role,
        within=within,
        auto=Auto(auto) if auto else None,
        severities=wanted,
    )


def sop(name: str, *jobs: SopStep, shipped: bool = False) -> Sop:
    return Sop(name=name, title=Text(name, name), steps=jobs, shipped=shipped)


def story(
    *sops: Sop, matrix: bool = False, severity: str = "P1", people: Sequence[Responder] = (LI,), named: str = "own"
) -> Story:  # fmt: skip
    made = rule("down", "outcome == 'down'", BANK, severity=severity)
    worse = rule("slow", "latency > 5.0", BANK, severity="P0")
    base = plan([BANK], [made.model_copy(update={"sop": named, "matrix": matrix}), worse], people)
    return Story(replace(base, sops={one.name: one for one in sops}))


def tasks(told: Story, incident: str = "INC-1") -> Tasks:
    return told.engine.state.histories[incident].sop


def shown(told: Story) -> list[str]:
    """`1 x look` for a step that is done, `2 - switch` for one skipped, `3 . tell` for one that is open."""
    marks = {TaskState.DONE: "x", TaskState.SKIPPED: "-", TaskState.OPEN: "."}
    return [f"{t.number} {marks[t.state]} {t.text.en}" for t in tasks(told).tasks]


def do(told: Story, action: str, by: str = "li", **data: Any) -> str:
    """Why it was refused, "" when it was done."""
    decisions = told.feed(ActionRequest("INC-1", action, by, "test", data))
    return next((d.detail for d in decisions if isinstance(d, Refused)), "")


def notes(told: Story) -> list[str]:
    return [d.page.message.note.en for d in told.decisions if queued([d]) and d.page.message.note]  # type: ignore[union-attr]


def ticks(told: Story, seconds: float, every: float = 10.0) -> None:
    end = told.at + seconds
    while told.at < end:
        told.wait(min(every, end - told.at)).tick()


def test_the_checklist_of_the_rules_procedure_opens_with_the_incident() -> None:
    told = story(sop("own", job("look"), job("switch")))
    told.down("bank")
    assert shown(told) == ["1 . look", "2 . switch"]


def test_a_team_with_plain_texts_is_never_reminded() -> None:
    told = story(sop("own", job("look")))
    told.down("bank")
    told.ack()
    ticks(told, 7200.0, 60.0)
    assert not notes(told)


def test_an_incident_without_a_procedure_has_no_checklist() -> None:
    told = story(named="")
    told.down("bank")
    assert not tasks(told).tasks
    assert not [d for d in told.decisions if isinstance(d, Logged) and d.entry.kind.startswith("sop.")]


@pytest.mark.parametrize(
    ("matrix", "ours", "opens"),
    [(True, True, True), (False, True, False), (False, False, True), (True, False, True)],
    ids=["graded, ours", "plain level, ours", "plain level, the team's own", "graded, the team's own"],
)
def test_the_levels_checklist_is_for_graded_incidents_or_for_teams_that_wrote_it(
    matrix: bool, ours: bool, opens: bool
) -> None:
    told = story(sop("P1", job("open the call"), shipped=ours), matrix=matrix, named="")
    told.down("bank")
    assert bool(tasks(told).tasks) is opens


def test_a_page_carries_the_levels_first_steps_where_the_rule_names_no_procedure() -> None:
    told = story(sop("P1", job("open the call")), named="")
    told.down("bank")
    assert {(p.message.sop, p.message.sop_steps[0].en) for p in queued(told.decisions)} == {
        ("P1", "open the call")
    }


def test_a_raise_adds_what_the_new_level_asks_for_and_loses_nothing_done() -> None:
    p1 = sop("P1", job("name a commander", within=600.0), job("open the call"))
    p0 = sop("P0", job("name a commander", within=300.0), job("tell the public"), job("open the call"))
    told = story(p1, p0, named="")
    told.down("bank", latency=0.0)
    began = told.at
    assert do(told, "done", step=2, note="bridge 7") == ""
    told.wait(60).see("bank", "down", latency=9.0)
    assert shown(told) == ["1 . name a commander", "2 x open the call", "3 . tell the public"]
    assert tasks(told).tasks[0].due == began + 60 + 300  # sooner than the ten minutes of P1
    told.wait(60).see("bank", "down", latency=0.0)
    told.wait(60).see("bank", "down", latency=9.0)
    assert len(tasks(told).tasks) == 3


def test_steps_for_some_levels_only() -> None:
    told = story(
        sop("own", job("look"), job("wake the director", levels="P0"), job("note it", levels="P1 P2"))
    )
    told.down("bank", latency=0.0)
    assert shown(told) == ["1 . look", "2 . note it"]
    told.wait(10).see("bank", "down", latency=9.0)
    assert shown(told) == ["1 . look", "2 . note it", "3 . wake the director"]


def test_what_ticks_itself() -> None:
    auto = [
        job(word, auto=word)
        for word in ("opened", "notified", "acknowledged", "cause", "mitigated", "all_clear")
    ]
    told = story(sop("own", *auto))
    told.down("bank")
    assert shown(told)[:3] == ["1 x opened", "2 . notified", "3 . acknowledged"]
    told.deliver_all()
    assert shown(told)[1] == "2 x notified"
    told.wait(5).ack()
    assert shown(told)[2] == "3 x acknowledged"
    assert do(told, "cause", text="the bank's certificate") == ""
    assert shown(told)[3] == "4 x cause"
    assert tasks(told).tasks[0].by == "watchtower"
    told.wait(5).up("bank")
    assert shown(told)[4:] == ["5 x mitigated", "6 . all_clear"]


def test_the_commander_is_named() -> None:
    told = story(sop("own", job("name a commander", auto="commander")), people=(LI, WU))
    told.down("bank")
    assert do(told, "take", by="li", role="commander") == ""
    assert shown(told) == ["1 x name a commander"]


def test_an_overdue_step_reminds_its_role_twice_and_no_more() -> None:
    told = story(sop("own", job("freeze the batch", "finance", 300.0)), people=(LI, CHEN))
    told.down("bank")
    told.ack()
    ticks(told, 300.0)
    assert not notes(told)
    ticks(told, 10.0)
    assert notes(told) == ["1 step is overdue: 1) freeze the batch"]
    assert {p.responder for p in queued(told.decisions) if p.message.note} == {"chen"}
    ticks(told, 3600.0)
    assert len(notes(told)) == 2


def test_steps_that_are_overdue_together_are_one_reminder() -> None:
    told = story(sop("own", job("a", "finance", 60.0), job("b", "finance", 60.0)), people=(LI, CHEN))
    told.down("bank")
    told.ack()
    ticks(told, 70.0)
    assert notes(told) == ["2 steps are overdue: 1) a; 2) b"]


def test_what_one_role_owes_keeps_no_other_waiting() -> None:
    told = story(sop("own", job("a", "finance", 60.0), job("b", "commander", 120.0)), people=(LI, CHEN, WU))
    told.down("bank")
    told.ack()
    ticks(told, 130.0)
    assert notes(told) == ["1 step is overdue: 1) a", "1 step is overdue: 2) b"]


def test_what_falls_due_soon_after_waits_for_the_next_reminder() -> None:
    told = story(sop("own", job("a", "finance", 60.0), job("b", "finance", 120.0)), people=(LI, CHEN))
    told.down("bank")
    told.ack()
    ticks(told, 900.0)
    assert notes(told) == ["1 step is overdue: 1) a"]
    ticks(told, 100.0)
    assert notes(told)[1:] == ["2 steps are overdue: 1) a; 2) b"]


def test_a_step_of_nobodys_reminds_the_commander_and_without_one_whoever_is_paged() -> None:
    for people, who in (((LI, WU), "wu"), ((LI,), "li")):
        told = story(sop("own", job("freeze", "finance", 60.0)), people=people)
        told.down("bank")
        told.ack()
        ticks(told, 70.0)
        assert {p.responder for p in queued(told.decisions) if p.message.note} == {who}


def test_a_step_done_in_time_reminds_nobody_nor_does_one_of_an_incident_that_is_over() -> None:
    told = story(sop("own", job("a", "oncall", 60.0), job("b", "oncall", 60.0)))
    told.down("bank")
    told.ack()
    do(told, "done", step=1)
    do(told, "skip", step=2, reason="not ours")
    ticks(told, 120.0)
    assert not notes(told)
    assert tasks(told).on_time() == (1, 1)
    told = story(sop("own", job("a", "oncall", 60.0)))
    told.down("bank")
    told.ack()
    told.wait(10).up("bank")
    ticks(told, 120.0)
    assert not notes(told)


def test_what_people_may_do() -> None:
    told = story(sop("own", job("look"), job("switch")))
    told.down("bank")
    assert do(told, "done", step=1, note="all red") == ""
    assert do(told, "done", step=1) == "step 1 is done already, by li"
    assert do(told, "skip", step=1, reason="x") == "step 1 is done already"
    assert do(told, "skip", step=2, reason="no standby") == ""
    assert do(told, "undo", step=2) == ""
    assert do(told, "undo", step=2) == "step 2 is open"
    assert do(told, "done", step=9) == "INC-1 has no step 9: steps are numbered 1 to 2"
    assert do(told, "done", step=1.5) == "INC-1 has no step 1.5: steps are numbered 1 to 2"
    assert do(told, "add", text="call  the\nbank", owner="wang", due=told.at + 60) == ""
    assert shown(told) == ["1 x look", "2 . switch", "3 . call the bank"]
    added = tasks(told).tasks[2]
    assert (added.owner, added.due) == ("wang", told.at + 60)
    assert tasks(told).tasks[0].note == "all red"
    assert tasks(told).done() == 1


def test_what_a_person_unticks_does_not_tick_itself_again() -> None:
    told = story(sop("own", job("opened", auto="opened")))
    told.down("bank")
    do(told, "undo", step=1)
    ticks(told, 60.0)
    assert shown(told) == ["1 . opened"]


def test_a_story_told_again_from_the_log_is_the_same() -> None:
    told = story(sop("own", job("a", "oncall", 60.0), job("b", auto="opened")))
    told.down("bank")
    do(told, "add", text="c")
    do(told, "done", step=1)
    ticks(told, 120.0)
    lines = [d.entry for d in told.decisions if isinstance(d, Logged) and d.incident == "INC-1"]
    assert project(lines).sop == tasks(told)


DATA = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["en", "n", "due", "x"]), inner)
    ),
)
KINDS = st.sampled_from(["opened", "added", "done", "skipped", "undone", "nudged", "later"])


@given(st.lists(st.tuples(KINDS, st.dictionaries(st.sampled_from(["n", "en", "steps", "sop", "due"]), DATA))))
def test_folding_never_fails_whatever_another_version_wrote(lines: list[tuple[str, dict[str, Any]]]) -> None:
    slice_ = Tasks()
    for at, (kind, data) in enumerate(lines):
        slice_ = slice_.after(LogEntry(float(at), f"sop.{kind}", data=data))
    assert [t.number for t in slice_.tasks] == list(range(1, len(slice_.tasks) + 1))


def test_a_due_time_is_missed_only_after_it() -> None:
    task = Task(1, Text("a", "a"), due=100.0)
    assert (task.overdue(100.0), task.overdue(100.1)) == (False, True)
    assert not Task(1, Text("a", "a")).overdue(1e9)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_what_is_shipped_is_in_both_languages_and_brief(name: str) -> None:
    one = shipped()[name]
    for text in (one.title, *(job.do for job in one.steps)):
        assert text.en
        assert any("\u4e00" <= c <= "\u9fff" for c in text.zh), text
        assert len(text.en) <= 110
        assert len(text.zh) <= 50
    assert len({job.do.en for job in one.steps}) == len(one.steps)
    assert one.shown, "a page shows what to do first"


def test_p0_has_every_step_of_p1_word_by_word_and_no_later() -> None:
    p0 = {j.do.en: j for j in shipped()["P0"].steps}
    for job_ in shipped()["P1"].steps:
        assert job_.do.en in p0
        assert p0[job_.do.en].do.zh == job_.do.zh
        assert (p0[job_.do.en].within or 0) <= (job_.within or 0)


def test_the_page_shows_the_first_steps_that_somebody_does() -> None:
    steps = [text.en for text in shipped()["P1"].shown]
    assert steps[0] == "Name a commander, who decides and does not fix"
    assert "Incident opened, onset noted" not in steps

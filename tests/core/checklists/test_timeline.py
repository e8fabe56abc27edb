"""The checklists of a whole night: a silent flow that climbs from P2 to P0, by the engine that runs live."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.stage import said
from tests.scenarios.test_silent_zero import played


def test_each_level_adds_its_steps_when_it_is_reached(tmp_path: Path) -> None:
    it = played(tmp_path, 40.0)
    raised = [when for when, _ in it.levels[:3]]
    assert said(it.logged, "sop.opened") == list(
        zip(raised, ("P2 checklist", "P1 checklist", "P0 checklist"), strict=True)
    )
    tasks = it.histories["INC-1"].sop.tasks
    assert [t.number for t in tasks] == list(range(1, len(tasks) + 1))
    by_sop = {name: sum(t.sop == name for t in tasks) for name in ("P2", "P1", "P0")}
    assert by_sop == {"P2": 4, "P1": 14, "P0": 2}  # P0 asks for two things that nobody was asked for before
    done = {t.text.en: it.clock(t.at) for t in tasks if t.at is not None}
    assert done == {
        "Incident opened, onset noted": "03:11",
        "People were notified": "03:11",
        "Well for 15 minutes on real traffic": "15:00",
        "All-clear given to every audience": "15:45",
    }
    assert max(t.nudges for t in tasks) <= 2

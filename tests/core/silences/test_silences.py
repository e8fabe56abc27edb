"""Silences through the engine: what is held back, what is not, and what happens at the end of one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.builders import EMAIL, Story, pages, queued, whys
from tests.core.silences.release import (
    entries,
    later,
    made,
    refusal,
    silence,
)
from watchtower.core.events import (
    ActionRequest,
    Decision,
    DrillBegan,
    SilenceAsked,
    SilenceEnded,
)
from watchtower.core.incident.log import line_of
from watchtower.core.matchers import parse_matchers
from watchtower.core.notify.pages import PageRequest, page
from watchtower.core.notify.routing import make_up
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan.drills import Drill
from watchtower.core.plan.paging import EscalationStep
from watchtower.core.silences.silence import SilenceBook
from watchtower.core.state import Step
from watchtower.detectors import DETECTORS
from watchtower.model import IncidentState, Severity
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "matchers",
    [
        ('check="bank"',),
        ('flow="checkout"', 'severity=~"P[12]"'),
        ('rule="down"', 'team="payments"'),
        ('probe="http"', 'tier="core"', 'check!="card"'),
    ],
)
def test_nobody_is_paged_and_the_incident_is_as_always(matchers: tuple[str, ...]) -> None:
    told = Story(made())
    assert silence(told, *matchers) == "S-1"
    found = told.down("bank")
    assert pages(found) == []
    assert whys(found) == ["silenced"]
    incident = told.engine.state.incidents["INC-1"]
    assert (incident.state, incident.severity, incident.record) == (
        IncidentState.TRIGGERED,
        Severity.P1,
        Severity.P1,
    )
    assert [kind for kind in entries(told, "INC-1") if kind in ("opened", "silenced", "page_new")] == [
        "opened",
        "silenced",
    ]


@pytest.mark.parametrize(
    "matchers", [('check="ban"',), ('check=~"ban"',), ('flow="checkout"', 'severity="P2"'), ('team="db"',)]
)
def test_what_does_not_fit_pages(matchers: tuple[str, ...]) -> None:
    told = Story(made())
    silence(told, *matchers)
    assert pages(told.down("bank")) == ["new P1 li sms", "new P1 li email"]


def test_what_is_still_bad_when_it_ends_pages_then_once() -> None:
    told = Story(made())
    silence(told, 'check="bank"', lasts=600)
    told.down("bank")
    assert later(told, 590) == []
    assert later(told, 20) == ["new P1 li sms", "new P1 li email"]
    assert queued(told.decisions)[-1].message.note.en == "Pages were held back until now: S-1 (li: release)."
    told.deliver_all()
    assert "reminder" not in " ".join(later(told, 300))


def test_of_what_ended_meanwhile_nobody_hears() -> None:
    told = Story(made())
    silence(told, 'check="bank"')
    told.down("bank")
    found = told.wait(60).up("bank")
    assert told.engine.state.incidents["INC-1"].state is IncidentState.RESOLVED
    assert pages(found) + later(told, 900, latency=0.1) == []


def test_who_was_paged_before_it_gets_the_all_clear() -> None:
    told = Story(made())
    told.down("bank")
    told.deliver_all()
    silence(told, 'check="bank"')
    assert pages(told.wait(60).up("bank")) == ["resolved P1 li sms", "resolved P1 li email"]


def test_who_was_paged_before_it_is_not_reminded_during_it_and_is_after_it() -> None:
    told = Story(made())
    told.down("bank")
    told.deliver_all()
    silence(told, 'check="bank"', lasts=1200)
    assert later(told, 1190) == []
    assert later(told, 20) == ["reminder P1 li sms", "reminder P1 li email"]


def test_an_acknowledged_incident_owes_nothing() -> None:
    told = Story(made())
    told.down("bank")
    told.deliver_all()
    told.ack()
    silence(told, 'check="bank"', lasts=1200)
    assert later(told, 1190) == []
    assert "reminder" not in " ".join(later(told, 1200))


def test_what_got_worse_is_told_as_worse() -> None:
    told = Story(made())
    told.see("bank", "up", latency=9.0, status=200.0)
    told.deliver_all()
    silence(told, 'check="bank"', lasts=600)
    assert later(told, 590) == []
    assert [one for one in later(told, 20) if "sms" in one] == ["upgrade P1 li sms"]


def test_an_alert_that_is_not_silenced_makes_its_incident_heard() -> None:
    told = Story(made())
    silence(told, 'rule="slow"', 'check="bank"')
    assert pages(told.see("bank", "up", latency=9.0, status=200.0)) == []
    assert pages(told.wait(10).down("bank")) == ["new P1 li sms", "new P1 li email"]


def test_a_p0_that_is_held_back_is_told_to_the_commander_once() -> None:
    told = Story(made())
    silence(told, 'check="bank"', by="wang")
    found = told.see("bank", "up", latency=0.1, status=500.0)
    assert pages(found) == ["update P0 zhao email"]
    [page] = queued(found)
    assert page.message.note is not None
    assert (
        page.message.note.en
        == "gone (HTTP status 500 (= 500)). Nobody else is paged: a silence holds pages back, S-1 (wang: release)"
    )
    told.deliver_all()
    assert later(told, 300, latency=0.1, status=500.0) == []
    assert pages(told.wait(10).see("bank", "up", latency=0.1, status=200.0)) == ["resolved P0 zhao email"]


def test_one_that_gets_to_p0_while_it_is_held_back_is_told_too() -> None:
    told = Story(made())
    silence(told, 'check="bank"')
    told.down("bank")
    assert pages(told.wait(10).see("bank", "up", latency=0.1, status=500.0)) == ["update P0 zhao email"]


def test_the_end_of_the_first_of_two_silences_changes_nothing() -> None:
    told = Story(made())
    silence(told, 'check="bank"', lasts=300)
    silence(told, 'flow="checkout"', lasts=600)
    told.down("bank")
    assert later(told, 590) == []
    assert later(told, 20) == ["new P1 li sms", "new P1 li email"]


def test_a_silence_that_somebody_ends_is_over_at_once() -> None:
    told = Story(made())
    silence(told, 'check="bank"')
    told.down("bank")
    told.feed(SilenceEnded("S-1", "wang"))
    assert told.engine.state.book.silences == {}
    assert later(told, 10) == ["new P1 li sms", "new P1 li email"]


def test_one_that_begins_later_holds_nothing_back_before() -> None:
    told = Story(made())
    silence(told, 'check="card"', after=600)
    assert pages(told.down("card")) == ["new P1 li sms", "new P1 li email"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"lasts": 0.0}, "ends after its begin"),
        ({"lasts": 60.0, "after": -100.0}, "after now"),
        ({"lasts": 91 * 86400.0}, "90 days at most"),
        ({"lasts": 60.0, "after": 1e300}, "ends after its begin"),
        ({"lasts": 60.0, "after": 400 * 86400.0}, "within a year"),
    ],
)
def test_times_that_cannot_be(given: dict[str, float], why: str) -> None:
    assert why in silence(Story(made()), 'check="bank"', **given)


def test_to_change_one_is_to_replace_it() -> None:
    told = Story(made())
    silence(told, 'check="bank"')
    matchers = parse_matchers(['check="card"'])
    told.feed(SilenceAsked(matchers, told.at, told.at + 60, "li", replaces="S-1"))
    assert list(told.engine.state.book.silences) == ["S-2"]
    assert refusal(told.feed(SilenceAsked(matchers, told.at, told.at + 60, "li", replaces="S-1"))).startswith(
        "there is no silence S-1"
    )
    assert refusal(told.feed(SilenceEnded("S-9", "li"))) == "there is no silence S-9, or it is over"


def test_it_is_kept_over_a_restart_with_what_is_due() -> None:
    told = Story(made())
    silence(told, 'check="bank"', lasts=600)
    told.down("bank")
    lines = [line for d in told.decisions if (line := line_of(d))]
    state = told.engine.state
    again = Engine(told.plan, DETECTORS, told.at)
    again.restore(
        list(state.alerts.values()), list(state.incidents.values()), [], {}, 1, told.at,
        {"INC-1": [entry for id, entry in lines if id == "INC-1"]}, [entry for id, entry in lines if id == "silences"],
    )  # fmt: skip
    assert again.state.book == state.book
    told.engine = again
    assert later(told, 590) == []
    assert later(told, 20) == ["new P1 li sms", "new P1 li email"]
    book = [line[1] for d in told.decisions if (line := line_of(d)) and line[0] == "silences"]
    assert SilenceBook.of(book).silences == {}


def test_the_author_is_reminded_before_the_end_by_a_quiet_channel() -> None:
    told = Story(made())
    silence(told, 'check="bank"', lasts=7200)
    assert later(told, 6290, latency=0.1) == []
    assert later(told, 20, latency=0.1) == ["silence P4 li email"]
    assert later(told, 1200, latency=0.1) == []
    assert "ends at" in queued(told.decisions)[0].message.note.en


def test_the_author_of_one_that_fits_no_check_hears_so() -> None:
    told = Story(made())
    silence(told, 'check="bnak"', lasts=1200)
    silence(told, 'rule="watchtower-no-data"', 'check="card"', lasts=1200)
    assert later(told, 1200, latency=0.1) == ["silence P4 li email"]
    assert queued(told.decisions)[0].message.note.en == 'your silence S-1 fits no check: check="bnak"'


def test_a_page_about_a_silence_needs_no_incident() -> None:
    told = Story(made())
    silence(told, 'check="bnak"', lasts=1200)
    later(told, 400, latency=0.1)
    [page] = queued(told.decisions)
    assert [d.reason for d in told.deliver(page)] == ["delivered"]
    assert told.engine.state.pages == {}


def test_a_drill_is_heard_in_spite_of_a_silence() -> None:
    drill = Drill(name="monday", check="bank", severity=Severity.P1)
    told = Story(made(drills={"monday": drill}))
    silence(told, 'check="bank"')
    assert pages(told.feed(DrillBegan(drill))) == ["new P1 li sms", "new P1 li email"]


def test_from_the_page_of_an_incident() -> None:
    told = Story(made())
    told.down("bank")
    told.deliver_all()
    told.feed(ActionRequest("INC-1", "silence", "li", data={"reason": "we are on it"}))
    [one] = told.engine.state.book.silences.values()
    assert [str(matcher) for matcher in one.matchers] == ['check="bank"']
    assert (one.by, one.reason, one.ends_at - one.starts_at) == ("li", "we are on it", 1800.0)
    [alert] = told.engine.state.alerts_of("INC-1", "firing")
    told.feed(ActionRequest("INC-1", "silence", "li", data={"alert": alert.fingerprint, "until": "2h"}))
    one = told.engine.state.book.silences["S-2"]
    assert [str(matcher) for matcher in one.matchers] == ['rule="down"', 'check="bank"']
    assert refusal(told.feed(ActionRequest("INC-1", "silence", "li", data={"alert": "nonsense"})))


def test_missing_data_of_a_check_is_held_back_with_its_flow() -> None:
    told = Story(made())
    silence(told, 'flow="checkout"', lasts=3600)
    out: list[Decision] = []
    for _ in range(20):
        told.wait(10)
        out += told.up("card", latency=0.1) + told.tick()
    assert (pages(out), "silenced" in whys(out)) == ([], True)


def test_where_a_severity_pages_nobody_nothing_is_held_back() -> None:
    base = made()
    told = Story(
        replace(base, paging={level: one for level, one in base.paging.items() if level is not Severity.P3})
    )
    silence(told, 'check="bank"', lasts=60)
    assert "silenced" not in whys(told.see("bank", "up", latency=9.0, status=200.0))
    assert later(told, 300, latency=9.0, status=200.0) == []
    assert len(whys(told.decisions)) < 4


def test_a_severity_that_leaves_a_silence_pages() -> None:
    told = Story(made())
    silence(told, 'check="bank"', 'severity=~"P[34]"')
    assert pages(told.see("bank", "up", latency=9.0, status=200.0)) == []
    assert pages(told.wait(10).down("bank")) == ["new P1 li sms", "new P1 li email"]


def test_each_case_beside_alertmanager_has_its_test() -> None:
    table = (ROOT / "docs" / "silences.md").read_text(encoding="utf-8").partition("## Beside Alertmanager")[2]
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests" / "config" / "test_silences.py"]
    there = set(re.findall(r"def (test_\w+)", "".join(file.read_text(encoding="utf-8") for file in files)))
    named = re.findall(r"`(test_\w+)`", table)
    assert len(named) > 15
    assert set(named) <= there


def test_nobody_is_asked_in_the_second_place_while_it_is_silenced() -> None:
    steps = (EscalationStep(after=300.0, roles=("commander",), channels=(EMAIL,)),)
    base = made()
    paging = {level: one.model_copy(update={"escalate": steps}) for level, one in base.paging.items()}
    told = Story(replace(base, paging=paging))
    silence(told, "check=bank", lasts=3600.0)
    told.down("bank")
    assert later(told, 900.0) == []


def test_what_is_still_held_back_is_not_made_up_for() -> None:
    told = Story(made())
    silence(told, 'check="bank"')
    told.down("bank")
    step = Step(told.plan, told.engine.state, told.at)
    assert not make_up(step, told.engine.state.incidents["INC-1"])
    assert not step.decisions


def test_that_a_p0_is_held_back_is_no_reminder() -> None:
    told = Story(made())
    silence(told, 'check="bank"')
    told.down("bank")
    incident = replace(told.engine.state.incidents["INC-1"], severity=Severity.P0, reminded_at=5.0)
    told.engine.state.incidents["INC-1"] = incident
    step = Step(told.plan, told.engine.state, told.at)
    page(step, incident, PageRequest(PageKind.NEW, PageReason.OPENED), [("li", EMAIL)])
    assert pages(step.decisions)
    assert told.engine.state.incidents["INC-1"].reminded_at == 5.0

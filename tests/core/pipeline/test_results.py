"""What becomes of a page, rule by rule: each on a step of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.core.builders import EMAIL, SMS, Story, http_check, plan, rule
from tests.core.notify.trial import D, F, Q, Trial, X
from watchtower.core.events import (
    Delivered,
    Failed,
    IncidentChanged,
    PageChanged,
    PageFailing,
    PageQueued,
)
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Notified, PageState
from watchtower.core.incident.kinds import UNREACHED
from watchtower.core.pipeline.results import delivered, failed, failing, reached
from watchtower.model import AlertState, IncidentState, Severity
from watchtower.page_kinds import PageKind

PAGE = "INC-1.1.li.sms"
LI_SMS = ("li", SMS)


class Way(Trial):
    """li's SMS is on its way, as `kind`; what the incident remembers of it is `known`."""

    def __init__(
        self,
        known: Notified | None = None,
        kind: PageKind = PageKind.NEW,
        informs: bool = False,
        state: PageState = Q,
        **changed: Any,
    ) -> None:
        notified = {LI_SMS: known or Notified(Q, None, informs)}
        super().__init__(**{"notified": notified, **changed})
        self.on_its_way(LI_SMS, kind=kind)
        page = self.engine.state.pages[PAGE]
        message = replace(page.message, informs=informs)
        self.engine.state.pages[PAGE] = replace(page, state=state, message=message)

    @property
    def remembered(self) -> Notified:
        return self.incident.notified[LI_SMS]

    @property
    def lines(self) -> list[str]:
        return [f"{d.reason} {d.detail}" for d in self.step.decisions if isinstance(d, IncidentChanged)]

    def closed(self) -> list[tuple[str, str, str, str]]:
        return [
            (d.page, d.incident, str(d.state), d.detail)
            for d in self.step.decisions
            if isinstance(d, PageChanged)
        ]


class TestDelivered:
    @pytest.mark.parametrize(
        ("known", "kind", "after"),
        [
            (Notified(Q), PageKind.NEW, Notified(D)),
            (Notified(D, Q), PageKind.RESOLVED, Notified(D, D)),
            (Notified(Q, None, True), PageKind.UPDATE, Notified(D, None, True)),
        ],
    )
    def test_the_incident_remembers_it(self, known: Notified, kind: PageKind, after: Notified) -> None:
        way = Way(known, kind)
        delivered(way.step, Delivered(PAGE, "INC-1", "ref-7", "sms.cn"))
        assert (way.remembered, PAGE in way.engine.state.pages) == (after, False)
        assert way.lines == [f"notified li by sms: {kind}, through sms.cn"]
        line = next(d for d in way.step.decisions if isinstance(d, PageChanged))
        assert (line.reason, line.detail, line.via, line.state) == ("delivered", "ref-7", "sms.cn", D)

    def test_without_a_channel_of_a_name_none_is_named(self) -> None:
        way = Way()
        delivered(way.step, Delivered(PAGE, "INC-1", ""))
        assert way.lines == ["notified li by sms: new"]

    @pytest.mark.parametrize(
        ("known", "kind", "state", "all_clear"),
        [
            (Notified(Q), PageKind.NEW, IncidentState.RESOLVED, True),
            (Notified(Q), PageKind.NEW, IncidentState.TRIGGERED, False),
            (Notified(Q, D), PageKind.REMINDER, IncidentState.RESOLVED, False),
            (Notified(D, Q), PageKind.RESOLVED, IncidentState.RESOLVED, False),
            (Notified(X, Q), PageKind.RESOLVED, IncidentState.RESOLVED, False),
        ],
    )
    def test_what_arrives_after_the_end_is_followed_by_its_all_clear(
        self, known: Notified, kind: PageKind, state: IncidentState, all_clear: bool
    ) -> None:
        way = Way(known, kind, state=Q)
        way.change(state=state)
        delivered(way.step, Delivered(PAGE, "INC-1", ""))
        assert [str(page.kind) for page in way.pages] == (["resolved"] if all_clear else [])

    @pytest.mark.parametrize("informs", [False, True])
    def test_somebody_was_reached_by_what_asks(self, informs: bool) -> None:
        way = Way(informs=informs)
        way.unreached()
        after = delivered(way.step, Delivered(PAGE, "INC-1", ""))
        assert [alert.state for alert in after] == ([] if informs else [AlertState.RESOLVED])


@pytest.mark.parametrize(
    ("kind", "acknowledged_after", "others"),
    [(PageKind.NEW, 5.0, 0), (PageKind.NEW, -5.0, 1), (PageKind.UPDATE, 5.0, 1), (PageKind.RESOLVED, 5.0, 1)],
)
@pytest.mark.parametrize("ends", [failed, failing])
def test_what_only_asked_somebody_to_take_it_wakes_no_colleague_once_somebody_has(
    ends: Any, kind: PageKind, acknowledged_after: float, others: int
) -> None:
    way = Way(Notified(D if kind.ends else Q), kind)
    at = way.engine.state.pages[PAGE].created_at + acknowledged_after
    way.change(state=IncidentState.ACKNOWLEDGED, acknowledged_at=at, acknowledged_by="wang")
    ends(way.step, (Failed if ends is failed else PageFailing)(PAGE, "INC-1", "550"))
    assert len(way.pages) == others


@pytest.mark.parametrize("state", [D, X])
def test_a_page_that_is_no_longer_followed_is_closed(state: PageState) -> None:
    way = Way()
    del way.engine.state.pages[PAGE]
    done = (
        delivered(way.step, Delivered(PAGE, "INC-1", "why"))
        if state is D
        else failed(way.step, Failed(PAGE, "INC-1", "why"))
    )
    assert (done, way.lines) == ([], [])
    assert way.closed() == [(PAGE, "INC-1", str(state), "why")]


def test_so_is_one_whose_incident_is_gone_or_that_was_cancelled() -> None:
    way = Way(state=PageState.CANCELLED)
    assert delivered(way.step, Delivered(PAGE, "INC-1", "late")) == []
    assert (way.closed(), way.lines) == ([(PAGE, "INC-1", "delivered", "late")], [])
    way = Way()
    way.engine.state.pages[PAGE] = replace(way.engine.state.pages[PAGE], incident="INC-9")
    assert failed(way.step, Failed(PAGE, "INC-9", "late")) == []
    assert (way.closed(), way.lines) == ([(PAGE, "INC-9", "failed", "late")], [])


class TestFails:
    def test_while_it_fails_somebody_else_is_asked_once(self) -> None:
        way = Way()
        assert failing(way.step, PageFailing(PAGE, "INC-1", "timeout")) == []
        assert (way.remembered.firing, way.engine.state.pages[PAGE].state) == (F, F)
        assert way.lines[0] == "not_notified li by sms: new: timeout"
        assert way.said == [f"{PAGE} failing failing", "new li email oncall"]
        way.step.decisions.clear()
        assert failing(way.step, PageFailing(PAGE, "INC-1", "timeout")) == []
        assert way.step.decisions == []
        assert failed(way.step, Failed(PAGE, "INC-1", "550")) == []
        assert way.said == [f"{PAGE} failed failed"]
        assert way.remembered.firing is X

    def test_what_failed_at_once_is_passed_on(self) -> None:
        way = Way()
        assert failed(way.step, Failed(PAGE, "INC-1", "550")) == []
        assert way.said == [f"{PAGE} failed failed", "new li email oncall"]
        assert (way.lines[0], way.remembered.firing) == ("not_notified li by sms: new: 550", X)
        assert PAGE not in way.engine.state.pages

    @pytest.mark.parametrize(
        ("known", "kind", "after"),
        [
            (Notified(D), PageKind.REMINDER, Notified(D)),  # who was told once knows of it
            (Notified(D, Q), PageKind.RESOLVED, Notified(D, X)),
            (Notified(Q), PageKind.NEW, Notified(X)),
            (Notified(Q, None, True), PageKind.NEW, Notified(X, None, True)),
        ],
    )
    def test_what_the_incident_remembers(self, known: Notified, kind: PageKind, after: Notified) -> None:
        way = Way(known, kind)
        failed(way.step, Failed(PAGE, "INC-1", "550"))
        assert way.remembered == after

    @pytest.mark.parametrize(
        ("other", "kind", "after"),
        [(Q, PageKind.REMINDER, Q), (F, PageKind.REMINDER, F), (Q, PageKind.RESOLVED, X)],
    )
    def test_another_page_to_them_may_still_arrive(
        self, other: PageState, kind: PageKind, after: PageState
    ) -> None:
        way = Way()
        page = way.engine.state.pages[PAGE]
        way.engine.state.pages["other"] = replace(page, id="other", kind=kind, state=other)
        way.engine.state.pages["wang"] = replace(page, id="wang", responder="wang")
        failed(way.step, Failed(PAGE, "INC-1", "550"))
        assert way.remembered.firing is after

    @pytest.mark.parametrize(
        ("given", "passed"),
        [
            ({}, True),
            ({"known": Notified(D), "kind": PageKind.REMINDER}, False),  # a reminder to who knows
            ({"known": Notified(Q), "kind": PageKind.REMINDER}, True),
            ({"known": Notified(D), "kind": PageKind.UPGRADE}, True),
            ({"kind": PageKind.TEST}, False),
            ({"key": "unreached:INC-7"}, False),
        ],
    )
    def test_which_pages_are_passed_on(self, given: dict[str, Any], passed: bool) -> None:
        way = Way(**given)
        failed(way.step, Failed(PAGE, "INC-1", "550"))
        assert bool(way.pages) is passed

    @pytest.mark.parametrize(("kind", "passed"), [(PageKind.NEW, False), (PageKind.RESOLVED, True)])
    def test_of_what_is_over_only_the_end_is(self, kind: PageKind, passed: bool) -> None:
        way = Way(Notified(D, Q), kind)
        way.change(state=IncidentState.RESOLVED)
        failed(way.step, Failed(PAGE, "INC-1", "550"))
        assert bool(way.pages) is passed


class TestNobody:
    """Nobody is left to ask: that is an alert of its own."""

    EVERYBODY = (("li", EMAIL), ("wang", SMS), ("wang", EMAIL), ("chen", EMAIL))

    def failed(self, firing: PageState = X, informed: bool = False, **given: Any) -> list[Alert]:
        way = Way(**given)
        others = dict.fromkeys(self.EVERYBODY, Notified(firing, None, informed))
        way.change(notified={**way.incident.notified, **others})
        return failed(way.step, Failed(PAGE, "INC-1", "550"))

    def test_an_alert_says_so(self) -> None:
        (alert,) = self.failed()
        assert (alert.key, alert.state, alert.severity) == (
            (UNREACHED, "INC-1", ""),
            AlertState.FIRING,
            Severity.P1,
        )
        assert (alert.text.en, alert.when) == ("INC-1 (P1) reached nobody", "no page was delivered")
        assert alert.onset == alert.fired_at == 1_001_000.0

    @pytest.mark.parametrize(("severity", "wanted"), [("P0", "P0"), ("P3", "P1")])
    def test_it_is_as_bad_as_the_incident_and_p1_at_least(self, severity: str, wanted: str) -> None:
        way = Way()
        way.change(
            severity=Severity(severity),
            notified={**dict.fromkeys(self.EVERYBODY, Notified(X)), LI_SMS: Notified(Q)},
        )
        (alert,) = failed(way.step, Failed(PAGE, "INC-1", "550"))
        assert alert.severity is Severity(wanted)

    @pytest.mark.parametrize(
        ("firing", "informed", "said"),
        [
            (X, False, True),
            (D, False, False),
            (Q, False, False),
            (F, False, True),
            (D, True, True),
            (Q, True, True),
        ],
    )
    def test_only_where_nobody_who_was_asked_may_know(
        self, firing: PageState, informed: bool, said: bool
    ) -> None:
        assert bool(self.failed(firing, informed)) is said

    def test_not_for_what_informs_nor_twice_nor_once_it_is_acknowledged(self) -> None:
        assert self.failed(informs=True) == []
        way = Way()
        way.unreached()
        way.change(notified={**dict.fromkeys(self.EVERYBODY, Notified(X)), LI_SMS: Notified(Q)})
        assert failed(way.step, Failed(PAGE, "INC-1", "550")) == []
        way = Way()
        way.change(
            notified={**dict.fromkeys(self.EVERYBODY, Notified(X)), LI_SMS: Notified(Q)},
            state=IncidentState.ACKNOWLEDGED,
        )
        assert failed(way.step, Failed(PAGE, "INC-1", "550")) == []

    def test_it_ends_once_somebody_is_reached(self) -> None:
        way = Way()
        assert reached(way.step, "INC-1") == []
        way.unreached()
        (alert,) = reached(way.step, "INC-1")
        assert (alert.state, alert.resolved_at) == (AlertState.RESOLVED, way.at)
        assert reached(way.step, "INC-1") == []


def test_of_what_a_page_carried_only_what_is_known_is_closed() -> None:
    """The row of a page whose incident is forgotten would be sent again after a restart."""
    story = Story(plan([http_check("bank")], [rule("down", 'outcome == "down"', http_check("bank"))]))
    page = next(d.page for d in story.down("bank") if isinstance(d, PageQueued))
    story.engine.state.pages[page.id] = replace(page, carries=("lost", "unknown"))
    story.engine.state.pages["lost"] = replace(page, id="lost", incident="INC-9")
    closed = [d.page for d in story.fail(page) if isinstance(d, PageChanged) and d.state is PageState.FAILED]
    assert closed == [page.id, "lost"]

"""One page for each address: what it says, whom it is noted for, and what the incident remembers of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.core.builders import EMAIL, SMS, http_check, rule
from tests.core.builders import plan as plain_plan
from tests.core.people.crew import CHEN, LI, WANG, Crew, plan
from watchtower.core.events import Decision, IncidentChanged, NotPaged, PageChanged, PageQueued
from watchtower.core.incident.incidents import Address, Incident, Notified, PageState
from watchtower.core.notify.alert_text import text_now
from watchtower.core.notify.messages import Message, NotePoint
from watchtower.core.notify.page_roles import page_roles
from watchtower.core.notify.pages import PageRequest, by_channels, page, page_id
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan.roles import PeoplePolicy, Role
from watchtower.core.state import Step
from watchtower.model import AlertState, IncidentState, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason

NEW = PageRequest(PageKind.NEW, PageReason.OPENED)
BY_SMS: Address = ("li", SMS)
VAULT = Text("Ring the vault", "联系金库")


def broken() -> Crew:
    """The bank is down, and nobody has been paged by this test yet."""
    crew = Crew(plan(LI, WANG, CHEN, roles=[Role(name="vault", description=VAULT), Role(name="scribe")]))
    crew.break_down()
    crew.wait(60)
    return crew


def paged(
    crew: Crew, request: PageRequest = NEW, to: Iterable[Address] = (BY_SMS,), **changed: object
) -> tuple[Incident, list[Decision]]:
    """The incident after this request, and what was decided."""
    step = Step(crew.plan, crew.engine.state, crew.at)
    page(step, replace(crew.incident, **changed), request, to)  # type: ignore[arg-type]
    return crew.incident, step.decisions


def message(crew: Crew, request: PageRequest = NEW, **changed: object) -> Message:
    return next(d.page.message for d in paged(crew, request, **changed)[1] if isinstance(d, PageQueued))


def test_a_page_is_numbered_addressed_and_of_its_incident() -> None:
    crew = broken()
    incident, decisions = paged(crew, to=[BY_SMS, ("wang", EMAIL)], origin="abc")
    queued = [d.page for d in decisions if isinstance(d, PageQueued)]
    assert [(p.id, p.responder, p.channel, p.kind, p.origin) for p in queued] == [
        ("INC-1.2.li.sms.abc", "li", SMS, PageKind.NEW, "abc"),
        ("INC-1.2.wang.email.abc", "wang", EMAIL, PageKind.NEW, "abc"),
    ]
    assert {(p.incident, p.created_at, p.state, p.failover_of) for p in queued} == {
        ("INC-1", crew.at, PageState.QUEUED, "")
    }
    assert {p.message.number for p in queued} == {incident.pages} == {2}
    line = next(d for d in decisions if isinstance(d, IncidentChanged))
    assert (line.reason, line.detail) == ("page_new", "li by sms, wang by email")
    assert {d.reason for d in decisions if isinstance(d, PageQueued)} == {PageReason.OPENED}


def test_the_next_reminder_waits_for_a_page_but_not_for_a_quiet_one() -> None:
    crew = broken()
    assert paged(crew)[0].reminded_at == crew.at
    before = crew.incident.reminded_at
    crew.wait(60)
    assert paged(crew, replace(NEW, quiet=True))[0].reminded_at == before


@pytest.mark.parametrize(("pages", "after"), [(0, 1), (1, 1), (3, 3)])
def test_where_there_is_no_address_the_incident_says_so_and_is_reminded_of_later(
    pages: int, after: int
) -> None:
    crew = broken()
    incident, decisions = paged(crew, to=(), pages=pages)
    told, line = decisions
    assert isinstance(told, NotPaged)
    assert (told.reason, told.detail) == (PageReason.NOBODY_TO_PAGE, "new P1")
    assert isinstance(line, IncidentChanged)
    assert (line.reason, line.detail) == ("not_notified", "new: nobody to page")
    assert (incident.pages, incident.reminded_at) == (after, crew.at)


Q, D, X = PageState.QUEUED, PageState.DELIVERED, PageState.FAILED


@pytest.mark.parametrize(
    ("before", "kind", "informs", "after"),
    [
        (None, PageKind.NEW, False, (Q, False)),
        (None, PageKind.NEW, True, (Q, True)),
        ((D, True), PageKind.UPGRADE, False, (D, False)),  # from now on they are asked
        ((D, True), PageKind.UPGRADE, True, (D, True)),
        ((D, False), PageKind.UPGRADE, True, (D, False)),  # who is asked stays so when an information comes too
        ((D, True), PageKind.UPDATE, False, (D, True)),  # what is due asks nobody to take the incident
        ((D, True), PageKind.RESOLVED, False, (D, True)),
        ((X, False), PageKind.REMINDER, False, (Q, False)),  # on its way again
        ((X, False), PageKind.UPDATE, False, (Q, False)),
        ((X, False), PageKind.RESOLVED, False, (X, False)),
        ((X, True), PageKind.UNWATCHED, False, (X, True)),
    ],
)  # fmt: skip
def test_what_the_incident_remembers_of_an_address(
    before: tuple[PageState, bool] | None, kind: PageKind, informs: bool, after: tuple[PageState, bool]
) -> None:
    notified = {} if before is None else {BY_SMS: Notified(before[0], informed=before[1])}
    request = PageRequest(kind, PageReason.RAISED, informs=informs)
    found = paged(broken(), request, notified=notified)[0].notified
    assert [(t.firing, t.informed, t.resolved) for t in found.values()] == [(*after, None)]


@pytest.mark.parametrize(
    ("names", "channels", "strictly", "wanted"),
    [
        (["li"], [EMAIL, SMS], False, ["li email", "li sms"]),
        (["chen", "li"], [SMS], False, ["chen email", "li sms"]),  # any other, where they have none of these
        (["chen", "li"], [SMS], True, ["li sms"]),
        (["gone", "li"], (c for c in (SMS,)), False, ["li sms"]),
        (["li", "wang"], (c for c in (SMS,)), False, ["li sms", "wang sms"]),
        (["li"], [], False, ["li sms", "li email"]),
        (["li"], [], True, []),
    ],
)
def test_the_addresses_of_people(
    names: list[str], channels: Iterable[str], strictly: bool, wanted: list[str]
) -> None:
    found = by_channels(plan(LI, WANG, CHEN), names, channels, strictly=strictly)
    assert [" ".join(address) for address in found] == wanted


def test_an_identity_has_the_incident_the_number_and_the_address() -> None:
    assert page_id(broken().incident, 7, ("wang", EMAIL)) == "INC-1.7.wang.email"


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        ("", ("", None, None)),
        ("vault", ("vault", VAULT, VAULT)),
        (
            "scribe",
            ("scribe", DUTIES["scribe"].text, DUTIES["scribe"].short),
        ),  # declared without a text of its own
        ("commander", ("commander", DUTIES["commander"].text, DUTIES["commander"].short)),
        ("cellarer", ("cellarer", None, None)),
    ],
)
def test_a_message_says_the_role_and_what_it_is_to_do(role: str, wanted: object) -> None:
    said = message(broken(), replace(NEW, roles={"li": role, "wang": "other"}))
    assert (said.role, said.duty, said.duty_short) == wanted


def test_a_message_says_what_the_incident_and_the_request_say() -> None:
    note = Text("note", "备注")
    request = PageRequest(PageKind.UPGRADE, PageReason.RAISED, Severity.P3, note, informs=True)
    crew = broken()
    said = message(
        crew, request, acks_missing=1, acknowledged_by="zhao", drill=True, flow="checkout", sop="mine"
    )
    incident = crew.incident
    assert (said.kind, said.product, said.incident, said.number) == (
        PageKind.UPGRADE,
        crew.plan.product,
        "INC-1",
        2,
    )
    assert (said.severity, said.previous_severity, said.status) == (Severity.P1, Severity.P3, "triggered")
    assert (said.reason, said.title, said.flow) == ("raised", incident.title, "checkout")
    assert (said.onset, said.at) == (incident.onset, crew.at)
    assert (said.sop, said.sop_title, said.sop_url, said.sop_steps) == ("mine", None, "", ())
    assert (said.acknowledged_by, said.acks_missing, said.note) == ("zhao", 1, note)
    assert (said.informs, said.drill) == (True, True)
    plain = message(broken())
    assert (plain.informs, plain.drill, plain.note, plain.previous_severity) == (False, False, None, None)


def test_the_seconds_since_the_onset_are_never_below_zero() -> None:
    said = message(broken())
    assert said.elapsed == 60.0
    assert replace(said, at=said.onset + 0.25, bad_seconds=None).elapsed == 0.25
    assert replace(said, at=said.onset - 5.0, bad_seconds=None).elapsed == 0.0


def alerts(crew: Crew, *some: tuple[str, AlertState, str, float | None]) -> None:
    """Alerts of INC-1 in the place of its own: series, state, severity, onset."""
    state = crew.engine.state
    one = next(iter(state.alerts.values()))
    del state.alerts[one.key]
    for series, state_, severity, onset in some:
        made = replace(one, series=series, state=state_, severity=Severity(severity), onset=onset)
        state.alerts[made.key] = made


FIRES, OVER, LEFT = AlertState.FIRING, AlertState.RESOLVED, AlertState.UNWATCHED


@pytest.mark.parametrize(
    ("state", "states", "wanted"),
    [
        (IncidentState.TRIGGERED, (FIRES, OVER, LEFT), "a"),
        (IncidentState.MITIGATED, (OVER, OVER, LEFT), "abc"),  # it outlasts its alerts
        (IncidentState.RESOLVED, (FIRES, OVER, AlertState.PENDING), "ab"),
        (IncidentState.RESOLVED, (OVER, OVER, LEFT), "abc"),
    ],
)
def test_the_alerts_of_a_message_are_those_that_fire_or_else_those_that_did(
    state: IncidentState, states: tuple[AlertState, ...], wanted: str
) -> None:
    crew = broken()
    alerts(crew, *((series, one, "P1", 1.0) for series, one in zip("abc", states, strict=True)))
    assert "".join(because.series for because in message(crew, state=state).because) == wanted


def test_the_worst_alert_stands_first_and_of_equals_the_oldest() -> None:
    crew = broken()
    alerts(
        crew, ("p2", FIRES, "P2", 1.0), ("late", FIRES, "P1", 9.0), ("early", FIRES, "P1", 2.0),
        ("unknown", FIRES, "P1", None), ("soon", FIRES, "P1", 0.5),
    )  # fmt: skip
    found = message(crew, onset=77.0).because
    assert [(one.series, one.since) for one in found] == [
        ("unknown", 77.0), ("soon", 0.5), ("early", 2.0), ("late", 9.0), ("p2", 1.0),
    ]  # fmt: skip
    assert {(one.rule, one.check, one.severity) for one in found[:4]} == {("bank-down", "bank", Severity.P1)}


def test_an_alert_since_the_first_second_is_since_then() -> None:
    crew = broken()
    alerts(crew, ("a", FIRES, "P1", 0.0))
    assert message(crew).because[0].since == 0.0


def test_a_message_names_twenty_alerts_at_most() -> None:
    crew = broken()
    alerts(crew, *((f"s{n}", FIRES, "P1", float(n + 1)) for n in range(25)))
    assert [one.series for one in message(crew).because] == [f"s{n}" for n in range(20)]


class TestAlertText:
    """An alert's summary with the latest measurements."""

    SLOW = http_check("slow")

    def crew(self) -> Crew:
        made = rule("slow", "latency > 1.0", self.SLOW, text="{{ latency }} now", keep=60.0)
        crew = Crew(plain_plan([self.SLOW], [made], [LI]))
        crew.up("slow", latency=2.0)
        crew.wait(10).up("slow", latency=4.0)
        return crew

    def said(self, crew: Crew, **changed: object) -> str:
        (alert,) = crew.engine.state.alerts.values()
        return text_now(crew.plan, crew.engine.state, replace(alert, **changed)).en  # type: ignore[arg-type]

    def test_while_it_fires_it_says_what_is_measured_now(self) -> None:
        assert self.said(self.crew()) == "4 now"

    def test_once_it_ended_it_says_what_it_fired_with(self) -> None:
        crew = self.crew()
        assert [self.said(crew, state=state) for state in (OVER, LEFT)] == ["2 now", "2 now"]

    def test_so_it_does_where_nothing_is_measured_or_the_rule_is_gone(self) -> None:
        crew = self.crew()
        assert self.said(crew, series="other") == "2 now"
        assert self.said(crew, rule="gone") == "2 now"
        crew.engine.state.facts["slow", "other", ""] = {}
        assert self.said(crew, check="other") == "2 now"


class TestPageRoles:
    """What is due reaches who fills a role, else the commander, else whoever is asked."""

    TEXT = Text("due", "到期")

    def told(
        self, roles: Iterable[str], *, crew: Crew | None = None, **changed: object
    ) -> tuple[Incident, list[str]]:
        """What was said, in order: `kind responder channel role`, or why not."""
        crew = crew or broken()
        state = crew.engine.state
        state.incidents["INC-1"] = replace(crew.incident, **changed)  # type: ignore[arg-type]
        step = Step(crew.plan, state, crew.at)
        page_roles(step, crew.incident, roles, PageReason.STEP_OVERDUE, NotePoint("steps", self.TEXT))
        assert step.decisions[0].entry.data == {"roles": [*roles], "en": "due", "zh": "到期"}  # type: ignore[union-attr]
        out = []
        for one in step.decisions:
            match one:
                case NotPaged(reason=reason, detail=detail):
                    out.append(f"{reason}: {detail}")
                case PageQueued(page=made):
                    assert (made.message.note, made.message.informs) == (self.TEXT, False)
                    out.append(f"{made.kind} {made.responder} {made.channel} {made.message.role}")
        return crew.incident, out

    def test_who_fills_a_role_is_paged_by_the_levels_channels_and_reminders_do_not_wait_for_it(self) -> None:
        crew = broken()
        before = crew.incident.reminded_at
        incident, said = self.told(["product", "backup"], crew=crew)
        assert said == [
            "update chen email product", "update wang sms backup", "update wang email backup",
        ]  # fmt: skip
        assert incident.reminded_at == before

    def test_nobody_is_told_of_what_is_over(self) -> None:
        assert self.told(["product"], state=IncidentState.RESOLVED)[1] == ["over: step_overdue"]

    def test_a_level_that_pages_nobody_says_so(self) -> None:
        crew = broken()
        crew.plan = replace(crew.plan, paging={})
        assert self.told(["product"], crew=crew)[1] == ["no_policy: step_overdue"]

    def test_where_nobody_fills_it_who_is_asked_hears_it(self) -> None:
        assert self.told(["pr", "scribe"])[1] == [
            "nobody_for_role: pr, scribe", "update li sms oncall", "update li email oncall",
        ]  # fmt: skip

    def test_and_before_them_the_commander(self) -> None:
        crew = broken()
        commander = {"commander": Role(name="commander", primary=("wang",))}
        crew.plan = replace(crew.plan, people=PeoplePolicy(commander))
        assert self.told(["pr"], crew=crew)[1] == [
            "nobody_for_role: pr", "update wang sms commander", "update wang email commander",
        ]  # fmt: skip

    def test_where_nobody_has_an_address_it_is_said(self) -> None:
        crew = broken()
        crew.plan = replace(crew.plan, responders={})
        assert self.told(["pr"], crew=crew)[1] == ["nobody_for_role: pr", "nobody_to_page: step_overdue"]


@pytest.mark.parametrize(
    ("kind", "gone"),
    [(PageKind.NEW, True), (PageKind.UPGRADE, True), (PageKind.UPDATE, False), (PageKind.REMINDER, False)],
)
def test_a_page_that_fails_gives_way_to_one_that_says_everything(kind: PageKind, gone: bool) -> None:
    """An update after an outage of the gateway does not take the place of the first page."""
    crew = broken()
    paged(crew)
    old = list(crew.engine.state.pages.values())
    for one in old:
        crew.engine.state.pages[one.id] = replace(one, state=PageState.FAILING)
    _, decisions = paged(crew, PageRequest(kind, PageReason.STILL_FIRING))
    superseded = {d.page for d in decisions if isinstance(d, PageChanged) and d.reason == "superseded"}
    assert old
    assert superseded == {one.id for one in old if gone}

"""Duties: judged on the newest numbers, told with their deadline, followed until the last report is filed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.deadlines.desk import Desk, estimate, label, moment, money
from tests.core.deadlines.packs import under
from watchtower.core.deadlines.duty_state import DutyStanding
from watchtower.core.deadlines.kinds import OutageCounted
from watchtower.core.deadlines.outages import Outages
from watchtower.core.deadlines.standing import duties_of, still_due
from watchtower.model import Instant

M, H, D = 60.0, 3600.0, 86400.0


def outage(
    incident: str, start: float, end: float, flows: dict[str, float], sums: dict[str, float] | None = None, cause: str = ""
) -> OutageCounted:  # fmt: skip
    return OutageCounted(incident, start, end, flows, sums or {}, cause)


START = moment("2023-10-14T14:54+08:00")


def sgt(clock: str, day: int = 14) -> Instant:
    return moment(f"2023-10-{day}T{clock}+08:00")


def dark(desk: Desk, end: Instant, every: float = 60.0, share: float = 1.0) -> dict[str, Instant]:
    """The flow fails from its onset until `end`; when each line was written first."""
    found: dict[str, Instant] = {}
    while desk.at < end:
        desk.at = min(end, desk.at + every)
        seen = len(desk.log)
        raw = (desk.at - desk.incident.onset) / 60
        desk.measured(share, raw, affected_users_share=estimate(share, desk.at))
        for entry in desk.log[seen:]:
            found.setdefault(label(entry), desk.at)
    return found


def test_dbs_on_14_october_2023_minute_by_minute() -> None:
    desk = Desk(START, "P0", under("mas", "dora"))
    desk.measured(1.0, 0.0, affected_users_share=estimate(1.0, START))
    notice = desk.history.deadlines.duties["mas.notice"]
    assert (notice.standing, notice.since) == (DutyStanding.TRIGGERED, START)
    assert [(s.id, s.due) for s in notice.steps] == [("notify", sgt("15:54")), ("root-cause", START + 14 * D)]
    found = dark(desk, sgt("20:21"))
    assert found["duty_warned mas.notice notify"] == sgt("15:39")
    assert found["duty_breached mas.notice notify"] == sgt("15:54")
    assert found["duty mas.downtime watch"] == sgt("17:53")
    assert found["duty mas.downtime triggered"] == sgt("18:54")
    assert found["duty dora.major triggered"] == sgt("16:54")
    assert found["duty dora.major watch"] == sgt("16:23")
    dora = desk.history.deadlines.duties["dora.major"]
    assert [(s.id, s.due) for s in dora.steps] == [
        ("initial", sgt("20:54")),
        ("intermediate", moment("2023-10-17T20:54+08:00")),
        ("final", moment("2023-11-17T20:54+08:00")),
    ]
    found = dark(desk, sgt("04:47", 15), every=300.0, share=0.45)
    assert found["duty_breached dora.major initial"] == sgt("20:56")
    assert set(duties_of(desk.history)[0]) == {"mas.notice", "mas.downtime", "dora.major"}


def test_the_same_seen_every_ten_seconds() -> None:
    desk = Desk(START, "P0", under("mas", "dora"))
    found = dark(desk, sgt("18:55"), every=10.0)
    assert found["duty mas.downtime watch"] == sgt("17:53")
    assert found["duty dora.major triggered"] == sgt("16:54")
    assert found["duty mas.downtime triggered"] == sgt("18:54")


def test_between_two_measurements_the_minutes_go_on() -> None:
    desk = Desk(START, "P0", under("mas"))
    dark(desk, sgt("17:52"))
    desk.at = sgt("17:53")
    assert "deadlines.duty" in desk.tick()


def test_filing_moves_the_steps_that_count_from_it_and_the_last_one_lets_go() -> None:
    desk = Desk(START, "P0", under("dora"))
    dark(desk, sgt("17:54"))
    assert desk.do("filed", duty="dora.major", reference="EU-17") == ""
    dora = desk.history.deadlines.duties["dora.major"]
    assert dora.steps[0].reference == "EU-17"
    assert dora.steps[1].due == desk.at + 72 * H
    desk.mitigated()
    assert duties_of(desk.history) == ((), ())
    desk.after(H)
    desk.resolved()
    assert still_due(desk.history)
    assert desk.do("filed", duty="dora.major", step="intermediate") == ""
    assert desk.do("filed", duty="dora.major", step="intermediate").startswith("dora.major has no open step")
    found = desk.until(desk.at + 40 * D, every=H)
    assert "duty_warned dora.major final" in found
    assert "duty_breached dora.major final" in found
    assert desk.do("filed", duty="dora.major") == ""
    assert "triggered: none" not in desk.do("filed", duty="dora.major")
    desk.note("review.section", section="summary", text="x")
    desk.note("review.closed")
    assert not still_due(desk.history)


def test_an_unfiled_notice_holds_the_level_after_mitigation_a_later_report_does_not() -> None:
    desk = Desk(START, "P0", under("mas"))
    desk.measured(1.0, 0.0)
    desk.mitigated()
    assert duties_of(desk.history)[0] == ("mas.notice",)
    desk.do("filed", duty="mas.notice")
    assert duties_of(desk.history)[0] == ()
    assert desk.history.deadlines.duties["mas.notice"].unfiled[0].id == "root-cause"


def test_a_person_says_that_it_does_not_apply_and_why_and_no_machine_says_otherwise() -> None:
    desk = Desk(START, "P0", under("mas"))
    desk.measured(1.0, 0.0)
    assert desk.do("not_applicable", by="law", duty="mas.notice", reason="a test system") == ""
    dark(desk, START + H)
    duty = desk.history.deadlines.duties["mas.notice"]
    assert duty.standing is DutyStanding.NOT_APPLICABLE
    assert [(j.standing, j.by, j.reason) for j in duty.log][-1] == (
        "not_applicable", "law", "a test system"
    )  # fmt: skip
    assert duty.log[-1].evidence == duty.log[0].evidence
    assert duties_of(desk.history)[0] == ()
    assert "already" in desk.do("not_applicable", duty="mas.notice", reason="again")


def test_each_judgement_keeps_its_evidence_and_the_version_of_the_rules() -> None:
    desk = Desk(START, "P0", under("dora"))
    dark(desk, sgt("16:54"))
    log = desk.history.deadlines.duties["dora.major"].log
    assert [j.standing for j in log] == ["watch", "triggered"]
    assert {j.version for j in log} == {"dora@2024-1772"}
    met = [t for t in log[-1].evidence["tests"] if t["mark"] == "met"]
    assert {t["indicator"]: t["value"] for t in met} == {
        "critical_affected": 1.0, "affected_users_share": 1.0, "critical_minutes": 121.0
    }  # fmt: skip
    unknown = {t["indicator"] for t in log[-1].evidence["tests"] if t["mark"] == "unknown"}
    assert "loss" in unknown


def test_the_owner_hears_of_watch_trigger_warning_and_breach_each_once() -> None:
    desk = Desk(START, "P0", under("dora"))
    dark(desk, START + 10 * H)
    told = [reason for who, reason in desk.told() if reason.startswith("duty")]
    assert sorted(told) == ["duty_late", "duty_soon", "duty_triggered", "duty_watch"]
    assert ("legal", "duty_watch") in desk.told()
    assert ("legal,commander", "duty_triggered") in desk.told()


def test_a_peripheral_flow_is_nothing_to_the_authorities() -> None:
    desk = Desk(START, "P1", under("mas", "dora"), flow="help")
    dark(desk, START + 5 * H, every=300.0)
    assert desk.history.deadlines.duties == {}


def test_a_declared_critical_flow_counts_whatever_its_tier() -> None:
    policy = under("mas")
    policy = replace(policy, compliance=policy.compliance.model_copy(update={"critical_flows": ("help",)}))
    desk = Desk(START, "P1", policy, flow="help")
    desk.measured(1.0, 0.0)
    assert desk.history.deadlines.duties["mas.notice"].standing is DutyStanding.TRIGGERED


def test_without_packs_nothing_is_judged() -> None:
    desk = Desk(START, "P0")
    dark(desk, START + 5 * H, every=300.0)
    assert desk.history.deadlines.duties == {}


def test_an_incident_without_numbers_is_judged_by_its_flow_and_its_length() -> None:
    desk = Desk(START, "P1", under("pboc"))
    found = desk.until(START + 3 * H)
    assert found["duty pboc.class-one watch"] == START + 89 * M
    assert found["duty pboc.class-one triggered"] == START + 120 * M
    assert desk.history.deadlines.duties["pboc.class-one"].steps[0].due == START + 4 * H


def test_four_hours_in_twelve_months_count_what_was_before() -> None:
    desk = Desk(START, "P1", under("mas"))
    before = START - 100 * D
    desk.state.outages = (
        Outages()
        .plus(outage("INC-7", before, before + 3 * H, {"login": 180.0, "help": 900.0}))
        .plus(outage("INC-8", START - 30 * D, START - 30 * D + 50 * M, {"login": 50.0}))
    )
    found = dark(desk, START + 30 * M)
    assert found["duty mas.downtime triggered"] == START + 10 * M


def test_what_is_older_than_a_year_does_not_count_and_what_reaches_into_it_counts_its_share() -> None:
    year = START - 365 * D
    history = (
        Outages()
        .plus(outage("old", year - 9 * D, year - 8 * D, {"login": 500.0}))
        .plus(outage("across", year - 2 * H, year + 2 * H, {"login": 240.0}))
    )
    assert history.minutes("login", year, "") == 120.0
    assert history.minutes("login", year + H, "") == 60.0
    assert history.minutes("login", year + 2 * H, "") == 0.0


def test_an_outage_goes_into_the_history_when_it_is_over_and_comes_back_from_the_log() -> None:
    desk = Desk(START, "P1", under("mas"))
    dark(desk, START + 30 * M)
    desk.measured(0.0, 30.0)
    desk.resolved()
    assert desk.state.outages.minutes("login", START - D, "") == 30.0
    assert Outages.of(desk.log) == desk.state.outages
    assert desk.state.outages.minutes("login", START - D, "INC-1") == 0.0


def test_naming_the_cause_later_changes_the_same_outage() -> None:
    desk = Desk(START, "P1", under("mas"))
    dark(desk, START + 30 * M)
    desk.resolved()
    desk.note("review.tagged", tag="dns")
    assert [o.cause for o in desk.state.outages.by_incident.values()] == ["dns"]
    assert Outages.of(desk.log) == desk.state.outages


def test_two_small_ones_of_one_cause_in_six_months_are_judged_as_one() -> None:
    desk = Desk(START, "P1", under("dora"))
    desk.state.outages = Outages().plus(
        outage(
            "INC-0", START - 60 * D, START - 60 * D + H, {"login": 90.0}, {"critical_minutes": 90.0}, "dns"
        )
    )
    dark(desk, START + 40 * M)
    assert desk.history.deadlines.duties == {}
    desk.note("notes.cause", "the resolver", tag="dns")
    duty = desk.history.deadlines.duties["dora.major"]
    assert duty.standing is DutyStanding.TRIGGERED
    assert duty.evidence["with"] == ["INC-0"]
    assert duty.evidence["cause"] == "dns"


@pytest.mark.parametrize(
    ("cause", "days"),
    [("disk", 60), ("dns", 200), ("", 60)],
    ids=["another cause", "too long ago", "none named"],
)
def test_others_are_not_judged_together(cause: str, days: float) -> None:
    desk = Desk(START, "P1", under("dora"))
    then = START - days * D
    desk.state.outages = Outages().plus(
        outage("INC-0", then, then + H, {"login": 90.0}, {"critical_minutes": 90.0}, cause)
    )
    dark(desk, START + 40 * M)
    desk.note("notes.cause", "the resolver", tag="dns" if cause else "")
    assert desk.history.deadlines.duties == {}


@pytest.mark.parametrize(
    ("point", "currency", "triggers"),
    [("100001", "EUR", True), ("99999", "EUR", False), ("780001", "CNY", True), ("779000", "CNY", False), ("9999999", "USD", False)],
)  # fmt: skip
def test_a_loss_is_counted_in_the_authoritys_currency(point: str, currency: str, triggers: bool) -> None:
    desk = Desk(START, "P1", under("dora"))
    desk.measured(1.0, 1.0, affected_users_share=estimate(0.5, START), loss=money(point, currency, START))
    duty = desk.history.deadlines.duties.get("dora.major")
    assert (duty is not None and duty.standing is DutyStanding.TRIGGERED) is triggers


def test_an_estimate_whose_upper_bound_is_over_the_threshold_is_in_watch() -> None:
    desk = Desk(START, "P2", under("pboc"))
    desk.measured(1.0, 1.0, affected_requests=estimate(50_000.0, START, high=120_000.0))
    assert desk.history.deadlines.duties["pboc.class-one"].standing is DutyStanding.WATCH
    desk.measured(1.0, 1.0, affected_requests=estimate(50_000.0, START, high=90_000.0))
    assert desk.history.deadlines.duties["pboc.class-one"].standing is DutyStanding.CLEAR


def test_what_people_enter_counts() -> None:
    desk = Desk(START, "P2", under("dora"))
    desk.measured(1.0, 1.0)
    assert "dora.major" not in desk.history.deadlines.duties
    desk.measured(1.0, 1.0, manual={"malicious_access": True})
    assert desk.history.deadlines.duties["dora.major"].standing is DutyStanding.TRIGGERED


def test_dora_is_due_at_most_a_day_after_it_was_seen_unless_that_is_over() -> None:
    desk = Desk(START, "P1", under("dora"))
    desk.after(22 * H)
    desk.measured(1.0, 22 * 60.0, affected_users_share=estimate(0.5, desk.at))
    assert desk.history.deadlines.duties["dora.major"].steps[0].due == START + 24 * H
    late = Desk(START, "P1", under("dora"))
    late.after(30 * H)
    late.measured(1.0, 30 * 60.0, affected_users_share=estimate(0.5, late.at))
    assert late.history.deadlines.duties["dora.major"].steps[0].due == late.at + 4 * H


def test_one_of_the_higher_kind_or_three_of_any() -> None:
    worst = Desk(START, "P0", under("internal"))
    worst.measured(0.5, 1.0)
    assert worst.history.deadlines.duties["internal.management"].standing is DutyStanding.TRIGGERED
    desk = Desk(START, "P1", under("internal"))
    desk.measured(0.5, 61.0, affected_users_share=estimate(0.2, START))
    assert "internal.management" not in desk.history.deadlines.duties
    desk.measured(0.5, 61.0, affected_users_share=estimate(0.2, START), day_share=estimate(0.03, START))
    assert desk.history.deadlines.duties["internal.management"].standing is DutyStanding.TRIGGERED


def test_folding_the_log_again_gives_the_same_duties() -> None:
    desk = Desk(START, "P0", under("mas", "dora", "internal"))
    dark(desk, START + 3 * H)
    desk.do("filed", duty="dora.major", reference="1")
    desk.do("not_applicable", duty="internal.management", reason="told already")
    assert desk.again().deadlines == desk.history.deadlines

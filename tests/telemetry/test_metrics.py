"""What Prometheus is told."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import replace
from math import nan
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.parts.prometheus import check_metrics
from tests.telemetry.conftest import BANK, CHECKOUT, PLAN, Clock, exposition
from watchtower.core.events import AlertChanged, IncidentChanged, PageChanged, PageQueued
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident, Page, PageState
from watchtower.core.incident.kinds import UNREACHED
from watchtower.core.notify.messages import Message
from watchtower.detectors import Runway, Traffic
from watchtower.model import AlertState, IncidentState, Observation, Outcome, Reading, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.store.jobs import Backlog
from watchtower.telemetry import METRICS, Attempt, Telemetry
from watchtower.telemetry.metrics import DETECTED

AT = 1_700_000_000.0
INCIDENT = Incident(
    "INC-1",
    "flow:checkout",
    Text("Checkout", "下单"),
    "checkout",
    IncidentState.TRIGGERED,
    Severity.P1,
    Severity.P1,
    AT,
    AT,
)
MESSAGE = Message(
    PageKind.NEW,
    Text("shop", "商店"),
    "INC-1",
    1,
    Severity.P1,
    None,
    "triggered",
    "opened",
    INCIDENT.title,
    "checkout",
    (),
    AT,
    AT,
)
PAGE = Page("INC-1.1.li.email", "INC-1", "li", "email", PageKind.NEW, MESSAGE, AT)


def samples(telemetry: Telemetry) -> Mapping[str, float]:
    """`{'watchtower_check_up{check="bank",series=""}': 1.0}`"""
    out = {}
    for family in text_string_to_metric_families(exposition(telemetry)):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            out[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return out


def seen(check: str, outcome: Outcome, series: str = "", **measurements: float) -> Observation:
    return Observation(check, AT, Reading(outcome, measurements, series=series), duration=0.25)


OUTCOMES = [  # outcome, up, unknown
    (Outcome.UP, 1, 0),
    (Outcome.DOWN, 0, 0),
    (Outcome.UNKNOWN, 0, 1),
    (None, 0, 1),  # not measured yet: exported all the same, so that absence is never the only sign
]


@pytest.mark.parametrize(("outcome", "up", "unknown"), OUTCOMES)
def test_up_and_unknown_tell_down_from_blind(
    telemetry: Telemetry, outcome: Outcome | None, up: int, unknown: int
) -> None:
    if outcome is not None:
        telemetry.observed(seen("bank", outcome), BANK)
    got = samples(telemetry)
    assert got['watchtower_check_up{check="bank",series=""}'] == up
    assert got['watchtower_check_unknown{check="bank",series=""}'] == unknown


def test_readings_are_counted_by_outcome_and_start_at_zero(telemetry: Telemetry) -> None:
    telemetry.observed(seen("bank", Outcome.UP), BANK)
    telemetry.observed(seen("bank", Outcome.UP), BANK)
    telemetry.observed(seen("bank", Outcome.UNKNOWN), BANK)
    got = samples(telemetry)
    name = 'watchtower_check_samples_total{check="bank",outcome="%s"}'
    assert [got[name % outcome] for outcome in ("up", "down", "unknown")] == [2, 0, 1]
    assert got['watchtower_check_samples_total{check="checkout",outcome="up"}'] == 0


def test_a_measurement_is_exported_only_when_it_is_a_number_with_a_declared_name(
    telemetry: Telemetry,
) -> None:
    reading = Reading(Outcome.UP, {"latency": 0.5, "requests": None, "invented": 7.0})
    telemetry.observed(Observation("bank", AT, reading), BANK)
    measured = [name for name in samples(telemetry) if name.startswith("watchtower_check_measurement")]
    assert measured == ['watchtower_check_measurement{check="bank",series="",name="latency"}']


def test_what_detectors_know_is_exported_and_what_is_unknown_is_not_zero(
    telemetry: Telemetry, clock: Clock
) -> None:
    check = CHECKOUT.model_copy(update={"facts": {**CHECKOUT.facts, **Traffic.facts, **Runway.facts}})
    values = {
        "traffic.expected": 4.0,
        "traffic.season_known": False,
        "runway.days_left": 2.0,
        "traffic.rate": nan,
    }
    facts = {("checkout", "eu"): tuple(values.get(name) for name in check.facts)}
    plan = replace(PLAN, checks={"checkout": check})
    telemetry.reloaded(True, plan=plan)
    telemetry.facts(lambda: (plan.checks, facts))
    telemetry.observed(seen("checkout", Outcome.UP, "eu"), check)
    labels = 'check="checkout",series="eu",flow="checkout"'
    assert detected(telemetry) == {
        f"watchtower_traffic_expected_requests_per_second{{{labels}}}": 4.0,
        f"watchtower_traffic_season_known{{{labels}}}": 0.0,
        f"watchtower_runway_seconds{{{labels}}}": 172_800.0,
    }
    # While the engine has another plan already, its values have another order.
    telemetry.facts(lambda: ({"checkout": check.model_copy(update={})}, facts))
    clock.now += 2
    assert detected(telemetry) == {}


def detected(telemetry: Telemetry) -> Mapping[str, float]:
    names = {metric.name for metric in DETECTED.values()}
    return {name: value for name, value in samples(telemetry).items() if name.partition("{")[0] in names}


def test_an_alert_is_a_series_of_its_own_until_it_ends(telemetry: Telemetry, clock: Clock) -> None:
    def now() -> list[str]:
        clock.now += 2
        return [name for name in samples(telemetry) if name.startswith("watchtower_alert{")]

    labels = 'watchtower_alert{alertname="silent",alertstate="%s",check="checkout",flow="checkout",incident="%s",series="",severity="%s"}'
    alert = Alert("silent", "checkout", state=AlertState.PENDING)
    telemetry.decided(AlertChanged(AT, "pending", alert, AlertState.INACTIVE))
    assert now() == [labels % ("pending", "", "P3")]
    telemetry.decided(IncidentChanged(AT, "opened", INCIDENT))
    firing = replace(alert, state=AlertState.FIRING, incident="INC-1")
    telemetry.decided(AlertChanged(AT, "joined", firing, AlertState.PENDING))
    assert now() == [labels % ("firing", "INC-1", "P1")]
    telemetry.decided(IncidentChanged(AT, "raised", replace(INCIDENT, severity=Severity.P0)))
    assert now() == [labels % ("firing", "INC-1", "P0")]
    ended = replace(firing, state=AlertState.RESOLVED)
    telemetry.decided(AlertChanged(AT, "resolved", ended, AlertState.FIRING))
    assert now() == []


def test_a_storm_of_alerts_is_bounded_and_the_worst_are_among_them(telemetry: Telemetry) -> None:
    for n, severity in enumerate(
        [Severity.P4, Severity.P3, Severity.P0, Severity.P2, Severity.P4]
    ):  # the bound is 3
        state = AlertState.PENDING if n == 1 else AlertState.FIRING
        alert = Alert("silent", "checkout", str(n), state, severity)
        telemetry.decided(AlertChanged(AT, state, alert, AlertState.INACTIVE))
    said = samples(telemetry)
    shown = [name.split('series="')[1][0] for name in said if name.startswith("watchtower_alert{")]
    assert shown == ["2", "3", "0"]
    assert said['watchtower_alerts{rule="silent",state="firing"}'] == 4


def test_series_beyond_the_bound_are_counted_and_not_exported(telemetry: Telemetry) -> None:
    for n in range(5):  # the bound is 3
        telemetry.observed(seen("checkout", Outcome.UP, series=f"s{n}"), CHECKOUT)
    got = samples(telemetry)
    assert sum(name.startswith("watchtower_check_up{") and "checkout" in name for name in got) == 3
    assert got["watchtower_check_samples_dropped_total"] == 2


def test_a_check_that_leaves_the_plan_leaves_the_metrics(telemetry: Telemetry, clock: Clock) -> None:
    telemetry.observed(seen("bank", Outcome.UP), BANK)
    telemetry.reloaded(True, plan=replace(PLAN, checks={"checkout": CHECKOUT}))
    clock.now += 2
    assert not any('"bank"' in name for name in samples(telemetry))


def test_a_refused_reload_keeps_the_plan_and_says_so(telemetry: Telemetry) -> None:
    telemetry.reloaded(False)
    got = samples(telemetry)
    assert got["watchtower_config_last_reload_successful"] == 0
    assert got["watchtower_config_last_reload_success_timestamp_seconds"] == AT
    assert 'watchtower_check_up{check="bank",series=""}' in got


def test_alerts_are_zero_before_they_fire(telemetry: Telemetry, clock: Clock) -> None:
    firing = 'watchtower_alerts{rule="silent",state="firing"}'
    assert samples(telemetry)[firing] == 0
    alert = Alert("silent", "checkout", state=AlertState.FIRING)
    telemetry.decided(AlertChanged(AT, "firing", alert, AlertState.PENDING))
    clock.now += 2
    assert samples(telemetry)[firing] == 1
    telemetry.decided(
        AlertChanged(AT, "resolved", replace(alert, state=AlertState.RESOLVED), AlertState.FIRING)
    )
    clock.now += 2
    assert samples(telemetry)[firing] == 0


def test_incidents_are_open_unacknowledged_and_counted_once(telemetry: Telemetry, clock: Clock) -> None:
    telemetry.decided(IncidentChanged(AT, "opened", INCIDENT))
    telemetry.decided(IncidentChanged(AT, "page_new", INCIDENT))
    got = samples(telemetry)
    assert got['watchtower_incidents_open{severity="P1"}'] == 1
    assert got["watchtower_incidents_unacknowledged"] == 1
    assert got['watchtower_incidents_total{severity="P1"}'] == 1
    telemetry.decided(IncidentChanged(AT, "resolved", replace(INCIDENT, state=IncidentState.RESOLVED)))
    telemetry.decided(IncidentChanged(AT, "settled", replace(INCIDENT, state=IncidentState.RESOLVED)))
    clock.now += 2
    got = samples(telemetry)
    assert got['watchtower_incidents_open{severity="P1"}'] == 0
    assert got['watchtower_incidents_total{severity="P1"}'] == 1


def test_what_a_restart_restores_is_open_but_not_newly_opened(telemetry: Telemetry) -> None:
    telemetry.restored([], [INCIDENT], [PAGE])
    got = samples(telemetry)
    assert got['watchtower_incidents_open{severity="P1"}'] == 1
    assert got['watchtower_incidents_total{severity="P1"}'] == 0
    assert got["watchtower_outbox_pages"] == 1


def test_a_page_waits_in_the_outbox_until_it_is_delivered(telemetry: Telemetry, clock: Clock) -> None:
    telemetry.decided(PageQueued(AT, "opened", PAGE))
    got = samples(telemetry)
    assert (got["watchtower_outbox_pages"], got["watchtower_outbox_oldest_seconds"]) == (1, 10)
    telemetry.decided(PageChanged(AT + 5, "failing", PAGE.id, "INC-1", PageState.FAILING))
    clock.now += 2
    assert samples(telemetry)["watchtower_outbox_pages"] == 1
    telemetry.decided(PageChanged(AT + 20, "delivered", PAGE.id, "INC-1", PageState.DELIVERED))
    clock.now += 2
    got = samples(telemetry)
    assert (got["watchtower_outbox_pages"], got["watchtower_outbox_oldest_seconds"]) == (0, 0)
    assert got['watchtower_pages_total{channel="email",outcome="delivered"}'] == 1
    assert got['watchtower_page_delivery_seconds_sum{channel="email"}'] == 20


def test_attempts_are_timed_and_counted_by_what_became_of_them(telemetry: Telemetry) -> None:
    for number, outcome in enumerate(("retry", "retry", "delivered"), 1):
        telemetry.attempted(Attempt(AT, PAGE.id, "INC-1", "li", "email", number, outcome, 0.3))
    got = samples(telemetry)
    assert got['watchtower_page_attempts_total{channel="email",outcome="retry"}'] == 2
    assert got['watchtower_page_attempts_total{channel="email",outcome="delivered"}'] == 1
    assert got['watchtower_page_attempt_seconds_bucket{channel="email",le="0.25"}'] == 0
    assert got['watchtower_page_attempt_seconds_bucket{channel="email",le="0.5"}'] == 3


def test_attempts_are_those_of_a_channel_and_pages_those_of_a_kind(telemetry: Telemetry) -> None:
    sms = replace(PAGE, channel="sms")
    telemetry.decided(PageQueued(AT, "opened", sms))
    telemetry.attempted(Attempt(AT, PAGE.id, "INC-1", "li", "sms.cn", 1, "delivered", 0.3))
    telemetry.decided(PageChanged(AT + 5, "delivered", PAGE.id, "INC-1", PageState.DELIVERED))
    got = samples(telemetry)
    assert got['watchtower_page_attempts_total{channel="sms.cn",outcome="delivered"}'] == 1
    assert got['watchtower_pages_total{channel="sms",outcome="delivered"}'] == 1
    assert not {name for name in got if name.startswith("watchtower_pages_total") and "sms.cn" in name}
    assert not {name for name in got if name.startswith("watchtower_page_attempt") and '"sms"' in name}


def test_reaching_nobody_is_a_metric_of_its_own(telemetry: Telemetry) -> None:
    alert = Alert(UNREACHED, "INC-1", state=AlertState.FIRING)
    telemetry.decided(AlertChanged(AT, "reached_nobody", alert, AlertState.INACTIVE))
    assert samples(telemetry)["watchtower_incidents_unreached"] == 1


def test_scheduler_and_store_are_watched_too(telemetry: Telemetry) -> None:
    telemetry.scheduler_event("missed", "bank")
    telemetry.scheduler_lag(0.02)
    telemetry.store_commit(0.004, 7)
    got = samples(telemetry)
    assert got['watchtower_scheduler_missed_total{kind="missed"}'] == 1
    assert got['watchtower_scheduler_lag_seconds_bucket{le="0.025"}'] == 1
    assert got["watchtower_store_commit_seconds_count"] == 1
    assert got["watchtower_store_log_entries_total"] == 7


async def test_scrapes_within_a_second_share_one_page_also_while_it_is_made(
    telemetry: Telemetry, clock: Clock
) -> None:
    both = await asyncio.gather(telemetry.scrape(), telemetry.scrape())
    first = both[0][0]
    telemetry.observed(seen("bank", Outcome.UP), BANK)
    assert both[1][0] is first
    assert (await telemetry.scrape())[0] is first
    clock.now += 1
    assert (await telemetry.scrape())[0] is not first


async def test_who_gives_up_waiting_stops_nobody_else(telemetry: Telemetry) -> None:
    hasty = asyncio.create_task(telemetry.scrape())
    await asyncio.sleep(0)
    patient = asyncio.create_task(telemetry.scrape())
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await patient)[0]


async def test_a_clock_set_back_does_not_freeze_the_page(telemetry: Telemetry, clock: Clock) -> None:
    first, _ = await telemetry.scrape()
    clock.now -= 3600
    assert (await telemetry.scrape())[0] is not first


async def test_the_loop_has_its_turn_after_each_thousand_series() -> None:
    """10,000 flows: what a scrape takes in all is no one's wait."""
    telemetry = Telemetry("1")
    telemetry.reloaded(
        True,
        plan=replace(
            PLAN, checks={f"c{n}": CHECKOUT.model_copy(update={"name": f"c{n}"}) for n in range(10)}
        ),
    )
    for n in range(10_000):
        telemetry.observed(seen(f"c{n % 10}", Outcome.UP, series=f"s{n}", requests=3.0), CHECKOUT)
    scrape, turns = asyncio.create_task(telemetry.scrape()), 0
    while not scrape.done():
        turns += 1
        await asyncio.sleep(0)
    pieces = scrape.result()[0]
    assert turns >= len(pieces) > 50
    assert max(piece.count(b"\n") for piece in pieces[1:]) <= 1000


def test_the_list_of_metrics_is_what_is_exported(telemetry: Telemetry) -> None:
    telemetry.observed(seen("bank", Outcome.UP, latency=0.1), BANK)
    telemetry.history(SimpleNamespace(problem="", lost=0, size=4096))
    telemetry.forwarding(SimpleNamespace(counts=lambda: {("am:9093", "failed"): 2}, up=dict))
    led = SimpleNamespace(
        epoch=2, leads_since=1.0, unled=3.4, unfenced=2, standbys=[SimpleNamespace(same_plan=True)], behind=0.2,
        workers=[SimpleNamespace(location="hk", same_plan=True)], jobs=Backlog(3, 1, 7.5),
        locations=[SimpleNamespace(name="hk", held=200, shards=256, lost_since=None)],
    )  # fmt: skip
    telemetry.stands("7f3k", leads=True, led=lambda: led)
    families = {
        family.name + ("_total" if family.type == "counter" else ""): family
        for family in text_string_to_metric_families(exposition(telemetry))
        if family.name.startswith("watchtower_")
    }
    assert sorted(families) == sorted(metric.name for metric in METRICS)
    for metric in METRICS:
        family = families[metric.name]
        assert (family.type, family.documentation) == (metric.type, metric.help)
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels), sample.name


def test_the_process_itself_is_measured(telemetry: Telemetry) -> None:
    got = samples(telemetry)
    assert got["process_resident_memory_bytes"] > 0
    assert any(name.startswith("python_info") for name in got)


def test_promtool_finds_nothing_to_say(telemetry: Telemetry) -> None:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian package prometheus)")
    telemetry.observed(seen("bank", Outcome.UP, latency=0.1, requests=3), BANK)
    telemetry.observed(Observation("checkout", AT, Reading(Outcome.DOWN, series='a "b"\\\n{c}')), CHECKOUT)
    telemetry.decided(IncidentChanged(AT, "opened", INCIDENT))
    telemetry.decided(PageQueued(AT, "opened", PAGE))
    telemetry.scheduler_event("missed")
    assert check_metrics(exposition(telemetry)) == ""


def test_nothing_is_known_before_the_first_plan(clock: Clock) -> None:
    got = samples(Telemetry("1.2.3", clock=clock))
    assert got["watchtower_config_last_reload_successful"] == 0
    assert got["watchtower_config_last_reload_success_timestamp_seconds"] == 0


def test_incidents_are_timed_from_the_onset_by_their_worst_level(telemetry: Telemetry, clock: Clock) -> None:
    opened = replace(INCIDENT, opened_at=AT, onset=AT - 40, acknowledged_at=None)
    telemetry.decided(IncidentChanged(AT, "opened", opened))
    had = replace(opened, acknowledged_at=AT + 60)
    telemetry.decided(IncidentChanged(AT + 60, "acknowledged", had))
    over = replace(
        had, state=IncidentState.RESOLVED, mitigated_at=AT + 360, resolved_at=AT + 3960, record=Severity.P0
    )
    telemetry.decided(IncidentChanged(AT + 3960, "resolved", over))
    telemetry.decided(IncidentChanged(AT + 3960, "opened", replace(opened, drill=True)))
    got = samples(telemetry)
    level = opened.record
    assert got[f'watchtower_incident_detect_seconds_sum{{severity="{level}"}}'] == 40
    assert got[f'watchtower_incident_detect_seconds_count{{severity="{level}"}}'] == 1
    assert got[f'watchtower_incident_acknowledge_seconds_sum{{severity="{level}"}}'] == 100
    assert got['watchtower_incident_mitigate_seconds_sum{severity="P0"}'] == 400
    assert got['watchtower_incident_resolve_seconds_bucket{le="14400.0",severity="P0"}'] == 1
    assert got['watchtower_incident_resolve_seconds_count{severity="P4"}'] == 0

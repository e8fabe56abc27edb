"""A small daemon in memory, on a bad night: what the pages and the API are tested on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.web.fake_history import FakeHistory
from tests.web.fake_observed import AT as AT
from tests.web.fake_observed import OBSERVED
from tests.web.fake_plan import PLAN
from tests.web.fake_practice import Practice
from watchtower.api.auth import Access
from watchtower.api.board import BoardStatus, FlowTraffic
from watchtower.api.contract import IncidentDetail, InstanceRole, InstanceStatus, ProvenWay, Status
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.events import IncidentDeclared, SilenceAsked
from watchtower.core.explain_check import Explanation, LossForeseen, RuleVerdict
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident, Page, PageState
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.notify.messages import Message
from watchtower.core.people.overrides import OnCallOverride
from watchtower.core.plan import Plan
from watchtower.core.reviews.build import record_of
from watchtower.core.reviews.facts import facts_of
from watchtower.core.reviews.record import Record
from watchtower.core.reviews.similar import found_in
from watchtower.core.silences.silence import AlertSilence
from watchtower.core.silences.suppress import Suppression
from watchtower.errors import Problem, StoreError
from watchtower.model import (
    AlertState,
    ChannelName,
    IncidentState,
    Instant,
    Observation,
    Severity,
    Text,
    WatchGap,
)
from watchtower.page_kinds import PageKind
from watchtower.probes.held_alerts import HeldAlert, PostedAlert
from watchtower.report.drills import DrillReport
from watchtower.store.contract import FOREVER

TOKEN = "a-token-that-nobody-guesses"
PUSH_TOKEN = "a-token-only-for-counts"
KEY = b"k" * 32
ACCESS = Access(TOKEN, KEY, PUSH_TOKEN)


ALERTS = (
    Alert(
        "flow-silent", "checkout-requests", "", AlertState.FIRING, Severity.P1, AT - 200, None, AT - 140, None, AT - 200,
        Text("No requests on Checkout for 3 min 20 s", "下单支付 已 3 分 20 秒 无请求"), "traffic.silent", "INC-12",
    ),
    Alert(
        "gateway-down", "bank-gateway", "", AlertState.FIRING, Severity.P2, AT - 190, None, AT - 160, None, AT - 190,
        Text("bank-gateway is down: timeout", "bank-gateway 故障：超时"), "outcome == 'down'", "INC-12",
    ),
    Alert("flow-silent", "methods", "card", AlertState.PENDING, Severity.P1, AT - 30, when="traffic.silent"),
    Alert(
        "balance-low", "sms-balance", "", AlertState.FIRING, Severity.P2, AT - 7200, None, AT - 7200, None, AT - 7200,
        Text("SMS balance lasts 2.3 days", "短信余额仅够 2.3 天"), "runway.days_left < 7.0", "INC-11",
    ),
    Alert(
        "slow", "login-page", "", AlertState.FIRING, Severity.P3, AT - 90, None, AT - 90, None, AT - 90,
        Text("login-page takes 1.84 s", "login-page 耗时 1.84 秒"), "latency > 1.0", "INC-13",
    ),
    Alert(
        NO_DATA, "ledger", "", AlertState.FIRING, Severity.P3, AT - 600, None, AT - 540, None, AT - 600,
        Text("No data from ledger: the database refuses our password", "ledger 无数据：数据库拒绝了密码"), "outcome == 'unknown'", "INC-10",
    ),
)  # fmt: skip


def incident(
    id: str, title: Text, severity: Severity, began: float, flow: str = "", by: str = "", sop: str = ""
) -> Incident:
    state = IncidentState.ACKNOWLEDGED if by else IncidentState.TRIGGERED
    return Incident(
        id, f"flow:{flow}", title, flow, state, severity, severity, AT - began + 60, AT - began,
        AT - began + 180 if by else None, by, sop=sop,
    )  # fmt: skip


def newest(
    every: Iterable[Incident], open_only: bool, limit: int, before: tuple[Instant, int]
) -> Sequence[Incident]:
    """As the store gives them."""
    places = {(one.opened_at, int(one.id[4:])): one for one in every if one.open or not open_only}
    return [places[place] for place in sorted(places, reverse=True) if place < before][:limit]


CHECKOUT = incident("INC-12", Text("Checkout", "下单支付"), Severity.P1, 200, "checkout", sop="flow-silent")
INCIDENTS = (
    CHECKOUT,
    incident("INC-11", Text("SMS balance", "短信余额"), Severity.P2, 7200, by="anna"),
    incident("INC-13", Text("Sign in", "登录"), Severity.P3, 90, "login"),
    incident("INC-10", Text("No data", "监控盲区"), Severity.P3, 600),
)
MESSAGE = Message(
    PageKind.NEW, PLAN.product, "INC-12", 1, Severity.P1, None, "triggered", "opened", CHECKOUT.title, "checkout", (), AT - 200, AT - 140
)  # fmt: skip


def sent(
    number: int, who: str, channel: ChannelName, state: PageState, ago: float, kind: PageKind = PageKind.NEW
) -> Page:
    id = f"INC-12.{number}.{who}.{channel}"
    return Page(id, "INC-12", who, channel, kind, replace(MESSAGE, kind=kind), AT - ago, state)


PAGES = (
    (sent(1, "li", "sms", PageState.FAILING, 140), 3, "http 503: busy"),
    (sent(1, "li", "email", PageState.DELIVERED, 140), 1, "250 2.0.0 Ok: queued as 4F2A"),
    (sent(1, "anna", "email", PageState.DELIVERED, 120), 1, "250 2.0.0 Ok: queued as 4F2B"),
    (sent(2, "li", "webhook", PageState.QUEUED, 3, PageKind.REMINDER), 0, ""),
)
TIMELINE = tuple(
    LogEntry(AT - ago, kind, by, detail, {"alert": "1f"} if kind == "joined" else {})
    for ago, kind, detail, by in (
        (140, "opened", "flow-silent on checkout-requests", "watchtower"),
        (140, "page_new", "li by sms, li by email", "watchtower"),
        (138, "notified", "li by email: new", "watchtower"),
        (120, "not_notified", "li by sms: new: http 503", "watchtower"),
        (120, "passed_on", "li by sms -> anna by email", "watchtower"),
        (119, "notified", "anna by email: new", "watchtower"),
        (101, "joined", "bank-gateway is down", "watchtower"),
        (100, "alert_added", "gateway-down on bank-gateway", "watchtower"),
        (100, "severity_unchanged", "P1", "watchtower"),
        (3, "page_reminder", "li by webhook", "watchtower"),
        (2, "acknowledged", "link", "anna"),
    )
)


@dataclass
class FakeDaemon(FakeHistory):
    """Does what the real one does to an incident, and remembers what it was asked."""

    plan: Plan = PLAN
    shards: None = None
    observed: Sequence[Observation] = OBSERVED
    alerts: Sequence[Alert] = ALERTS
    known: dict[str, Incident] = field(default_factory=lambda: {each.id: each for each in INCIDENTS})
    pages: Sequence[tuple[Page, int, str]] = PAGES
    timeline: Sequence[LogEntry] = TIMELINE
    reasons: Sequence[str] = ()
    problems: Sequence[Problem] = ()
    losses: Mapping[tuple[str, str], Sequence[LossForeseen]] = field(default_factory=dict)
    without_zone: frozenset[tuple[str, str]] = frozenset()
    gap: WatchGap | None = None
    silences: list[AlertSilence] = field(default_factory=list)
    reported: list[ChangeEvent] = field(default_factory=list)
    drills: Sequence[DrillReport] = ()
    suppressed: Mapping[str, Suppression] = field(default_factory=dict)
    flows: Mapping[str, FlowTraffic] = field(default_factory=dict)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    broken: bool = False
    no: str = ""
    """Why an action is refused."""
    at: Instant = AT

    @property
    def practice(self) -> Practice:
        return Practice(self.asked, self.drills)

    def status(self) -> Status:
        last = {(each.check, each.reading.series): each for each in self.observed}
        still_open = tuple(each for each in self.known.values() if each.open)
        return Status(
            self.at, AT - 93_784, "1.2.3", self.plan, last, self.alerts, still_open, AT - 5000, self.problems,
            losses=self.losses, without_zone=self.without_zone, gap=self.gap, silences=self.silences, suppressed=self.suppressed,
        )  # fmt: skip

    def board(self) -> BoardStatus:
        return BoardStatus(
            self.status(),
            self.standing(),
            self.flows,
            proven=self.proven(),
            not_ready=self.ready(),
            queued=self.queued(),
        )

    def standing(self) -> InstanceStatus:
        return InstanceStatus(InstanceRole.LEADER, AT - 93_784, "7f3k", "sqlite store w.db", "pay-1:7", "https://w.example", 3)  # fmt: skip

    def queued(self) -> tuple[int, float]:
        return 2, 14.5

    def ready(self) -> Sequence[str]:
        return self.reasons

    async def metrics(self) -> tuple[Sequence[bytes], str]:
        return [b"# HELP watchtower_up x\n"], "text/plain; version=0.0.4; charset=utf-8"

    async def incidents(
        self, *, open_only: bool, limit: int, before: tuple[Instant, int] = (FOREVER, 0)
    ) -> Sequence[Incident]:
        self._store()
        return newest(self.known.values(), open_only, limit, before)

    async def incident(self, id: str) -> IncidentDetail | None:
        self._store()
        if id not in self.known:
            return None
        mine = id == "INC-12"
        alerts = [alert for alert in self.alerts if alert.incident == id]
        return IncidentDetail(
            self.known[id], alerts, self.timeline if mine else (), self.pages if mine else ()
        )

    def proven(self) -> Mapping[tuple[str, str], ProvenWay]:
        ways = [(p.name, kind) for p in self.plan.responders.values() for kind in p.addresses]
        return {way: ProvenWay(AT, "receipt") if way[1] == "sms" else ProvenWay(0.0, "") for way in ways}

    async def explain(self, check: str, series: str) -> Explanation:
        it = self.plan.checks[check]
        if series not in (it.flows or ("",)):
            raise ValueError(", ".join(it.flows))
        seen = next((o for o in self.observed if (o.check, o.reading.series) == (check, series)), None)
        view = {
            "known": True,
            "expected_per_second": 2.5,
            "curve": {"starts_at": AT, "usual_per_second": [1.0, None]},
        }
        rule = RuleVerdict(
            "flow-silent", "traffic.silent", 0.0, Severity.P1, False, AlertState.FIRING, True, {"traffic.silent": True},
            Text("No requests", "无请求"), "INC-12", self.at + 20, (("li", "sms"),),
        )  # fmt: skip
        no_data = replace(
            rule, rule=NO_DATA, text=None, incident="", fires_at=None, pages=(), verdict=None, facts={}
        )
        return Explanation(self.at, it, series, [*it.flows], seen, view, (rule,), no_data, True)

    async def records(self, since: Instant, until: Instant) -> Sequence[Record]:
        self._store()
        found = [record_of(self.plan, facts_of(each, ())) for each in self.known.values()]
        return [record for record in found if since <= record.opened_at < until]

    async def lessons(self, words: Sequence[str], most: int) -> tuple[Sequence[Record], int]:
        found = [each for each in await self.records(0.0, FOREVER) if found_in(each, words)]
        return found[:most], max(0, len(found) - most)

    async def declare(self, declared: IncidentDeclared) -> tuple[str, str]:
        self.asked.append(("declare", declared))
        if self.no:
            return "", self.no
        self.known["INC-14"] = replace(
            self.known["INC-12"], id="INC-14", title=Text(declared.text, declared.text)
        )
        return "INC-14", ""

    def written(self) -> bool:
        return True

    async def acknowledge(self, incident: str, by: str, via: str) -> bool:
        self.asked.append(("ack", incident, by, via))
        before = self.known.get(incident)
        if before is None or before.state is not IncidentState.TRIGGERED:
            return False
        after = replace(before, state=IncidentState.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=self.at)
        self.known[incident] = after
        return True

    async def resolve(self, incident: str, by: str, via: str) -> bool:
        self.asked.append(("resolve", incident, by, via))
        firing = any(a.incident == incident and a.state is AlertState.FIRING for a in self.alerts)
        before = self.known.get(incident)
        if before is None or not before.open or firing:
            return False
        self.known[incident] = replace(before, state=IncidentState.RESOLVED, resolved_at=self.at)
        return True

    async def do(self, incident: str, action: str, by: str, via: str, data: Mapping[str, Any]) -> str:
        self.asked.append(("do", incident, action, by, via, dict(data)))
        return self.no

    async def silence(self, asked: SilenceAsked) -> tuple[str, str]:
        self.asked.append(("silence", asked))
        made = AlertSilence(
            f"S-{len(self.silences) + 1}", asked.matchers, asked.starts_at, asked.ends_at, asked.by, asked.reason, asked.rrule, asked.zone,
        )  # fmt: skip
        self.silences.append(made)
        return ("", self.no) if self.no else (made.id, "")

    async def expire_silence(self, id: str, by: str) -> str:
        self.asked.append(("expire", id, by))
        found = [one for one in self.silences if one.id == id]
        self.silences = [one for one in self.silences if one.id != id]
        return "" if found else f"there is no silence {id}, or it is over"

    async def override(self, asked: OnCallOverride) -> tuple[str, str]:
        self.asked.append(("override", asked))
        return ("", self.no) if self.no else ("O-1", "")

    async def end_override(self, id: str, by: str) -> str:
        self.asked.append(("end override", id, by))
        return "" if id == "O-1" else f"there is no override {id}, or it is over"

    async def change(self, change: ChangeEvent) -> str:
        self.asked.append(("change", change))
        return "" if change.text or change.key == "known" else f"there is no change {change.key} yet"

    async def log_root(self, until: Instant) -> tuple[str, str]:
        return "", ""

    async def published(self, since: Instant, limit: int) -> Sequence[str]:
        return [id for id in self.known if self.known[id].opened_at >= since][:limit]

    async def changes(self, since: Instant, until: Instant) -> Sequence[ChangeEvent]:
        self._store()
        return [one for one in self.reported if one.overlaps(since, until)]

    async def reload(self, confirmed: bool = False) -> Sequence[Problem]:
        self.asked.append(("reload", "confirmed") if confirmed else ("reload",))
        return self.problems

    def push(self, check: str, counts: Mapping[str, float], at: Instant, series: str = "") -> None:
        if check != "business":
            raise KeyError(check)
        if "bogus" in counts:
            raise ValueError('"bogus" is not a count of this check')
        self.asked.append(("push", check, dict(counts), at, series))

    def take_alerts(self, check: str, alerts: Sequence[PostedAlert], address: str, at: Instant) -> None:
        self.asked.append(("alerts", check, alerts, address, at))

    def others_alerts(self) -> Sequence[tuple[str, HeldAlert]]:
        return ()

    async def export(self, check: str, body: bytes, headers: Mapping[str, str], at: Instant) -> None:
        if body == b"bogus":
            raise ValueError("the body is no ExportMetricsServiceRequest")
        self.asked.append(("export", check, body, at))

    def _store(self) -> None:
        if self.broken:
            raise StoreError("disk I/O error at /secret/path")

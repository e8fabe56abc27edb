"""Small incidents, alerts and pages to write down."""

from __future__ import annotations

from watchtower.core.events import AlertChanged, Decision, IncidentChanged, PageChanged, PageQueued
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident, Notified, Page, PageState
from watchtower.core.notify.messages import Because, Message
from watchtower.model import AlertState, ChannelName, IncidentState, Severity, Text
from watchtower.page_kinds import PageKind

CHECKOUT = Text("Checkout", "下单支付")
EMAIL, SMS, WEBHOOK = "email", "sms", "webhook"


def incident(
    number: int = 1,
    *,
    opened_at: float = 100.0,
    resolved_at: float | None = None,
    notified: PageState | None = None,
    settled: bool = False,
) -> Incident:
    """INC-1 on checkout; open unless `resolved_at`, and li told (or queued) by e-mail when `notified` says so."""
    return Incident(
        id=f"INC-{number}", key="flow:checkout", title=CHECKOUT, flow="checkout",
        state=IncidentState.TRIGGERED if resolved_at is None else IncidentState.RESOLVED,
        severity=Severity.P1, record=Severity.P0, opened_at=opened_at, onset=opened_at - 30.0, resolved_at=resolved_at,
        pages=1, notified={("li", EMAIL): Notified(notified)} if notified else {}, sop="flow-silent",
        settled=settled,
    )  # fmt: skip


def message(
    number: int = 1,
    of: int = 1,
    kind: PageKind = PageKind.NEW,
    severity: Severity = Severity.P1,
    at: float = 100.0,
) -> Message:
    because = Because(
        "flow-silent", "checkout-requests", "", severity, at, Text("No requests", "无请求"), "traffic.silent"
    )
    return Message(
        kind=kind, product=Text("Shop", "商城"), incident=f"INC-{of}", number=number, severity=severity, previous_severity=None,
        status="triggered", reason="opened", title=CHECKOUT, flow="checkout", because=(because,), onset=at - 30.0, at=at,
    )  # fmt: skip


def page(
    number: int = 1, of: int = 1, kind: PageKind = PageKind.NEW, responder: str = "li", channel: ChannelName = EMAIL,
    severity: Severity = Severity.P1, at: float = 100.0,
) -> Page:  # fmt: skip
    """The `number`th message of incident INC-`of` to one address."""
    told = message(number, of, kind, severity, at)
    return Page(f"INC-{of}.{number}.{responder}.{channel}", f"INC-{of}", responder, channel, kind, told, at)


def alert(
    state: AlertState = AlertState.FIRING, of: str = "INC-1", check: str = "checkout-requests"
) -> Alert:
    return Alert(
        "flow-silent",
        check,
        "",
        state,
        Severity.P1,
        holds_since=90.0,
        fired_at=100.0,
        text=Text("silent", "无请求"),
        incident=of,
    )


def opened(number: int = 1, at: float = 100.0) -> list[Decision]:
    """All decisions of the moment in which incident `number` opens and li is queued a page."""
    return [
        AlertChanged(at, "joined", alert(of=f"INC-{number}"), AlertState.FIRING),
        IncidentChanged(
            at,
            "opened",
            incident(number, opened_at=at, notified=PageState.QUEUED),
            "flow-silent on checkout-requests",
        ),
        PageQueued(at, "opened", page(of=number, at=at)),
    ]


def delivered(number: int = 1, at: float = 101.0, reference: str = "queue-7") -> list[Decision]:
    told = incident(number, notified=PageState.DELIVERED)
    changed = PageChanged(
        at, "delivered", f"INC-{number}.1.li.email", f"INC-{number}", PageState.DELIVERED, reference
    )
    return [changed, IncidentChanged(at, "notified", told, "li by email: new")]


def settled(number: int = 1, resolved_at: float = 200.0) -> list[Decision]:
    over = incident(number, resolved_at=resolved_at, settled=True)
    return [IncidentChanged(resolved_at, "settled", over)]

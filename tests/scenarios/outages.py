"""Outages of real companies, minute by minute, as their flows and dependencies saw them. Times are real, volumes made up.

Each has what a payment company wants of its watchtower: seen within two polls, one incident, a severity that people
agree with, mitigated within five minutes of the end, and no all-clear before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

SEVERE = ("P0", "P1")
MIDDLE = ("P1", "P2")


@dataclass(frozen=True)
class Part:
    """From `begin` until `end` (`HH:MM` of the day) `comes` of the usual requests come, and `fails` of those fail."""

    begin: str
    end: str
    comes: float = 1.0
    fails: float = 0.004


@dataclass(frozen=True)
class WatchedFlow:
    """`rate` requests a minute on average, most of them at `noon` (hour of the day); `more` are keys of `[flow]`."""

    rate: float
    parts: Sequence[Part] = ()
    more: str = ""


@dataclass(frozen=True)
class Outage:
    """`probes` are http checks with the stretches in which they are down. `at` has the severities that may hold at a time;
    `first` those of the first page. `mitigated` is the end of the harm, after which `within` minutes are granted: a ratio is back
    when its last five minutes are, which is seen by the poll after."""

    what: str
    begin: str
    flows: Mapping[str, WatchedFlow]
    mitigated: str
    until: str
    first: Sequence[str]
    record: Sequence[str]
    at: Mapping[str, Sequence[str]] = field(default_factory=dict)
    probes: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)
    """The flow of a probe, where it looks at one as its users do."""
    noon: float = 13.0
    money: Callable[[float], float] | None = None
    """Money given away without reason until this minute of the day, as a check `discounts` of the flow `pay` counts it."""
    within: int = 5
    learnt: bool = False
    """Whether the success of each flow is watched by what is usual of it, too: a check of the probe `derive`."""
    note: str = ""
    """A part of what watchtower notes by itself."""
    joins: Mapping[str, str] = field(default_factory=dict)
    """By when a flow that is not the first one is part of the incident."""
    explained: bool = False
    """A dependency that was named explains it: the incident says so."""
    comes_and_goes: bool = False
    """Users were back for minutes in between: word of that is no all-clear, and may be sent once."""
    pages: int = 9
    """Short messages that one person gets, at most: what is new, worse, not done in time, and over."""


MONEY = 'amount_per_request = "80.00 CNY"\n'


def _flapping(begin: int, end: int, comes: float) -> tuple[Part, ...]:
    """Five minutes bad, five minutes well, between two minutes of the day."""
    return tuple(Part(clock(at), clock(at + 5), comes) for at in range(begin, end - 4, 10))


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


_EDGE = _flapping(11 * 60 + 28, 13 * 60 + 5, 0.1)
_EDGE_DOWN = [*((part.begin, part.end) for part in _EDGE), ("13:05", "14:30")]

OUTAGES: Mapping[str, Outage] = {
    "card network": Outage(
        "Square, 6 February 2023: one card network times out, then its timeouts take all payments down",
        begin="19:17",
        flows={
            "pay": WatchedFlow(
                3000, [Part("19:54", "21:45", 1, 0.45)], MONEY + 'depends_on = ["discover-net"]\n'
            ),
            "discover": WatchedFlow(
                60, [Part("19:17", "22:37", 1, 1.0)], MONEY + 'depends_on = ["discover-net"]\n'
            ),
        },
        probes={"discover-net": [("19:17", "22:00")]},
        noon=19,
        first=("P1", "P2"),
        joins={"pay": "19:56"},
        explained=True,
        at={"19:50": ("P1", "P2"), "19:58": SEVERE, "22:10": ("P0", "P1", "P2")},
        record=SEVERE,
        mitigated="22:37",
        until="23:45",
    ),
    "national payments": Outage(
        "UPI, 12 April 2025 (UTC): half of payments fail, then a fifth; banks flood the switch with status queries",
        begin="06:10",
        flows={
            "pay": WatchedFlow(5000, [Part("06:10", "08:10", 1, 0.5), Part("08:10", "11:10", 1, 0.2)], MONEY),
            "checktxn": WatchedFlow(1000, [Part("06:10", "10:45", 6, 0.5)], 'tier = "supporting"\n'),
        },
        noon=9,
        first=SEVERE,
        at={"06:30": SEVERE, "08:09": ("P0",), "08:30": ("P0",), "11:09": ("P0",)},
        record=SEVERE,
        mitigated="11:10",
        until="12:30",
        note="since this began. Users or systems retry",
    ),
    "edge that comes and goes": Outage(
        "Cloudflare, 18 November 2025: errors at the edge that come and go; the origin sees fewer requests, no error",
        begin="11:28",
        flows={
            "web": WatchedFlow(
                1500, [*_EDGE, Part("13:05", "14:30", 0.3)], 'outside = ["edge-a", "edge-b"]\nquorum = 2\n'
            ),
            "api": WatchedFlow(
                900, [*_EDGE, Part("13:05", "14:30", 0.3)], 'outside = ["edge-a", "edge-b"]\nquorum = 2\n'
            ),
        },
        probes={"edge-a": _EDGE_DOWN, "edge-b": _EDGE_DOWN},
        of={"edge-a": "web", "edge-b": "web"},
        first=SEVERE,
        joins={"api": "11:30"},
        comes_and_goes=True,
        at={"11:30": ("P0",), "12:20": ("P0",), "13:30": ("P0",), "14:29": ("P0",)},
        record=("P0",),
        mitigated="14:30",
        until="15:30",
        note="Users cannot reach us",
    ),
    "access keys": Outage(
        "Alibaba Cloud, 12 November 2023 (UTC): access keys are refused, so one-time passwords fail, and fewer people pay",
        begin="09:39",
        flows={
            "pay": WatchedFlow(2400, [Part("09:39", "10:35", 0.88)], MONEY),
            "otp": WatchedFlow(
                200,
                [Part("09:39", "10:35", 1, 1.0), Part("10:35", "11:20", 1, 0.3)],
                'depends_on = ["cloud-api"]\n',
            ),
        },
        probes={"cloud-api": [("09:39", "10:50")]},
        noon=8,
        first=("P0", "P1", "P2"),
        joins={"pay": "09:49"},
        explained=True,
        at={"09:50": SEVERE},
        record=SEVERE,
        mitigated="11:20",
        until="12:20",
    ),
    "more than half of a site": Outage(
        "57 % of a site's traffic is gone without an error",
        begin="10:00",
        flows={
            name: WatchedFlow(rate, [Part("10:00", "10:45", 0.43)], more)
            for name, rate, more in (("home", 2000, ""), ("orders", 1200, ""), ("pay", 800, MONEY))
        },
        first=SEVERE,
        joins={"home": "10:02", "orders": "10:02", "pay": "10:02"},
        at={"10:05": SEVERE, "10:40": SEVERE},
        record=SEVERE,
        mitigated="10:45",
        until="11:45",
    ),
    "content delivery": Outage(
        "A content delivery network, 8 June 2021: its edge fails 85 % of requests, then 20 %",
        begin="09:47",
        flows={
            "site": WatchedFlow(4000, [Part("09:47", "10:36", 1, 0.85), Part("10:36", "12:35", 1, 0.2)]),
        },
        first=SEVERE,
        at={"09:52": ("P0",), "12:00": ("P0", "P1")},
        record=("P0",),
        mitigated="12:35",
        until="13:35",
    ),
    "one-time passwords": Outage(
        "One-time passwords succeed at 40 % while their requests are as ever",
        begin="08:30",
        flows={
            "otp": WatchedFlow(300, [Part("08:30", "10:00", 1, 0.6)], MONEY),  # each confirms a payment
            "pay": WatchedFlow(2000, more=MONEY),
        },
        first=("P0", "P1", "P2"),
        at={"08:45": SEVERE},
        record=SEVERE,
        mitigated="10:00",
        until="11:00",
    ),
    "inbound transfers": Outage(
        "A quarter of a bank's inbound transfers fail for nine hours",
        begin="08:00",
        flows={
            "inbound": WatchedFlow(400, [Part("08:00", "17:00", 1, 0.25)], MONEY),
            "outbound": WatchedFlow(600, more=MONEY),
        },
        first=SEVERE,
        at={"08:10": SEVERE, "12:00": SEVERE, "16:50": SEVERE},
        record=SEVERE,
        mitigated="17:00",
        until="18:00",
    ),
    "certificate of statements": Outage(
        "The certificate of a supporting flow expires: who connects anew is refused",
        begin="09:00",
        flows={
            "statements": WatchedFlow(200, [Part("09:00", "09:40", 0.05)], 'tier = "supporting"\n'),
            "pay": WatchedFlow(2000, more=MONEY),
        },
        probes={"statements-page": [("09:00", "09:40")]},
        of={"statements-page": "statements"},
        first=("P2", "P3"),
        at={"09:30": ("P2", "P3")},
        record=("P2", "P3"),
        mitigated="09:40",
        until="10:30",
    ),
    "certificate of payments": Outage(
        "The certificate of the payment flow expires: who connects anew is refused",
        begin="09:00",
        flows={
            "pay": WatchedFlow(2000, [Part("09:00", "09:40", 0.05)], MONEY),
            "statements": WatchedFlow(200, more='tier = "supporting"\n'),
        },
        probes={"pay-page": [("09:00", "09:40")]},
        of={"pay-page": "pay"},
        first=SEVERE,
        at={"09:05": SEVERE, "09:35": ("P0",)},
        record=("P0",),
        mitigated="09:40",
        until="10:40",
    ),
    "wrong discount": Outage(
        "A wrong discount is live for five minutes: every system is green, requests come as ever",
        begin="10:00",
        flows={"pay": WatchedFlow(900, more=MONEY + 'loss = "discounts.excess"\n')},
        money=lambda at: 40_000.0 * min(5.0, max(0.0, at - minute("10:00"))),
        first=SEVERE,
        at={"10:05": SEVERE},
        record=SEVERE,
        mitigated="10:05",
        until="11:00",
    ),
}

"""The indicators that the severity matrix judges by: each is one entry here.

An entry is the row's name and default thresholds in `[severity.matrix]`, where its number is read, how it counts, and
how people read it. Shares are 0..1, money is in whole units of the amount's own currency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from operator import attrgetter

from watchtower.core.indicators import Amount, Estimate, Indicators
from watchtower.model import Severity, Text
from watchtower.values import Frozen, replace

Row = Mapping[Severity, float]
"""From which value on an indicator has which severity. A severity that is left out is not reached by it."""
Value = Estimate | Amount | float


class Group(StrEnum):
    """Indicators of one group tell of the same thing, so they count once."""

    REACH = "reach"
    MONEY = "money"
    TIME = "time"
    DUTY = "duty"
    TRUST = "trust"


class IndicatorUnit(StrEnum):
    SHARE = "share"
    COUNT = "count"
    MINUTES = "minutes"
    MONEY = "money"


class Indicator(Frozen):
    """`sentence` has `{}` in the place of its value, `title` heads a column, `description` is for who writes the row.

    `rank`: among indicators of one severity the lower speaks first. `of_traffic`: it is known by seeing the flows, so
    it is worth nothing new while data are missing. `read` finds its value; None is not known, which is never zero.
    `worst_flow`: the flow that suffers most is named with it, in these words (of flow, tier and value). `present` reads
    what is so now; left out where the number only adds up, so that it tells nothing of a relapse.
    """

    name: str
    group: Group
    unit: IndicatorUnit
    sentence: Text
    title: Text
    description: Text
    thresholds: tuple[float, ...]
    rank: int
    of_traffic: bool
    read: Callable[[Indicators], Value | None]
    worst_flow: Callable[[Text, Text, str], Text] | None = None
    present: Callable[[Indicators], Value | None] = lambda _: None

    @property
    def relative(self) -> bool:
        """A share of a small number is no catastrophe, so the gate holds it down."""
        return self.unit is IndicatorUnit.SHARE

    @property
    def said(self) -> str:
        """The description as a sentence."""
        return f"{self.description.en[:1].upper()}{self.description.en[1:]}."

    @property
    def row(self) -> Row:
        """The default thresholds, from P0 on."""
        return dict(zip(Severity, self.thresholds, strict=False))


def _entered(name: str) -> Callable[[Indicators], float | None]:
    """A number that people count."""

    def read(found: Indicators) -> float | None:
        value = found.manual.get(name)
        return float(value) if isinstance(value, (int, float)) else None

    return read


def _by_rate(found: Indicators) -> Amount | None:
    """What half an hour more of the present rate would lose, whatever is lost already."""
    lost, projected = found.loss, found.loss_projected
    if lost is None or projected is None:
        return None
    return replace(
        projected, **{part: getattr(projected, part) - lost.point for part in ("low", "point", "high")}
    )


def _outage(flow: Text, tier: Text, minutes: str) -> Text:
    return Text(
        f"{flow.en}, {tier.en}, has been down for {minutes} full {'minute' if minutes == '1' else 'minutes'}",
        f"{tier.zh}“{flow.zh}”累计等效全中断时长 {minutes} 分钟",
    )


_ALL = (
    Indicator(
        "scope_share", Group.REACH, IndicatorUnit.SHARE,
        Text("{} of the product is affected", "产品受影响面 {}"),
        Text("product affected", "产品受影响面"),
        Text("share of the product that is affected, 0 to 1; flows are weighted by users, amount and tier", "受影响范围占比"),
        (0.5, 0.25, 0.1, 0.02), 5, True, attrgetter("scope_share"), present=attrgetter("scope_share"),
    ),
    Indicator(
        "affected_users_share", Group.REACH, IndicatorUnit.SHARE,
        Text("{} of the users are affected", "受影响用户占比 {}"),
        Text("share of users", "受影响用户占比"),
        Text("users affected, of those expected since the onset, 0 to 1", "受影响用户占比"),
        (0.5, 0.1, 0.05, 0.01), 5, True, attrgetter("affected_users_share"),
    ),
    Indicator(
        "affected_users", Group.REACH, IndicatorUnit.COUNT,
        Text("{} users", "受影响用户 {} 人"),
        Text("users affected", "受影响用户数"),
        Text("users affected", "受影响用户数"),
        (100_000, 10_000, 1_000, 100), 5, True, attrgetter("affected_users"),
    ),
    Indicator(
        "day_share", Group.MONEY, IndicatorUnit.SHARE,
        Text("{} of a usual day's business is missing", "损失占日常一天业务量的 {}"),
        Text("share of a day", "占一天业务量"),
        Text("transactions or amount missing, of a usual day's, 0 to 1", "占日均交易比例"),
        (0.1, 0.02, 0.005, 0.001), 5, True, attrgetter("day_share"),
    ),
    Indicator(
        "loss", Group.MONEY, IndicatorUnit.MONEY,
        Text("{} lost", "已损失 {}"),
        Text("money lost", "资损"),
        Text("money lost so far", "资损"),
        (1_000_000, 100_000, 10_000, 1_000), 1, False, attrgetter("loss"),
    ),
    Indicator(
        "loss_projected", Group.MONEY, IndicatorUnit.MONEY,
        Text("{} lost within 30 minutes at this rate", "按当前速度 30 分钟内将损失 {}"),
        Text("lost in 30 min", "30 分钟内损失"),
        Text("money lost, and 30 minutes more at this rate", "预计资损"),
        (1_000_000, 100_000, 10_000, 1_000), 1, False, attrgetter("loss_projected"), present=_by_rate,
    ),
    Indicator(
        "flow_minutes", Group.TIME, IndicatorUnit.MINUTES,
        Text("{} full minutes of outage", "等效全中断时长 {} 分钟"),
        Text("full outage min", "等效全中断时长（分钟）"),
        Text("minutes of full outage of the worst flow: impact × minutes × tier", "等效全中断时长（分钟）"),
        (120, 30, 10, 3), 4, True, attrgetter("flow_minutes"), _outage,
    ),
    Indicator(
        "complaints", Group.TRUST, IndicatorUnit.COUNT,
        Text("{} complaints", "客诉 {} 起"),
        Text("complaints", "客诉数"),
        Text("complaints, as people enter them", "投诉数"),
        (), 4, False, _entered("complaints"),
    ),
)  # fmt: skip

INDICATORS: Mapping[str, Indicator] = {one.name: one for one in _ALL}
"""In the order of the matrix. The floor is of reach, duties of duty, people's facts of trust.

10 %, 100,000 and two hours are regulators' own numbers; the others are values to start from.
"""

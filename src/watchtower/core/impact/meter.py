"""What one flow has lost since its trouble began: integrated poll by poll, so that it grows and never falls.

A poll that could not measure adds the last known impact, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace  # noqa: TID251 - not all fields are compared

from watchtower.core.impact.failures import Failures
from watchtower.core.impact.share import Share
from watchtower.core.indicators import Basis, Estimate, FlowImpact
from watchtower.core.plan.flows import Flow
from watchtower.model import Instant, Tier, Value

MINUTE = 60.0
SLIGHT = 0.1
"""An impact below this is no degradation."""
BLIND = 120.0
"""Seconds without data from which the level is frozen."""
FACTOR: Mapping[Tier, float] = {Tier.CORE: 1.0, Tier.SUPPORTING: 0.3, Tier.PERIPHERAL: 0.1}


@dataclass(slots=True)
class Meter:
    """One flow in one incident. Minutes are minutes, everything else in requests and seconds.

    `impact` is 0..1 now; `signal` whether an alert of this flow fires; `back_since` since when all was well.
    """

    flow: str
    onset: Instant
    at: Instant
    impact: float = 1.0
    signal: bool = True
    raw: float = 0.0
    full: float = 0.0
    imputed: float = 0.0
    low: float = 0.0
    point: float = 0.0
    high: float = 0.0
    expected: float = 0.0
    """Requests expected since the onset."""
    rate: float = 0.0
    """Requests per second that are missing now."""
    counted: bool = False
    """Whether anybody counts its requests."""
    seen_at: Instant = 0.0
    usual: float | None = None
    """Requests of a usual day, as was believed at the onset; of a second where no day is known."""
    by_day: bool = False
    told: float = 0.0
    """The largest number of full minutes that was ever told."""
    back_since: Instant | None = None
    confirmed: bool = False
    confident: bool = True
    sure: bool = False
    """A silence of a flow that is known: no count of expected requests need confirm it."""
    failing: float = 0.0
    """The share (0..1) of its requests that was counted as failed: the impact is never below it."""
    fell: bool = False
    """Nothing or too little came, or failed: it is over when its requests show it."""
    missed: float = 0.0
    """Expected less observed since the onset, chance and all; `point` is the most that it ever was."""
    failed: float = 0.0
    """Requests that were counted as failed since the onset: no fewer are missing."""
    share: Share = field(default_factory=Share)
    failures: Failures = field(default_factory=Failures)
    closed: bool = False
    """Nothing is expected and nothing comes, as after closing: no minute of it is one of the outage."""
    part: float = 1.0
    """Its share (0..1) of the flow, where a check counts that by parts, such as regions."""
    moves: int = 0
    """How often it was moved: what was made of its numbers holds until the next time."""
    made: tuple[object, FlowImpact] | None = field(default=None, repr=False, compare=False)
    """What was made of them last, and of what else it was made."""

    def expect(self, facts: Mapping[str, Value], day: float | None) -> dict[str, Value]:
        """The facts by what was expected at the onset: a detector that comes to believe in less, because it lasts,
        must not make the loss look smaller. `day`: requests of a usual day as believed now."""
        expected = facts.get("traffic.expected")
        if not isinstance(expected, float) or expected <= 0.0:
            return dict(facts)
        now = expected if day is None else day
        if self.usual is None or self.by_day is not (day is not None):
            self.usual, self.by_day = now, day is not None
        scale = self.usual / now if now > 0.0 else 1.0
        out = dict(facts)
        for name in ("traffic.expected", "traffic.expected_low", "traffic.expected_high"):
            value = facts.get(name)
            out[name] = value * scale if isinstance(value, float) else value
        return out

    def begin(self, facts: Mapping[str, Value], flow: Flow | None) -> None:
        """At the opening: what was lost between the onset and now, from the detector's own account."""
        seconds = max(0.0, self.at - self.onset)
        self.moves += 1
        missing, expected = facts.get("traffic.missing"), facts.get("traffic.expected")
        if isinstance(missing, float) and isinstance(expected, float):
            self.counted, self.confirmed = True, True
            # A silence is only said once chance is ruled out; a mere dip may still be a young baseline's error.
            self.sure = bool(facts.get("traffic.silent")) and bool(facts.get("traffic.known"))
            self.point = self.missed = missing
            self.low = missing * _ratio(facts, "traffic.expected_low")
            self.high = missing * _ratio(facts, "traffic.expected_high")
            self.expected = max(expected * seconds, missing)
            self.share.good, self.share.should = self.expected - missing, self.expected
        elif flow is not None and flow.requests_per_minute is not None:
            self._constant(flow.requests_per_minute, seconds)
        if facts:
            self._first(facts)
        self._minutes(seconds, flow)
        self.seen_at = self.at

    def poll(self, facts: Mapping[str, Value], at: Instant, flow: Flow | None, signal: bool) -> None:
        """One more measured poll of its traffic."""
        seconds = max(0.0, at - self.at)
        gap = max(0.0, self.at - self.seen_at)
        self._catch_up(gap)
        self.moves += 1
        if signal and not self.signal:
            self.share.doubt()
        self.at, self.seen_at, self.signal, self.counted = at, at, signal, True
        expected, rate = facts.get("traffic.expected"), facts.get("traffic.rate")
        self.closed = expected == rate == 0.0
        lost = 0.0
        if isinstance(rate, float):
            lost = rate * self.failures.count(facts, rate * seconds, seconds)
        if isinstance(expected, float) and isinstance(rate, float):
            good = rate - lost
            low, high = facts.get("traffic.expected_low"), facts.get("traffic.expected_high")
            least = low if isinstance(low, float) else expected
            self._see(facts, good * seconds, expected * seconds, seconds)
            self.expected += expected * seconds
            self.rate = max(lost, expected - good) if self.impact >= SLIGHT else 0.0
            if self.impact >= SLIGHT:
                self.missed += (expected - good) * seconds
                self.point = max(self.point, self.missed)
                self.low += max(0.0, least - good) * seconds
                self.high += max(0.0, (high if isinstance(high, float) else expected) - good) * seconds
            self.confident = bool(facts.get("traffic.known", True))
        elif isinstance(rate, float):
            # Nobody knows what to expect: a silence and failures are all that shows.
            was_back = self.back_since is not None and not signal
            self._suffers(1.0 if facts.get("traffic.silent") else 0.0, was_back=was_back)
            self._look_back(at, seconds)
            self.rate = lost
        if self.impact >= SLIGHT:
            self.failed += lost * seconds
            self.point = max(self.point, self.failed)
        self._minutes(seconds, flow)

    def probe(self, share: float, at: Instant, flow: Flow | None, signal: bool, several: bool) -> None:
        """No requests are counted: the share of its probes that fail is all there is."""
        seconds = max(0.0, at - self.at)
        self.at = self.seen_at = at
        self.moves += 1
        self.impact, self.signal = share, signal
        self.confirmed = self.confirmed or several or at - self.onset >= BLIND
        if flow is not None and flow.requests_per_minute is not None:
            self._constant(flow.requests_per_minute, seconds)
        self._minutes(seconds, flow)
        self._look_back(at, seconds)

    def accept(self) -> None:
        """What comes now is the new normal: what was lost until here stays lost."""
        self.usual, self.impact, self.rate, self.fell = None, 0.0, 0.0, False
        self.back_since, self.share = self.at, Share()
        self.moves += 1

    def impute(self, at: Instant, flow: Flow | None) -> None:
        """Nobody can see: the last known impact is taken to go on."""
        seconds = max(0.0, at - self.at)
        self.moves += 1
        self.at, self.back_since = at, None
        if self.impact >= SLIGHT:
            self.imputed += seconds / 60.0
            self._lose(self.rate * seconds)
        self._minutes(seconds, flow)

    def minutes(self, flow: Flow | None) -> float:
        """Full minutes with the one that has begun: whoever waits for it to end pages a minute late."""
        begun = self.impact * _factor(flow) if self.impact >= SLIGHT else 0.0
        self.told = max(self.told, self.full + begun)
        return self.told

    def seen(self, at: Instant) -> bool:
        return at - self.seen_at < BLIND

    def _first(self, facts: Mapping[str, Value]) -> None:
        """How bad it is when it is first looked at: by what is missing since the onset."""
        self._fell(facts)
        if facts.get("traffic.silent"):
            self.impact = 1.0
            return
        self.failures.begin(facts)
        missing = self.share.missing(surely=bool(facts.get("traffic.low")), was_back=False)
        self._suffers(missing, was_back=False)
        self._fell(facts)

    def _fell(self, facts: Mapping[str, Value]) -> None:
        down = facts.get("traffic.silent") or facts.get("traffic.low") or self.failing >= SLIGHT
        self.fell = self.fell or bool(down and facts.get("traffic.known"))

    def _see(self, facts: Mapping[str, Value], good: float, should: float, seconds: float) -> None:
        """How bad it is now, and whether its users are back."""
        self._fell(facts)
        if facts.get("traffic.silent"):
            self.impact, self.back_since = 1.0, None
            self.share.silence()
            return
        came = 1.0 - self.point / self.expected if self.expected > 0.0 else 0.0
        self.share.add(good, should, came, self.at, seconds)
        low = bool(facts.get("traffic.low"))
        since = self.share.back_since(self.at) if self.fell else self.at - seconds
        since = None if self.signal or low else since
        if since is not None and self.back_since is None:
            self.share.settle()
            self.failures.settle()
        was_back = self.back_since is not None
        missing = self.share.missing(surely=low, was_back=was_back)
        self._suffers(missing, was_back=was_back and not self.signal)
        if self.failing >= SLIGHT:
            self.share.doubt()  # in a flood enough may succeed while half of them fail: those are not back
        if self.impact >= SLIGHT or self.signal or low:
            self.back_since = None
        elif since is not None and self.back_since is None:
            self.back_since = since

    def _suffers(self, missing: float, *, was_back: bool) -> None:
        """By the share (0..1) that does not come, and by the one that fails."""
        self.failing = self.failures.share(was_back=was_back)
        self.impact = min(1.0, max(0.0, missing, self.failing))
        self.confirmed = self.confirmed or self.failing >= SLIGHT

    def _constant(self, per_minute: float, seconds: float) -> None:
        self.rate = per_minute / 60.0 * self.impact
        self._lose(self.rate * seconds)
        self.expected += per_minute / 60.0 * seconds

    def _lose(self, requests: float) -> None:
        self.low, self.point, self.high = (x + requests for x in (self.low, self.point, self.high))
        self.missed += requests

    def _minutes(self, seconds: float, flow: Flow | None) -> None:
        if self.impact < SLIGHT or self.closed:
            return
        self.raw += seconds / 60.0
        self.full += seconds / 60.0 * self.impact * self.part * _factor(flow)

    def _catch_up(self, gap: float) -> None:
        """A gap too short to freeze anything was imputed poll by poll; it has been measured over by now."""
        if 0.0 < gap < BLIND and self.impact >= SLIGHT:
            self.imputed = max(0.0, self.imputed - gap / 60.0)

    def _look_back(self, at: Instant, seconds: float) -> None:
        if self.signal or self.impact >= SLIGHT:
            self.back_since = None
        elif self.back_since is None:
            self.back_since = at - seconds
            self.failures.settle()


def merged(meters: Sequence[Meter]) -> Meter:
    """One flow that is counted at several steps: the step that lost most speaks for it, and all must be well."""
    if len(meters) == 1:
        return meters[0]
    worst = max(meters, key=lambda one: (one.full, one.point, one.impact))
    backs = [one.back_since for one in meters]
    return replace(
        worst,
        impact=max(one.impact for one in meters),
        signal=any(one.signal for one in meters),
        raw=max(one.raw for one in meters),
        seen_at=min(one.seen_at for one in meters),
        told=max(one.told for one in meters),
        back_since=None if None in backs else max(back for back in backs if back is not None),
        confirmed=any(one.confirmed for one in meters),
        fell=any(one.fell for one in meters),
        made=None,
    )


def together(parts: Sequence[Meter]) -> Meter:
    """The parts of a flow that one check counts: what they lose adds up, and each weighs as much as is expected of it."""
    if len(parts) == 1 and parts[0].part == 1.0:
        return parts[0]
    sums = ("full", "low", "point", "high", "expected", "rate", "missed", "failed")
    return replace(
        merged(parts),
        impact=min(1.0, sum(one.impact * one.part for one in parts)),
        part=1.0,
        made=None,
        **{name: sum(getattr(one, name) for one in parts) for name in sums},
    )


def resumed(found: FlowImpact, at: Instant) -> Meter:
    """The meter as it was when `found` was written: after a restart, or when the incident opens again."""
    missing = found.missing or Estimate(0.0, 0.0, 0.0, Basis.ESTIMATED, at)
    begun = found.impact * FACTOR[found.tier] if found.impact >= SLIGHT else 0.0
    return Meter(
        found.flow, found.onset, at, found.impact, True, found.raw_minutes, max(0.0, found.flow_minutes - begun),
        found.imputed_minutes, missing.low, missing.point, missing.high, found.expected, found.per_minute / 60.0,
        found.missing is not None, at if found.seen else at - BLIND, found.usual, found.by_day,
        found.flow_minutes, found.back_since,
        found.confirmed, found.confident, fell=missing.point > 0.0 and found.back_since is None, missed=missing.point,
        failed=0.0 if found.expected > 0.0 else missing.point,
    )  # fmt: skip


def _factor(flow: Flow | None) -> float:
    return FACTOR[flow.tier if flow is not None else Tier.CORE]


def _ratio(facts: Mapping[str, Value], name: str) -> float:
    bound, expected = facts.get(name), facts.get("traffic.expected")
    if isinstance(bound, float) and isinstance(expected, float) and expected > 0.0:
        return bound / expected
    return 1.0

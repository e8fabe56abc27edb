"""An outage of one flow: silence, too little, and back a little are phases of it.

It begins with the first bad moment, and ends by evidence: when the traffic is back against the level at its onset. A new
level that is believed never ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, isnan, log, nan, sqrt

from watchtower.model import Instant

_FADES = 7200.0
"""What the level at the onset was above or below the slow one fades with this, seconds."""
_BACK = 0.95
"""Of the expected: traffic that is back."""
_ENDS, _DEEP = 8.0, 4.0
"""Nats of evidence that it is back; and so many more, the deeper it was: there a few requests tell them."""
_RHYTHM = 300.0
"""Seconds for which traffic that comes in a rhythm must seem back."""
_FORGETS = 5000.0
"""Seconds after which the depth so far counts for less."""
_MOVED = 1.7
"""Times that what is usual rose just before the onset, or fell by the end: it moved, and not the traffic."""
_NINE_IN_TEN = 1.645


class Outage:
    """`since` is None while there is none. `came` and `expected` are requests since the onset, until traffic seems to be back;
    `missing` those lost so far; `level` the ratio to the season that counts."""

    __slots__ = (
        "_evidence", "_excess", "_pending", "_pending_expected", "_pending_seconds", "_rate", "_slow", "began", "came",
        "expected", "level", "missing", "rose", "silent", "since",
    )  # fmt: skip

    def __init__(self) -> None:
        self.since: Instant | None = None
        self.began = self.came = self.missing = 0.0
        self.expected = 1e-9
        self.level = self._slow = 1.0
        self._excess = 0.0
        self._evidence = 0.0
        self._pending = self._pending_expected = self._pending_seconds = 0.0
        """Polls since there is evidence that the traffic is back: they count for the depth if it was not."""
        self._rate = 0.0
        self.silent = self.rose = False
        """Whether nothing came in a part of it; whether what is usual had just risen."""

    def open(
        self, at: Instant, since: Instant, seen: tuple[float, float], levels: tuple[float, float], rates: tuple[float, float], *,
        silent: bool,
    ) -> None:  # fmt: skip
        """`seen`: requests that came and should have since the onset. `levels`: at the onset, and slow. `rates`: usual
        per second now, and in the half hour before."""
        self.since, self.began, self.silent = since, at, silent
        self.came, self.expected = seen[0], max(seen[1], 1e-9)
        self.missing = max(0.0, self.expected - self.came)
        self.level, self._slow = levels
        self._excess = log(max(self.level, 1e-3) / max(self._slow, 1e-3))
        self._evidence = self._pending = self._pending_expected = self._pending_seconds = 0.0
        self._rate = rates[0]
        self.rose = rates[0] > _MOVED * rates[1]

    @property
    def share(self) -> float:
        """What came of what was expected since the onset."""
        return min(_BACK, self.came / self.expected)

    def spread(self, dispersion: float, variance: float) -> float:
        """Half the width, nine times in ten, of what is known of the share."""
        share = self.came / self.expected
        return _NINE_IN_TEN * sqrt(
            dispersion * max(self.came, 1.0) / self.expected**2 + variance * share * share
        )

    def fade(self, at: Instant) -> None:
        """Brings `level` up to date."""
        self.level = self._slow * exp(self._excess * exp(-(at - self.began) / _FADES))

    def poll(
        self, seconds: float, requests: float, expected: float, dispersion: float, scatter: float
    ) -> bool:
        """One measured poll with something expected; True when the traffic is back. `scatter`: the dispersion of five
        minutes. Where it is the lesser, requests come in a rhythm, and one batch is no proof of the next."""
        self.missing = max(0.0, self.missing + expected - requests)
        depth = self.share
        still = depth + 0.3 * (1.0 - depth) ** 2
        # One poll with a backlog in it is not evidence of many.
        counted = min(requests, 2.0 * expected + 3.0 * dispersion)
        if still < _BACK - 0.01:
            gain = (counted * log(_BACK / still) - (_BACK - still) * expected) / scatter
        else:
            gain = 0.01
        self._evidence = max(0.0, self._evidence + gain)
        self._pending += requests
        self._pending_expected += expected
        self._pending_seconds += seconds
        if self._evidence == 0.0:
            kept = exp(-self._pending_seconds / _FORGETS)
            self.came = self.came * kept + self._pending
            self.expected = self.expected * kept + self._pending_expected
            self._pending = self._pending_expected = self._pending_seconds = 0.0
        settled = scatter == dispersion or self._pending_seconds > _RHYTHM
        return settled and self._evidence > _ENDS + _DEEP * (1.0 - depth)

    def fell(self, usual: float) -> bool:
        """Whether what is usual per second has fallen since the onset."""
        return usual * _MOVED < self._rate

    def close(self) -> None:
        self.since = None
        self.came = self.missing = self._evidence = 0.0
        self.expected = 1e-9
        self.silent = self.rose = False

    def state(self) -> list[float]:
        return [
            nan if self.since is None else self.since, self.began, self.came, self.expected, self.missing, self.level,
            self._slow, self._excess, self._evidence, self._rate,
            self._pending, self._pending_expected, self._pending_seconds, self.silent, self.rose,
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        (
            since, self.began, self.came, self.expected, self.missing, self.level,
            self._slow, self._excess, self._evidence, self._rate,
            self._pending, self._pending_expected, self._pending_seconds, silent, rose,
        ) = state  # fmt: skip
        self.since = None if isnan(since) else since
        self.silent, self.rose = bool(silent), bool(rose)

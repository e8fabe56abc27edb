"""Which share of what is expected comes, and since when enough of it does: both with no more doubt than counts allow."""

from __future__ import annotations

from math import exp, log, sqrt

from watchtower.model import Instant
from watchtower.values import Mutable

REAL = 0.9
"""Of what is expected must come before users are said to be back."""
_WELL = 0.95
"""Of what is expected comes when all is well, give or take what an expectation errs by."""
_LITTLE, _MOST = 0.7, 0.85
"""What comes while it lasts, at the least and at the most: who comes back a little after a silence is not back."""
_SURELY = 2.0
"""Standard deviations by which less than enough is no chance: then what comes is another phase of the outage."""
_SURE = 8.0
"""How much likelier it must be (natural logarithm) that all is well than that it still lasts."""
_RELAPSE = 0.2
"""Of what is expected must be missing, beyond chance, before what was back is not any more."""
_MEMORY = 100.0
"""Expected requests that are looked at: fewer tell little, more make it slow."""
_LONGEST = 900.0
"""Seconds after which even a sparse flow's past counts little."""
_PATIENCE = 1800.0
"""Seconds of enough after which a flow too sparse for certainty is taken to be back."""


class Share(Mutable):
    """`good` of `should` requests came lately; since `began`, `back` of `due` did."""

    good: float = 0.0
    should: float = 0.0
    began: Instant | None = None
    back: float = 0.0
    due: float = 0.0
    while_bad: float = _LITTLE
    """What came of what was expected, before `began`."""
    phase: float = 0.0
    """What came in an earlier phase, when it was back a little and not more."""
    rise: float = 0.0

    def silence(self) -> None:
        """Nothing comes at all: what was before it says nothing of what will be after it."""
        self.good = self.should = self.phase = 0.0
        self.doubt()

    def doubt(self) -> None:
        """It is bad: whether it is back must be shown by what comes from here on."""
        self.back = self.due = self.rise = 0.0
        self.began = None

    def add(self, good: float, should: float, came: float, at: Instant, seconds: float) -> None:
        """One poll: so many of the expected requests came in the seconds before `at`; `came` is the share (0..1) that came
        since the onset. The cumulative sum is of log likelihood ratios of independent requests."""
        lately = self.good / self.should if self.should > 0.0 else 0.0
        keep = min(exp(-should / _MEMORY), exp(-seconds / _LONGEST))
        self.good, self.should = self.good * keep + good, self.should * keep + should
        if self.began is None:
            self.began, self.while_bad = at - seconds, min(max(came, lately, self.phase, _LITTLE), _MOST)
        self.back += good
        self.due += should
        gain = good * log(_WELL / self.while_bad) - should * (_WELL - self.while_bad)
        self.rise = min(_SURE, max(0.0, self.rise + gain))
        if self.back + _SURELY * sqrt(self.due) < REAL * self.due:
            self.phase = self.back / self.due
            self.doubt()
        elif self.rise <= 0.0 and good < REAL * should:
            self.doubt()

    def missing(self, *, surely: bool, was_back: bool) -> float:
        """0..1: the share that does not come; 0 where it may be chance, unless something else says `surely`. What was
        back takes more to be missed again."""
        if self.should <= 0.0:
            return 0.0
        share = min(1.0, max(0.0, 1.0 - self.good / self.should))
        if surely:
            return share
        beyond = share * self.should / sqrt(self.should)
        return (
            share if beyond > (4.0 if was_back else 2.0) and share >= (_RELAPSE if was_back else 0.0) else 0.0
        )

    def back_since(self, at: Instant) -> Instant | None:
        """Since when enough comes; None while that is not certain yet."""
        if self.began is None or self.back + sqrt(self.due) < REAL * self.due:
            return None
        return self.began if self.rise >= _SURE or at - self.began >= _PATIENCE else None

    @property
    def rises(self) -> bool:
        """Whether what comes now looks like all that is expected, be it certain or not."""
        return self.began is not None and self.rise > 0.0

    def settle(self) -> None:
        """It is back: what was missing before is no news any more."""
        self.good, self.should = self.back, self.due

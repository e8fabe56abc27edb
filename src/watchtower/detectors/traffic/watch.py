"""One flow under watch: what each poll means, what it teaches, when an outage begins and ends.

Anomalous polls are kept from what is learnt, so that an outage never teaches that silence is normal, and a flood never that
too much is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import log

from watchtower.detectors.traffic.calendar import ORDINARY, Calendar, DeclaredTime
from watchtower.detectors.traffic.clock import HOUR
from watchtower.detectors.traffic.deviation import Deviation
from watchtower.detectors.traffic.gaps import LONGEST
from watchtower.detectors.traffic.habits import Habits
from watchtower.detectors.traffic.model import FlowModel
from watchtower.detectors.traffic.outage import Outage
from watchtower.detectors.traffic.settings import TrafficSettings
from watchtower.detectors.traffic.silence import Silence, limit
from watchtower.detectors.traffic.upside import Upside
from watchtower.detectors.traffic.window import MINUTE, Window
from watchtower.model import Instant

_BUDGET = 1.0 / (90 * 86400.0)
ENOUGH = 600.0
"""Measured seconds, beside a first block of requests, before the flow counts as known."""
LN10 = log(10.0)
_OF_NOTE = 0.25
"""Of the anomaly score that pages: a silence that came so far is told to people who ask."""
_NOTABLE = 6.0
"""Nats: a silence that makes the bins in it empty, not sparse."""
_UNWATCHED = 120.0
"""Seconds of closed or steep bins after which windows begin anew."""
_STUTTER = 1.0 / 3.0
"""Less than this of what is expected is no lower level but an outage that stutters."""
_TWICE = 2.0
"""Times what a declared factor expects: what comes beyond it is no wrong guess but too much."""
_BEFORE = 1800.0
_ALIKE = {0.0: 0.0, 1.0: 1.0}
"""Numbers that are most frequent in a state: flows share them."""
_WORD = 64.0
"""Usual requests' worth of what came since the onset, when a person says that this is the new normal."""


class FlowWatch:
    """`poll` gets every measured poll in time order."""

    __slots__ = (
        "_before", "_every", "_settings", "_unwatched", "at", "budget", "calendar", "declared", "deviation", "evaluates",
        "habits", "last", "measured", "model", "outage", "silence", "unseen", "upside", "window",
    )  # fmt: skip

    def __init__(self, settings: TrafficSettings, every: float) -> None:
        self._settings, self._every = settings, every
        self.calendar = Calendar.of(settings)
        self.budget = settings.false_pages or _BUDGET
        self.evaluates = settings.zero_for is None or settings.false_pages is not None
        """Whether silences are evaluated by what was learnt."""
        self.model, self.habits = FlowModel(every), Habits(self.calendar, every)
        self.silence, self.outage, self.window = Silence(), Outage(), Window()
        self.deviation, self.upside = Deviation(every, self.budget), Upside()
        self.last: list[float] | None = None
        """The last silence of note: when it began, its seconds, missing requests, anomaly score."""
        self.declared: DeclaredTime = ORDINARY
        self.measured = 0.0
        self.at = 0.0
        self.unseen = (0.0, 0.0)
        """When the last minute or more without a measurement ended, and its seconds."""
        self._unwatched = 0.0
        self._before = 0.0
        """Usual requests per second in the last half hour."""

    def poll(
        self, at: Instant, requests: float, covers: float, errors: float | None
    ) -> tuple[float, bool | None]:
        """One measured poll. Returns the requests expected in it, and whether it is silent."""
        model, habits, silence, outage = self.model, self.habits, self.silence, self.outage
        middle = at - covers / 2.0
        self.move(at, middle)
        self.measured += covers
        elapsed = max(covers, at - self.at) if self.at > 0.0 else covers
        self.at = at
        if elapsed > covers + MINUTE:
            self.unseen = at - covers, elapsed - covers
        if elapsed > covers + _UNWATCHED:
            self.deviation.clear(self.model.level)
        declared = self.declared
        part = 0.0 if declared.closed else habits.part(middle, covers, requests > 0.0)
        level = model.level
        level.weigh(model.burst.dispersion, self.deviation.hourly)
        if outage.since is not None:
            outage.fade(at)
        usual = habits.usual * covers * part
        if declared is not ORDINARY:
            usual *= self.factor
        expected = self.expected(usual, covers * part)
        if requests > 0.0:
            self._came(at, requests, covers, expected)
        else:
            self._nothing(at, covers, usual, expected, part)
        allowed = self.limit
        suspicious = silence.onset is not None and silence.anomaly_score >= allowed / 2.0
        if part > 0.0:
            self.window.add(covers, requests, usual, errors)
        if self._watch(at, requests, usual, covers, part, allowed):
            suspicious = True
        self._learn(requests, covers, usual, expected, part, elapsed, suspicious)
        if declared.learns:
            habits.see(middle, requests, covers, part)
        silent = self.silent()
        self._phase(at, requests, covers, usual, expected, silent)
        return expected, silent

    def move(self, at: Instant, middle: Instant) -> None:
        """Goes to the time that is the middle of a poll."""
        habits, model, outage = self.habits, self.model, self.outage
        if habits.leaves(middle):
            dispersion, since = model.burst.dispersion, outage.since
            # What has been missing for longer than an hour is no timetable that moved by one.
            lasts = since is not None and at - since > HOUR
            now = outage.share * outage.level if lasts else self.deviation.hour or model.level.fast
            if habits.leave(self.measured, model.level, dispersion, now):
                self._end_outage(at)
            habits.move(middle, model.rate, dispersion, self.deviation.hourly)
            model.turn()
        declared = self.calendar.declared(middle)
        if declared is not self.declared and declared != self.declared:
            self.declared = declared
            self.upside.declare()
            self.deviation.clear(self.model.level)

    @property
    def known(self) -> bool:
        """Whether there are enough samples, or a declaration, to evaluate a silence."""
        if self._settings.expect_at_least is not None:
            return True
        return self.model.known and self.measured >= ENOUGH

    @property
    def limit(self) -> float:
        return limit(self.model.trials / self.model.seconds, self.budget)

    @property
    def variance(self) -> float:
        """Relative variance of the rate around what is expected of it now."""
        habits = self.habits
        day_one = None if habits.known else self.deviation.variance(known=False)
        return self.model.variance(habits.slope, day_one)

    @property
    def factor(self) -> float:
        """Times what is usual: as declared, and as came since."""
        declared, scale = self.declared, self.upside.scale
        if not self.habits.known:
            return 1.0
        return declared.factor * (min(scale, _TWICE) if declared.bounded else scale)

    @property
    def onset(self) -> Instant | None:
        return self.silence.since if self.outage.since is None else self.outage.since

    @property
    def level(self) -> float:
        return self.model.level.fast if self.outage.since is None else self.outage.level

    def expected(self, usual: float, seconds: float) -> float:
        model, least = self.model, self._settings.expect_at_least
        if not model.known or (self.measured < ENOUGH and least is not None):
            return float((least or 0.0) * seconds)
        if self.habits.known or (self.outage.since is not None and not self.outage.silent):
            return usual * self.level
        return model.rate * seconds

    def _came(self, at: Instant, requests: float, covers: float, expected: float) -> None:
        model, silence, habits = self.model, self.silence, self.habits
        model.trials += 1.0
        model.seconds += covers
        if silence.onset is not None:
            self._end_silence(at - covers, expected)
        elif model.known and expected > 0.0 and not habits.steep and self.outage.since is None:
            model.learn_end(0.0, 0.0, expected, model.burst.dispersion, self.variance)
        model.burst.learn(requests, covers)

    def _end_silence(self, at: Instant, expected: float) -> None:
        model, silence, habits, allowed = self.model, self.silence, self.habits, self.limit
        if silence.onset is not None and silence.anomaly_score >= allowed * _OF_NOTE:
            self.last = [silence.onset, silence.seconds, silence.missing, silence.anomaly_score / LN10]
        # In an outage too much is expected: the pauses of a first night would pass for a habit of long ones.
        ordinary = silence.anomaly_score < allowed and self.outage.since is None and not habits.steep
        if ordinary and silence.expected + expected > 0.0:
            model.learn_end(silence.raw, silence.expected, expected, silence.dispersion, silence.variance)
        if silence.missing >= _NOTABLE:
            end = habits.local(at)
            habits.gaps.learn(end - silence.seconds, end, self._every)
        if silence.anomaly_score < allowed or (habits.gaps.rhythm and silence.seconds <= LONGEST):
            model.learn_silence(silence.usual, habits.slope, known=habits.known)
        if silence.anomaly_score >= allowed / 2.0 and not habits.gaps.rhythm:
            model.burst.interrupt()
        if not habits.known and (silence.anomaly_score < allowed / 2.0 or silence.seconds < ENOUGH):
            model.learn_pause(silence.seconds)
        silence.close()

    def _teaches(self, part: float) -> bool:
        """Whether a request now would teach the level; what would not, must not teach by its absence either."""
        deviation = self.deviation
        return not (
            part < 1.0 or self.habits.steep or self.outage.since is not None or deviation.flood or deviation.half
            or self.upside.holds(self.at)
        )  # fmt: skip

    def _nothing(self, at: Instant, covers: float, usual: float, expected: float, part: float) -> None:
        model, silence, habits, outage = self.model, self.silence, self.habits, self.outage
        model.seconds += covers
        if silence.onset is None:
            if model.known:
                lower = outage.since is not None and not outage.silent and outage.share > _STUTTER
                share = outage.share if lower else 1.0
                silence.open(at - covers, model.burst.dispersion, self.variance, share)
            else:
                silence.open(at - covers, 1.0, 0.0)
        low = expected
        if habits.known and habits.usual > 0.0:
            low *= habits.usual_low / habits.usual
        silence.extend(covers, expected, low, usual if self._teaches(part) else 0.0, model.tail)
        if self._rests(expected):
            silence.rest(at)
        if silence.raw >= _NOTABLE:
            habits.noted = True
        if silence.anomaly_score < self.limit / 2.0 or habits.gaps.rhythm:
            model.burst.learn(0.0, covers)
        else:
            model.burst.interrupt()

    def _rests(self, expected: float) -> bool:
        """Whether the time without a request begins only after this poll. Closed hours are none of it, unless it was half way
        to a page before them. What is learnt of hours does not bound a fixed rule."""
        if expected > 0.0 or self.outage.since is not None or self.silence.anomaly_score >= self.limit / 2.0:
            return False
        learnt = self.known and self._settings.zero_for is None and not self.habits.gaps.near
        return learnt or self.declared.closed

    def _watch(
        self, at: Instant, requests: float, usual: float, covers: float, part: float, allowed: float
    ) -> bool:
        """Feeds and evaluates the windows; True where one is half way to an alert."""
        habits, deviation = self.habits, self.deviation
        if part < 1.0 or usual <= 0.0 or habits.steep:
            self._unwatched += covers
            if self._unwatched > _UNWATCHED:
                deviation.clear(self.model.level)
            return False
        self._unwatched = 0.0
        if self.outage.since is not None or not self.known:
            return False
        deviation.add(requests, usual, covers, self.model.level)
        deviation.evaluate(
            at, (requests, usual, covers), self.window, self.model.burst.dispersion, habits.slope, known=habits.known,
            limit=allowed, least=self.model.level.least,
        )  # fmt: skip
        return deviation.low is not None or deviation.flood or deviation.half

    def _learn(
        self, requests: float, covers: float, usual: float, expected: float, part: float, elapsed: float, suspicious: bool
    ) -> None:  # fmt: skip
        model, habits, outage = self.model, self.habits, self.outage
        model.age(elapsed, expected / covers)
        model.level.surge(elapsed, up=self.deviation.up)
        open_, flood = outage.since is not None, self.deviation.flood
        found = self.deviation.found or model.level.surges
        holds = self.upside.holds(self.at)
        if suspicious or open_ or found or holds:
            habits.bad = habits.bad or habits.known or outage.silent
            habits.surged = habits.surged or (found and not open_)
        if self.silence.onset is not None or not self.declared.learns:
            held = suspicious or open_ or (flood and self.declared.bounded)
            if not self.declared.closed and self.silence.onset is None and not held:
                self.upside.learn(requests, expected, covers)
            return
        if not (open_ or flood) or (not habits.known and outage.silent and outage.share > 0.3):
            model.came(requests, covers)
        if not (suspicious or open_ or flood or holds) and part == 1.0 and usual > 0.0 and not habits.steep:
            model.learn(requests, usual, expected, covers, habits.slope, known=habits.known)

    def _phase(
        self, at: Instant, requests: float, covers: float, usual: float, expected: float, silent: bool | None
    ) -> None:
        """Opens and ends the outage, of which silence and too little are phases."""
        outage, deviation, model = self.outage, self.deviation, self.model
        rate = usual / covers
        if outage.since is None:
            test, slow = deviation.low, min(model.level.slow, model.level.least)
            if silent:
                since = self.silence.onset
                levels = (model.level.fast, slow)
                seen = (0.0, self.silence.missing)
                outage.open(
                    at, at if since is None else since, seen, levels, (rate, self._before), silent=True
                )
            elif test is not None and self.known:
                level = min(deviation.level(test), model.level.least)
                since, came, should = deviation.onset(
                    at, test, self.window, level, self.unseen, model.burst.dispersion
                )
                levels = (level, slow)
                outage.open(at, since, (came, should), levels, (rate, self._before), silent=False)
            else:
                self._before += (rate - self._before) * min(1.0, covers / _BEFORE)
                self.upside.see(at, requests - expected, deviation.up)
                return
            self.habits.begin_outage()
            return
        outage.silent = outage.silent or silent is True
        dispersion = model.burst.dispersion
        scatter = deviation.scatter(outage.began, dispersion)  # no outage, however long, makes a rhythm
        if expected > 0.0 and outage.poll(covers, requests, expected, dispersion, scatter):
            self.upside.expect(at, outage.missing, at - outage.began)
            self._end_outage(at)

    def _end_outage(self, at: Instant) -> None:
        if self.outage.since is None:
            return
        habits = self.habits
        habits.end_outage(self.outage.rose or (habits.known and self.outage.fell(habits.usual)))
        self.outage.close()
        self.deviation.clear(self.model.level, surge=True)

    def new_normal(self) -> bool:
        """See `Detector.new_normal`."""
        outage, silence, model = self.outage, self.silence, self.model
        if outage.since is None and not self.deviation.up:
            return False
        if silence.onset is not None:
            silence.accepted = True  # nothing is expected until the next request
        else:
            _, came, usual = self.window.five
            if outage.since is not None:  # five minutes of a slow flow say little
                came, usual = came + _WORD * outage.share * outage.level, usual + _WORD
            if usual > 0.0:
                model.level.believe(came / usual, came)
                model.level.weigh(model.burst.dispersion, self.deviation.hourly)
        if outage.since is not None:
            self.habits.end_outage(habit=True)
            outage.close()
        self.deviation.clear(self.model.level)
        return True

    def silent(self) -> bool | None:
        silence, zero_for = self.silence, self._settings.zero_for
        if silence.accepted:
            return False
        if zero_for is not None and silence.seconds >= zero_for:
            return True
        if not self.evaluates or silence.onset is None:
            return False
        if not self.known:
            return None if zero_for is None else False
        return silence.anomaly_score >= self.limit

    def state(self) -> list[float]:
        """All but what is packed."""
        return [
            self.measured, self.at, self._unwatched, self._before, *self.silence.state(), *self.outage.state(),
            *self.upside.state(), *self.deviation.state(), *self.model.state(), *self.habits.state(),
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        """After the packed arrays. Versions before had no surge, and one other tests of deviation."""
        numbers = iter([_ALIKE.get(one, one) for one in state])
        self.measured, self.at, self._unwatched, self._before = islice(numbers, 4)
        lacks = len(self.state()) - len(state)
        tests = len(self.deviation.state()) - max(0, lacks - 2)
        parts = (
            (self.silence, 11), (self.outage, 15), (self.upside, 5), (self.deviation, tests),
            (self.model, 36 - min(2, lacks)), (self.habits, 32),
        )  # fmt: skip
        for part, size in parts:
            part.restore(list(islice(numbers, size)))
        self.declared = self.calendar.declared(self.at - self._every / 2.0)

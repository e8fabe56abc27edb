"""Alerts that somebody else raised, such as Prometheus, and who says so of each. Pure: every moment is an argument.

An alert fires while one of its senders says so. It is over when each of them has said so or has fallen silent, never because
a post leaves it out. A sender is an address and the host of the `generatorURL`, so that two replicas are two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from watchtower.core.plan.alert_series import ALERTNAME, AlertSeries
from watchtower.model import Instant
from watchtower.values import Frozen, Mutable, field

MOST, FOLDED = 900, 90
"""Alerts that are held one by one; of what comes beyond them, so many that stand for all with the same name."""
MOST_WORDS = 100
"""Senders of one alert, of which the longest known one goes first."""
WITHOUT_END = 300.0
"""Seconds that an alert lasts whose sender names no end: Alertmanager's `resolve_timeout`."""
RESENT = 150.0
"""Seconds that a rule engine's word lasts at least: more than twice Prometheus' resend delay. Its clock may be behind ours."""
RESTORED = 300.0
"""Seconds after a restart in which nothing ends because nobody repeated it."""
AFTER = 900.0
"""Seconds for which an alert that is over is still reported as well: as long as Prometheus repeats it."""
ALIVE = 90.0
"""A sender that posts anything so many seconds after an alert's last word still lives: it has dropped the alert."""


class PostedAlert(Frozen):
    """An alert as it was sent. `ends_at` None: none was named."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    generator: str = ""
    id: str = ""
    """Its own, at a sender that says when it begins and when it ends, and seldom anything in between."""
    lost: bool = False
    """It ended there because nothing is known of it any more."""

    def sender(self, address: str) -> str:
        """Who sent it, where it came from this address; one with an id speaks for itself."""
        return f"#{self.id}" if self.id else f"{address} {urlsplit(self.generator).netloc}".strip()

    def is_over(self, at: Instant) -> bool:
        return self.ends_at is not None and self.ends_at <= at


class SenderWord(Mutable):
    """What one sender said last, at `at`: that it is over, or holds until `until`. `ends_at` is as it was written."""

    at: Instant
    until: Instant
    over: bool
    ends_at: Instant | None = None
    repeats: bool = True
    """It evaluates rules, and would say that the alert is over."""


class HeldAlert(Mutable):
    """An alert, with the word of each of its senders. `ended_at` None: it fires."""

    series: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator: str
    starts_at: Instant
    updated_at: Instant
    words: dict[str, SenderWord] = field(default_factory=dict)
    folded: bool = False
    """It stands for all with its name, because too many came."""
    ended_at: Instant | None = None
    lost: bool = False
    """It ended because its senders fell silent: whether it is over, nobody knows."""

    @property
    def ends_at(self) -> Instant:
        """When it ended, or ends where nobody repeats it."""
        return self.ended_at if self.ended_at is not None else max(word.until for word in self.words.values())


class HeldAlerts:
    """All of one check, by the name of their series."""

    def __init__(self, naming: AlertSeries, dropped: Sequence[str] = ()) -> None:
        """`dropped` are labels that tell replicas of one sender apart, and no alerts."""
        self._naming, self._dropped = naming, frozenset(dropped)
        self.alerts: dict[str, HeldAlert] = {}
        self.heard: dict[str, Instant] = {}
        """When each sender last posted anything."""
        self.refused = 0
        """Alerts for which there was no room, not even folded."""
        self._full = False

    def take(self, posted: PostedAlert, address: str, at: Instant) -> bool:
        """Takes one. Returns whether what is to be remembered over a restart has changed."""
        labels = {name: value for name, value in posted.labels.items() if name not in self._dropped and value}
        sender = posted.sender(address)
        series = self._naming.named(labels)
        if posted.id:
            moved = self._end(posted, sender, "" if posted.is_over(at) else series, at)
            if posted.is_over(at):
                return moved
        else:
            self.heard[sender] = at
        held = self.alerts.get(series)
        if held is None:
            held = self._room(series, labels, posted, at)
            if held is None:
                return False
        before, known = held.words.get(sender), (held.ended_at is None, held.annotations)
        word = _word(posted, before, at)
        if held.folded and word.over:
            return False  # others with its name may fire
        held.words[sender] = word
        if len(held.words) > MOST_WORDS:
            del held.words[next(iter(held.words))]
        if not word.over:
            starts_at = min(at, posted.starts_at if posted.starts_at is not None else at)
            held.starts_at = min(held.starts_at, starts_at) if held.ended_at is None else starts_at
            held.ended_at, held.lost, held.updated_at = None, False, at
            held.annotations, held.generator = posted.annotations, posted.generator
        self._judge(held, at)
        return before is None or known != (held.ended_at is None, held.annotations)

    def _end(self, posted: PostedAlert, sender: str, but: str, at: Instant) -> bool:
        """Takes this id away from every alert but one: it is over, or has other labels now. Returns whether it was there."""
        found = [held for held in self.alerts.values() if sender in held.words and held.series != but]
        for held in found:
            del held.words[sender]
            fired = held.ended_at is None
            self._judge(held, at)
            held.lost = held.lost or (posted.lost and fired and held.ended_at is not None)
        return bool(found)

    def judge(self, at: Instant) -> Iterator[HeldAlert]:
        """Every alert as it stands now. What has been over for long enough is forgotten with it."""
        self._full = False
        for sender in [sender for sender, heard in self.heard.items() if at - heard > 2 * AFTER]:
            del self.heard[sender]
        for held in list(self.alerts.values()):
            self._judge(held, at)
            if over_for_good(held, at):
                del self.alerts[held.series]
            yield held

    def restore(self, kept: Sequence[Mapping[str, Any]], at: Instant) -> None:
        """Goes on with what `kept` gave before a restart. Its senders have their time to repeat it."""
        for one in kept:
            labels = one["labels"]
            series = self._naming.named(labels)
            words = {
                name: SenderWord(at, max(until, at + RESTORED), over=False)
                for name, until in one["senders"].items()
            }
            self.alerts[series] = HeldAlert(
                series,
                labels,
                one["annotations"],
                one["generator"],
                one["starts_at"],
                at,
                words,
                one["folded"],
            )
            self.heard.update((name, at) for name in words if not name.startswith("#"))

    def kept(self) -> list[dict[str, Any]]:
        """What fires, for `restore`."""
        return [
            {
                "labels": dict(one.labels), "annotations": dict(one.annotations), "generator": one.generator,
                "starts_at": one.starts_at, "folded": one.folded,
                "senders": {name: word.until for name, word in one.words.items() if not word.over},
            }
            for one in self.alerts.values() if one.ended_at is None
        ]  # fmt: skip

    def _room(
        self, series: str, labels: Mapping[str, str], posted: PostedAlert, at: Instant
    ) -> HeldAlert | None:
        """The place of a new alert; beyond `MOST` that of all with its name."""
        folded = len(self.alerts) >= MOST
        if folded:
            self._hurry(at)
            telling = {ALERTNAME, "severity", *self._naming.flow_labels, *self._naming.group_by}
            labels = {name: value for name, value in labels.items() if name in telling} or {
                ALERTNAME: "others"
            }
            series = self._naming.named(labels)
            if series in self.alerts:
                self.alerts[series].folded = True
                return self.alerts[series]
            if len(self.alerts) >= MOST + FOLDED:
                self.refused += 1
                return None
        starts_at = min(at, posted.starts_at if posted.starts_at is not None else at)
        held = HeldAlert(
            series, labels, posted.annotations, posted.generator, starts_at, at, folded=folded
        )  # fmt: skip
        self.alerts[series] = held
        return held

    def _hurry(self, at: Instant) -> None:
        """What is over leaves room at the next look."""
        if not self._full:
            self._full = True
            for one in self.alerts.values():
                if one.ended_at is not None:
                    one.ended_at = min(one.ended_at, at - AFTER)

    def _judge(self, held: HeldAlert, at: Instant) -> None:
        if held.ended_at is not None or any(
            not word.over and word.until > at for word in held.words.values()
        ):
            return
        held.ended_at = at
        silent = [
            word.repeats and self.heard.get(sender, word.at) <= word.at + ALIVE
            for sender, word in held.words.items()
            if not word.over
        ]
        held.lost = bool(silent) and all(silent) and not any(word.over for word in held.words.values())


def over_for_good(held: HeldAlert, at: Instant) -> bool:
    """Whether nothing more is said of it."""
    return held.ended_at is not None and (held.lost or at - held.ended_at >= AFTER)


def _word(posted: PostedAlert, before: SenderWord | None, at: Instant) -> SenderWord:
    end, repeats = posted.ends_at, bool(posted.generator or posted.id)
    if end is None:
        return SenderWord(at, at + WITHOUT_END, over=False, repeats=repeats)
    if end > at:
        return SenderWord(at, max(end, at + RESENT) if repeats else end, False, end, repeats)
    # The end of an alert that is over stays where it is; one that moves on is that of an alert that fires, by a clock that
    # is behind ours.
    behind = (
        repeats and before is not None and before.ends_at is not None
        and before.ends_at < end and before.ends_at <= before.at
        and (posted.starts_at is None or posted.starts_at <= before.ends_at)
    )  # fmt: skip
    return SenderWord(at, at + RESENT if behind else at, not behind, end, repeats)

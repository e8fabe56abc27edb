"""Compares two backtests over the same samples: what the new rules would have changed, for incidents and people;
which incidents would have had another worst severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from watchtower.core.plan import Plan
from watchtower.model import Instant
from watchtower.replay.records import Record, iso
from watchtower.replay.summary import IncidentSummary, summarise
from watchtower.values import Frozen, Mutable, field

_NIGHT = (22, 7)
"""Hours between which a page wakes somebody, in their own zone."""


class Firing(Frozen):
    """One alert from its firing to its end (None: it still fires at the end of the samples)."""

    rule: str
    check: str
    series: str
    severity: str
    begin: Instant
    end: Instant | None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.rule, self.check, self.series


class FiringChange(Frozen):
    """`old` is None where the alert was added, `new` where it was removed."""

    old: Firing | None
    new: Firing | None

    @property
    def kind(self) -> str:
        return "added" if self.old is None else "removed" if self.new is None else "changed"

    @property
    def either(self) -> Firing:
        found = self.new or self.old
        assert found is not None
        return found


class Graded(Frozen):
    """One incident that both have, with another worst severity."""

    old: IncidentSummary
    new: IncidentSummary


class Comparison(Mutable):
    """`pages` and `nights` count by (responder, channel), as (old, new)."""

    changes: list[FiringChange] = field(default_factory=list)
    graded: list[Graded] = field(default_factory=list)
    """Incidents that the matrix grades otherwise."""
    same: int = 0
    pages: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    nights: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    more: list[Record] = field(default_factory=list)
    """Pages that only the new rules send."""
    fewer: list[Record] = field(default_factory=list)
    """Pages that only the old rules sent."""

    @property
    def differs(self) -> bool:
        return bool(self.changes or self.graded or self.more or self.fewer)


def compare(old: Sequence[Record], new: Sequence[Record], plans: tuple[Plan, Plan]) -> Comparison:
    """The changes from the records of the old rules to those of the new ones."""
    out = Comparison()
    before, after = firings(old), firings(new)
    left = list(before)
    for one in after:
        same = next((o for o in left if o == one), None)
        twin = same or next(
            (
                o
                for o in left
                if o.key == one.key and _overlap((o.begin, o.end), (one.begin, one.end)) and o not in after
            ),
            None,
        )
        if twin is not None:
            left.remove(twin)
        if same is None:
            out.changes.append(FiringChange(twin, one))
        else:
            out.same += 1
    out.changes += [FiringChange(one, None) for one in left]
    out.changes.sort(key=lambda change: change.either.begin)
    out.graded = graded(old, new)
    sent = [[r for r in records if r["event"].startswith("page_")] for records in (old, new)]
    out.fewer, out.more = _without(sent[0], sent[1]), _without(sent[1], sent[0])
    out.pages = _counts(sent, lambda record, plan: True, plans)
    out.nights = _counts(sent, _at_night, plans)
    return out


def as_json(found: Comparison) -> Iterable[dict[str, Any]]:
    """One object a change: `what` is alert, incident, page or person; `change` is added, removed or changed."""
    for one in found.changes:
        which = one.either
        yield {
            "what": "alert", "change": one.kind, "at": which.begin, "time": iso(which.begin), "rule": which.rule,
            "check": which.check, "series": which.series, "old": _alert(one.old), "new": _alert(one.new),
        }  # fmt: skip
    for each in found.graded:
        yield {
            "what": "incident", "change": "changed", "at": each.new.opened_at, "time": iso(each.new.opened_at),
            "title": each.new.title, "old": each.old.severity, "new": each.new.severity,
            "old_explanation": each.old.explanation, "new_explanation": each.new.explanation,
        }  # fmt: skip
    pages = [("removed", r) for r in found.fewer] + [("added", r) for r in found.more]
    for kind, record in sorted(pages, key=lambda pair: pair[1]["at"]):
        yield {
            "what": "page",
            "change": kind,
            **{k: v for k, v in record.items() if k not in ("page", "onset")},
        }
    for (responder, channel), (before, after) in sorted(found.pages.items()):
        nights = found.nights[responder, channel]
        yield {
            "what": "person", "change": "changed" if before != after else "same", "responder": responder,
            "channel": channel, "old": before, "new": after, "old_at_night": nights[0], "new_at_night": nights[1],
        }  # fmt: skip


def firings(records: Iterable[Record]) -> list[Firing]:
    """Alerts that fired, in the order in which they began."""
    begun: dict[tuple[str, str, str], Record] = {}
    out: list[Firing] = []
    for record in records:
        key = (record["rule"], record["check"], record["series"])
        if record["event"] == "alert_firing":
            begun[key] = record
        elif record["event"] == "alert_resolved" and key in begun:
            first = begun.pop(key)
            out.append(Firing(*key, first["severity"], first["at"], record["at"]))
    out += [Firing(*key, first["severity"], first["at"], None) for key, first in begun.items()]
    return sorted(out, key=lambda one: one.begin)


def _overlap(one: tuple[Instant, Instant | None], other: tuple[Instant, Instant | None]) -> bool:
    """Of two beginnings and ends; None: no end yet."""
    return all(end is None or begin <= end for begin, end in ((other[0], one[1]), (one[0], other[1])))


def _page_key(record: Record) -> tuple[Any, ...]:
    return tuple(record[k] for k in ("at", "event", "severity", "responder", "channel", "check", "series"))


def _without(some: Sequence[Record], others: Sequence[Record]) -> list[Record]:
    """Those of `some` that are not in `others`, each as often as it is missing there."""
    left = Counter(map(_page_key, others))
    out = []
    for record in some:
        key = _page_key(record)
        if left[key]:
            left[key] -= 1
        else:
            out.append(record)
    return out


def _counts(
    sent: Sequence[Sequence[Record]], counted: Any, plans: tuple[Plan, Plan]
) -> dict[tuple[str, str], tuple[int, int]]:
    sums = [
        Counter((r["responder"], r["channel"]) for r in records if counted(r, plan))
        for records, plan in zip(sent, plans, strict=True)
    ]
    everybody = {(r["responder"], r["channel"]) for records in sent for r in records}
    return {who: (sums[0][who], sums[1][who]) for who in sorted(everybody)}


def _at_night(record: Record, plan: Plan) -> bool:
    person = plan.responders.get(record["responder"])
    zone = ZoneInfo(person.zone) if person else UTC
    hour = datetime.fromtimestamp(record["at"], zone).hour
    return hour >= _NIGHT[0] or hour < _NIGHT[1]


def _alert(one: Firing | None) -> Mapping[str, Any] | None:
    return None if one is None else {"severity": one.severity, "at": one.begin, "until": one.end}


def graded(old: Iterable[Record], new: Iterable[Record]) -> list[Graded]:
    """The incidents whose severity the matrix set in one of the two; for fixed severities the alerts show it."""
    left = list(summarise(old).incidents.values())
    out = []
    for after in summarise(new).incidents.values():
        lasted = (after.opened_at, after.resolved_at)
        before = next(
            (o for o in left if o.title == after.title and _overlap((o.opened_at, o.resolved_at), lasted)),
            None,
        )
        if before is None:
            continue
        left.remove(before)
        if before.severity != after.severity and (before.explanation or after.explanation):
            out.append(Graded(before, after))
    return out

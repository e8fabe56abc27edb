"""One observation of the votes of several locations: what they measured, and a sentence on who sees what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from watchtower.core.plan.checks import Check
from watchtower.model import (
    NO_NETWORK,
    NO_QUORUM,
    Instant,
    Language,
    Observation,
    Outcome,
    Reading,
    Text,
    Value,
)
from watchtower.texts.failures import failure
from watchtower.texts.text_file import TextFile
from watchtower.values import replace

_NAMED = 5
"""Locations named in one part of a sentence."""
_WORDS = TextFile("locations")["SEEN"]
_SPOKEN = {Language.EN: (", ", " and ", "; ", " ({})"), Language.ZH: ("、", "、", "；", "（{}）")}
Votes = Mapping[str, Observation | None]


def combined(
    check: Check, series: str, votes: Votes, outcome: Outcome, titles: Mapping[str, Text], at: Instant
) -> Observation:
    """Of texts and of yes or no it has what most say of those that see it so; of numbers the one that `quorum` of them
    reach: with two of three the middle one."""
    cast = [vote for vote in votes.values() if vote is not None]
    alike = [vote for vote in cast if vote.reading.outcome is outcome]
    facts = facts_of(votes, titles)
    if not alike or (outcome is Outcome.UNKNOWN and len(alike) < len(cast)):
        cut = any(vote.reading.reason == NO_NETWORK for vote in cast)
        said = Reading(
            outcome, facts, NO_NETWORK if cut else NO_QUORUM, str(facts["locations.because"]), series
        )
        return Observation(check.name, at, said)
    readings = [vote.reading for vote in alike]
    names = dict.fromkeys(name for reading in readings for name in reading.measurements)
    measured = {name: _of([one.measurements.get(name) for one in readings], check.quorum) for name in names}
    first = readings[0]
    reason = Counter(one.reason for one in readings).most_common(1)[0][0]
    detail = first.detail if len(votes) == 1 or outcome is Outcome.UP else str(facts["locations.because"])
    said = replace(first, measurements={**measured, **facts}, reason=reason, detail=detail)
    return Observation(check.name, at, said, _reached([one.duration for one in alike], check.quorum))


def _of(values: Iterable[Value], quorum: int) -> Value:
    known = [value for value in values if value is not None]
    numbers = [value for value in known if isinstance(value, float)]
    if numbers and len(numbers) == len(known):
        return _reached(numbers, quorum)
    counted = Counter(known).most_common(2)
    return counted[0][0] if counted and counted[0][1] > sum(count for _, count in counted[1:]) else None


def _reached(numbers: Sequence[float], quorum: int) -> float:
    return sorted(numbers, reverse=True)[min(quorum, len(numbers)) - 1]


def facts_of(votes: Votes, titles: Mapping[str, Text]) -> dict[str, Value]:
    """The measurements that such a check has besides (`plan.locations`)."""
    by = {
        outcome: [n for n, v in votes.items() if v is not None and v.reading.outcome is outcome]
        for outcome in Outcome
    }
    down, up = by[Outcome.DOWN], by[Outcome.UP]
    said = because(votes, titles)
    return {
        "location": "",
        "locations.down": float(len(down)),
        "locations.up": float(len(up)),
        "locations.unknown": float(len(votes) - len(down) - len(up)),
        "locations.total": float(len(votes)),
        "locations.down_from": ", ".join(down),
        "locations.up_from": ", ".join(up),
        "locations.because": said.en,
        "locations.because_zh": said.zh,
    }


def because(votes: Votes, titles: Mapping[str, Text]) -> Text:
    """`down from hk (timeout) and sg (HTTP 503); inside says up; tokyo says nothing`."""
    return Text(*(_because(votes, titles, way) for way in Language))


def _because(votes: Votes, titles: Mapping[str, Text], way: Language) -> str:
    parts: dict[str, list[tuple[str, str]]] = {"down": [], "up": [], "unknown": [], "none": []}
    for name, vote in votes.items():
        known, called = (
            vote.reading if vote is not None else None,
            titles[name].in_(way) if name in titles else name,
        )
        failed = known is not None and known.outcome is not Outcome.UP
        why = failure(known.reason, known.measurements).in_(way) if known is not None and failed else ""
        parts[str(known.outcome) if known is not None else "none"].append((called, why))
    said = [_words(kind, them, way) for kind, them in parts.items() if them]
    return _SPOKEN[way][2].join(said)


def _words(kind: str, them: Sequence[tuple[str, str]], way: Language) -> str:
    comma, last, _, brackets = _SPOKEN[way]
    whys = {why for _, why in them}
    shown = [name + (brackets.format(why) if why and len(whys) > 1 else "") for name, why in them[:_NAMED]]
    if len(them) > _NAMED:
        shown.append(_WORDS["more"].in_(way).format(len(them) - _NAMED))
    names = comma.join(shown[:-1]) + last + shown[-1] if len(shown) > 1 else shown[0]
    only = brackets.format(next(iter(whys))) if len(whys) == 1 and whys != {""} else ""
    many = f"{kind}_many" if len(them) > 1 else kind
    return _WORDS.get(many, _WORDS[kind]).in_(way).format(names + only)

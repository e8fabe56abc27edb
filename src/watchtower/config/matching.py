"""Which checks a rule matches, and for none a hint on what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache

from watchtower.config.problems import did_you_mean
from watchtower.core.plan.rules import Match
from watchtower.values import Frozen


class Traits(Frozen):
    """What a rule can choose a check by. `tiers` of all its flows; None where a flow's tier is not known, or the detector."""

    name: str
    probe: str
    flows: tuple[str, ...]
    tiers: tuple[str | None, ...]
    labels: Mapping[str, str]
    detector: str | None = None
    """`none` for a check without one."""
    locations: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def fits(patterns: Sequence[str] | None, values: Iterable[str]) -> bool:
    """Whether one of the patterns fits one of the values; true without patterns."""
    return patterns is None or any(_compiled(p).match(value) for p in patterns for value in values)


def matches(match: Match, traits: Traits) -> bool:
    """Every key that the rule gives must fit; an unknown tier or detector fits all."""
    return (
        fits(match.check, (traits.name,))
        and fits(match.probe, (traits.probe,))
        and (traits.detector is None or fits(match.detector, (traits.detector,)))
        and fits(match.flow, traits.flows)
        and (match.location is None or match.location in traits.locations)
        and (None in traits.tiers or fits(match.tier, (tier for tier in traits.tiers if tier)))
        and all(
            key in traits.labels and fits(globs, (traits.labels[key],)) for key, globs in match.labels.items()
        )
    )


def nearest(match: Match, all_traits: Sequence[Traits]) -> str:
    """A hint for a rule that matches nothing: the first key that no check fits, and what there is."""
    there: Sequence[tuple[str, Sequence[str] | None, set[str]]] = (
        ("check", match.check, {t.name for t in all_traits}),
        ("probe", match.probe, {t.probe for t in all_traits}),
        ("detector", match.detector, {t.detector for t in all_traits if t.detector}),
        ("flow", match.flow, {flow for t in all_traits for flow in t.flows}),
        ("location", match.location and (match.location,), {one for t in all_traits for one in t.locations}),
        ("tier", match.tier, {tier for t in all_traits for tier in t.tiers if tier}),
    )
    for key, patterns, values in there:
        if patterns is not None and not fits(patterns, values):
            have = did_you_mean(patterns[0].strip("*"), values, f"{key}s that there are")
            return have or f"no check has a {key}"
    for key, patterns in match.labels.items():
        values = {t.labels[key] for t in all_traits if key in t.labels}
        if not values:
            labels = {label for t in all_traits for label in t.labels}
            return did_you_mean(key, labels, "labels that there are") or "no check has labels"
        if not fits(patterns, values):
            return did_you_mean(patterns[0].strip("*"), values, f"values of the label {key}")
    return "each of its keys fits some check, but no check fits them all"

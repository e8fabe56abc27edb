"""Reads `checks/*.toml`: flows and checks, each on its own; a wrong one still has its name and its flow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import to_json

from watchtower.config.checks_file import COMMON_KEYS, ChecksFile
from watchtower.config.entries import Context, listed, named, once, refuse_unknown
from watchtower.config.holidays import with_holidays
from watchtower.config.matching import Traits
from watchtower.config.plain_words import Model, validate
from watchtower.config.problems import Entry, did_you_mean
from watchtower.config.sources import SourceFiles
from watchtower.core.plan.checks import BASE_FACTS, REACH_FACTS, Check
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.locations import LOCATION_FACTS, Location
from watchtower.detectors import DETECTORS
from watchtower.errors import install
from watchtower.fields import Settings, parse_duration
from watchtower.model import Facts
from watchtower.names import NAME_PATTERN, is_name
from watchtower.probes.contract import Probe
from watchtower.probes.registry import Registry
from watchtower.values import Frozen, Mutable, field, replace

_PLAIN = frozenset(
    {
        "name",
        "probe",
        "flow",
        "flows",
        "title",
        "labels",
        "every",
        "timeout",
        "no_data_after",
        "detect",
        "locations",
    }
)
"""In these keys `${…}` is not filled in."""

NO_DETECTOR = "none"
_SHARE = 0.8
"""A probe's own timeout that does not fit into a shorter `every` gives way to this share of it."""


class FlowDraft(Frozen):
    """A flow as far as it could be read; `table` is None where it is wrong."""

    entry: Entry
    table: Flow | None


class CheckDraft(Frozen):
    """A check as far as it could be read; wrong parts are None. `every` and `timeout` are seconds."""

    entry: Entry
    traits: Traits
    table: Check | None = None
    settings: Any = None
    facts: Facts | None = None
    detector: str = ""
    detect: Any = None
    every: float | None = None
    timeout: float | None = None
    by_name: bool = False
    """Whether its measurements are addressed to it by its name (`Probe.by_name`)."""
    unchanged: bool = False
    """Whether `table` is the check of the plan in force."""

    @property
    def name(self) -> str:
        return self.traits.name


class ChecksDraft(Mutable):
    """All flows and checks. `complete` is false when names may be missing because something could not be read."""

    flows: dict[str, FlowDraft] = field(default_factory=dict)
    checks: list[CheckDraft] = field(default_factory=list)
    locations: dict[str, Location] = field(default_factory=dict)
    """Those that are declared; a check may name others where none is."""
    complete: bool = True


def read_flows_and_checks(sources: SourceFiles, registry: Registry, context: Context) -> ChecksDraft:
    """Reads all that the files say, and reports every problem."""
    draft = ChecksDraft(complete=sources.complete)
    for source in sources.files:
        refuse_unknown(source, ChecksFile, context)
    flows = once((pair for source in sources.files for pair in named(source, "flow", context)), "flow")
    for name, entry in flows.items():
        if not re.match(NAME_PATTERN, name):
            entry.wrong((), f'"{name}" is no name', "write lower-case letters, digits, - and _")
        draft.flows[name] = FlowDraft(entry, validate(Flow, entry))
    places = once(
        (pair for source in sources.files for pair in named(source, "location", context)), "location"
    )
    draft.locations = {name: validate(Location, entry) or Location() for name, entry in places.items()}
    unchanged = [(table, check, source.name) for source in sources.files for table, check in source.unchanged]
    made = {check.name: check for _, check, _ in unchanged}
    reader = _Reader(registry, draft.flows, made.values())
    entries = [entry for source in sources.files for entry in listed(source, "check", context, _PLAIN)]
    # A check without a name gets a key that no name can be.
    written = [(entry.text("name") or f"\0{index}", entry) for index, entry in enumerate(entries)]
    for table, check, file in unchanged:
        label = f'check "{check.name}"'
        entry = Entry(file, table.lines, ("check", 0), label, table.raw, context.report)
        written.append((check.name, entry))
    unique = once(written, "check")
    draft.checks = [
        reader.read(entry) if name not in made else reader.again(entry, made[name])
        for name, entry in unique.items()
    ]
    if made:
        order = {source.name: index for index, source in enumerate(sources.files)}
        draft.checks.sort(key=lambda check: (order[check.entry.file], check.entry.line()))
    draft.complete &= all(check.name and check.traits.probe for check in draft.checks)
    return draft


class _Reader:
    """Reads checks one by one. Equal sets of facts are kept once, so that rules are compiled once for them."""

    def __init__(
        self, registry: Registry, flows: Mapping[str, FlowDraft], made: Iterable[Check] = ()
    ) -> None:
        self._registry = registry
        self._flows = flows
        self._pool: dict[frozenset[tuple[str, Any]], Facts] = {}
        self._pooled = {
            key: self._pool.setdefault(frozenset(facts.items()), facts)
            for key, facts in {id(check.facts): check.facts for check in made}.items()
        }
        """By the identity of what checks have that were made before."""
        self._plain: dict[tuple[type[Probe], str, bool, bool], Facts] = {}
        """The facts of checks that have what every check of their probe has."""
        self._alike: dict[tuple[type[Settings], bytes], Any] = {}
        """What was validated, by what was written: most checks differ in little but their names and targets."""

    def read(self, entry: Entry) -> CheckDraft:
        theirs = {key for key in entry.raw if key not in COMMON_KEYS}
        if not entry.text("probe"):
            # Without a probe nobody knows its keys; one that is nearly a common key is that, misspelt.
            free = COMMON_KEYS - set(entry.raw)
            theirs = {key for key in theirs if not did_you_mean(key, free).startswith("did you mean")}
        common = entry.having({key: value for key, value in entry.raw.items() if key not in theirs})
        own = entry.having({key: value for key, value in entry.raw.items() if key in theirs})
        table = self._common(common)
        traits, probe = self._traits(entry), self._probe(entry)
        if probe is None:
            return CheckDraft(entry, traits, table)
        detector, detect = self._detector(entry, probe)
        below = ("detect", DETECTORS[detector].Settings) if detector in DETECTORS else None
        settings = validate(probe.Settings, own, COMMON_KEYS, below)
        traits = replace(traits, detector=None if detector == "unknown" else detector or NO_DETECTOR)
        every = timeout = None
        if table is not None:
            every = table.every or parse_duration(probe.every)
            timeout = _timeout(table, probe, every, entry)
        right = settings is not None and not (detector and detect is None)
        facts = self._facts(entry, traits, settings, detector, probe) if right else None
        return CheckDraft(
            entry, traits, table, settings=settings, facts=facts, detector=detector, detect=detect,
            every=every, timeout=timeout, by_name=probe.by_name,
        )  # fmt: skip

    def again(self, entry: Entry, check: Check) -> CheckDraft:
        """What was made of this table when it was last read."""
        flows = (check.flow, *check.flows.values())
        traits = self._traits_of(check.name, check.probe, flows, check.labels, check.locations)
        return CheckDraft(
            entry, replace(traits, detector=check.detector or NO_DETECTOR), check, settings=check.settings,
            facts=self._pooled[id(check.facts)], detector=check.detector, detect=check.detect, every=check.every,
            timeout=check.timeout, by_name=self._registry.get(check.probe).by_name, unchanged=True,
        )  # fmt: skip

    def _common(self, entry: Entry) -> Check | None:
        """The keys of every check. What is as in another one but for its name is not validated again, and is kept once."""
        if not is_name(entry.raw.get("name")):
            return validate(Check, entry)
        table = self._once(Check, entry.having({**entry.raw, "name": "name"}))
        return table and table.model_copy(update={"name": entry.raw["name"]})

    def _once(self, model: type[Model], entry: Entry, known: tuple[str, ...] = ()) -> Model | None:
        """The same object for what is written alike; what is wrong is said of each."""
        if entry.unset or entry.filled:
            return validate(model, entry, known)
        key = model, to_json(entry.raw)
        if (found := self._alike.get(key)) is None and (found := validate(model, entry, known)) is not None:
            self._alike[key] = found
        return found

    def _traits(self, entry: Entry) -> Traits:
        several = entry.raw.get("flows")
        flows = [entry.text("flow"), *(several.values() if isinstance(several, dict) else ())]
        labels = entry.raw.get("labels")
        texts = {k: v for k, v in labels.items() if isinstance(v, str)} if isinstance(labels, dict) else {}
        places = entry.raw.get("locations")
        locations = tuple(filter(_is_text, places)) if isinstance(places, list) else ()
        return self._traits_of(entry.text("name"), entry.text("probe"), flows, texts, locations)

    def _traits_of(
        self, name: str, probe: str, flows: Iterable[Any], labels: Mapping[str, str], locations: tuple[str, ...]
    ) -> Traits:  # fmt: skip
        names = tuple(dict.fromkeys(flow for flow in flows if isinstance(flow, str) and flow))
        found = [self._flows[name].table if name in self._flows else None for name in names]
        tiers = tuple(table.tier.value if table else None for table in found)
        return Traits(name, probe, names, tiers, labels, locations=locations)

    def _probe(self, entry: Entry) -> type[Probe] | None:
        kind = entry.text("probe")
        try:
            return self._registry.get(kind) if kind else None
        except KeyError:
            hint = did_you_mean(kind, self._registry.kinds(), "probes", 30)
            # Where a site's own file failed, an unknown kind may be the one that it defines.
            if not self._registry.problems or hint.startswith("did you mean"):
                entry.wrong(("probe",), f'there is no probe "{kind}"', hint)
        except ImportError as error:
            what = f'the probe "{kind}" cannot be used here: {error}'
            entry.wrong(("probe",), what, f"install it beside watchtower, such as with: {install('all')}")
        return None

    def _detector(self, entry: Entry, probe: type[Probe]) -> tuple[str, Any]:
        """Returns the detector's kind ("" for none) and its settings; these are None where they are wrong."""
        written = entry.raw.get("detect")
        if written is not None and not isinstance(written, dict):
            return probe.detector, None  # reported with the check's own keys
        keys = dict(written or {})
        kind = keys.pop("kind", probe.detector)
        choice = f"detectors: {', '.join(sorted(DETECTORS))} or {NO_DETECTOR}"
        if kind == NO_DETECTOR or (kind == "" and written is None):
            if keys:
                entry.wrong(("detect",), f'"{NO_DETECTOR}" has no settings', "take the other keys out")
            return "", None
        if kind == "":
            entry.wrong(
                ("detect",), f'"kind" is missing: the probe {probe.kind} has no detector of its own', choice
            )
            return "", None
        if not isinstance(kind, str) or kind not in DETECTORS:
            entry.wrong(
                ("detect", "kind"),
                f'there is no detector "{kind}"',
                did_you_mean(str(kind), DETECTORS) or choice,
            )
            return "unknown", None
        inner = replace(entry, raw={"detect": {}}).inner("detect", label=f"{entry.label}: detect")
        settings = self._once(
            DETECTORS[kind].Settings, replace(inner, raw=keys, unset=frozenset()), ("kind",)
        )
        for key in ("measurement", "part", "whole"):
            measured = getattr(settings, key, None)
            if measured is not None and not hasattr(probe, "facts_for") and measured not in probe.facts:
                at = ("detect", key) if key in keys else ("detect",) if keys else ("probe",)
                hint = did_you_mean(measured, probe.facts, f"measurements of probe {probe.kind}")
                entry.wrong(at, f'the detector {kind} needs the measurement "{measured}"', hint)
        return kind, with_holidays(settings, entry)

    def _facts(
        self, entry: Entry, traits: Traits, settings: Any, detector: str, probe: type[Probe]
    ) -> Facts | None:
        declared: Facts = probe.facts
        facts_for = getattr(probe, "facts_for", None)
        if facts_for is not None:
            try:
                declared = facts_for(settings)
            except Exception as error:  # noqa: BLE001 - a site's own code may raise anything
                entry.wrong(
                    (), f"the probe {probe.kind} cannot say what it measures: {type(error).__name__}: {error}"
                )
                return None
        flows = [self._flows[name] for name in traits.flows if name in self._flows]
        outside = any("outside" in flow.entry.raw for flow in flows)
        key = (probe, detector, outside, bool(traits.locations))
        plain = declared == probe.facts
        if plain and key in self._plain:
            return self._plain[key]
        facts = {
            **BASE_FACTS,
            **declared,
            **(DETECTORS[detector].facts if detector else {}),
            **(REACH_FACTS if outside else {}),
            **(LOCATION_FACTS if traits.locations else {}),
        }
        pooled = self._pool.setdefault(frozenset(facts.items()), facts)
        if plain:
            self._plain[key] = pooled
        return pooled


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _timeout(table: Check, probe: type[Probe], every: float, entry: Entry) -> float:
    if "timeout" not in vars(table):
        own = parse_duration(probe.timeout)
        return own if own < every else every * _SHARE
    if table.timeout >= every:
        default = "" if table.every else f" (every is {probe.every}, the default of probe {probe.kind})"
        entry.wrong(
            ("timeout",),
            f"{entry.raw['timeout']} is not below every{default}",
            "a run must end before the next begins",
        )
    return table.timeout

"""Problems between tables that are each valid."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from typing import Any

from watchtower.channels import channel_class, kinds, problem_of_address
from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.paging import policy, reaches
from watchtower.config.people_checks import check_kind, check_roles, reachable
from watchtower.config.problems import Entry, did_you_mean
from watchtower.config.rule_drafts import Draft, RulesDraft
from watchtower.config.rule_programs import Compiled
from watchtower.config.schedules import zone_at
from watchtower.config.sops_tables import shipped_names
from watchtower.core.notify.channel_choice import kind_of, prefix_of, rank_of
from watchtower.core.plan.no_data import NoDataPolicy
from watchtower.core.plan.rules import Rule
from watchtower.fields import Settings, format_duration
from watchtower.model import ChannelName, Severity


def check_flows(draft: ChecksDraft) -> None:
    """A check's flows must be declared."""
    for check in draft.checks:
        if draft.flows.keys() >= set(check.traits.flows):
            continue
        written = check.entry.raw.get("flows")
        several = written.items() if isinstance(written, dict) else ()
        named: list[tuple[tuple[str, ...], Any]] = [(("flow",), check.entry.text("flow"))]
        named += [(("flows", series), flow) for series, flow in several]
        for path, flow in named:
            if isinstance(flow, str) and flow and draft.complete:
                check.entry.look_up(path, "flow", flow, draft.flows, otherwise=f"declare it: [flow.{flow}]")


def check_series(draft: ChecksDraft) -> None:
    """Reports what is measured twice for one flow: every loss would count twice."""
    seen: dict[Hashable, CheckDraft] = {}
    for check in draft.checks:
        if check.table is None or check.settings is None:
            continue
        flows = check.table.flows or ({"": check.table.flow} if check.table.flow else {})
        own = check.name if check.by_name else ""
        measured = identity(check.settings) if flows else None
        for series, flow in flows.items():
            key = (check.traits.probe, own, measured, series, flow)
            first = seen.setdefault(key, check)
            if first is not check:
                path = ("flows", series) if series else ("flow",)
                what = f'measures the same{f" series {series!r}" if series else ""} for flow "{flow}" as check "{first.name}"'
                check.entry.wrong(
                    path, what, f"it is at {first.entry.place}; keep one, or its losses count twice"
                )


def stand_in_channels(draft: RulesDraft) -> None:
    """Makes up a channel for every address. It is for a replay, where nothing is sent."""
    for responder in draft.responders:
        for channel in kinds():
            if channel in responder.entry.raw:
                draft.channels.setdefault(channel, None)


def check_responders(draft: RulesDraft) -> None:
    """Reports people whom no configured channel reaches, and zones that do not exist."""
    for responder in draft.responders:
        entry = responder.entry
        addresses = [channel for channel in kinds() if channel in entry.raw]
        if not addresses:
            entry.wrong((), "has no address", f"write one of {', '.join(kinds())}")
        for channel in addresses:
            if channel not in draft.channels and draft.complete:
                hint = f"add [channel.{channel}] with its settings, or take the address out"
                entry.wrong((channel,), f"the channel {channel} is not configured", hint)
            address = entry.text(channel)
            wrong = (
                problem_of_address(channel, address) if address and (channel,) not in entry.unset else None
            )
            traits = channel_class(channel).traits
            # A robot's URL is all that is needed to write to its group; that of a webhook is a program's.
            secret = traits.secret or ("://" in address and not traits.machine)
            if secret and address and (channel,) not in entry.filled | entry.unset:
                hint = f'write {channel} = "${{NAME}}", and give it by that variable of the environment'
                entry.wrong((channel,), "a secret does not belong in a file", hint)
            elif wrong:
                entry.wrong((channel,), f'"{"***" if secret else address}" {wrong}')
            elif address and (channel,) not in entry.unset and draft.complete:
                _check_served(draft, entry, channel, "***" if secret else address, address)
        for index, name in enumerate(responder.table.channels if responder.table else ()):
            there = not draft.complete or entry.look_up(
                ("channels", index), "channel", name, draft.channel_drafts
            )
            if there and name in draft.channel_drafts and kind_of(name) not in addresses:
                entry.wrong(("channels", index), f"{name} needs an address", f"add {kind_of(name)}")
        zone_at(entry, ("zone",), entry.text("zone") or "UTC")


def _check_served(draft: RulesDraft, entry: Entry, kind: ChannelName, shown: str, address: str) -> None:
    """Reports an address that no channel of its kind serves, and a channel that a responder names and that does not serve it.
    Which channel goes first must be said."""
    tables = {n: d.table for n, d in draft.channel_drafts.items() if kind_of(n) == kind and d.table}
    given = [name for name in entry.raw.get("channels", ()) if name in tables]
    refusing = [name for name in given or tables if prefix_of(tables[name], address) is None]
    if refusing and (given or len(refusing) == len(tables)):
        serving = {name: getattr(tables[name], "numbers", ()) for name in refusing}
        only = "; ".join(
            f"{name} serves {', '.join(numbers)}" for name, numbers in serving.items() if numbers
        )
        hint = (
            "add its beginning to numbers" if only else "add a channel whose provider takes such an address"
        )
        entry.wrong((kind,), f'no channel takes "{shown}"' + (f": {only}" if only else ""), hint)
    if not given:
        _check_order(draft, {n: p for n, t in tables.items() if (p := prefix_of(t, address)) is not None})


def _check_order(draft: RulesDraft, fits: Mapping[str, str]) -> None:
    """Reports two channels that serve an address equally: the order of tables means nothing in TOML."""
    first: dict[tuple[int, int], str] = {}
    for name, prefix in fits.items():
        one = draft.channel_drafts[name]
        other = first.setdefault(rank_of(one.table, prefix), name)
        if other != name:
            what = f"{other} and {name} serve {prefix or 'any address'} equally, and nothing says which is tried first"
            hint = "write order = 1 in the one that goes last, or name both in the responder's channels"
            one.entry.wrong(("order",), what, hint)


def check_rules(pairs: Sequence[tuple[Draft[Rule], Compiled]], draft: RulesDraft) -> None:
    """Reports SOPs that do not exist, and a `for` that is shorter than the time between two runs."""
    for rule, compiled in pairs:
        sop = rule.entry.text("sop")
        if sop and sop not in draft.sops and sop not in (ours := shipped_names()) and draft.complete:
            hint = did_you_mean(sop, draft.sops, "procedures")
            if not hint.startswith("did you mean"):
                hint = did_you_mean(sop, ours) or hint or f"write it: [sop.{sop}]"
            rule.entry.wrong(("sop",), f'there is no procedure "{sop}"', hint)
        slowest = max(compiled.matched, key=lambda check: check.every or 0.0, default=None)
        if rule.table and slowest and 0 < rule.table.for_ < (slowest.every or 0.0):
            every = format_duration(slowest.every or 0.0)
            what = f'{rule.entry.raw["for"]} is shorter than the {every} between two runs of check "{slowest.name}"'
            rule.entry.wrong(("for",), what, f'write "{every}" or more, or "0s" to fire at once')


def check_paging(draft: RulesDraft) -> None:
    """Reports roles without people, channels that are not there, and severities that are used and page nobody."""
    people = reachable(draft)
    roles = {role for person in people for role in person.roles}
    sound = draft.complete
    for paging in draft.paging.values():
        if sound:
            check_roles(paging.entry, ("roles",), paging.table.roles or () if paging.table else (), roles)
        for index, channel in enumerate(paging.table.channels if paging.table else ()):
            check_kind(draft, paging.entry, ("channels", index), channel)
    if not sound:
        return
    uses = [(severity, entry, path) for entry, path, severity in _uses(draft)]
    if not draft.responders:
        if uses:
            _, entry, path = uses[0]
            what = "nobody would be paged: there is no [[responder]]"
            entry.wrong(path, what, 'add one: [[responder]] with name, role = "oncall" and an address')
        return
    told: set[Severity] = set()
    for severity, entry, path in uses:
        table = draft.paging.get(severity)
        if severity in told or (table is not None and (table.table is None or _has_fault(table.entry))):
            continue
        made = policy(severity, table.table if table else None, draft.channels, people)
        if not reaches(made, people) and not _has_fault(*(one.entry for one in draft.responders)):
            told.add(severity)
            channels = ", ".join(made.channels) or "no channel"
            what = f"nobody would be paged at {severity}: no responder of role {', '.join(made.roles)} has {channels}"
            entry.wrong(path, what, f"see [paging.{severity}], or give a responder an address there")


def _uses(draft: RulesDraft) -> list[tuple[Entry, tuple[str, ...], Severity]]:
    found: list[tuple[Entry, tuple[str, ...], Severity]] = []
    for rule in draft.rules:
        found += [(rule.entry, ("severity",), level) for level in (rule.table.levels if rule.table else ())]
    no_data = draft.no_data.table if draft.no_data else NoDataPolicy()
    place = draft.no_data.entry if draft.no_data else draft.rules[0].entry if draft.rules else None
    if no_data is not None and place is not None:
        found += [
            (place, ("severity",), no_data.severity),
            (place, ("severity_many",), no_data.severity_many),
        ]
    return found


def _has_fault(*entries: Entry) -> bool:
    """Returns whether something was reported in one of these tables already."""
    return any(
        problem.file == entry.file
        and (problem.where == entry.label or problem.where.startswith(f"{entry.label}:"))
        for entry in entries
        for problem in entry.report.problems
    )


def identity(value: Any) -> Hashable:
    """Returns a text that is equal for settings that are equal in every value. Values that are never shown (a URL, a secret)
    count too."""
    match value:
        case Settings():
            values = {name: getattr(value, name) for name in type(value).declared_fields}
            return type(value).__name__, identity(values)
        case Mapping():
            return frozenset((key, identity(one)) for key, one in value.items())
        case list() | tuple():
            return tuple(identity(one) for one in value)
        case Set():
            return frozenset(identity(one) for one in value)
        case Hashable():
            return value
        case _:
            return repr(value)

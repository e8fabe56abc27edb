"""Reading `rules.toml` and what it includes: each table judged by itself; a wrong one still has its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from watchtower.channels import channel_class, kinds, providers
from watchtower.config import rules_file
from watchtower.config.compliance_tables import ComplianceDraft, read_packs
from watchtower.config.degrade_tables import DEGRADE_PLAIN, DegradeTable
from watchtower.config.entries import Context, listed, named, once, refuse_unknown, single
from watchtower.config.maintenance_windows import written_out
from watchtower.config.plain_words import keys_of, validate
from watchtower.config.problems import Entry
from watchtower.config.review_template import with_template
from watchtower.config.secrets import secret_keys
from watchtower.config.sources import SourceFiles
from watchtower.config.target_tables import read_hours
from watchtower.core.oncall.schedule import Schedule
from watchtower.core.plan.calendar import WorkCalendar
from watchtower.core.plan.drills import Drill
from watchtower.core.plan.no_data import NoDataPolicy
from watchtower.core.plan.packs import Compliance
from watchtower.core.plan.paging import PagingPolicy, Responder
from watchtower.core.plan.roles import Role
from watchtower.core.plan.rules import Rule
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.plan.sops import Sop
from watchtower.core.plan.targets import Targets
from watchtower.fields import Settings
from watchtower.model import ChannelName, Severity
from watchtower.values import Frozen, Mutable, field

Table = TypeVar("Table", bound=Settings)

_CHANNEL_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_RESPONDER_PLAIN = frozenset({"name", "role", "language", "zone", "channels"})


class Draft(Frozen, Generic[Table]):
    """One table as far as it could be read; `table` is None where it is wrong."""

    entry: Entry
    table: Table | None


class RulesDraft(Mutable):
    """Everything in the rules files. `complete` is false when names may be missing."""

    product: rules_file.ProductTable | None = None
    rules: list[Draft[Rule]] = field(default_factory=list)
    sops: dict[str, Draft[Sop]] = field(default_factory=dict)
    degrade: dict[str, Draft[DegradeTable]] = field(default_factory=dict)
    proofs: Mapping[str, Any] = field(default_factory=dict)
    """The compiled `verify.when` of each degradation plan (`check_degrade` makes them)."""
    drills: dict[str, Draft[Drill]] = field(default_factory=dict)
    responders: list[Draft[Responder]] = field(default_factory=list)
    roles: dict[str, Draft[Role]] = field(default_factory=dict)
    schedules: dict[str, Draft[Schedule]] = field(default_factory=dict)
    made_schedules: dict[str, Schedule] = field(default_factory=dict)
    """The schedules that are right (`check_people` makes them)."""
    paging: dict[Severity, Draft[PagingPolicy]] = field(default_factory=dict)
    targets: Draft[Targets] | None = None
    work_hours: WorkCalendar | None = None
    compliance: ComplianceDraft | None = None
    policies: dict[str, Draft[Any]] = field(default_factory=dict)
    """The tables of `POLICIES` that are written."""
    lists: dict[str, list[Draft[Any]]] = field(default_factory=dict)
    """Those of `LISTS`."""
    lint: Draft[rules_file.LintTable] | None = None
    channels: dict[ChannelName, Any] = field(default_factory=dict)
    """Of each kind that is configured the settings of its first channel, None where they are wrong."""
    channel_drafts: dict[str, Draft[Any]] = field(default_factory=dict)
    """Each configured channel by name, as "sms" or "sms.cn"."""
    complete: bool = True

    @property
    def severity(self) -> Draft[SeverityPolicy] | None:
        return self.policies.get("severity")

    @property
    def no_data(self) -> Draft[NoDataPolicy] | None:
        return self.policies.get("no_data")


def read_rules_and_people(sources: SourceFiles, context: Context) -> RulesDraft:
    """Reads all that the files say, and reports every problem."""
    draft = RulesDraft(complete=sources.complete)
    for source in sources.files:
        refuse_unknown(source, rules_file.RulesFile, context)

    def numbered(key: str, plain: frozenset[str] | None = None) -> dict[str, Entry]:
        entries = [entry for source in sources.files for entry in listed(source, key, context, plain)]
        return once(((entry.text("name") or f"\0{index}", entry) for index, entry in enumerate(entries)), key)

    def by_name(key: str, plain: frozenset[str] | None = None) -> dict[str, Entry]:
        return once(
            (pair for source in sources.files for pair in named(source, key, context, plain)), "table"
        )

    def only(key: str, plain: frozenset[str] | None = None) -> Entry | None:
        found = [(key, entry) for source in sources.files if (entry := single(source, key, context, plain))]
        return once(found, "table").get(key)

    def tables(model: type[Table], entries: Mapping[str, Entry]) -> dict[str, Draft[Table]]:
        return {name: Draft(entry, validate(model, entry)) for name, entry in entries.items()}

    for rule in tables(Rule, numbered("rule")).values():
        made = rule.table and rule.table.model_copy(update={"matrix": rule.table.severity == "matrix"})
        draft.rules.append(Draft(rule.entry, made))
    draft.responders = list(
        tables(rules_file.ResponderTable, numbered("responder", _RESPONDER_PLAIN)).values()
    )
    draft.degrade = tables(DegradeTable, by_name("degrade", DEGRADE_PLAIN))
    draft.drills = tables(Drill, by_name("drill"))
    draft.sops = tables(Sop, by_name("sop"))
    draft.roles = tables(Role, by_name("role"))
    draft.schedules = tables(Schedule, by_name("schedule"))
    for name, entry in by_name("paging").items():
        if entry.look_up((), "severity", name, Severity.__members__):
            draft.paging[Severity(name)] = Draft(entry, validate(PagingPolicy, entry))
    for name, entry in by_name("channel", frozenset()).items():
        if entry.look_up((), "channel", name, kinds()):
            _read_channels(draft, ChannelName(name), entry)
    if (product := only("product")) is not None:
        draft.product = validate(rules_file.ProductTable, product)
    if (targets := only("targets")) is not None:
        draft.targets = Draft(targets, validate(Targets, targets))
    if (hours := only("work_hours")) is not None:
        table = validate(WorkCalendar, hours)
        draft.work_hours = read_hours(table, hours) if table is not None else None
    if (compliance := only("compliance")) is not None:
        draft.compliance = ComplianceDraft(compliance, validate(Compliance, compliance))
        read_packs(draft.compliance, sources.watch)
    for key, model in rules_file.POLICIES.items():
        if (policy := only(key, frozenset() if secret_keys(model) else None)) is not None:
            draft.policies[key] = Draft(policy, validate(model, policy))
    if (review := draft.policies.get("review")) is not None and review.table is not None:
        draft.policies["review"] = Draft(
            review.entry, with_template(review.entry, review.table, sources.watch)
        )
    for key, model in rules_file.LISTS.items():
        draft.lists[key] = list(tables(model, numbered(key)).values())
    windows = draft.lists["maintenance"]
    draft.lists["maintenance"] = [Draft(one.entry, written_out(one.table, one.entry)) for one in windows]
    if (lint := only("lint")) is not None:
        draft.lint = Draft(lint, validate(rules_file.LintTable, lint))
    return draft


def _read_channels(draft: RulesDraft, kind: ChannelName, entry: Entry) -> None:
    """Reads `[channel.KIND]`, or each `[channel.KIND.NAME]`."""
    usual = getattr(channel_class(kind), "Settings", None)
    known = keys_of(usual) if usual else {"provider"}
    many = entry.raw and all(isinstance(value, dict) and key not in known for key, value in entry.raw.items())
    for name in entry.raw if many else [""]:
        one = entry.inner(name, label=f"{entry.label}.{name}") if name else entry
        if name and not _CHANNEL_NAME.fullmatch(name):
            one.wrong((), f'"{name}" is no name for a channel', 'write letters, digits, - or _, as "cn"')
        model = _channel_settings(kind, one)
        table = validate(model, one) if model else None
        draft.channel_drafts[f"{kind}.{name}" if name else str(kind)] = Draft(one, table)
        draft.channels.setdefault(kind, table)


def _channel_settings(kind: ChannelName, entry: Entry) -> type[Settings] | None:
    """Returns the settings of the provider that the table names; None where none can be told."""
    provider, known = entry.text("provider"), providers(kind)
    if known == ("",) or (not provider and "provider" in entry.raw):
        provider = ""
    elif provider:
        if not entry.look_up(("provider",), "provider", provider, known):
            return None
    elif not hasattr(channel_class(kind), "Settings"):
        entry.wrong((), '"provider" is missing', f"write one of {', '.join(known)}")
        return None
    model: type[Settings] | None = getattr(channel_class(kind, provider), "Settings", None)
    return model

"""Problems of roles and schedules, and the policy that they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from watchtower.channels import kinds
from watchtower.config.calendars import is_url
from watchtower.config.lines import Loc
from watchtower.config.paging import Reachable, policy
from watchtower.config.problems import Entry, did_you_mean
from watchtower.config.rule_drafts import RulesDraft
from watchtower.config.schedules import schedule_of
from watchtower.core.oncall.schedule import Schedule, gaps
from watchtower.core.people.assignment import BACKUP
from watchtower.core.plan.roles import NEXT, PeoplePolicy, Role
from watchtower.model import Language, Severity
from watchtower.texts.units import duration_words

_DAYS = 28 * 86400.0
"""A schedule is searched for gaps so far ahead."""


def check_people(draft: RulesDraft) -> None:
    """Makes the schedules. Reports roles that nobody fills, and schedules of people that do not exist."""
    people = {one.entry.text("name") for one in draft.responders}
    if not draft.complete:
        return
    for name, schedule in draft.schedules.items():
        if schedule.table and (made := schedule_of(name, schedule.table, schedule.entry, people)):
            draft.made_schedules[name] = made
    for role in draft.roles.values():
        if role.table:
            _check_role(role.table, role.entry, draft, people)
    _check_steps(draft)


def _check_role(table: Role, entry: Entry, draft: RulesDraft, people: set[str]) -> None:
    if not table.primary and not table.schedule:
        entry.wrong((), "nobody fills this role", "write primary, or schedule")
    if table.primary and table.schedule:
        entry.wrong(("schedule",), "both primary and schedule say who fills this role", "keep one of them")
    if table.schedule:
        hint = f"write it: [schedule.{table.schedule}]"
        entry.look_up(("schedule",), "schedule", table.schedule, draft.schedules, otherwise=hint)
    for key, names in (("primary", table.primary), ("backup", table.backup)):
        for index, who in enumerate(names):
            path = (key,) if isinstance(entry.raw.get(key), str) else (key, index)
            if (key, who) == ("backup", NEXT) and who not in people:
                if not table.schedule:
                    entry.wrong(
                        path,
                        f'"{NEXT}" needs a schedule, which says who is next',
                        "write schedule, or name somebody",
                    )
            else:
                entry.look_up(path, "responder", who, people)


def _check_steps(draft: RulesDraft) -> None:
    """Reports steps of escalation that are out of order, and those that ask or inform nobody."""
    filled = {role for person in reachable(draft) for role in person.roles}
    for paging in draft.paging.values():
        table, entry = paging.table, paging.entry
        before = 0.0
        for index, one in enumerate(table.escalate if table else ()):
            if one.after <= before:
                what = "the step comes no later than the one before it"
                entry.wrong(
                    ("escalate", index, "after"),
                    what,
                    "every time counts from the first page: write a longer one",
                )
            before = one.after
            check_roles(entry, ("escalate", index, "roles"), one.roles, filled)
            for number, channel in enumerate(one.channels):
                check_kind(draft, entry, ("escalate", index, "channels", number), channel)
        for key in ("inform_urgently", "inform"):
            check_roles(entry, (key,), getattr(table, key, None) or (), filled)


def check_kind(draft: RulesDraft, entry: Entry, path: Loc, kind: str) -> None:
    """Reports a kind of channel that does not exist, or of which none is configured."""
    if kind not in kinds():
        entry.wrong(path, f'"{kind}" is not one of {", ".join(kinds())}', did_you_mean(kind, kinds()))
    elif kind not in draft.channels and draft.complete:
        hint = f"add [channel.{kind}], or take it out here"
        entry.wrong(path, f"the channel {kind} is not configured", hint)


def check_roles(entry: Entry, path: Loc, roles: Iterable[str], filled: set[str]) -> None:
    """Reports roles that nobody has."""
    for index, role in enumerate(roles):
        if role not in filled:
            hint = did_you_mean(role, filled, "roles that people have")
            entry.wrong((*path, index), f'nobody has the role "{role}"', hint)


def reachable(draft: RulesDraft) -> list[Reachable]:
    """Returns everybody. Those whose entry has another fault count too, so that one fault does not make more."""
    fills = _fills(draft)
    out = []
    for one in draft.responders:
        name, role = one.entry.text("name"), one.entry.text("role") or "oncall"
        roles = {of for of, names in fills.items() if name in names}
        if role not in draft.roles:
            roles.add(role)
        channels = frozenset(c for c in kinds() if c in one.entry.raw and c in draft.channels)
        out.append(Reachable(name, role, channels, frozenset(roles), bool(draft.roles)))
    return out


def _fills(draft: RulesDraft) -> dict[str, set[str]]:
    """Returns who may fill each role that has a table."""
    out: dict[str, set[str]] = {}
    for role, one in draft.roles.items():
        if one.table is None:
            everybody = {responder.entry.text("name") for responder in draft.responders}
            out[role] = everybody
            out.setdefault(BACKUP, set()).update(everybody)  # one fault should not make more
            continue
        schedule = draft.made_schedules.get(one.table.schedule)
        turns = schedule.people if schedule else ()
        behind = one.table.backup
        out[role] = {*one.table.primary, *turns}
        out.setdefault(BACKUP, set()).update(turns if behind == (NEXT,) else behind)
    return out


def people_policy(draft: RulesDraft) -> PeoplePolicy:
    """Call this only when no problem was reported."""
    made = {
        name: one.table.model_copy(update={"name": name}) for name, one in draft.roles.items() if one.table
    }
    return PeoplePolicy(made, draft.made_schedules)


def calendars(draft: RulesDraft) -> list[Path]:
    """Returns the iCalendar files that schedules and maintenance windows are read from."""
    return [
        Path(one.entry.file).parent / one.table.ical
        for one in (*draft.schedules.values(), *draft.lists["maintenance"])
        if one.table and one.table.ical and not is_url(one.table.ical)
    ]


def warn(draft: RulesDraft) -> None:
    """Warns of what is valid and yet leaves nobody on call. Call this only when no problem was reported."""
    used = {one.table.schedule for one in draft.roles.values() if one.table}
    behind = {one.table.schedule for one in draft.roles.values() if one.table and one.table.backup}
    for name, schedule in draft.made_schedules.items():
        entry = draft.schedules[name].entry
        if name not in used:
            entry.doubtful(
                "unused-schedule",
                (),
                "no role is filled by this schedule",
                f'write [role.oncall] schedule = "{name}"',
            )
        elif name not in behind:
            _warn_of_gap(schedule, entry)
    for one in draft.responders:
        role = one.entry.raw.get("role")
        if (
            isinstance(role, str)
            and role in draft.roles
            and one.entry.text("name") not in _fills(draft)[role]
        ):
            what = f"[role.{role}] says who fills it, and this is not among them"
            one.entry.doubtful(
                "shadowed-role", ("role",), what, f"take it out here, or name them in [role.{role}]"
            )
    people = reachable(draft)
    for severity, paging in draft.paging.items():
        _warn_of_acks(severity, draft, paging.entry, people)


def _warn_of_gap(schedule: Schedule, entry: Entry) -> None:
    now = datetime.now(UTC).timestamp()
    found = gaps(schedule, now, now + _DAYS)
    if not found:
        return
    share = sum(gap.end - gap.begin for gap in found)
    first = f"{datetime.fromtimestamp(found[0].begin, schedule.zone):%a %Y-%m-%d %H:%M}"
    what = f"nobody is on call for {duration_words(share, Language.EN)} of the next 28 days, first on {first}"
    entry.doubtful(
        "schedule-gap", (), what, "add a [[schedule.NAME.layer]] for these hours, or give the role a backup"
    )


def _warn_of_acks(severity: Severity, draft: RulesDraft, entry: Entry, people: Sequence[Reachable]) -> None:
    paging = draft.paging[severity].table
    made = policy(severity, paging, draft.channels, people)
    asked = {*made.roles, *(role for step in made.escalate for role in step.roles)}
    could = {person.name for person in people if person.roles & asked}
    if made.acks > len(could):
        what = f"{made.acks} people must acknowledge, and {len(could)} can be asked"
        entry.doubtful(
            "few-to-acknowledge",
            ("acks",),
            what,
            "give more people the role, or ask for fewer acknowledgements",
        )

"""The slice of people in an incident's history: who fills which role, who acknowledged, how far it was escalated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from watchtower.core.entry import LogEntry
from watchtower.model import Instant


@dataclass(frozen=True, slots=True)
class People:
    """`roles` are those that somebody took or was given here; others are filled as the configuration says.

    `acks` are acknowledgements in force where a level wants several or lets them expire, by person. `since` is when
    this round of paging began (None: when the incident opened), `steps` how many steps of escalation it has taken,
    `level` the level that it was taken at. `asked` are the roles that were escalated to, `unfilled` those that the
    level wants and nobody fills. `called` are those whom the last step of escalation called, at `called_at`. `rungs`
    is when people were last told of an alert that joined, by fingerprint.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    present: tuple[str, ...] = ()
    acks: Mapping[str, Instant] = field(default_factory=dict)
    expired: int = 0
    since: Instant | None = None
    steps: int = 0
    asked: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    called_at: Instant = 0.0
    unfilled: tuple[str, ...] = ()
    rungs: Mapping[str, Instant] = field(default_factory=dict)
    updated_at: Instant | None = None
    """When people were last told of alerts that joined."""
    untold: int = 0
    """Alerts that have joined since."""

    def after(self, entry: LogEntry) -> People:
        """This slice of the history with one more entry of its own kind."""
        data, who = entry.data, _text(entry.data, "who") or entry.by
        match entry.kind:
            case "reopened" | "next_warning" if self.acks and "alert" not in data and "page" not in data:
                return replace(self, acks={})  # An acknowledgement was of what was before.
            case "people.filled":
                role = _text(data, "role")
                left = tuple(one for one in self.unfilled if one != role)
                return replace(self._joined(who), roles={**self.roles, role: who}, unfilled=left)
            case "people.vacated":
                return replace(
                    self, roles={r: one for r, one in self.roles.items() if r != _text(data, "role")}
                )
            case "people.joined":
                return self._joined(who)
            case "people.left":
                kept = {role: one for role, one in self.roles.items() if one != who}
                return replace(self, present=tuple(one for one in self.present if one != who), roles=kept)
            case "people.acknowledged":
                return replace(self, acks={**self.acks, who: entry.at})
            case "people.ack_expired":
                return replace(self, acks={}, expired=self.expired + 1, since=entry.at, steps=0)
            case "people.round":
                return replace(self, since=_number(data, "since", entry.at), steps=0)
            case "people.clock":
                by = _number(data, "by_seconds", 0.0)
                acks = {one: at + by for one, at in self.acks.items()}
                return replace(self, since=_number(data, "since", entry.at), acks=acks)
            case "people.escalated":
                roles = _texts(data, "roles")
                asked = tuple(dict.fromkeys((*self.asked, *roles)))
                taken = int(_number(data, "step", self.steps + 1))
                return replace(self, steps=taken, asked=asked, called=_texts(data, "who"), called_at=entry.at)
            case "people.unfilled":
                return replace(self, unfilled=_texts(data, "roles"))
            case "people.rung":
                return replace(self, rungs={**self.rungs, _text(data, "alert"): entry.at})
            case "people.more":
                return replace(self, untold=self.untold + 1)
            case "people.updated":
                return replace(self, updated_at=entry.at, untold=0)
        return self

    def _joined(self, who: str) -> People:
        return self if who in self.present else replace(self, present=(*self.present, who))


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = data.get(name, ())
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, (list, tuple)) else ()


def _number(data: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = data.get(name)
    return (
        float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else float(otherwise)
    )

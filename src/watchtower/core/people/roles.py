"""The slice of people in an incident's history: who fills which role, who acknowledged, how far it was escalated."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.core.people import kinds
from watchtower.model import Instant
from watchtower.values import Frozen, field, replace


class People(Frozen):
    """`roles` are those that somebody took or was given here; others are filled as the configuration says.

    `acks` are acknowledgements in force where a level wants several or lets them expire, by person. `since` is when
    this round of paging began (None: when the incident opened), `steps` how many steps of escalation it has taken,
    `level` the level that it was taken at. `asked` are the roles that were escalated to, `unfilled` those that the
    level wants and nobody fills. `called` are those whom the last step of escalation called, at `called_at`. `next_warnings`
    is when people were last paged for an alert that is the next warning, by its fingerprint.
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
    next_warnings: Mapping[str, Instant] = field(default_factory=dict)
    updated_at: Instant | None = None
    """When people were last notified of alerts that joined."""
    not_notified: int = 0
    """Alerts that have joined since."""
    subscribers: tuple[str, ...] = ()
    """Stakeholders who get its status updates."""
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The other incidents of which pages about this one told each person."""

    def after(self, entry: LogEntry) -> People:
        """This slice of the history with one more entry."""
        if entry.kind in ("reopened", "next_warning"):
            forgets = self.acks and "alert" not in entry.data and "page" not in entry.data
            return replace(self, acks={}) if forgets else self  # An acknowledgement was of what was before.
        match read(entry, kinds.KINDS):
            case kinds.RoleFilled(role=role, who=who):
                left = tuple(one for one in self.unfilled if one != role)
                return replace(self._joined(who), roles={**self.roles, role: who}, unfilled=left)
            case kinds.RoleVacated(role=role):
                return replace(self, roles={r: one for r, one in self.roles.items() if r != role})
            case kinds.PersonJoined(who=who):
                return self._joined(who)
            case kinds.PersonLeft(who=who):
                kept = {role: one for role, one in self.roles.items() if one != who}
                return replace(self, present=tuple(one for one in self.present if one != who), roles=kept)
            case kinds.AckCounted(who=who):
                return replace(self, acks={**self.acks, who: entry.at})
            case kinds.AckExpired():
                return replace(self, acks={}, expired=self.expired + 1, since=entry.at, steps=0)
            case kinds.RoundBegan(since=since):
                return replace(self, since=since, steps=0)
            case kinds.RoundShifted(since=since, by_seconds=by):
                return replace(self, since=since, acks={one: at + by for one, at in self.acks.items()})
            case kinds.Escalated(step=taken, roles=roles, who=called):
                asked = tuple(dict.fromkeys((*self.asked, *roles)))
                return replace(self, steps=taken, asked=asked, called=tuple(called), called_at=entry.at)
            case kinds.RolesUnfilled(roles=roles):
                return replace(self, unfilled=tuple(roles))
            case kinds.WarningPaged(alert=alert):
                return replace(self, next_warnings={**self.next_warnings, alert: entry.at})
            case kinds.AlertsJoined():
                return replace(self, not_notified=self.not_notified + 1)
            case kinds.NotifiedTogether(who=who, incidents=incidents):
                known = dict.fromkeys((*self.together.get(who, ()), *incidents))
                return replace(self, together={**self.together, who: tuple(known)})
            case kinds.Subscribed(who=who):
                return replace(self, subscribers=tuple(dict.fromkeys((*self.subscribers, who))))
            case kinds.Unsubscribed(who=who):
                return replace(self, subscribers=tuple(one for one in self.subscribers if one != who))
            case kinds.AlertsNotified():
                return replace(self, updated_at=entry.at, not_notified=0)
        return self

    def _joined(self, who: str) -> People:
        return self if who in self.present else replace(self, present=(*self.present, who))

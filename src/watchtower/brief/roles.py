"""Who fills which role, which are wanted, and whether word got through."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.brief.sections import Line, Section, Tone
from watchtower.channels import channel_title
from watchtower.core.people.assignment import BACKUP, fillers, reached_by
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.scene import Scene
from watchtower.model import Severity, Text
from watchtower.texts.phrases import Phrase, fill, many

_TWO_WAYS = (Severity.P0, Severity.P1)
_COMMA = Text(", ", "、")
_NAMES = {"oncall": Text("on call", "值班"), BACKUP: Text("backup", "备值")}


def role_words(role: str) -> Phrase:
    """The role in words; one that we have none for, and a person's name, as they are written."""
    return DUTIES[role].title if role in DUTIES else _NAMES.get(role, role)


def filled(scene: Scene) -> Mapping[str, str]:
    """Who took or was given which role here."""
    return scene.history.people.roles


def wanted(scene: Scene) -> tuple[str, ...]:
    """Roles that the level wants and nobody fills."""
    return tuple(role for role in scene.history.people.unfilled if role not in filled(scene))


def known_roles(scene: Scene) -> tuple[str, ...]:
    """Roles that mean something here: taken, paged at this level, or in the files."""
    policy = scene.plan.paging.get(scene.incident.severity)
    paged = policy.roles if policy is not None else ()
    return tuple(dict.fromkeys((*filled(scene), *paged, *scene.plan.people.roles)))


def roles(scene: Scene) -> Section | None:
    people, lines, seen = scene.history.people, list[Line](), set[str]()
    for role in known_roles(scene):
        here = filled(scene).get(role)
        names = (here,) if here else fillers(scene.plan, role, scene.at, people)
        if names:
            lines.append(Line(many([*names], _COMMA), role_words(role), Tone.PLAIN if here else Tone.SOFT))
            seen.update(names)
    if lacking := wanted(scene):
        lines.append(
            Line(many([role_words(role) for role in lacking], _COMMA), Text("nobody", "空缺"), Tone.WARN)
        )
    if (alone := _one_way(scene)) is not None:
        lines.append(alone)
    others = [who for who in people.present if who not in seen]
    if others:
        lines.append(Line(many([*others], _COMMA), Text("also here", "其他在场")))
    return Section("roles", Text("Roles", "分工"), tuple(lines)) if lines else None


def _one_way(scene: Scene) -> Line | None:
    """Two channels that do not fail together are wanted at the worst levels: a page that nobody sees is no page."""
    incident, policy = scene.incident, scene.plan.paging.get(scene.incident.severity)
    if not incident.open or incident.severity not in _TWO_WAYS or not incident.notified:
        return None
    ways = reached_by(incident.notified)
    if not ways:
        return Line(Text("nobody has been notified yet", "尚无人收到通知"), tone=Tone.BAD)
    if len(ways) > 1 or policy is None or len(policy.channels) < 2:
        return None
    [way] = ways
    return Line(fill("notified by {} only", "通知仅通过 {} 送达", channel_title(way)), tone=Tone.WARN)

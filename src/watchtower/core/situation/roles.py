"""Who fills which role, and which are wanted."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.situation.phrases import Phrase, many
from watchtower.core.situation.sections import Line, Scene, Section, Tone
from watchtower.model import Text

ROLES: Mapping[str, Text] = {
    "commander": Text("commander", "总指挥"),
    "deputy": Text("deputy", "副指挥"),
    "scribe": Text("scribe", "记录员"),
    "oncall": Text("on call", "值班"),
    "tech_lead": Text("technical lead", "技术负责人"),
    "architect": Text("architect", "架构师"),
    "dev": Text("developer", "开发"),
    "test": Text("tester", "测试"),
    "product": Text("product manager", "产品经理"),
    "customer_service": Text("customer service", "客服"),
    "partner": Text("partner liaison", "合作方接口人"),
    "pr": Text("PR", "公关"),
    "legal": Text("legal and compliance", "法务合规"),
    "finance": Text("finance", "财务"),
    "executive": Text("executive", "管理层"),
}


def role_words(role: str) -> Phrase:
    """The role in words; one that we have none for, as it is written."""
    return ROLES.get(role, role)


def filled(scene: Scene) -> Mapping[str, str]:
    """Who took or was given which role here."""
    return scene.story.people.roles


def wanted(scene: Scene) -> tuple[str, ...]:
    """Roles that the level wants and nobody fills."""
    return tuple(role for role in scene.story.people.unfilled if role not in filled(scene))


def roles(scene: Scene) -> Section | None:
    lines = [Line(who, role_words(role)) for role, who in filled(scene).items()]
    lines += [Line(Text("nobody", "空缺"), role_words(role), Tone.WARN) for role in wanted(scene)]
    others = [who for who in scene.story.people.present if who not in filled(scene).values()]
    if others:
        lines.append(Line(many([*others], Text(", ", "、")), Text("also here", "其他在场")))
    return Section("roles", Text("Roles", "分工"), tuple(lines)) if lines else None

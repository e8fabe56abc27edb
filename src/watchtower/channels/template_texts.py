"""Approved templates: which page uses which, their texts to hand in, and what their variables are filled with.

[channel.sms.cn.templates.page]
zh = "SMS_480000001"                                          # our own text, handed in as it is
en = { code = "SMS_480000002", text = "System alert {{ severity }}: {{ title }}, see {{ incident }}." }
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from watchtower.channels.contract import Letter
from watchtower.channels.template_values import LEAST, VARIABLES, value_of
from watchtower.core.notify.messages import Message
from watchtower.fields import Field, Settings, field_validator, model_validator
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind

BASE_URL = "https://watch.example.com"
"""Stands in our own texts for WATCHTOWER_BASE_URL, which is a fixed part of what is handed in."""
PLACE = re.compile(r"\{\{\s*(\w*)\s*\}\}")
_LONGEST = 500
_FORBIDDEN = re.compile(r"[【】★→※•①²¥^&]")


class TemplateUse(StrEnum):
    """What a template is for. Few are needed, because each is approved by hand."""

    PAGE = "page"
    """Something is wrong, or worse: somebody is asked to acknowledge. A test goes by it as well: it proves this one."""
    REMINDER = "reminder"
    """Nobody has."""
    RESOLVED = "resolved"
    """It is over, or users are back."""
    NOTICE = "notice"
    """Everything else: what informs, asks nobody, or is about no incident."""


_ALERT = Text(
    "severity {{ severity }}, on {{ title }}, seen: {{ summary }}, effect: {{ harm }}, since {{ since }},"
    " number {{ incident }}. LINK",
    "级别{{ severity }}，对象{{ title }}，现象{{ summary }}，影响{{ harm }}，始于{{ since }}，编号{{ incident }}。LINK",
)
TEXTS: Mapping[TemplateUse, Text] = {
    TemplateUse.PAGE: Text(f"System alert, {_ALERT.en}", f"系统告警，{_ALERT.zh}"),
    TemplateUse.REMINDER: Text(f"System alert not handled, {_ALERT.en}", f"系统告警待处理，{_ALERT.zh}"),
    TemplateUse.RESOLVED: Text(
        "System notice: {{ title }} is now: {{ kind }}, severity {{ severity }}, lasted {{ elapsed }}, number {{ incident }}.",
        "系统通知，对象{{ title }}，状态{{ kind }}，级别{{ severity }}，历时{{ elapsed }}，编号{{ incident }}。",
    ),
    TemplateUse.NOTICE: Text(
        "System notice: {{ title }}, about: {{ kind }}, saying: {{ summary }}, severity {{ severity }}, number {{ incident }}.",
        "系统通知，对象{{ title }}，事项{{ kind }}，内容{{ summary }}，级别{{ severity }}，编号{{ incident }}。",
    ),
}
"""What to hand in where the table has no text of its own; LINK says how to acknowledge. Neither payment nor
finance is in it: vendors refuse these words."""


def use_of(message: Message) -> TemplateUse:
    """The template for this message."""
    kind = message.kind
    if kind is PageKind.TEST:
        return TemplateUse.PAGE
    if kind.ends or kind is PageKind.MITIGATED:
        return TemplateUse.RESOLVED
    informs = message.informs or kind.traits.note_is_all or not kind.traits.of_incident
    if informs or kind is PageKind.DOWNGRADE:
        return TemplateUse.NOTICE
    return TemplateUse.REMINDER if kind.traits.repeats else TemplateUse.PAGE


class ApprovedTemplate(Settings):
    """One approved template."""

    code: str = Field(min_length=1, max_length=40, description="what the vendor calls it")
    text: str = Field(
        "", description="the text that was approved, with {{ severity }}, …; empty: our own text"
    )

    @field_validator("text")
    @classmethod
    def _can_be_approved(cls, value: str) -> str:
        if value and (problem := problem_of_text(value)):
            raise ValueError(problem)
        return value


class TemplatePair(Settings):
    """A template in each language that its readers have."""

    zh: str | ApprovedTemplate | None = Field(default=None, description="its code, or { code = …, text = … }")
    en: str | ApprovedTemplate | None = Field(default=None, description="its code, or { code = …, text = … }")

    def in_(self, language: Language) -> ApprovedTemplate | None:
        made: str | ApprovedTemplate | None = getattr(self, language)
        return ApprovedTemplate.model_construct(None, code=made) if isinstance(made, str) else made


class TemplateTable(Settings):
    """A template for each use."""

    page: TemplatePair = Field(default_factory=TemplatePair, description="something is wrong, or worse")
    reminder: TemplatePair = Field(default_factory=TemplatePair, description="nobody has acknowledged")
    resolved: TemplatePair = Field(default_factory=TemplatePair, description="it is over, or users are back")
    notice: TemplatePair = Field(default_factory=TemplatePair, description="everything else")

    def of(self, use: TemplateUse, language: Language) -> ApprovedTemplate | None:
        pair: TemplatePair = getattr(self, use)
        return pair.in_(language)

    def codes(self) -> list[str]:
        """The code of every template, each once."""
        every = (self.of(use, language) for use in TemplateUse for language in Language)
        return list(dict.fromkeys(one.code for one in every if one is not None))


class TemplateSettings(Settings):
    """A part of every channel whose vendor takes approved templates only."""

    templates: TemplateTable = Field(
        default_factory=TemplateTable, description="the approved template of each use, in each language"
    )
    parameter_length: int = Field(
        35, ge=LEAST, le=200, description="how many characters the vendor takes for a variable"
    )
    parameter_lengths: dict[str, int] = Field(
        default_factory=dict, description="for single variables, as { summary = 20 }"
    )
    short: dict[str, str] = Field(
        default_factory=dict,
        description='a short name of a title, as { "Corporate transfers" = "Transfers" }',
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name, length in self.parameter_lengths.items():
            if name not in VARIABLES:
                raise ValueError(f'parameter_lengths: "{name}" is none of {", ".join(VARIABLES)}')
            if not LEAST <= length <= 200:
                raise ValueError(f"parameter_lengths: {name} must have 6 to 200 characters")
        return self

    def most(self, variable: str) -> int:
        """How many characters this variable may have."""
        length = self.parameter_lengths.get(variable)
        return min(VARIABLES[variable].length, self.parameter_length) if length is None else length

    def named(self, name: str) -> str:
        """What a title is called in a variable."""
        return self.short.get(name, name)


def problem_of_text(text: str) -> str | None:
    """Why no vendor approves this text, as the end of a sentence; None where nothing speaks against it."""
    names = PLACE.findall(text)
    unknown = [name for name in names if name not in VARIABLES]
    twice = [name for name in names if names.count(name) > 1]
    if unknown:
        return f'"{{{{ {unknown[0]} }}}}" is no variable: write one of {", ".join(VARIABLES)}'
    if twice:
        return f'"{{{{ {twice[0]} }}}}" stands in it twice: vendors take each variable once'
    if re.search(r"\}\}[\s\W]*\{\{", text):
        return "has two variables beside each other: vendors want words between them"
    if not PLACE.sub("", text).strip(" ，。：,.:"):
        return "has variables only: vendors want words of a fixed meaning"
    if len(text) > _LONGEST:
        return f"has {len(text)} characters: vendors take {_LONGEST}"
    if found := _FORBIDDEN.search(text):
        return f'holds "{found[0]}", which vendors refuse'
    return None


def text_of(template: ApprovedTemplate | None, use: TemplateUse, language: Language, link: Text) -> str:
    """The template's text; `link` stands in our own for how the reader gets to the incident."""
    given = template.text if template else ""
    return given or TEXTS[use].in_(language).replace("LINK", link.in_(language))


def parameters(text: str, letter: Letter, settings: TemplateSettings) -> dict[str, str]:
    """The value of each variable of this text, in the order in which they stand in it."""
    return {name: value_of(name, letter, settings.most(name), settings.named) for name in PLACE.findall(text)}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text as its reader gets it."""
    return PLACE.sub(lambda found: values[found[1]], text)

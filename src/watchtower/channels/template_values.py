"""A page as values short enough for the variables of an approved template.

A vendor's template takes 35 characters for a variable, another's 6. Each variable has its own way to be short: its texts
are tried from the longest to the shortest, and each of them can be read. Only names, and what was seen, are ever cut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.channels.sms_text import clip
from watchtower.core.indicators import WHOLE
from watchtower.core.notify.messages import Message
from watchtower.daily_hours import zone_of
from watchtower.model import Text
from watchtower.values import Frozen

LEAST = 6
"""Characters that each variable takes at least; every one of them can be said in so few."""
_ROOM_TO_CUT = 12
"""From so many characters on what was seen may be cut: fewer would leave words without a sense."""
_GAPS = re.compile(r"(?<=[\u2e80-\uffef]) | (?=[\u2e80-\uffef])")
"""Gaps beside Chinese, which it can do without."""
_HALF_FIGURE = re.compile(r"\s*[\d.,]+(?=(\.\.\.|…)$)")
"""Figures whose unit was cut off."""


class _Told(Frozen):
    """What the values are made of. `named` gives the short name of a thing, where one is declared."""

    letter: Letter
    named: Callable[[str], str]
    most: int

    @property
    def message(self) -> Message:
        return self.letter.message

    def say(self, en: str, zh: str) -> str:
        return Text(en, zh).in_(self.letter.language)


def _severity(told: _Told) -> Iterator[str]:
    message, language = told.message, told.letter.language
    yield sentences.marker(message, language)[1:-1]
    drill = told.say("DRILL ", "演练") if message.drill else ""
    if sentences.may_repeat(message):
        yield f"{drill}{message.severity}{sentences.REPEAT_WORDS.in_(language)}"
        yield told.say(f"{message.severity} 2x", f"{message.severity}可能重复") if not drill else ""
    if message.kind.traits.of_incident:
        yield f"{drill}{message.severity}"
        yield drill.strip() or str(message.severity)
    yield from _kind(told)


def _title(told: _Told) -> Iterator[str]:
    message, language = told.message, told.letter.language
    title = told.named(sentences.clean(message.title.in_(language)))
    if message.also:
        count = 1 + len(message.also)
        more = told.say(f" and {count - 1} more", f"等{count}项")
        few = told.say(f"+{count - 1}", more)
        yield title + more
        yield title + few
        yield clip(title, told.most - len(few)) + few
    product = told.named(sentences.clean(message.product.in_(language)))
    if product not in ("", title):
        yield f"{product} {title}"
    yield title
    yield clip(title, told.most)


def _summary(told: _Told) -> Iterator[str]:
    message, language = told.message, told.letter.language
    text = sentences.summary(message, language)
    clause = re.split(r"[，；。]|[,;] ", text)[0]
    for one in filter(None, (text, clause)):
        yield one
        yield _GAPS.sub("", one)
    if text and told.most >= _ROOM_TO_CUT:
        yield _HALF_FIGURE.sub("", clip(text, told.most))
    if message.kind.traits.note_is_all or not message.kind.traits.of_incident:
        yield from _kind(told)
    yield from _state(told)
    yield told.say("fault", "异常")


def _state(told: _Told) -> Iterator[str]:
    """`62% lost`, of the flow that suffers most."""
    message = told.message
    hit = [
        flow.impact
        for flow in (message.worst if sentences.is_well(message) else message.flows)
        if flow.impact
    ]
    if hit and hit[0] >= WHOLE:
        yield told.say("down", "中断")
    elif hit:
        yield told.say(f"{hit[0]:.0%} lost", f"受损{hit[0]:.0%}")
        yield f"-{hit[0]:.0%}"


def _harm(told: _Told) -> Iterator[str]:
    message, language = told.message, told.letter.language
    if sentences.tells_harm(message):
        for flows in (3, 1, 0):
            yield sentences.harm(message, language, flows)
    if message.users is not None:
        few = told.say(_thousands(message.users), _of_ten_thousand(message.users))
        yield told.say(f"{few} user{'' if few == '1' else 's'}", f"{few}人")
        yield few
    yield from _state(told)
    yield told.say("n/a", "未知")


def _thousands(count: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}" if count / size < 1000 else f"{count / size:.0f}{unit}"
    return f"{count:.0f}"


def _of_ten_thousand(count: float) -> str:
    if count < 1e4:
        return f"{count:.0f}"
    return f"{count / 1e4:.2g}万" if count < 1e6 else f"{count / 1e4:.0f}万"


def _since(told: _Told) -> Iterator[str]:
    began, _ = sentences.spell(told.message)
    zone = zone_of(told.letter.zone)
    when, now = (datetime.fromtimestamp(one, zone) for one in (began, told.message.at))
    if when.date() == now.date():
        yield f"{when:%H:%M}"
    yield told.say(f"{when:%m-%d %H:%M}", f"{when.month}月{when.day}日 {when:%H:%M}")
    yield told.say(f"{when:%m-%d}", f"{when.month}月{when.day}日")


def _lasted(told: _Told) -> Iterator[str]:
    spent = sentences.span(told.message.elapsed, told.letter.language)
    yield spent
    yield spent.replace(" ", "")
    yield "".join(spent.split(" ")[:2])


def _kind(told: _Told) -> Iterator[str]:
    kind = told.message.kind.traits
    yield kind.word.in_(told.letter.language)
    if kind.short is not None:
        yield kind.short.in_(told.letter.language)


def _incident(told: _Told) -> Iterator[str]:
    id = sentences.clean(told.message.incident)
    yield id
    yield id.rpartition("-")[2]
    yield clip(id, told.most)


def _code(told: _Told) -> Iterator[str]:
    yield told.letter.code or "0"


class Variable(Frozen):
    """A variable of a template: what it holds, how many characters our own templates leave it, how it is filled."""

    holds: str
    length: int
    texts: Callable[[_Told], Iterator[str]]


VARIABLES: Mapping[str, Variable] = {
    "severity": Variable("P1; `演练 P1` of a drill; from where it came, where it moved", 12, _severity),
    "title": Variable("what is affected; the product, where there is room", 24, _title),
    "summary": Variable("what was seen, or what the message is about", 35, _summary),
    "harm": Variable("which flows suffer, and how many users", 24, _harm),
    "since": Variable("when it began, in the responder's zone", 12, _since),
    "elapsed": Variable("how long it has lasted", 10, _lasted),
    "kind": Variable("已恢复, 进展更新, 测试, …", 8, _kind),
    "incident": Variable("INC-7", 12, _incident),
    "code": Variable("8 letters and digits that open the link", 8, _code),
}
"""By name."""


def value_of(name: str, letter: Letter, most: int, named: Callable[[str], str] = str) -> str:
    """What fills this variable for this letter: the longest of its texts that has at most `most` characters."""
    told = _Told(letter, named, most)
    last = ""
    for text in VARIABLES[name].texts(told):
        last = allowed(text) or last
        if text and len(last) <= most:
            return last
    return clip(last, most)


_SCHEME, _BEYOND = re.compile(r"\b[a-z]+://"), "\U00010000"
_ADDRESS = re.compile(r"\d+(?:\.\d+){3}")
_HOST = re.compile(r"(?<=[A-Za-z0-9])\.(?=[A-Za-z])")
_NUMBER = re.compile(r"(?<!\d)(?:\+?86)?1\d{6}(\d{4})(?!\d)")
_SIGNS = str.maketrans(
    {
        "【": "(",
        "】": ")",
        "★": "*",
        "→": "-",
        "※": "*",
        "•": "-",
        "①": "1",
        "²": "2",
        "¥": "元",
        "^": " ",
        "&": "+",
    }
)


def allowed(text: str) -> str:
    """Without what vendors refuse in a variable: addresses of hosts, phone numbers, pictures, some signs."""
    text = "".join(one for one in text if unicodedata.category(one) != "So" and one < _BEYOND)
    text = _SCHEME.sub("", sentences.clean(text).translate(_SIGNS))
    text = _ADDRESS.sub(lambda found: found[0].replace(".", "-"), text)
    return _NUMBER.sub(r"*\1", _HOST.sub("-", text)).strip()

"""A page as a call says it: whole words for the ear, no links, no ids letter by letter.

Critical. Shop Checkout: No requests for 3 minutes 20 seconds. Completely down, up to 22,000 users. Since 22:39.
Incident 7. To acknowledge, press 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.channels.sms_text import clip
from watchtower.daily_hours import zone_of
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.units import severity_word

LONGEST: Mapping[Language, int] = {Language.EN: 180, Language.ZH: 60}
"""Characters of what was seen, and of what suffers, together 25 seconds of speech: who wakes up listens no longer."""
KEY = "1"
"""What acknowledges."""
PRESS = Text(f"To acknowledge, press {KEY}", f"认领请按 {KEY}")
REPEAT = Text("This may be a repeat", "此电话可能重复")
HEARD = Text("Thank you: this call was heard", "谢谢，已确认收听")
PRESS_TEST = Text(f"If you hear this, press {KEY}", f"听到请按 {KEY}")
OPEN_IT = Text("Open the message on your phone", "详情请看手机上的通知")

_UNSPOKEN = re.compile(
    r"</?[A-Za-z][A-Za-z0-9]*\s*/?>|(?<![\d.])%[0-9A-Fa-f]{2}|[\u2300-\u27bf\U0001f000-\U0001faff]"
)
"""Tags, escapes of a URL and little pictures: a voice spells them out."""
_LINK = re.compile(r"\b[a-z][a-z0-9+.-]*://[!-~]*[A-Za-z0-9/=_-]")
_INCIDENT = re.compile(r"\bINC-(\d+)\b")
_JOINED = re.compile(r"(?<=[^\W_])[-_/.]+(?=[^\W\d_])")
"""What binds the parts of a name, as in `bank-gateway` or `api.pay`: it is read aloud as dash, or not at all."""
_UNITS = {"ms": "millisecond", "s": "second", "min": "minute", "h": "hour", "d": "day"}
_SPAN = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?) (ms|s|min|h|d)\b")
_SIGNS: Mapping[str, Text] = {
    ">=": Text(" at least ", "不低于"),
    "≥": Text(" at least ", "不低于"),
    "<=": Text(" at most ", "不高于"),
    "≤": Text(" at most ", "不高于"),
    ">": Text(" above ", "高于"),
    "<": Text(" below ", "低于"),
    "->": Text(" to ", "到"),
    "→": Text(" to ", "到"),
    "/s": Text(" per second", "每秒"),
}
_SIGN = re.compile(r"[<>]=|[≥≤→]|->|[<>](?=\s?\d)|/s\b")
_RATE = re.compile(r"(\d[\d,.]*)/秒")
_BRACKETS = str.maketrans(
    {"(": ",", "（": "，", ")": " ", "）": " ", "[": " ", "]": " ", "+": " ", "`": " ", '"': " "}
)


def compose(letter: Letter, *, by_key: bool) -> str:
    """The words of a call. `by_key`: a key pressed in the call acknowledges."""
    message, language = letter.message, letter.language
    parts = [sentences.DRILL_WORD.in_(language)] if message.drill else []
    if sentences.may_repeat(message):
        parts.append(REPEAT.in_(language))
    if message.kind.traits.of_incident:
        parts.append(severity_word(message.severity, language).capitalize())
    colon = Text(": ", "：").in_(language)
    seen = (sentences.lead(message, language), sentences.subject_of(message, language))
    what = colon.join(filter(None, (*seen, sentences.summary(message, language))))
    parts.append(clip(aloud(what, language), LONGEST[language]))
    if message.kind.traits.of_incident:
        parts.append(clip(aloud(sentences.harm(message, language, 1), language), LONGEST[language]))
        parts += [_since(letter), aloud(message.incident, language)]
    if sentences.asks(message):
        parts.append((PRESS if by_key else OPEN_IT).in_(language))
    elif by_key and message.kind is PageKind.TEST:
        parts.append(PRESS_TEST.in_(language))
    return sentences.sentences_of(parts, language) + Text(".", "。").in_(language)


def aloud(text: str, language: Language) -> str:
    """The same text for the ear."""
    number = Text(r"incident \1", r"事件 \1").in_(language)
    text = _INCIDENT.sub(number, _UNSPOKEN.sub(" ", _LINK.sub(" ", text)))
    text = _RATE.sub(r"每秒 \1", text)
    text = _SIGN.sub(lambda found: _SIGNS[found[0]].in_(language), text)
    if language is Language.EN:
        text = _SPAN.sub(lambda found: f"{found[1]} {_UNITS[found[2]]}{'s' * (found[1] != '1')}", text)
    text = sentences.clean(_JOINED.sub(" ", text).translate(_BRACKETS))
    text = re.sub(r"\s+([,.:;，。：；])", r"\1", text).strip(" ,，")
    return text[:1].upper() + text[1:]


def _since(letter: Letter) -> str:
    """`Since 22:39`; how long it lasted, of what is over."""
    message, language = letter.message, letter.language
    if sentences.is_well(message):
        return aloud(sentences.lasted(message, language), language)
    began, _ = sentences.spell(message)
    start = sentences.clock(began, zone_of(letter.zone), message.at)
    return Text(f"Since {start}", f"{start} 起").in_(language)


def values(letter: Letter, most: int) -> dict[str, str]:
    """The words of a call as variables of an approved text, each of at most `most` characters."""
    message, language = letter.message, letter.language
    began, _ = sentences.spell(message)
    drill = sentences.DRILL_WORD.in_(language) if message.drill else ""
    word = message.kind.traits.word.in_(language)
    if sentences.may_repeat(message):  # in 20 characters; what is over must sound so
        again = f"{word}, a repeat?" if message.kind.ends else "may be a repeat"
        word = Text(again, f"{word}，可能重复").in_(language)
    found = {
        "kind": f"{drill} {word}".strip(),
        "severity": severity_word(message.severity, language),
        "title": aloud(sentences.subject_of(message, language), language),
        "summary": aloud(sentences.summary(message, language), language),
        "since": sentences.clock(began, zone_of(letter.zone), message.at),
        "incident": aloud(message.incident, language),
    }
    return {name: clip(value, most) or OPEN_IT.in_(language)[:most] for name, value in found.items()}

"""The sentences of all channels: what happened, how bad, since when; and text made safe for one line.

Pure, but for looking up a zone's rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, tzinfo

from watchtower.core.indicators import WHOLE
from watchtower.core.notify.messages import Because, FlowState, Message
from watchtower.core.people.role_descriptions import title_of
from watchtower.model import Instant, Language, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts import units
from watchtower.texts.phrases import coarse
from watchtower.texts.reasons import PageReason

_GAPS = re.compile(r"\s+")
_FLOWS = 3
"""Flows that one line names."""

TEST_NOTE = Text(
    "this is a test, nothing is wrong, nobody has to act", "这是一条测试消息，没有故障，无需处理"
)


REPEAT_WORDS = Text(", may be a repeat", "，可能重复")
"""Stands in the marker of a page of which an earlier attempt may have arrived, or which another daemon may send too."""
DRILL_WORD = Text("DRILL", "演练")
"""Stands in the marker of every page of a drill, in the subject of every mail and in every title."""


def clean(text: str) -> str:
    """One line without control characters, line separators or marks that turn the reading direction."""
    return _GAPS.sub(" ", "".join(c if c.isprintable() else " " for c in text)).strip()


def incident(message: Message, language: Language) -> str:
    """`INC-1 (earlier INC-KFDBMT)`: the number, and how earlier messages may have called it."""
    number = clean(message.incident)
    if message.told_as in ("", message.incident):
        return number
    return Text(f"{number} (earlier {message.told_as})", f"{number}（曾称 {message.told_as}）").in_(language)


def marker(message: Message, language: Language) -> str:
    """`[P1]`, `[P0, up from P1]`, `[P4 TEST]`, `[DRILL P1]`, `[P1, may be a repeat]`: the first thing anybody reads.

    Square brackets in Chinese too: carriers take what stands in 【】 for the sender's signature.
    """
    was = message.previous_severity
    drill = f"{DRILL_WORD.in_(language)} " if message.drill else ""
    again = REPEAT_WORDS.in_(language) if may_repeat(message) else ""
    if not message.kind.traits.of_incident:
        return f"[{message.severity} {message.kind.traits.word.in_(language)}{again}]"
    if was is not None and was != message.severity:
        return f"[{drill}{message.severity}{moved(message.severity, was, language)}{again}]"
    return f"[{drill}{message.severity}{again}]"


def may_repeat(message: Message) -> bool:
    return message.repeat or message.unfenced


def moved(now: Severity, was: Severity, language: Language) -> str:
    """`, up from P1`: which way the severity went."""
    if now.worse_than(was):
        return Text(f", up from {was}", f"，由 {was} 上调").in_(language)
    return Text(f", down from {was}", f"，由 {was} 下调").in_(language)


def subject_of(message: Message, language: Language) -> str:
    """What is affected: `Shop Checkout`; the product alone where that is the title."""
    product, title = clean(message.product.in_(language)), clean(message.title.in_(language))
    return title if product in ("", title) else f"{product} {title}".strip()


def ordered(message: Message) -> tuple[Because, ...]:
    """The alerts, worst and oldest first."""
    return tuple(sorted(message.because, key=lambda b: (b.severity.rank, b.since)))


def summary(message: Message, language: Language) -> str:
    """The worst alert's text, and how many more there are."""
    if message.kind.traits.note_is_all and message.note is not None:
        return clean(message.note.in_(language)).rstrip(".。")
    if not message.kind.traits.of_incident and not message.because:
        return TEST_NOTE.in_(language)
    alerts = ordered(message)
    if not alerts:
        return ""
    first = clean(alerts[0].text.in_(language)).rstrip(".。")
    colon = Text(": ", "：").in_(language)
    first = first.removeprefix(f"{clean(message.title.in_(language))}{colon}")
    if first and is_well(message) and not message.drill:
        first = Text("it was: ", f"此前{_gap(first)}").in_(language) + first
    elif first and alerts[0].over and not message.drill:
        first = (
            Text("no alert fires any more; it was: ", f"已无告警触发；此前{_gap(first)}").in_(language)
            + first
        )
    more = len(alerts) - 1
    return first + (Text(f" (+{more} more)", f"（另有 {more} 项）").in_(language) if more else "")


def _gap(text: str) -> str:
    """Chinese stands apart from Latin letters and digits that follow it."""
    return " " if text[:1].isascii() else ""


def now(message: Message, language: Language) -> str:
    """`now up`, of what is over; empty where nothing was measured since."""
    if message.kind is not PageKind.RESOLVED or message.drill or not message.because:
        return ""
    said = clean(ordered(message)[0].now.in_(language))
    return Text(f"now {said}", f"现{_gap(said)}{said}").in_(language) if said else ""


def standing(message: Message, language: Language) -> str:
    """`not acknowledged`, `acknowledged by li`, `resolved`; `acknowledged by li, 1 more needed`."""
    by, more = clean(message.acknowledged_by), message.acks_missing
    if message.status == "triggered" and by and more:
        return Text(f"acknowledged by {by}, {more} more needed", f"{by} 已认领，还需 {more} 人认领").in_(
            language
        )
    if message.status == "acknowledged" and by:
        return Text(f"acknowledged by {by}", f"{by} 已认领").in_(language)
    return units.status_word(message.status, language)


def is_well(message: Message) -> bool:
    """Its users are back, or it is over: what fired is told as what was."""
    return message.kind.ends or message.status == "mitigated"


def says_what_was(message: Message) -> bool:
    """Its main text is what fired, and does so no more."""
    return is_well(message) and not message.kind.traits.note_is_all


def tells_note(message: Message) -> bool:
    """It is about its note, of an incident that goes on: since when that does stands with the title."""
    kind = message.kind.traits
    return kind.note_is_all and kind.of_incident and message.note is not None


def tells_harm(message: Message) -> bool:
    """Whether flows and users belong in its line: not where it is about a step, a clock or a plan."""
    about_it = message.note is None or message.reason == PageReason.GOT_WORSE
    return about_it or not message.kind.traits.note_is_all


def harm(message: Message, language: Language, most: int = _FLOWS) -> str:
    """`Checkout down, Refund 62% lost, up to 22,200 users`; empty where nobody is known to be hit. Of what is well: at
    worst. It names at `most` so many flows."""
    comma, well = Text(", ", "，").in_(language), is_well(message)
    hit = [flow for flow in (message.worst if well else message.flows) if flow.impact is not None]
    said = [_flow_state(message, flow, len(hit) == 1, language) for flow in hit[:most]]
    if most and (more := len(hit) - most) > 0:
        said.append(Text(f"{more} more flow{'s' * (more > 1)}", f"另有 {more} 项业务").in_(language))
    needing = [clean(flow.title.in_(language)) for flow in message.flows if flow.impact is None]
    if most and needing:
        names = Text(", ", "、").in_(language).join(needing[:most])
        more = len(needing) - most
        names += Text(f" and {more} more", f"等 {len(needing)} 项业务").in_(language) if more > 0 else ""
        said.append(Text(f"needed by {names}", f"{names}依赖它").in_(language))
    if message.users is not None:
        count = _rounded(message.users)
        noun = "user" if count == "1" else "users"
        up_to = Text(f"up to {count} {noun}", f"至多 {count} 名用户")
        about = Text(f"about {count} {noun}", f"约 {count} 名用户")
        users = up_to if message.users_at_most else about
        said.append(users.in_(language) + (Text(" affected", "受影响").in_(language) if well else ""))
    return comma.join(said)


def _rounded(count: float) -> str:
    """Two digits that count: what is estimated is not known to the last user."""
    return f"{round(count, 2 - len(str(int(count)))):,.0f}" if count >= 1000 else f"{count:.0f}"


def _flow_state(message: Message, flow: FlowState, alone: bool, language: Language) -> str:
    """`Checkout down`, `Refund 62% lost`; `completely down` where its name is the title."""
    name, impact = clean(flow.title.in_(language)), flow.impact or 0.0
    if alone and name == clean(message.title.in_(language)):
        whole, part = Text("completely down", "业务中断"), Text(f"{impact:.0%} lost", f"受损 {impact:.0%}")
    else:
        whole = Text(f"{name} down", f"{name}中断")
        part = Text(f"{name} {impact:.0%} lost", f"{name}受损 {impact:.0%}")
    return (whole if impact >= WHOLE else part).in_(language)


def spell(message: Message) -> tuple[Instant, float]:
    """When it began to be bad, the last time, and for how many seconds it has been since."""
    began = message.onset if message.began is None else message.began
    return began, max(0.0, message.at - began)


def span(seconds: float, language: Language) -> str:
    """`3 min 20 s`; from ten minutes on in whole minutes."""
    return units.duration_words(coarse(round(seconds)), language)


def since(message: Message, zone: tzinfo, language: Language) -> str:
    """`since 22:39:50 UTC+8 (3 min 20 s)`; `lasted 3 min 20 s` of what is well."""
    if is_well(message):
        return lasted(message, language)
    began, seconds = spell(message)
    spent = span(seconds, language)
    start = units.moment(began, zone, language, at=message.at)
    return Text(f"since {start} ({spent})", f"自 {start} 起，已 {spent}").in_(language)


def lasted(message: Message, language: Language) -> str:
    """`lasted 42 min`: the time that it was bad."""
    spent = span(message.elapsed, language)
    return Text(f"lasted {spent}", f"历时 {spent}").in_(language)


def lead(message: Message, language: Language) -> str:
    """The reason of the message where the marker does not say it: `Reminder`, `Again`, `Resolved after 42 min`."""
    kind = message.kind.traits.word.in_(language)
    if message.also:
        count = 1 + sum(message.kind.ends or not one.kind.ends for one in message.also)
        several = Text(f"{count} incidents", f"{count} 个事件").in_(language)
        if message.left:
            several = Text(
                f"{count} of {count + message.left} incidents",
                f"{count + message.left} 个事件中的 {count} 个",
            ).in_(language)
        named = message.kind.traits.named
        return Text(": ", "：").in_(language).join([kind, several]) if named else several
    if message.kind.ends or message.kind is PageKind.MITIGATED:
        spent = span(message.elapsed, language)
        return kind + Text(f" after {spent}", f"，历时 {spent}").in_(language)
    if message.again:
        return Text("Again", "复发").in_(language)
    return kind if message.kind.traits.named else ""


SHOWN = 4
"""Other incidents that a page names: with its own, the worst five."""


def also(message: Message, language: Language) -> str:
    """`Also Login, P2 Ledger and 30 more, 12 resolved`."""
    said = others(message, language)
    return said and Text("Also ", "另有 ").in_(language) + said


def others(message: Message, language: Language, *, why: bool = False) -> str:
    """The worst of the other incidents of which it tells: `Login, P2 Ledger and 30 more, 12 resolved`; with what each
    saw, where there is room for that. A severity stands where it is not that of the page."""
    colon, stop = Text(": ", "：").in_(language), Text("; ", "；").in_(language)
    going = [one for one in message.also if not one.kind.ends]
    over = [one for one in message.also if one.kind.ends]
    shown = going[:SHOWN] if going or not message.kind.ends else over[:SHOWN]
    named = []
    for one in shown:
        title, text = clean(one.title.in_(language)), clean(one.text.in_(language)) * why
        name = f"{one.severity} " * (one.severity is not message.severity) + title
        named.append(colon.join(filter(None, (name, text.removeprefix(f"{title}{colon}")))))
    count = len(over if message.kind.ends else going)
    said = (stop if why else Text(", ", "、").in_(language)).join(named)
    if (more := count - len(shown)) > 0:
        said += Text(f" and {more} more", f" 等 {count} 个").in_(language)
    if over and not message.kind.ends:
        ended = Text(f"{len(over)} resolved", f"{len(over)} 个已恢复").in_(language)
        said = Text(", ", "，").in_(language).join(filter(None, (said, ended)))
    return said


def shared(message: Message, language: Language) -> str:
    """`In common: depends on Bank gateway`: where to look first."""
    if message.shared is None:
        return ""
    return Text("In common: ", "共同点：").in_(language) + clean(message.shared.in_(language))


def headline(message: Message, zone: tzinfo, language: Language) -> str:
    """Everything in one line.

    `[P1] Reminder: Shop Checkout: No requests, since 22:39:50 UTC+8 (3 min 20 s), not acknowledged`
    """
    colon, comma = Text(": ", "：").in_(language), Text(", ", "，").in_(language)
    turn = comma if says_what_was(message) else colon
    name, what = subject_of(message, language), summary(message, language)
    hit = harm(message, language) if tells_harm(message) else ""
    kind, spent = message.kind.traits, ""
    if kind.of_incident and not kind.ends and message.kind is not PageKind.MITIGATED:
        spent = comma.join([since(message, zone, language), standing(message, language)])
    if tells_note(message):
        name, spent = comma.join(filter(None, (name, spent))), ""
    said = comma.join(
        filter(None, (turn.join(filter(None, (name, what))), hit, now(message, language), spent))
    )
    line = f"{marker(message, language)} {colon.join(filter(None, (lead(message, language), said)))}"
    noted = note(message, language) if kind.notes else ""
    return sentences_of((line, also(message, language), shared(message, language), noted), language)


def sentences_of(parts: Iterable[str], language: Language) -> str:
    """One after the other, each but the last with its full stop."""
    stop = Text(". ", "。").in_(language)
    return stop.join(part.rstrip(" .。") for part in parts if part)


def note(message: Message, language: Language) -> str:
    """The note of the message, where it is not already its main text; and what was undone before it came back."""
    said = [] if message.note is None or message.kind.traits.note_is_all else [message.note.in_(language)]
    if message.undone is not None:
        said.append(message.undone.in_(language))
    return sentences_of(map(clean, said), language)


def is_canary(message: Message) -> bool:
    """Whether it only shows that this way works: it makes no sound where the channel can be silent."""
    return message.kind is PageKind.TEST and message.informs


def asks(message: Message) -> bool:
    """Whether it asks the reader to acknowledge."""
    return message.status == "triggered" and message.kind.traits.of_incident and not message.informs


def decides(message: Message) -> bool:
    """Whether it asks the reader to decide something."""
    return bool(message.command)


def role_and_duty(message: Message, language: Language) -> str:
    """`Product manager: Confirm the scope …`; empty where the role has nothing to do that we could say."""
    if not message.role or message.duty is None:
        return ""
    title = title_of(message.role).in_(language)
    return f"{title}{Text(': ', '：').in_(language)}{clean(message.duty.in_(language))}"


def clock(instant: Instant, zone: tzinfo, at: Instant) -> str:
    """`22:39` for a text that has no room for more; with month and day when it is not of the day of `at`."""
    when = datetime.fromtimestamp(instant, zone)
    same = when.date() == datetime.fromtimestamp(at, zone).date()
    return f"{when:%H:%M}" if same else f"{when:%m-%d %H:%M}"


def severity_words(severity: Severity, language: Language) -> str:
    """`P1 (major)`."""
    word = units.severity_word(severity, language)
    return Text(f"{severity} ({word})", f"{severity}（{word}）").in_(language)

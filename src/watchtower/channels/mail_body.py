"""What a page says as a mail: its subject, its parts, and the plain text.

The subject holds only what stays the same over an incident, because mail programs put a thread together by it;
how bad it is now stands first in the text, which they show beside the subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.core.notify.messages import Because, Message
from watchtower.daily_hours import zone_of
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind
from watchtower.texts import units
from watchtower.values import Frozen

SITUATION = Text("The situation", "当前态势")


class Body(Frozen):
    """The content of both forms, in the reader's language and zone."""

    rows: Sequence[tuple[str, str]]
    links: Sequence[tuple[str, str]]
    alerts: Sequence[tuple[str, str]]
    """What it saw, and beside it which rule, on what, since when."""
    sop: str
    sop_url: str
    steps: Sequence[str]
    foot: str
    situation: Sequence[str] = ()
    """The brief in a few lines."""


def subject(message: Message, language: Language) -> str:
    """`Shop Checkout: incident INC-7`: the same for every mail of the incident."""
    affected = sentences.subject_of(message, language)
    if not message.kind.traits.of_incident:
        return f"[{message.kind.traits.word.in_(language)}] {affected}"
    if message.drill:
        affected = f"[{sentences.DRILL_WORD.in_(language)}] {affected}"
    incident = sentences.clean(message.incident)
    return Text(f"{affected}: incident {incident}", f"{affected}：事件 {incident}").in_(language)


def plain(letter: Letter) -> str:
    """The text part. Its first line says everything."""
    language, body = letter.language, body_of(letter)
    colon = Text(": ", "：").in_(language)
    parts = [sentences.headline(letter.message, zone_of(letter.zone), language)]
    parts.append("\n".join(f"{name}{colon}{value}" for name, value in body.rows))
    if body.links:
        parts.append("\n".join(f"{name}{colon}{url}" for name, url in body.links))
    if body.situation:
        parts.append("\n".join([SITUATION.in_(language), *body.situation]))
    if body.steps or body.sop:
        title = Text("First steps", "处置步骤").in_(language) + (f"{colon}{body.sop}" if body.sop else "")
        lines = [title, *(f"{n}. {step}" for n, step in enumerate(body.steps, 1))]
        parts.append("\n".join([*lines, body.sop_url] if body.sop_url else lines))
    if body.alerts:
        lines = [Text("Why", "依据").in_(language)]
        for said, detail in body.alerts:
            lines += [f"- {said}", f"  {detail}"]
        parts.append("\n".join(lines))
    return "\n\n".join([*filter(None, parts), f"-- \n{body.foot}"]) + "\n"


def body_of(letter: Letter) -> Body:
    """All parts, as this responder reads them."""
    message, language = letter.message, letter.language
    zone = zone_of(letter.zone)

    def say(en: str, zh: str) -> str:
        return zh if language is Language.ZH else en

    def when(instant: float) -> str:
        return units.moment(instant, zone, language, at=message.at)

    over = message.kind.ends
    comma = say(", ", "，")
    level = sentences.severity_words(message.severity, language)
    was = message.previous_severity
    if was is not None and was != message.severity:
        level += sentences.moved(message.severity, was, language)
    start, seconds = sentences.spell(message)
    began = f"{when(start)}{comma}{say('', '已 ')}{sentences.span(seconds, language)}{say(' ago', '')}"
    if sentences.is_well(message) and not over:
        began = f"{when(message.onset)}{comma}{sentences.lasted(message, language)}"
    if over:
        ended = units.moment(message.at, zone, language, at=message.onset)
        began = f"{when(message.onset)} – {ended} ({sentences.span(message.elapsed, language)})"
    rows = [
        (say("Severity", "级别"), level),
        (say("Status", "状态"), sentences.standing(message, language)),
        (say("Lasted", "历时") if over else say("Since", "开始"), began),
        (
            say("Incident", "事件"),
            sentences.incident(message, language)
            + say(f" (message {message.number})", f"（第 {message.number} 条消息）"),
        ),
    ]
    if message.began is not None and not over:
        first = say(f"{when(message.onset)}, bad for {{}} so far", f"{when(message.onset)}，累计异常 {{}}")
        rows.insert(3, (say("First", "首次"), first.format(sentences.span(message.elapsed, language))))
    if message.why is not None and not over:
        rows.insert(1, (say("Reason", "定级原因"), sentences.clean(message.why.in_(language))))
    if said := sentences.harm(message, language):
        rows.insert(0, (say("Affected", "影响"), said))
    if message.shared is not None:
        rows.insert(0, (say("In common", "共同点"), sentences.clean(message.shared.in_(language))))
    if others := sentences.others(message, language, why=True):
        rows.insert(0, (say("Also", "另有"), others))
    if said := sentences.note(message, language):
        rows.insert(0, (say("Note", "说明"), said))
    if message.command:
        rows.append((say("Command", "命令"), message.command))
    if not over and (duty := sentences.role_and_duty(message, language)):
        rows.append((say("For you as", "您的职责"), duty))
    if not message.kind.traits.of_incident:
        rows = [(say("Sent to", "收件人"), f"{sentences.clean(letter.responder)} <{letter.address}>")]
    links = []
    decides = sentences.decides(message)
    if letter.ack_url and (decides or sentences.asks(message)):
        ack = say("Acknowledge all", "全部认领") if message.also else say("Acknowledge", "认领")
        links.append((say("Decide", "处理") if decides else ack, letter.ack_url))
    if letter.brief_url:
        links.append((say("Open the brief", "查看详情"), letter.brief_url))
    alerts = [
        (
            sentences.clean(b.text.in_(language)) or sentences.clean(b.rule),
            sentences.clean(
                " · ".join(
                    filter(
                        None,
                        (
                            str(b.severity),
                            b.rule,
                            f"{b.check} [{b.series}]" if b.series else b.check,
                            f"{say('since', '始于')} {when(b.since)}",
                            _now(b, language) if message.kind is not PageKind.UNWATCHED else "",
                        ),
                    )
                )
            ),
        )
        for b in sentences.ordered(message)
    ]
    sop_title = (
        sentences.clean(message.sop_title.in_(language))
        if message.sop_title
        else sentences.clean(message.sop)
    )
    sent = datetime.fromtimestamp(message.at, zone)
    return Body(
        rows=rows,
        links=links,
        alerts=alerts,
        sop="" if over else sop_title,
        sop_url="" if over else message.sop_url,
        steps=() if over else [sentences.clean(step.in_(language)) for step in message.sop_steps],
        foot=say(
            f"Watchtower, {sent:%Y-%m-%d %H:%M:%S}. Times are in {letter.zone} ({units.offset(sent)}).",
            f"Watchtower，{sent:%Y-%m-%d %H:%M:%S}。时间按 {letter.zone}（{units.offset(sent)}）。",
        ),
        situation=[line.rstrip() for line in message.brief],
    )


def _now(because: Because, language: Language) -> str:
    """`now HTTP 503`, where it says more than the alert's text."""
    said = because.now.in_(language)
    if not said or said in because.text.in_(language):
        return ""
    return Text(f"now {said}", f"当前 {said}").in_(language)

"""The demo in numbers, computed from the replay."""

from __future__ import annotations

from collections.abc import Iterator

from watchtower.demo.replay import DemoReplay
from watchtower.model import Instant
from watchtower.page_kinds import PageKind
from watchtower.texts.in_words import InWords
from watchtower.values import Frozen


class LongestSilence(Frozen):
    """The longest run of measured zeros."""

    start: Instant
    end: Instant


def longest_silence(story: DemoReplay) -> LongestSilence:
    """Finds the longest silence in the data."""
    best = LongestSilence(story.start, story.start)
    since: Instant | None = None
    for at, requests in zip(story.samples.times, story.requests, strict=True):
        if requests > 0:
            since = None
            continue
        since = at if since is None else since
        if at - since > best.end - best.start:
            best = LongestSilence(since, at)
    return best


def missing(story: DemoReplay, at: Instant) -> float:
    """Expected requests between the onset and `at`, at that day's mean rate until then, minus those that
    came."""
    if not story.incident or at <= story.onset:
        return 0.0
    came = sum(story.between(story.onset, at))
    return max(0.0, story.rate_before(story.onset, story.onset - story.start) * (at - story.onset) - came)


def summary(story: DemoReplay) -> list[str]:
    """Lines for the end, in the demo's language. One line says so when nobody was paged."""
    return list(_told(story, InWords(story.language)))


def _told(story: DemoReplay, say: InWords) -> Iterator[str]:
    first = next((a for a in story.arrivals if a.kind is PageKind.NEW), None)
    if first is None:
        yield say("These rules paged nobody.", "按这些规则没有通知任何人。")
        return
    silence = longest_silence(story)
    delay, lead = first.at - story.onset, silence.start - first.at
    rate = story.rate_before(story.onset)
    lost = max(0.0, rate * delay - sum(story.between(story.onset, first.at)))
    yield say(
        f"Paged {say.span(delay)} after the silence began; about {lost:,.0f} requests were lost by then.",
        f"静默开始后 {say.span(delay)}发出第一条通知，此时约损失 {lost:,.0f} 个请求。",
    )
    if lead > 0:
        yield say(
            f"{say.span(lead)} before the shutdown was complete: the stutter gave it away.",
            f"比完全停机早 {say.span(lead)}：断续已露出端倪。",
        )
    else:
        yield say(f"That was {say.span(-lead)} after the shutdown.", f"在停机后 {say.span(-lead)}。")
    lasted = say.span(silence.end - silence.start)
    yield say(f"Not one request for {lasted}.", f"连续 {lasted}没有一个请求。")
    yield from _people(story, say, first.at)
    if story.resolved_at is not None:
        total, whole = missing(story, story.resolved_at), say.span(story.resolved_at - story.onset)
        yield say(
            f"All clear after {whole}; about {total:,.0f} requests never came.",
            f"历时 {whole}后解除；约 {total:,.0f} 个请求未到达。",
        )


def _people(story: DemoReplay, say: InWords, first: Instant) -> Iterator[str]:
    reminders = len({a.at for a in story.arrivals if a.kind is PageKind.REMINDER})
    sms = sum(len(a.to) for a in story.arrivals if a.channel == "sms")
    mails = sum(len(a.to) for a in story.arrivals if a.channel == "email")
    people = sorted({name for a in story.arrivals for name in a.to})
    yield say(
        f"{mails} mails and {sms} SMS to {len(people)} people ({', '.join(people)}).",
        f"向 {len(people)} 人（{'、'.join(people)}）发送 {mails} 封邮件、{sms} 条短信。",
    )
    if story.acknowledged is not None:
        at, by = story.acknowledged
        yield say(
            f"{by} acknowledged {say.span(at - first)} after the first page; reminders until then: {reminders}.",
            f"{by} 在首次通知 {say.span(at - first)}后认领，此前提醒 {reminders} 次。",
        )

"""The part of a review that fills itself in, as it is said: in one language and one zone."""

from __future__ import annotations

from watchtower.brief.sections import Section
from watchtower.brief.sheet import Block, Row, Sheet
from watchtower.core.reviews.facts import Facts
from watchtower.core.reviews.record import Record
from watchtower.model import Instant, Text
from watchtower.review.timeline import sections_of
from watchtower.texts.phrases import Phrase, Span, Tongue, When, fill
from watchtower.texts.units import STATUSES, moment

_REVIEW = Text("review", "复盘")
_AS_OF = Text("as of {}", "截至 {}")


def heads_of(facts: Facts, at: Instant) -> list[Phrase]:
    """How the incident stands, how long it lasted, since when; who writes the review, and who closed it."""
    incident, review = facts.incident, facts.history.review
    end = incident.resolved_at if incident.resolved_at is not None else at
    heads: list[Phrase] = [
        STATUSES.get(incident.state, str(incident.state)),
        fill("lasted {}", "持续 {}", Span(end - incident.onset)),
        fill("began {}", "始于 {}", When(incident.onset, zoned=True)),
    ]
    if review.owner:
        heads.append(fill("review by {}", "复盘负责人 {}", review.owner))
    if review.closed_at is not None:
        closed = When(review.closed_at)
        heads.append(fill("review closed by {} on {}", "复盘已由 {} 完成（{}）", review.closed_by, closed))
    return heads


def review_sheet(facts: Facts, record: Record, tongue: Tongue) -> Sheet:
    """The sections that are read from the log."""
    incident, say = facts.incident, tongue.say
    heads = [*([Text("DRILL", "演练")] if incident.drill else []), *heads_of(facts, tongue.at)]
    return Sheet(
        f"{record.record} {say(incident.title)} · {incident.id} · {say(_REVIEW)}",
        str(record.record),
        str(incident.state),
        tuple(map(say, heads)),
        _AS_OF.in_(tongue.language).format(moment(tongue.at, tongue.zone, tongue.language, at=0.0)),
        tuple(_block(section, tongue) for section in sections_of(facts, record, tongue.at)),
        tongue.language,
    )


def _block(section: Section, tongue: Tongue) -> Block:
    say = tongue.say
    rows = tuple(Row(say(line.text), say(line.label), str(line.tone)) for line in section.lines)
    return Block(section.name, say(section.title), rows, section.elsewhere, section.keep)

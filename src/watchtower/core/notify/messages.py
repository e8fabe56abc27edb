"""The message of a page: its content, before a channel formats it.

It is built once, by the engine, and stored with the page; channels only lay it out.
"""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.model import Instant, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.values import Frozen

NO_TEXT = Text("", "")
VERSION = 1
"""Version of the page webhook's JSON, raised when a field changes its meaning."""


class Because(Frozen):
    """One alert that holds the incident up: which rule, on what, since when, and what it saw.

    `text` is the rule's summary with the measured values in it; `now` what the newest observation says, `when` the
    rule's condition, for programs. `over`: it fires no more, and its users are not surely back.
    """

    rule: str
    check: str
    series: str
    severity: Severity
    since: Instant
    text: Text
    when: str = ""
    now: Text = NO_TEXT
    over: bool = False


class FlowState(Frozen):
    """A flow that suffers: `impact` is 0..1 now. None: it needs what fails, and is not seen to suffer."""

    title: Text
    impact: float | None = None


class NotePoint(Frozen):
    """One thing of which a role is told: what is said of it later takes the place of what was said before."""

    about: str
    """As `clock.status`, `steps`."""
    text: Text


def joined(points: Iterable[NotePoint]) -> Text:
    """All of them in one sentence."""
    texts = [point.text for point in points]
    return Text("; ".join(one.en for one in texts), "；".join(one.zh for one in texts))


def and_then(said: Text | None, more: Text) -> Text:
    """`more` as a sentence after what is said already."""
    if said is None:
        return more
    return Text(f"{said.en.rstrip('. ')}. {more.en}", f"{said.zh.rstrip('。')}。{more.zh}")


class Also(Frozen):
    """Another incident of which the same page tells."""

    incident: str
    kind: PageKind
    severity: Severity
    title: Text
    text: Text
    """What its worst alert saw, or what its page was to say."""


class Message(Frozen):
    """The content of a page. `number` counts the messages of this incident from 1."""

    kind: PageKind
    product: Text
    incident: str
    number: int
    severity: Severity
    previous_severity: Severity | None
    status: str
    """`triggered`, `acknowledged` or `resolved`."""
    reason: str
    """The engine's named reason for sending this."""
    title: Text
    """What is affected: the flow's title or the check's name."""
    flow: str
    because: tuple[Because, ...]
    onset: Instant
    at: Instant
    sop: str = ""
    sop_title: Text | None = None
    sop_url: str = ""
    sop_steps: tuple[Text, ...] = ()
    acknowledged_by: str = ""
    drill: bool = False
    """Nothing is wrong: people practise. Every text says so first."""
    acks_missing: int = 0
    """How many people more must acknowledge, where the level wants several."""
    role: str = ""
    """The role for which this person is told."""
    duty: Text | None = None
    """What that role is to do."""
    duty_short: Text | None = None
    note: Text | None = None
    """What this message says beside the alerts: why somebody else is asked, what is overdue, what is due."""
    why: Text | None = None
    """Why the severity is what it has just become."""
    command: str = ""
    """What a person types to do what the note asks for; where there is a link, the page behind it does it too."""
    flows: tuple[FlowState, ...] = ()
    """What users cannot do now, the worst first."""
    worst: tuple[FlowState, ...] = ()
    """What users could not do at the worst moment of it, once it is well."""
    users: float | None = None
    """Users who are affected; None: not known."""
    users_at_most: bool = False
    """Some of them may have been counted more than once."""
    again: bool = False
    """It was well, and came back."""
    began: Instant | None = None
    """When this spell of it began; None: at the onset."""
    bad_seconds: float | None = None
    """How long it has been bad, without the time in between when it was well."""
    undone: Text | None = None
    """What was taken back or changed since it was well."""
    informs: bool = False
    """It informs: it asks nobody to acknowledge."""
    points: tuple[NotePoint, ...] = ()
    """What the note is put together from, where a role is told of something."""
    also: tuple[Also, ...] = ()
    """Other incidents of which it tells, the worst first, those that are over last."""
    left: int = 0
    """Incidents that were told together with those that are over now, and go on."""
    shared: Text | None = None
    """What they have in common with its own: where to look first."""
    repeat: bool = False
    """An earlier attempt at it may have arrived: of a message on its way only, never of one in the store."""
    told_as: str = ""
    """`Incident.told_as`: how earlier messages may have called it."""
    unfenced: bool = False
    """Another daemon may lead and tell the same: of a message on its way only, as well."""
    brief: tuple[str, ...] = ()
    """The situation in a few lines, in the reader's language and zone; in mails that inform."""

    @property
    def elapsed(self) -> float:
        """Seconds for which it has been bad; of a message of before those were known, from the onset to it."""
        return max(0.0, self.at - self.onset) if self.bad_seconds is None else self.bad_seconds

"""The demo's replay: three days of August 1995 through the engine, with all messages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.resources import as_file, files
from zoneinfo import ZoneInfo

from watchtower.channels import mail_body, sms_text
from watchtower.channels.contract import Letter
from watchtower.config.load import load
from watchtower.core.events import Decision, IncidentChanged, PageQueued
from watchtower.core.incident.incidents import Page
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.demo.captions import CAPTIONS, Caption
from watchtower.model import ChannelName, Instant, Language, Severity
from watchtower.page_kinds import PageKind
from watchtower.replay import Replay, World
from watchtower.replay.records import Record, Recorder
from watchtower.replay.samples import Samples, read
from watchtower.replay.series import narrowed, observations
from watchtower.values import Frozen, Mutable, field, replace

CHECK = "site-requests"
ZONE = ZoneInfo("America/New_York")
ACK_AFTER = 720.0
"""The responder of this story takes twelve minutes to find a keyboard."""
_LINKS = "https://wt.example"
_HOUR = 3600.0


class Arrival(Frozen):
    """One message in the mailbox or on the phone. `to` are the people who got the same."""

    at: Instant
    channel: ChannelName
    kind: PageKind
    severity: Severity
    to: tuple[str, ...]
    subject: str
    text: str


class DemoReplay(Mutable):
    """The data of the screen, the plain lines and the picture. Times are instants; a row is ten seconds."""

    language: Language
    samples: Samples
    arrivals: list[Arrival] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    """As a backtest has them."""
    levels: list[tuple[Instant, Severity | None]] = field(default_factory=list)
    """The incident's severity from each moment on; None: all is well."""
    captions: list[Caption] = field(default_factory=list)
    incident: str = ""
    onset: Instant = 0.0
    acknowledged: tuple[Instant, str] | None = None
    resolved_at: Instant | None = None

    @property
    def start(self) -> Instant:
        return self.samples.times[0]

    @property
    def end(self) -> Instant:
        return self.samples.times[-1]

    @property
    def requests(self) -> Sequence[float]:
        return self.samples.cells["requests"]  # type: ignore[return-value]

    def level(self, at: Instant) -> Severity | None:
        now = None
        for moment, severity in self.levels:
            if moment > at:
                break
            now = severity
        return now

    def between(self, start: Instant, end: Instant) -> Sequence[float]:
        """Requests of the rows from `start` (included) to `end`."""
        times = self.samples.times
        return self.requests[bisect_left(times, start) : bisect_left(times, end)]

    def rate_before(self, at: Instant, seconds: float = _HOUR) -> float:
        """Requests per second in the time before `at`."""
        rows = self.between(at - seconds, at)
        return sum(rows) / (len(rows) * self.samples.interval) if rows else 0.0


def plan_of(language: Language) -> Plan:
    """The demo's own rules.toml and checks, with its people reading `language`."""
    here = files("watchtower.demo")
    with ExitStack() as stack:
        rules = stack.enter_context(as_file(here / "rules.toml"))
        checks = stack.enter_context(as_file(here / "checks"))
        plan = load(rules, checks, {}).plan
    people = {
        name: person.model_copy(update={"language": language}) for name, person in plan.responders.items()
    }
    return replace(plan, responders=people)


def tell(language: Language) -> DemoReplay:
    """Runs the engine over the whole trace and records what happened."""
    plan = plan_of(language)
    with as_file(files("watchtower.demo") / "erin-1995.csv.gz") as file:
        samples, problems = read(file, plan.checks[CHECK])
    if problems:
        raise RuntimeError(f"the demo's own data are damaged: {problems[0]}")
    story = DemoReplay(language, samples)
    letters, recorder = list[Letter](), Recorder()

    def hear(decision: Decision, engine: Engine) -> None:
        story.records.extend(recorder.records(decision, engine))
        if isinstance(decision, PageQueued):
            letters.append(_letter(decision.page, engine.plan))
        elif isinstance(decision, IncidentChanged):
            _note(story, decision)

    replay = Replay(narrowed(plan, [samples]), story.start, world=World(ack_after=ACK_AFTER), heard=hear)
    for observation in observations(samples, story.start, story.end):
        replay.feed(observation)
    replay.advance(story.end)
    story.arrivals = _delivered(letters)
    story.captions = sorted([*CAPTIONS, *story.captions], key=lambda caption: caption.at)
    return story


def _note(story: DemoReplay, change: IncidentChanged) -> None:
    incident = change.incident
    match change.reason:
        case "opened":
            if not story.incident:
                story.incident, story.onset = incident.id, incident.onset
            story.levels.append((change.at, incident.severity))
        case "raised" | "lowered":
            story.levels.append((change.at, incident.severity))
        case "acknowledged":
            story.acknowledged = (change.at, change.by)
            story.captions.append(Caption.acknowledged(change.at, change.by))
        case "resolved":
            story.resolved_at = change.at
            story.captions.append(Caption.resolved(change.at))
            story.levels.append((change.at, None))


def _letter(page: Page, plan: Plan) -> Letter:
    person = plan.responders[page.responder]
    thread = page.thread
    return Letter(
        id=page.id, thread=thread, first_of_thread=page.kind is PageKind.NEW, responder=person.name,
        address=person.addresses[page.channel], language=person.language, zone=person.zone, message=page.message,
        brief_url=f"{_LINKS}/incidents/{page.incident}", ack_url=f"{_LINKS}/ack/k7Qe",
    )  # fmt: skip


def _delivered(letters: Sequence[Letter]) -> list[Arrival]:
    """Letters of one message by one channel count as one, because they have the same text."""
    together: dict[tuple[str, int, ChannelName], list[Letter]] = {}
    for letter in letters:
        channel = letter.thread.rsplit(".", 1)[1]
        together.setdefault((letter.message.incident, letter.message.number, channel), []).append(letter)
    arrivals = []
    for (_, _, channel), same in together.items():
        letter, to = same[0], tuple(one.responder for one in same)
        message = letter.message
        text = mail_body.plain(letter) if channel == "email" else sms_text.compose(letter)
        subject = mail_body.subject(message, letter.language) if channel == "email" else ""
        arrivals.append(Arrival(message.at, channel, message.kind, message.severity, to, subject, text))
    return arrivals

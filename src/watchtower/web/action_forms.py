"""The forms on an incident's page, for people with a phone: one table of the actions that pages offer.

The fields of a form are those that the action itself declares. The API takes all actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.contract import Status
from watchtower.api.names import named, via
from watchtower.api.responses import ApiError
from watchtower.brief.brief import Brief
from watchtower.brief.entry_texts import AUDIENCES
from watchtower.brief.roles import filled, known_roles, role_words, wanted
from watchtower.core.actions.action import Field, FieldKind
from watchtower.core.checklists.tasks import TaskState
from watchtower.core.degrade.actions import deciders
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import DECLARED
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.scene import Scene
from watchtower.core.silences.silence import AlertSilence
from watchtower.model import IncidentState, Language, Severity, Text
from watchtower.outside_text import clean
from watchtower.texts.phrases import Phrase, Tongue
from watchtower.texts.reasons import PageReason
from watchtower.values import Frozen, field
from watchtower.web import page_texts
from watchtower.web.locale import Visitor, visitor

_SHORT = 90
"""Characters of a step's text that a list on a phone shows."""
_HOMES = 30
"""Incidents that a form offers to merge into."""
FIELDS = 120
"""Fields of one form: the page of an incident sends those of all actions."""
_FEW = 6
"""Options up to which each has a line of its own."""

Options = Sequence[tuple[str, Phrase]]
"""Value and words of each."""


async def do_by_form(request: Request) -> Response:
    """Does one action. The fields of an action are named `action.field`; those of other actions are ignored."""
    fields = await form(request)
    request.app.state.access.may_act(request, fields)
    by = named(request, fields.get("by"))
    who, action, incident = visitor(request), request.path_params["action"], request.path_params["id"]
    if action == "resolve":
        if not await request.app.state.daemon.resolve(incident, by, via(request, "board")):
            raise ApiError(409, who.say(PageReason.STILL_FIRING.text))
        return RedirectResponse(who.here(f"/incidents/{incident}"), 303)
    if action not in ACTIONS:
        raise ApiError(404, f'there is no action "{action[:50]}"', f"one of {', '.join(ACTIONS)}")
    if await request.app.state.daemon.incident(incident) is None:
        raise ApiError(404, who.say(page_texts.NO_INCIDENT))
    data = given(fields, action)
    why = await request.app.state.daemon.do(incident, action, by, via(request, "board"), data)
    if why:
        raise ApiError(422, why, who.say(ACTIONS[action].help))
    page = "/review" if fields.get("back") == "review" else ""
    return RedirectResponse(who.here(f"/incidents/{incident}{page}"), 303)


def given(fields: Mapping[str, str], action: str) -> dict[str, str]:
    """Returns the fields of one action that are filled."""
    start = f"{action}."
    found = {
        name.removeprefix(start): value.strip() for name, value in fields.items() if name.startswith(start)
    }
    return {name: value for name, value in found.items() if value}


class Case(Frozen):
    """What a page is about when it offers actions. `by` is the person of a link; empty where anybody may give a name."""

    scene: Scene
    by: str = ""
    silences: Sequence[AlertSilence] = ()
    others: Sequence[Incident] = ()
    """Open incidents, this one among them perhaps."""


class FormField(Frozen):
    """A field of a form. With `options` (value, label) it is a list, of lines where they are `few`; else a line of text."""

    name: str
    label: str
    declared: Field
    options: Sequence[tuple[str, str]] = ()

    @property
    def few(self) -> bool:
        return len(self.options) <= _FEW

    @property
    def number(self) -> bool:
        return self.declared.kind is FieldKind.NUMBER


class ActionForm(Frozen):
    """One action of the form: `name` is the action's, its fields are sent as `name.field`. One that `stands_out` waits for
    this person."""

    name: str
    button: Text
    fields: Sequence[FormField]
    stands_out: bool = False

    def wrong(self, data: Mapping[str, str]) -> str:
        """The label of the first field that is missing, or that is none of the options; "" where all is well."""
        for one in self.fields:
            value = data.get(one.name, "")
            if (not value and one.declared.required) or (
                value and one.options and value not in dict(one.options)
            ):
                return one.label
        return ""


class _Offer(Frozen):
    """`choices` are the options of the action's fields that are lists; an action is offered while each of them has one, and
    `fits` says so. `texts` are the fields that people write. `over`: also after the end."""

    button: Text
    choices: Mapping[str, tuple[Text, Callable[[Case], Options]]] = field(default_factory=dict)
    texts: Sequence[str] = ()
    fits: Callable[[Case], bool] = lambda _: True
    stands_out: bool = False
    over: bool = False


def forms(who: Visitor, made: Brief, status: Status, by: str = "") -> list[ActionForm]:
    """Returns a form for each action that fits now, and that the person of a link (`by`) may do.

    Acknowledging is offered to the person of a link only: the page has a form of its own for it.
    """
    case = Case(made.scene, by, status.silences, status.incidents)
    tongue = Tongue(who.language, who.zone, made.at)
    out = []
    for name, offer in _OFFERS.items():
        if (
            not (by or name in ACTIONS or name == "resolve")
            or not (made.scene.incident.open or offer.over)
            or not offer.fits(case)
        ):
            continue
        declared = ACTIONS[name].fields if name in ACTIONS else {}
        lists = {
            key: [(value, tongue.say(words)) for value, words in choose(case)]
            for key, (_, choose) in offer.choices.items()
        }
        if all(lists.values()):
            fields = [
                FormField(key, who.say(label), declared[key], lists[key])
                for key, (label, _) in offer.choices.items()
            ]
            fields += [FormField(key, _label(who, declared[key]), declared[key]) for key in offer.texts]
            out.append(ActionForm(name, offer.button, fields, offer.stands_out))
    return out


def _label(who: Visitor, declared: Field) -> str:
    words = who.say(declared.help)
    return words[:1].upper() + words[1:]


def _waits(case: Case) -> bool:
    """Whether an acknowledgement of this person changes anything. In a drill everybody's counts."""
    incident, history = case.scene.incident, case.scene.history
    if incident.drill:
        return case.by not in history.drill.answers
    if case.by in history.people.acks or incident.acknowledged_by == case.by:
        return False
    mitigated = incident.state is IncidentState.MITIGATED and incident.acknowledged_at is None
    return mitigated or incident.state is IncidentState.TRIGGERED


def _proposed(case: Case) -> bool:
    """Whether a lowering waits for this person: who asked for it does not confirm it; what watchtower proposes is for the
    commander to say, where one was named."""
    proposed = case.scene.history.severity.proposed
    if proposed is None or proposed.by_hand:
        return proposed is not None and proposed.by != case.by
    return filled(case.scene).get("commander", case.by) == case.by


def _suggested(case: Case) -> Options:
    """Degradation plans that wait for this person, each with what it does and what else it affects."""
    scene, found = case.scene, list[tuple[str, Phrase]]()
    for run in scene.history.degrade.suggested():
        plan = scene.plan.degrade.get(run.plan)
        if plan is None or plan.action is None:
            continue
        may = deciders(scene.plan, plan, scene.at, scene.history.people)
        if not case.by or not may or case.by in may:
            note = plan.guard.blast_radius_note or Text("", "")
            about = [Text(f"{run.plan}: {plan.why.en}", f"{run.plan}：{plan.why.zh}")]
            about += [Text(f" ({note.en})", f"（{note.zh}）")] if note.en else []
            found.append((run.plan, Text("".join(a.en for a in about), "".join(a.zh for a in about))))
    return found


def _low(case: Case) -> bool:
    """Whether too little comes on one of its flows, but something."""
    found = case.scene.history.impact.indicators
    return found is not None and any(flow.missing and 0.0 < flow.impact < 1.0 for flow in found.flows)


def _roles(case: Case) -> Options:
    names = dict.fromkeys((*wanted(case.scene), *known_roles(case.scene), *DUTIES))
    taken = filled(case.scene)
    return [(name, role_words(name)) for name in names if not case.by or taken.get(name) != case.by]


def _steps(case: Case) -> Options:
    steps = [task for task in case.scene.history.sop.tasks if task.state is TaskState.OPEN]
    return [
        (str(t.number), Text(*(f"{t.number}. {words[:_SHORT]}" for words in (t.text.en, t.text.zh))))
        for t in steps
    ]


def _worse(case: Case) -> Options:
    now = case.scene.incident.severity
    return [(str(level), str(level)) for level in reversed(Severity) if level.worse_than(now)]


def _firing(case: Case) -> bool:
    return bool(case.scene.firing) and not case.scene.incident.drill


def _over(case: Case) -> bool:
    """Whether a person can say that it is over; a drill can be ended at any time."""
    return case.scene.incident.drill or all(alert.rule == DECLARED for alert in case.scene.firing)


def _homes(case: Case) -> Options:
    """Incidents that this one can be merged into: those that are no better."""
    mine = case.scene.incident
    found = [
        other
        for other in case.others
        if other.id != mine.id and not mine.severity.worse_than(other.severity) and other.kind.of_product
    ]
    return [
        (one.id, Text(*(f"{one.id} {one.severity} {one.title.in_(way)}" for way in Language)))
        for one in found[:_HOMES]
    ]


def _others(case: Case) -> list[str]:
    """Responders who have not subscribed."""
    known = case.scene.history.people.subscribers
    return [name for name in case.scene.plan.responders if name not in known]


_PLAN = {"plan": (page_texts.ACT_PLAN, _suggested)}
_OFFERS: Mapping[str, _Offer] = {
    "acknowledge": _Offer(page_texts.ACKNOWLEDGE, fits=_waits, stands_out=True),
    "approve": _Offer(page_texts.DO_APPROVE, _PLAN, stands_out=True),
    "confirm": _Offer(page_texts.DO_CONFIRM, fits=_proposed, stands_out=True),
    "reject": _Offer(page_texts.DO_REJECT, _PLAN, ["reason"]),
    "note": _Offer(page_texts.DO_NOTE, texts=["text"]),
    "done": _Offer(page_texts.DO_STEP, {"step": (page_texts.ACT_STEP, _steps)}),
    "take": _Offer(page_texts.DO_TAKE, {"role": (page_texts.ACT_ROLE, _roles)}),
    "silence": _Offer(
        page_texts.DO_SILENCE,
        {"until": (page_texts.ACT_UNTIL, lambda _: list(page_texts.SILENCE_FOR.items()))},
        ["reason"],
        _firing,
    ),
    "resolve": _Offer(page_texts.DO_RESOLVE, fits=_over),
    "tried": _Offer(page_texts.DO_TRIED, texts=["text", "result"]),
    "raise": _Offer(page_texts.DO_RAISE, {"severity": (page_texts.ACT_LEVEL, _worse)}, ["reason"]),
    "said": _Offer(
        page_texts.DO_SAID,
        {"audience": (page_texts.ACT_AUDIENCE, lambda _: list(AUDIENCES.items()))},
        ["text", "next_minutes"],
    ),
    "subscribe": _Offer(
        page_texts.DO_SUBSCRIBE,
        {"who": (page_texts.ACT_WHO, lambda case: [(one, one) for one in _others(case)])},
    ),
    "new_normal": _Offer(page_texts.DO_NORMAL, texts=["reason"], fits=_low),
    "merge": _Offer(
        page_texts.DO_MERGE,
        {"into": (page_texts.ACT_INTO, _homes)},
        ["reason"],
        lambda case: case.scene.incident.kind.of_product,
    ),
    "expire_silence": _Offer(
        page_texts.DO_EXPIRE,
        {"silence": (page_texts.ACT_SILENCE, lambda case: [(one.id, one.words) for one in case.silences])},
    ),
    "rollback": _Offer(
        page_texts.DO_ROLLBACK,
        {
            "plan": (
                page_texts.ACT_PLAN,
                lambda case: [(r.plan, r.plan) for r in case.scene.history.degrade.in_force()],
            )
        },
        over=True,
    ),
}
"""In the order in which a page shows them."""


async def form(request: Request) -> Mapping[str, str]:
    """Returns the last value of each field. Raises ApiError for what is not `application/x-www-form-urlencoded`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        raise ApiError(
            415, "this is a form's address", "send application/x-www-form-urlencoded, or use /api/v1"
        )
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=FIELDS)
        return {clean(name): clean(value) for name, value in pairs}
    except (UnicodeDecodeError, ValueError):
        raise ApiError(400, "the form cannot be read") from None

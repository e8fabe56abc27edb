"""The forms on an incident's page, for people with a phone. They offer a few actions; the API takes all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.names import named
from watchtower.api.responses import ApiError
from watchtower.brief.brief import Brief
from watchtower.brief.entry_texts import AUDIENCES
from watchtower.brief.roles import known_roles, role_words, wanted
from watchtower.core.checklists.tasks import TaskState
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.silences.silence import AlertSilence
from watchtower.model import Severity, Text
from watchtower.outside_text import clean
from watchtower.texts.phrases import Phrase, Tongue
from watchtower.web import page_texts
from watchtower.web.locale import Visitor, visitor

_SHORT = 90
"""Characters of a step's text that a list on a phone shows."""


async def do_by_form(request: Request) -> Response:
    """Does one action. The form carries the API token instead of a cookie, so no other site can send it for somebody.
    The fields of an action are named `action.field`; those of other actions are ignored."""
    fields = await form(request)
    request.app.state.access.may_act(request, fields.get("token", ""))
    by = named(request, fields.get("by"))
    who, action, incident = visitor(request), request.path_params["action"], request.path_params["id"]
    if action not in ACTIONS:
        raise ApiError(404, f'there is no action "{action[:50]}"', f"one of {', '.join(ACTIONS)}")
    if await request.app.state.daemon.incident(incident) is None:
        raise ApiError(404, who.say(page_texts.NO_INCIDENT))
    data = given(fields, action)
    why = await request.app.state.daemon.do(incident, action, by, "board", data)
    if why:
        raise ApiError(422, why, who.say(ACTIONS[action].help))
    return RedirectResponse(who.here(f"/incidents/{incident}"), 303)


def given(fields: Mapping[str, str], action: str) -> dict[str, str]:
    """Returns the fields of one action that are filled."""
    start = f"{action}."
    found = {
        name.removeprefix(start): value.strip() for name, value in fields.items() if name.startswith(start)
    }
    return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form. With `number` it takes a few digits; with `options` (value, label) it is a list."""

    name: str
    label: Text
    options: Sequence[tuple[str, str]] = ()
    number: bool = False


@dataclass(frozen=True, slots=True)
class ActionForm:
    """One action of the form: `name` is the action's, its fields are sent as `name.field`."""

    name: str
    button: Text
    fields: Sequence[FormField]


def forms(who: Visitor, made: Brief, silences: Sequence[AlertSilence] = ()) -> list[ActionForm]:
    """Returns a form for each action that fits now; none once the incident is over. `silences` can be ended."""
    incident = made.scene.incident
    if not incident.open:
        return []
    worse = [level for level in reversed(Severity) if level.worse_than(incident.severity)]
    roles, steps = _roles(who, made), _steps(who, made)
    said = [
        FormField("audience", page_texts.ACT_AUDIENCE, _options(who, AUDIENCES.items())),
        FormField("text", page_texts.ACT_SAID),
        FormField("next_minutes", page_texts.ACT_NEXT, number=True),
    ]
    lines = [
        ActionForm("note", page_texts.DO_NOTE, [FormField("text", page_texts.ACT_NOTE)]),
        ActionForm(
            "tried",
            page_texts.DO_TRIED,
            [FormField("text", page_texts.ACT_TRIED), FormField("result", page_texts.ACT_RESULT)],
        ),
        ActionForm(
            "take", page_texts.DO_TAKE, [FormField("role", page_texts.ACT_ROLE, roles)] if roles else []
        ),
        ActionForm(
            "done", page_texts.DO_STEP, [FormField("step", page_texts.ACT_STEP, steps)] if steps else []
        ),
        ActionForm("raise", page_texts.DO_RAISE, _raise(worse) if worse else []),
        ActionForm(
            "new_normal",
            page_texts.DO_NORMAL,
            [FormField("reason", page_texts.ACT_WHY)] if _low(made) else [],
        ),
        ActionForm("said", page_texts.DO_SAID, said),
        ActionForm("silence", page_texts.DO_SILENCE, _silence(who) if made.scene.firing else []),
        ActionForm(
            "expire_silence",
            page_texts.DO_EXPIRE,
            [FormField("silence", page_texts.ACT_SILENCE, [(one.id, one.words) for one in silences])]
            if silences
            else [],
        ),
    ]
    return [line for line in lines if line.name in ACTIONS and line.fields]


def _silence(who: Visitor) -> list[FormField]:
    lasts = _options(who, page_texts.SILENCE_FOR.items())
    return [FormField("until", page_texts.ACT_UNTIL, lasts), FormField("reason", page_texts.ACT_WHY)]


def _low(made: Brief) -> bool:
    """Whether too little comes on one of its flows, but something."""
    found = made.scene.history.impact.indicators
    return found is not None and any(flow.missing and 0.0 < flow.impact < 1.0 for flow in found.flows)


def _roles(who: Visitor, made: Brief) -> list[tuple[str, str]]:
    names = dict.fromkeys((*wanted(made.scene), *known_roles(made.scene), *DUTIES))
    return _options(who, [(name, role_words(name)) for name in names])


def _steps(who: Visitor, made: Brief) -> list[tuple[str, str]]:
    steps = [task for task in made.scene.history.sop.tasks if task.state is TaskState.OPEN]
    return [(str(task.number), f"{task.number}. {who.say(task.text)[:_SHORT]}") for task in steps]


def _raise(worse: Sequence[Severity]) -> list[FormField]:
    levels = [(str(level), str(level)) for level in worse]
    return [FormField("severity", page_texts.ACT_LEVEL, levels), FormField("reason", page_texts.ACT_WHY)]


def _options(who: Visitor, options: Iterable[tuple[str, Phrase]]) -> list[tuple[str, str]]:
    tongue = Tongue(who.language)
    return [(value, tongue.say(text)) for value, text in options]


async def form(request: Request) -> Mapping[str, str]:
    """Returns the last value of each field. Raises ApiError for what is not `application/x-www-form-urlencoded`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        raise ApiError(
            415, "this is a form's address", "send application/x-www-form-urlencoded, or use /api/v1"
        )
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=20)
        return {clean(name): clean(value) for name, value in pairs}
    except (UnicodeDecodeError, ValueError):
        raise ApiError(400, "the form cannot be read") from None

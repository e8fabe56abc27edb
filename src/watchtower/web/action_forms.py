"""The forms on an incident's page: what people do with a phone in the hand. The API takes every action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.answers import Refused
from watchtower.api.names import named
from watchtower.brief.brief import Brief
from watchtower.brief.entry_texts import AUDIENCES
from watchtower.brief.roles import known_roles, role_words, wanted
from watchtower.core.features import ACTIONS
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.sops.tasks import TaskState
from watchtower.model import Severity, Text
from watchtower.texts.phrases import Phrase, Tongue
from watchtower.web import words
from watchtower.web.forms import form
from watchtower.web.locale import Visitor, visitor
from watchtower.web.markup import EMPTY, Html, fill, join

OFFERED = ("note", "tried", "take", "done", "raise", "said")
"""What the page has a line for, in this order."""
_SHORT = 90
"""Signs of a step's text in a list on a phone."""


async def do_by_form(request: Request) -> Response:
    """Name and API token are in the form: no cookie, so no other site can send it for somebody. The fields of an
    action are named `action.field`; those of other lines are not looked at."""
    fields = await form(request)
    request.app.state.access.may_act(request, fields.get("token", ""))
    by = named(request, fields.get("by"))
    who, action, incident = visitor(request), request.path_params["action"], request.path_params["id"]
    if action not in ACTIONS:
        raise Refused(404, f'there is no action "{action[:50]}"', f"one of {', '.join(ACTIONS)}")
    if await request.app.state.daemon.incident(incident) is None:
        raise Refused(404, who.say(words.NO_INCIDENT))
    data = given(fields, action)
    why = await request.app.state.daemon.do(incident, action, by, "board", data)
    if why:
        raise Refused(422, why, who.say(ACTIONS[action].help))
    return RedirectResponse(who.here(f"/incidents/{incident}"), 303)


def given(fields: Mapping[str, str], action: str) -> dict[str, str]:
    """The filled fields of one action."""
    start = f"{action}."
    found = {
        name.removeprefix(start): value.strip() for name, value in fields.items() if name.startswith(start)
    }
    return {name: value for name, value in found.items() if value}


def forms(who: Visitor, made: Brief) -> Html:
    """One form: name and token once, then a line for each thing to do. Nothing once it is over."""
    incident = made.scene.incident
    if not incident.open:
        return EMPTY
    lines = {
        "note": _text(who, "note.text", words.ACT_NOTE),
        "tried": _text(who, "tried.text", words.ACT_TRIED) + _text(who, "tried.result", words.ACT_RESULT),
        "take": _roles(who, made),
        "done": _steps(who, made),
        "raise": _levels(who, incident.severity) + _text(who, "raise.reason", words.ACT_WHY),
        "said": _audiences(who) + _text(who, "said.text", words.ACT_SAID) + _minutes(who),
    }
    rows = [
        fill(
            "do",
            fields=Html(fields),
            action=f"{who.root}/incidents/{incident.id}/do/{name}",
            button=who.say(_BUTTONS[name]),
        )
        for name, fields in lines.items()
        if name in ACTIONS and fields and not (name == "raise" and incident.severity is Severity.P0)
    ]
    return fill(
        "doing",
        summary=who.say(words.ACT),
        hint=who.say(words.ACT_HINT),
        by_label=who.say(words.YOUR_NAME),
        token_label=who.say(words.API_TOKEN),
        rows=join(rows),
    )


_BUTTONS: Mapping[str, Text] = {
    "note": words.DO_NOTE,
    "tried": words.DO_TRIED,
    "take": words.DO_TAKE,
    "done": words.DO_STEP,
    "raise": words.DO_RAISE,
    "said": words.DO_SAID,
}


def _roles(who: Visitor, made: Brief) -> Html:
    names = dict.fromkeys((*wanted(made.scene), *known_roles(made.scene), *DUTIES))
    return _select(who, "take.role", words.ACT_ROLE, [(name, role_words(name)) for name in names])


def _steps(who: Visitor, made: Brief) -> Html:
    steps = [task for task in made.scene.history.sop.tasks if task.state is TaskState.OPEN]
    said = [(str(task.number), f"{task.number}. {who.say(task.text)[:_SHORT]}") for task in steps]
    return _select(who, "done.step", words.ACT_STEP, said)


def _levels(who: Visitor, now: Severity) -> Html:
    worse = [level for level in Severity if level.worse_than(now)]
    return _select(
        who, "raise.level", words.ACT_LEVEL, [(str(level), str(level)) for level in reversed(worse)]
    )


def _audiences(who: Visitor) -> Html:
    return _select(who, "said.audience", words.ACT_AUDIENCE, AUDIENCES.items())


def _minutes(who: Visitor) -> Html:
    return fill("number", name="said.next_minutes", label=who.say(words.ACT_NEXT))


def _text(who: Visitor, name: str, label: Text) -> Html:
    return fill("text", name=name, label=who.say(label))


def _select(who: Visitor, name: str, label: Text, options: Iterable[tuple[str, Phrase]]) -> Html:
    """Empty where there is nothing to choose."""
    tongue = Tongue(who.language)
    made = join(fill("option", value=value, words=tongue.say(text)) for value, text in options)
    return fill("select", name=name, label=who.say(label), options=made) if made else EMPTY

"""What an update is about: the words that every audience shares."""

from __future__ import annotations

from watchtower.core.indicators import DOWN
from watchtower.core.scene import Scene
from watchtower.model import IncidentState, Text
from watchtower.texts.phrases import Phrase, When, many
from watchtower.texts.units import STATUSES

AND = Text(", ", "、")


def what(scene: Scene) -> Phrase:
    """The names of the flows as users know them; of the incident where no flow is known."""
    named = [scene.plan.flows[name].title for name in _flows(scene) if name in scene.plan.flows]
    return many([*named], AND) if named else scene.incident.title


def _flows(scene: Scene) -> tuple[str, ...]:
    return scene.incident.flows or ((scene.incident.flow,) if scene.incident.flow else ())


def is_down(scene: Scene) -> bool:
    found = scene.history.impact.indicators
    return found is not None and any(flow.impact >= DOWN and flow.confirmed for flow in found.flows)


def is_over(scene: Scene) -> bool:
    return not scene.incident.open


def is_calm(scene: Scene) -> bool:
    return scene.incident.state is IncidentState.MITIGATED


def began(scene: Scene) -> Phrase:
    return When(scene.incident.onset, zoned=True)


def progress(scene: Scene, ours: bool = True) -> Phrase:
    """What we know of the cause, without naming it."""
    if scene.history.notes.cause is not None:
        return Text("We know the cause and are putting it right.", "我们已找到原因，正在处理。")
    if ours:
        return Text("We are looking for the cause.", "我们正在查找原因。")
    return Text("The cause is being looked for.", "原因正在调查中。")


def in_force(scene: Scene) -> Phrase:
    """What users are told of degradation that is in force."""
    plans = scene.plan.degrade
    texts = [plans[run.plan].user_text for run in scene.history.degrade.in_force() if run.plan in plans]
    return many([text for text in texts if text is not None], " ")


def state(scene: Scene) -> Phrase:
    return STATUSES.get(scene.incident.state, str(scene.incident.state))

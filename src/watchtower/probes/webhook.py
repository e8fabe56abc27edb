"""`webhook` takes alerts that Alertmanager, Grafana or another monitor posts to `/in/CHECK` when they begin and when they end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Annotated, Any, ClassVar

import jmespath

from watchtower.core.parse_time import parse_rfc3339
from watchtower.core.plan.alert_series import ALERTNAME
from watchtower.fields import Duration, Field, Secret
from watchtower.model import Facts, Instant
from watchtower.outside_text import clean
from watchtower.probes.alertmanager import Alertmanager
from watchtower.probes.held_alerts import PostedAlert
from watchtower.probes.http_answer import JmesPath

MOST = 1000
"""Alerts of one post."""
_LONGEST = 2000
"""Characters of a text."""
DAY = 86400.0
TESTED = 300.0
"""Seconds that an alert of Grafana's button "Test" lasts, whose end is never posted."""


class Webhook(Alertmanager):
    """Each alert ends by a post with its own id, never because a post leaves it out, or stays away."""

    kind = "webhook"
    facts: ClassVar[Facts] = Alertmanager.facts

    class Settings(Alertmanager.Settings):
        token: Annotated[Secret, Field(min_length=16)] | None = Field(
            default=None,
            description="The token of this webhook; `WATCHTOWER_PUSH_TOKEN` does not count then.",
        )
        alerts: JmesPath = Field(
            default="alerts", description="The list of alerts in the body, or one alert: `@`."
        )
        alert_id: JmesPath = Field(
            default="fingerprint", description="Of an alert: what its end has in common with its beginning."
        )
        alert_status: JmesPath = Field(default="status", description="Of an alert: whether it fires.")
        ended: tuple[str, ...] = Field(
            default=("resolved", "ok", "closed"), description="What the status says of one that is over."
        )
        ignored: tuple[str, ...] = Field(
            default=(),
            description="What the status says of one that neither fires nor is over, such as `INSUFFICIENT_DATA`.",
        )
        alert_name: JmesPath = Field(default="labels.alertname", description="Of an alert: its name.")
        alert_severity: JmesPath = Field(
            default="", description="Of an alert: how bad it is. Default: its label."
        )
        alert_summary: JmesPath = Field(
            default="", description="Of an alert: what is wrong. Default: its annotation."
        )
        alert_labels: JmesPath = Field(default="labels", description="Of an alert: an object of labels.")
        alert_link: JmesPath = Field(
            default="generatorURL", description="Of an alert: where it can be looked at."
        )
        lasts: Duration = Field(
            default=7 * DAY,
            gt=0,
            description="An alert that is so long neither repeated nor ended is no longer watched.",
        )

    @staticmethod
    def posted(settings: Any, document: Any, at: Instant, instance: str) -> Iterator[PostedAlert | str]:
        """The alerts of a body that was read as JSON; a text says why one cannot be taken. Ours, which went out from this
        `instance` and came back, are left out. Raises ValueError where there is no list of alerts."""
        found = _at(settings.alerts, _unwrapped(document))
        some = found if isinstance(found, list) else [found]
        if not all(isinstance(one, dict) for one in some):
            raise ValueError(f"there is no list of objects at `{settings.alerts}`")
        if len(some) > MOST:
            raise ValueError(f"more than {MOST} alerts")
        for one in some:
            if _texts(one.get("annotations")).get("watchtower") != instance or not instance:
                yield _alert(settings, one, at)


def _alert(settings: Any, one: Mapping[str, Any], at: Instant) -> PostedAlert | str:
    labels = _texts(_at(settings.alert_labels, one))
    told = {name: text[:_LONGEST] for name, text in _texts(one.get("annotations")).items()}
    for path, where, name in (
        (settings.alert_name, labels, ALERTNAME),
        (settings.alert_severity, labels, settings.severity_label),
        (settings.alert_summary, told, "summary"),
    ):
        if path and (text := _text(_at(path, one))):
            where[name] = text[:_LONGEST]
    status = _text(_at(settings.alert_status, one))
    if not status:
        return f"there is no status at `{settings.alert_status}`"
    if not labels:
        return f"there are no labels at `{settings.alert_labels}`, and no name at `{settings.alert_name}`"
    if status in settings.ignored:
        return ""
    id = _text(_at(settings.alert_id, one)) or repr(sorted(labels.items()))
    if len(id) > 100:
        id = blake2b(id.encode("utf-8", "replace"), digest_size=16).hexdigest()
    over = status.lower() in {word.lower() for word in settings.ended}
    tested = labels.get(ALERTNAME) == "TestAlert" and labels.get("instance") == "Grafana"
    until = at if over else at + (TESTED if tested else settings.lasts)
    lost = told.get("grafana_state_reason") in ("MissingSeries", "NoData", "Error", "Paused", "RuleDeleted")
    link = _text(_at(settings.alert_link, one))[:_LONGEST]
    return PostedAlert(labels, told, at if over else _begun(one, at), until, link, id, over and lost)


def _begun(one: Mapping[str, Any], at: Instant) -> Instant:
    """When it began, where it says so; its clock may be before ours."""
    try:
        moment = parse_rfc3339(one.get("startsAt"))
    except ValueError:
        return at
    return moment if 0.0 < moment < at else at


def _unwrapped(document: Any) -> Any:
    """What SNS of Amazon carries is a text with JSON in it."""
    if isinstance(document, dict) and "TopicArn" in document and isinstance(document.get("Message"), str):
        try:
            return json.loads(document["Message"])
        except (ValueError, RecursionError):
            return {"text": document["Message"]}
    return document


def _at(path: str, document: Any) -> Any:
    if not path:
        return None
    try:
        return jmespath.search(path, document)
    except (jmespath.exceptions.JMESPathError, TypeError, ValueError, RecursionError):
        return None


def _texts(given: Any) -> dict[str, str]:
    """Names and texts; what is empty is none."""
    if not isinstance(given, dict):
        return {}
    return {clean(name)[:200]: text for name, value in list(given.items())[:64] if (text := _text(value))}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return clean(str(value)).strip() if isinstance(value, (str, int, float)) else ""

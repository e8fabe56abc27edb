"""A switch that is a call: the run as JSON, signed where there is a key, under one idempotency key."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from watchtower.channels.http_call import Caller, hiding, idempotency_key
from watchtower.channels.urls import host_of
from watchtower.channels.verdict import Judge
from watchtower.channels.webhook import SIGNATURE, sign
from watchtower.config.degrade_tables import WebhookAction
from watchtower.errors import DeliveryError
from watchtower.switches.contract import Order, SwitchError


async def call(action: WebhookAction, order: Order, redact: Callable[[str], str]) -> str:
    """A 2xx means that it is done, where `success` does not say otherwise; its answer. Raises SwitchError."""
    headers = {name: value.get_secret_value() for name, value in action.headers.items()}
    body = json.dumps(order.body() | {"dry_run": False}, ensure_ascii=False, separators=(",", ":")).encode()
    sent = {
        "Content-Type": "application/json",
        **headers,
        "Idempotency-Key": idempotency_key(order.owed.key),
    }
    if action.secret is not None:
        sent[SIGNATURE] = sign(action.secret.get_secret_value().encode(), int(time.time()), body)
    hide = hiding(action.headers.values(), redact)
    caller = Caller("switch", action.timeout, action.ca_file, hide, action.proxy.get_secret_value())
    try:
        answer = await caller.call(action.method, action.url.get_secret_value(), data=body, headers=sent)
        Judge(action).judged(caller, answer)
        said = caller.excerpt(answer)
        return f"http {answer.status}" + (f": {said}" if said else "")
    except DeliveryError as error:
        raise SwitchError(str(error), again=not error.permanent, after=error.retry_after) from None
    finally:
        await caller.close()


def rehearse(action: WebhookAction) -> str:
    """What would be done, without doing it."""
    return f"would {action.method} to {host_of(action.url.get_secret_value())}"

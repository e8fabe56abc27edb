"""Posts JSON to a program: signed if there is a key, under one idempotency key. It executes plans, and exports action items."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from watchtower.channels.http_call import Caller, hiding, idempotency_key
from watchtower.channels.kinds.webhook import SIGNATURE, sign
from watchtower.channels.urls import (
    host_of,
    problem_of_headers,
    problem_of_proxy,
    problem_of_secret,
    problem_of_url,
)
from watchtower.channels.verdict import Judge, Verdict
from watchtower.errors import DeliveryError
from watchtower.fields import Duration, Field, Secret, model_validator
from watchtower.switches.contract import Order, SwitchError

_LONGEST = 120.0


class WebhookAction(Verdict):
    """An HTTP call to a program. Its answer is read as for channels."""

    url: Secret = Field(description="Where the JSON is posted to.")
    method: Literal["POST", "PUT", "PATCH"] = Field(default="POST", description="POST, PUT or PATCH.")
    headers: dict[str, Secret] = Field(default={}, description="Further headers.")
    body: dict[str, Any] = Field(default={}, description="Further keys of the JSON that is posted.")
    secret: Secret | None = Field(default=None, description="Key of the signature, as for [channel.webhook].")
    ca_file: str = Field(default="", description="Authorities to trust, instead of the public ones.")
    proxy: Secret = Field(default=Secret(""), description="An http:// proxy that the call goes by.")
    timeout: Duration = Field(default=10.0, gt=0, le=_LONGEST, description="For one attempt.")

    @model_validator(mode="after")
    def _can_be_called(self) -> WebhookAction:
        problem = problem_of_url(self.url.get_secret_value())
        if problem:
            raise ValueError(f"url: {problem}")
        problem = (
            problem_of_headers(self.headers)
            or problem_of_secret("secret", self.secret)
            or problem_of_proxy(self.proxy)
        )
        if problem:
            raise ValueError(problem)
        return self


async def call(action: WebhookAction, order: Order, redact: Callable[[str], str]) -> str:
    """Executes the plan and returns the answer. Raises SwitchError."""
    try:
        return await post(action, "switch", order.queued.key, order.body() | {"dry_run": False}, redact)
    except DeliveryError as error:
        raise SwitchError(str(error), again=not error.permanent, after=error.retry_after) from None


async def post(
    action: WebhookAction, name: str, key: str, values: Mapping[str, Any], redact: Callable[[str], str]
) -> str:
    """Makes one call and returns its answer. A 2xx is success, unless `success` says otherwise. `name` is that of its
    thread. Raises DeliveryError."""
    headers = {name: value.get_secret_value() for name, value in action.headers.items()}
    body = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    sent = {"Content-Type": "application/json", **headers, "Idempotency-Key": idempotency_key(key)}
    if action.secret is not None:
        sent[SIGNATURE] = sign(action.secret.get_secret_value().encode(), int(time.time()), body)
    hide = hiding(action.headers.values(), redact)
    caller = Caller(name, action.timeout, action.ca_file, hide, action.proxy.get_secret_value())
    try:
        answer = await caller.call(action.method, action.url.get_secret_value(), data=body, headers=sent)
        Judge(action).judged(caller, answer)
        said = caller.excerpt(answer)
        return f"http {answer.status}" + (f": {said}" if said else "")
    finally:
        await caller.close()


def rehearse(action: WebhookAction) -> str:
    """What would be done, without doing it."""
    return f"would {action.method} to {host_of(action.url.get_secret_value())}"

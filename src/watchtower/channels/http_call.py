"""One HTTP call to a gateway or a webhook: bounded in time and size, and at its end the thread is back.

Every call has a thread of its own (wire.py ends it): whoever drips its answer holds that thread for `timeout` at
most, and nobody waits for it. How many calls go to one far side at once is delivery's to say.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from watchtower.bodies import BodyUnreadable, body_text
from watchtower.channels.sentences import clean
from watchtower.channels.urls import host_of
from watchtower.channels.why import Stage, why
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Secret
from watchtower.own_thread import own_thread
from watchtower.values import Frozen

if TYPE_CHECKING:
    from watchtower.channels.wire import NoAnswer, Session

_MOST_QUOTED, _QUOTED = 4096, 200
UTF8 = {"Content-Type": "application/json; charset=utf-8"}
"""For the vendors whose manuals ask for the charset with a JSON body."""
_LONGEST_HEADER = 64
"""Characters of a Retry-After that are looked at."""
_FAULTS = {
    401: DeliveryFault.OURS,
    403: DeliveryFault.OURS,
    407: DeliveryFault.OURS,
    408: DeliveryFault.RETRY,
    425: DeliveryFault.RETRY,
    429: DeliveryFault.RETRY,
    504: DeliveryFault.AMBIGUOUS,
}
"""What follows from a status. From another 3xx: ours, 4xx: the address is wrong, 5xx and a no inside a 2xx: try again."""
_CLASSES = {3: DeliveryFault.OURS, 4: DeliveryFault.ADDRESS}
_LONGEST_WAIT = 3600.0
_SLACK = 5.0
"""Seconds beyond its time after which a call is not waited for any more; nothing is known that gets there."""
_OURS = {
    401: "refuses our credentials",
    403: "refuses us, not the message",
    407: "the proxy refuses our credentials",
}
"""Whom it refuses."""


class Answer(Frozen):
    """The answer. `body` is unchanged, cut at 64 KiB; `cut` says why it ends early, empty when it is whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def retry_after(self) -> float | None:
        """Seconds that the far side asks us to wait (a number or an HTTP date), at most an hour."""
        value = self.headers.get("retry-after", "").strip()
        if not value or len(value) > _LONGEST_HEADER or self.status not in (429, 503):
            return None
        if value.isascii() and value.isdigit():
            return min(float(value), _LONGEST_WAIT)
        try:
            return min(max(0.0, parsedate_to_datetime(value).timestamp() - time.time()), _LONGEST_WAIT)
        except (TypeError, ValueError, OverflowError, IndexError):
            return None


class Caller:
    """Makes calls. `redact` takes secrets out of whatever the far side echoes back.

    `proxy` is an http:// URL that all calls go by; none is ever taken from the environment. A request is never
    sent twice, as long as each has a `fresh` connection. Over one that is kept for a burst, libcurl sends it again where the
    far side closes just then: for far sides that tell a repetition.
    """

    def __init__(
        self,
        name: str,
        timeout: float,
        ca_file: str = "",
        redact: Callable[[str], str] = str,
        proxy: str = "",
        *,
        fresh: bool = True,
    ) -> None:
        self._name, self._timeout, self._ca_file, self._proxy = name, timeout, ca_file, proxy
        self._redact, self._fresh = redact, fresh
        self._made: Session | None = None
        self._making = threading.Lock()

    async def call(self, method: str, url: str, *, read: bool = True, **how: Any) -> Answer:
        """The answer, whatever its status. Raises DeliveryError when there is none in time: to be tried again, or
        ambiguous once the far side may have read the request.

        `read`: the body of a success is wanted; without it, who drips it has answered all the same.
        """
        work = partial(self._call, method, url, read, how)
        try:
            return await own_thread(work, self._name, self._timeout + _SLACK)
        except TimeoutError:
            detail = f"no end of the call to {host_of(url)}"
            raise DeliveryError("timeout", detail, fault=DeliveryFault.AMBIGUOUS) from None
        except OSError as error:
            raise DeliveryError("ours", f"we cannot call {host_of(url)}: {why(error)}") from None

    def refusal(self, answer: Answer) -> DeliveryError:
        """The error for an answer that is not a success, by its HTTP status alone."""
        if 300 <= answer.status < 400:
            detail = "answers with a redirect, which is not followed: configure the final URL"
        else:
            detail = self.excerpt(answer) or "no explanation"
        if answer.status in _OURS:
            detail = f"{_OURS[answer.status]}: {detail}"
        return DeliveryError(
            f"http {answer.status}",
            detail,
            fault=_FAULTS.get(answer.status) or _CLASSES.get(answer.status // 100, DeliveryFault.RETRY),
            retry_after=answer.retry_after(),
        )

    def excerpt(self, answer: Answer) -> str:
        """The beginning of the body as one line, without any secret that we sent."""
        try:
            text = body_text(answer.body, answer.headers)
        except BodyUnreadable:
            text = answer.body[:_MOST_QUOTED].decode("utf-8", "replace")
        line = clean(self._redact(text[:_MOST_QUOTED]))
        return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"

    async def close(self) -> None:
        """Closes kept connections; running calls end by their own time limit."""
        if self._made is not None:
            self._made.close()

    def _call(self, method: str, url: str, read: bool, how: dict[str, Any]) -> Answer:
        # Imported with the first call, which a sidecar without pages never makes.
        from watchtower.channels.wire import NoAnswer, Session

        with self._making:
            self._made = self._made or Session(self._ca_file, self._proxy, fresh=self._fresh)
        try:
            return Answer(*self._made.exchange(method, url, self._timeout, read=read, **how))
        except NoAnswer as error:
            found = self._explained(error, host_of(url))
            if error.sent:
                found.fault = DeliveryFault.AMBIGUOUS
            raise found from None
        except ValueError as error:
            # Never an exception's own text: it quotes the URL, which may hold a key.
            raise DeliveryError("connect", f"cannot reach {host_of(url)}: {why(error)}") from None

    def _explained(self, error: NoAnswer, host: str) -> DeliveryError:
        """Where the error is: the receiver, the proxy, the name server, or a local file."""
        stage, trouble = error.stage, error.why
        if stage is Stage.AUTHORITIES:
            detail = f"our ca_file {self._ca_file} cannot be read: {trouble}"
            return DeliveryError("tls", detail, fault=DeliveryFault.OURS)
        if error.spent:
            return DeliveryError("ours", f"we cannot open a connection to {host}: {trouble}")
        if error.late:
            trouble = f"no answer within {self._timeout:g} s, waited for {stage}"
        if error.proxy:
            what = f"our proxy {host_of(self._proxy)} does not bring us to {host}, which may be well"
            fault = DeliveryFault.OURS if "407" in trouble else DeliveryFault.RETRY
            return DeliveryError("proxy", f"{what}: {trouble}", fault=fault)
        if stage is Stage.ADDRESS:
            return DeliveryError("dns", f"no address of {host}: {trouble}")
        if error.late or error.tls:
            return DeliveryError("timeout" if error.late else "tls", f"{host}: {trouble}")
        what = f"no answer in HTTP from {host}" if stage is Stage.ANSWER else f"cannot reach {host}"
        return DeliveryError("connect", f"{what}: {trouble}")


def idempotency_key(id: str) -> str:
    """A letter's id as it may stand in a header: names of people need not be ASCII."""
    return quote(id, safe="")


def hiding(secrets: Iterable[Secret], redact: Callable[[str], str]) -> Callable[[str], str]:
    """`redact`, and these secrets, which we sent ourselves, taken out too."""
    own = [secret.get_secret_value() for secret in secrets]

    def hide(text: str) -> str:
        for secret in own:
            text = text.replace(secret, "***") if len(secret) >= 4 else text
        return redact(text)

    return hide

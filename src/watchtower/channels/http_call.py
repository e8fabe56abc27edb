"""One HTTP call to a gateway or a webhook: bounded in time and size, and at its end the thread is back.

Every call has a thread of its own (wire.py ends it): whoever drips its answer holds that thread for `timeout` at
most, and nobody waits for it. How many calls go to one far side at once is delivery's to say.
"""

from __future__ import annotations

import re
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
from watchtower.channels.why import Stage, causes, spent, tls_trouble, why
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Secret
from watchtower.own_thread import own_thread
from watchtower.values import Frozen

if TYPE_CHECKING:
    from watchtower.channels.wire import Session

_MOST_QUOTED, _QUOTED = 4096, 200
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
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}[A-Za-z -]{0,60})")
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
        value = self.headers.get("Retry-After", "").strip()
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

    `proxy` is an http:// URL that all calls go by; none is ever taken from the environment. Connections are kept for a
    burst, but not where each call is to have a `fresh` one: one that the far side closes just then leaves nobody knowing
    whether it was read. A request is never sent twice.
    """

    def __init__(
        self,
        name: str,
        timeout: float,
        ca_file: str = "",
        redact: Callable[[str], str] = str,
        proxy: str = "",
        *,
        fresh: bool = False,
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

    def _session(self) -> Session:
        # Imported with the first call: requests is 4 MB that a sidecar without pages does not need.
        from watchtower.channels.wire import Session

        with self._making:
            if self._made is None:
                self._made = Session(self._ca_file, self._proxy)
            return self._made

    def _call(self, method: str, url: str, read: bool, how: dict[str, Any]) -> Answer:
        session = self._session()
        from watchtower.channels.wire import NOW

        NOW.begin(self._timeout, fresh=self._fresh)
        try:
            return Answer(*session.exchange(method, url, read=read, **how))
        except (OSError, ValueError, RecursionError) as error:
            # requests' errors are OSErrors. Never an exception's own text: it quotes the URL, which may hold a key.
            found = self._explained(error, url, NOW.stage, late=time.monotonic() >= NOW.end)
            if NOW.sent:
                found.fault = DeliveryFault.AMBIGUOUS
            raise found from None

    def _explained(self, error: Exception, url: str, stage: Stage, *, late: bool) -> DeliveryError:
        """Where the error is: the receiver, the proxy, the name server, or a local file."""
        host, trouble = host_of(url), tls_trouble(error) or why(error)
        if stage is Stage.AUTHORITIES:
            detail = f"our ca_file {self._ca_file} cannot be read: {trouble}"
            return DeliveryError("tls", detail, fault=DeliveryFault.OURS)
        if spent(error):
            return DeliveryError("ours", f"we cannot open a connection to {host}: {trouble}")
        if late:
            trouble = f"no answer within {self._timeout:g} s, waited for {stage}"
        if self._proxy and (
            type(error).__name__ == "ProxyError" or stage in (Stage.ADDRESS, Stage.CONNECTION)
        ):
            what = f"our proxy {host_of(self._proxy)} does not bring us to {host}, which may be well"
            refused = _refused_by_proxy(error)
            fault = DeliveryFault.OURS if "407" in refused else DeliveryFault.RETRY
            return DeliveryError("proxy", f"{what}: {refused or trouble}", fault=fault)
        if stage is Stage.ADDRESS:
            return DeliveryError("dns", f"no address of {host}: {trouble}")
        if late:
            return DeliveryError("timeout", f"{host}: {trouble}")
        if tls_trouble(error):
            return DeliveryError("tls", f"{host}: {trouble}")
        if stage is Stage.ANSWER:
            return DeliveryError("connect", f"no answer in HTTP from {host}: {trouble}")
        return DeliveryError("connect", f"cannot reach {host}: {trouble}")


def _refused_by_proxy(error: Exception) -> str:
    """The status line with which a proxy refuses a tunnel."""
    said = (found for cause in causes(error) if (found := _TUNNEL.search(str(cause))))
    return next((f"it answers {found[1]}" for found in said), "")


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

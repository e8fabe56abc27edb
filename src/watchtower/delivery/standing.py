"""How the configured channels stand: which failed just now, which carries no more to whom, which waits for us to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchtower.core.notify.channel_choice import Choice
from watchtower.delivery.retry import Policy
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Severity


class Standing:
    """Owned by one event loop; `now` is its time."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._last_until: dict[tuple[str, str], float] = {}
        """By channel, and by the responder to whom it carries no more, or nobody where it failed."""
        self._broken: dict[str, Severity] = {}
        """Channels with a fault of ours, and the worst page that did not go by them."""

    def failed(self, name: str, responder: str, error: DeliveryError, now: float) -> None:
        """It did not take a page: for a while others of its kind go before it, except for a wrong address."""
        match error.fault:
            case DeliveryFault.ADDRESS:
                return
            case DeliveryFault.OTHER_CHANNEL:
                spell = max(self._policy.barred, error.retry_after or 0.0)
            case _:
                responder, spell = "", self._policy.down
        self._last_until[name, responder] = now + spell

    def worked(self, name: str, responder: str) -> None:
        """It took a page."""
        for whom in ("", responder):
            self._last_until.pop((name, whom), None)
        self._broken.pop(name, None)

    def is_down(self, name: str, now: float) -> bool:
        """Whether it failed just now."""
        return now < self._last_until.get((name, ""), 0.0)

    def in_order(self, found: list[Choice], responder: str, now: float) -> list[Choice]:
        """Those that failed just now after the others, and last those that carry no more to this responder."""
        return sorted(
            found,
            key=lambda one: (
                now < self._last_until.get((one.name, responder), 0.0),
                self.is_down(one.name, now),
            ),
        )

    def via(
        self, name: str, found: Sequence[Choice], tried: Mapping[str, str], now: float, *, several: bool
    ) -> str:
        """`sms.abroad (for any number) after sms.cn (http 503)`: which one took a page, and why."""
        why = next((one.why.en for one in found if one.name == name and several), "")
        down = {one.name for one in found if self.is_down(one.name, now)}
        failed = dict.fromkeys(sorted(down), "failed just now") | dict(tried)
        after = ", ".join(f"{one} ({code})" for one, code in failed.items() if one != name)
        return f"{name} ({why})" * bool(why) + f" after {after}" * bool(after)

    def breaks(self, name: str, severity: Severity) -> bool:
        """A fault of ours. Returns whether that is news: the first, or of a worse page than before."""
        news = severity.worse_than(self._broken.get(name))
        if news:
            self._broken[name] = severity
        return news

    def mended(self) -> None:
        """Somebody changed the configuration: what is still broken is news again."""
        self._broken.clear()

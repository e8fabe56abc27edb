"""When a page is tried again, when others are paged, and when it has failed. Pure: time and chance are
arguments."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Instant, Severity
from watchtower.values import Frozen, field

HOUR = 3600.0
DAY = 24 * HOUR


class Policy(Frozen):
    """All in seconds, but the numbers of attempts.

    Waits double from `first` up to `cap`; chance takes off up to half, so that pages that failed together do
    not come back together. What the far side asks for (Retry-After) is granted up to `asked_cap`.
    """

    first: float = 1.0
    cap: float = 300.0
    asked_cap: float = HOUR
    failing_attempts: int = 3
    unclear_attempts: int = 3
    """With an unknown end, where the far side tells no repetition: more would be more messages to the same person."""
    ask_after: float = 3.0
    """Before a far side is asked what became of an attempt: it must have had time to book it."""
    ask_within: float = 3.0
    """For its answer: who did not answer in time may not answer this either, and the page waits."""
    barred: float = 600.0
    """For which a channel goes last for an address to which it carries no more."""
    down: float = 30.0
    """For which another channel of the kind goes before one that failed."""
    failing_after: float = 30.0
    """Since the page was created, whether it was tried or not."""
    give_up: Mapping[Severity, float] = field(
        default_factory=lambda: {s: 2 * DAY if s in (Severity.P0, Severity.P1) else DAY for s in Severity}
    )
    """Since the page was created; every page is tried at least once, however old it is."""
    attempt: float = 30.0
    """For one attempt, whatever the channel's own timeouts."""
    eager: float = 30.0
    """An address that works again gets at once what waits for it, but no page more often than this."""


def wait(policy: Policy, attempts: int, chance: float, retry_after: float | None = None) -> float:
    """Seconds until the next attempt after `attempts` failed ones. `chance` is in [0, 1)."""
    doubled: float = policy.first * 2.0 ** min(attempts - 1, 60)
    backoff = min(policy.cap, doubled) * (1.0 - 0.5 * chance)
    # A far side may say anything, NaN included, which compares false with everything.
    asked = min(retry_after, policy.asked_cap) if retry_after is not None and retry_after > 0 else 0.0
    return max(backoff, asked)


def given_up(policy: Policy, at: Instant, created_at: Instant, severity: Severity) -> bool:
    """Whether an attempt that failed at this time was the last."""
    return at - created_at >= policy.give_up[severity]


def failing_in(policy: Policy, at: Instant, created_at: Instant, attempts: int) -> float:
    """Seconds until others must be paged; 0 is now."""
    if attempts >= policy.failing_attempts:
        return 0.0
    # A clock that was set back must not put it off.
    return min(max(0.0, created_at + policy.failing_after - at), policy.failing_after)

"""The speed of the demo: fast through quiet hours, slow where something happens, with pauses to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from watchtower.demo.replay import DemoReplay
from watchtower.model import Instant

FRAME = 0.1
_QUIET = 8 * 3600.0
"""Seconds of the story in one second before the screen, when nothing happens."""
_CLOSE = 480.0
_NEAR = 600.0
"""Within so many seconds of an event the story goes slowly."""
_READING = 16.0
"""Seconds for all pauses together."""


def beats(story: DemoReplay) -> list[Instant]:
    """Moments to pause at: messages and captions."""
    return sorted(
        {arrival.at for arrival in story.arrivals} | {c.at for c in story.captions if c.at > story.start}
    )


def frames(story: DemoReplay) -> Iterator[tuple[Instant, float]]:
    """Moments of the demo, each with the seconds to show it. The last one is the end."""
    stops = beats(story)
    pause = min(2.0, _READING / max(1, len(stops)))
    at, index = story.start, 0
    while at < story.end:
        ahead = stops[index] if index < len(stops) else story.end
        behind = stops[index - 1] if index else story.start - 2 * _NEAR
        near = (ahead - at <= _NEAR and index < len(stops)) or at - behind < _NEAR
        # Full speed, but never past the point where something begins.
        target = at + (_CLOSE if near else min(_QUIET, max(_CLOSE, (ahead - _NEAR - at) * 2))) * FRAME
        if index < len(stops) and target >= ahead:
            at, index = ahead, index + 1
            yield at, pause
        else:
            at = min(target, story.end)
            yield at, FRAME


def play(
    story: DemoReplay,
    show: Callable[[Instant], None],
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> None:
    """Shows every frame in its time. A slow terminal skips frames; pauses stay."""
    due = clock()
    for at, seconds in frames(story):
        late = clock() - due
        if late < FRAME or seconds > FRAME or at >= story.end:
            show(at)
        due += seconds
        sleep(max(0.0, due - clock()))

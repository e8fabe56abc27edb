"""SIGKILL at 30 random moments of the story (1,000 in the soak) loses no page and tells nothing twice under two ids."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import Scene
from tests.parts.child import wait_until
from tests.parts.httpserver import HttpServer
from tests.parts.postfix import Postfix

SOAK = bool(os.environ.get("WATCHTOWER_SOAK"))
STORIES, EPISODES, KILLS_EACH = 5, 10 if SOAK else 3, 2
PARTS = 10 if SOAK else 1
"""Of a hundred kills each in the soak, so that its workers may share them."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_kill_loses_a_page(tmp_path: Path, world: HttpServer, postfix: Postfix, part: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    failures: list[BaseException] = []
    killed: list[float] = []

    def tell(number: int) -> None:
        scene = Scene(
            tmp_path / str(number),
            world,
            postfix,
            f"kill-{part}-{number}",
            remind="1s",
            every="1s",
            timeout="900ms",
            reopen_within="0s",  # every episode is an incident of its own, by which what arrived is counted
        )
        scene.daemon.anew = SOAK
        try:
            _story(scene, random.Random(seed + number), killed)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)
        finally:
            scene.daemon.kill()

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(STORIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    assert len(killed) == STORIES * EPISODES * KILLS_EACH


def _story(scene: Scene, chance: random.Random, killed: list[float]) -> None:
    scene.daemon.start(wait=False)
    for episode in range(1, EPISODES + 1):
        # One in the middle of the story, one more while the daemon starts again after it.
        moments = [chance.uniform(0.0, 2.5), chance.uniform(0.0, 1.5)]
        moment = moments[0]
        killer = threading.Thread(target=_kill_at, args=(scene, moments, killed))
        killer.start()
        scene.fails()
        # Whatever happens, both the mail and the SMS of this episode arrive ...
        _wait_told(scene, "new", episode, moment)
        time.sleep(chance.uniform(0.0, 1.5))
        scene.recovers()
        # ... and so does the all-clear of each.
        _wait_told(scene, "resolved", episode, moment)
        killer.join()
    # A page may come twice (killed between the far side's answer and our record of it), but with the same id.
    ids = set(scene.ids())
    assert len(ids) >= 2 * EPISODES
    messages = [tuple(id.split(".")[:4]) for id in ids]  # incident, number of the message, person, channel
    assert len(set(messages)) == len(messages)
    told = {
        (m["X-Watchtower-Incident"], m["X-Watchtower-Kind"], m["Message-ID"])
        for m in scene.mail.messages(scene.address)
    }
    once = [(incident, kind) for incident, kind, _ in told if kind in ("new", "resolved")]
    assert len(set(once)) == len(once)


def _wait_told(scene: Scene, kind: str, episode: int, moment: float) -> None:
    what = f"{kind} of episode {episode} (killed {moment:.3f} s after it began)"

    def told() -> bool:
        scene.daemon.must_live()
        return _told(scene, kind) >= episode

    wait_until(told, what, 90)


def _kill_at(scene: Scene, moments: list[float], killed: list[float]) -> None:
    """After so many seconds each, and start it again each time."""
    for moment in moments:
        time.sleep(moment)
        scene.daemon.kill()
        killed.append(moment)
        scene.daemon.start(wait=False)


def _told(scene: Scene, kind: str) -> int:
    """Of how many incidents both the phone and the mailbox were told this."""
    mails = {
        str(m["X-Watchtower-Incident"])
        for m in scene.mail.messages(scene.address)
        if m["X-Watchtower-Kind"] == kind
    }
    texts = {
        id.split(".")[0]
        for id, text in zip(scene.ids(), scene.texts(), strict=False)
        if ("Resolved" in text) == (kind == "resolved") and (kind == "resolved" or "Reminder" not in text)
    }
    return len(mails & texts)

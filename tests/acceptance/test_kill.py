"""SIGKILL at 50 random moments of the story loses no page."""

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

STORIES, KILLS_EACH = 5, 200 if os.environ.get("WATCHTOWER_SOAK") else 10


@pytest.mark.timeout(420 * KILLS_EACH // 10)
def test_fifty_kills_lose_no_page(tmp_path: Path, world: HttpServer, postfix: Postfix) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    failures: list[BaseException] = []
    killed: list[float] = []

    def tell(number: int) -> None:
        scene = Scene(tmp_path / str(number), world, postfix, f"kill-{number}", remind="1s")
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
    assert len(killed) == STORIES * KILLS_EACH


def _story(scene: Scene, chance: random.Random, killed: list[float]) -> None:
    scene.daemon.start()
    for episode in range(1, KILLS_EACH + 1):
        moment = chance.uniform(0.0, 2.5)
        killer = threading.Thread(target=_kill_at, args=(scene, time.monotonic() + moment, killed))
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
    assert len(set(scene.ids())) >= 2 * KILLS_EACH


def _wait_told(scene: Scene, kind: str, episode: int, moment: float) -> None:
    what = f"{kind} of episode {episode} (killed {moment:.3f} s after it began)"
    wait_until(lambda: _told(scene, kind) >= episode, what, 40)


def _kill_at(scene: Scene, when: float, killed: list[float]) -> None:
    time.sleep(max(0.0, when - time.monotonic()))
    scene.daemon.kill()
    killed.append(when)
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

"""Customers subscribe to the status page by mail: the real daemon, a real mail server, and a kill in the middle."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.acceptance.conftest import Scene
from tests.acceptance.process import TOKEN
from tests.parts.child import wait_until
from tests.parts.httpserver import HttpServer
from tests.parts.postfix import Postfix

NAMES = [f"customer{number}" for number in range(16)]


@pytest.fixture
def public(tmp_path: Path, world: HttpServer, postfix: Postfix) -> Iterator[Scene]:
    made = Scene(tmp_path, world, postfix, "subscribers")
    made.daemon.environment |= {"WATCHTOWER_STATUS_PAGE": "true", "WATCHTOWER_TRUSTED_PROXIES": "127.0.0.1"}
    yield made
    made.daemon.kill()


def address(name: str) -> str:
    return f"{name}@subscribers.example"


def texts(scene: Scene, name: str) -> list[str]:
    return [mail.get_content() for mail in scene.mail.messages(address(name))]


def link_of(text: str, what: str) -> str:
    return re.findall(rf"http://\S+/{what}/\S+", text)[0]


def test_customers_are_mailed_once_and_can_leave(public: Scene) -> None:
    daemon = public.daemon.start()
    page = daemon.get("/status").text
    assert 'action="/status/subscribe"' in page
    url = f"http://127.0.0.1:{daemon.port}/status/subscribe"
    for number, name in enumerate(NAMES):
        seen = {"X-Forwarded-For": f"203.0.113.{number}"}
        said = requests.post(url, {"address": address(name), "lang": "en"}, headers=seen, timeout=30)
        assert said.status_code == 200
    for name in NAMES:
        public.mail.wait_for(address(name))
        link = link_of(texts(public, name)[0], "confirm")
        assert (
            requests.get(link, timeout=30).status_code == requests.post(link, timeout=30).status_code == 200
        )
    listed = daemon.get("/api/v1/status/subscribers", token=TOKEN).json()["subscribers"]
    assert len(listed) == len(NAMES)

    declared = daemon.post("/api/v1/incidents", {"by": "li", "text": "Cards fail", "severity": "P3"}).json()
    did = f"/api/v1/incidents/{declared['incident']['id']}/do/publish"
    said_to_all = {"by": "li", "fields": {"audience": "public", "text": "Cards fail. We look into it."}}
    assert daemon.post(did, said_to_all).status_code == 200
    wait_until(lambda: sum(len(texts(public, name)) for name in NAMES) > len(NAMES) + 3, "some of the mails")
    daemon.kill()
    daemon.start()
    for name in NAMES:
        public.mail.wait_for(address(name), 2)
    time.sleep(1.0)
    counts = [len(texts(public, name)) - 1 for name in NAMES]
    assert sum(counts) <= len(NAMES) + 1, counts

    leaver, text = NAMES[0], texts(public, NAMES[0])[1]
    assert "Cards fail. We look into it." in text
    one_click = requests.post(link_of(text, "unsubscribe"), {"List-Unsubscribe": "One-Click"}, timeout=30)
    assert one_click.status_code == 200
    said_to_all["fields"] = {"audience": "public", "text": "It works again."}
    assert daemon.post(did, said_to_all).status_code == 200
    wait_until(lambda: len(daemon.events("status_mail_sent")) == 2, "the end of the second update")
    assert daemon.stop() == 0
    assert not [one for one in texts(public, leaver) if "works again" in one]
    assert "subscribers.example" not in daemon.log.read_text()

"""A token that is renewed while the daemon runs, as kubelet renews the files of a mounted secret."""

from __future__ import annotations

import os
from pathlib import Path

from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer, Request

CHECK = """
[[check]]
name = "bank"
probe = "http"
url = "{url}"
headers = {{ Authorization = "Bearer ${{BANK_TOKEN}}" }}
every = "300ms"
timeout = "200ms"
"""
RULES = """
[[rule]]
name = "down"
match = {}
when = "outcome == 'down'"
severity = "P1"

[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"

[channel.email]
host = "127.0.0.1"
port = 9
security = "none"
sender = "watchtower@example.com"
"""
OLD, NEW = "old-token-0123456789", "new-token-9876543210"


def renewed(folder: Path, token: str, version: str) -> None:
    """Writes a new folder beside the old one, and then lets one link point there."""
    (folder / version).mkdir(parents=True)
    (folder / version / "token").write_text(f"{token}\n")
    (folder / "next").symlink_to(version)
    os.replace(folder / "next", folder / "..data")
    if not (folder / "token").is_symlink():
        (folder / "token").symlink_to("..data/token")


def test_the_next_request_has_the_new_token_and_nothing_else_changes(
    http_server: HttpServer, tmp_path: Path
) -> None:
    """victoriametrics/victorialogs #995, kubernetes-client/python #1768: a token read at the start alone ends in refusals."""

    def answer(request: Request) -> Answer:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return Answer(200 if given in (OLD, NEW) else 401, f"your token is {given}")

    def sent() -> list[str]:
        return [one.headers["authorization"] for one in http_server.requests]

    http_server.on("/health", answer)
    renewed(tmp_path / "secrets", OLD, "..1")
    checks = {"a.toml": CHECK.format(url=http_server.url("/health"))}
    daemon = DaemonProcess(
        tmp_path, RULES, checks, {"BANK_TOKEN_FILE": str(tmp_path / "secrets/token")}
    ).start()
    try:
        wait_until(lambda: f"Bearer {OLD}" in sent(), "a request with the old token")
        renewed(tmp_path / "secrets", NEW, "..2")
        wait_until(lambda: f"Bearer {NEW}" in sent(), "a request with the new token", 30.0)
        since = len(http_server.requests)
        wait_until(lambda: len(http_server.requests) > since + 3, "more requests")
        assert set(sent()[since:]) == {f"Bearer {NEW}"}
        assert set(sent()) == {f"Bearer {OLD}", f"Bearer {NEW}"}
        assert daemon.events("incident_opened") == []
        metrics = daemon.get("/metrics").text
        assert daemon.stop() == 0
        said = daemon.log.read_text() + metrics
        assert not [token for token in (OLD, NEW) if token in said]
    finally:
        daemon.kill()

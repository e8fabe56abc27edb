"""One story, told by real parts: a target, a mail server, an SMS gateway and the real daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.process import DaemonProcess
from tests.parts.child import MissingPart
from tests.parts.conditions import without
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.phone import Phone
from tests.parts.postfix import Postfix

RULES = """
[product]
name = {{ en = "Example Pay", zh = "示例支付" }}

[[rule]]
name = "bank-down"
match = {{ probe = "http" }}
when = "outcome == 'down'"
severity = "P1"
summary = {{ en = "{{{{ check }}}} is {{{{ outcome }}}}: {{{{ reason }}}}", zh = "{{{{ check }}}} 不可用：{{{{ reason }}}}" }}

{incident}
[paging.P1]
roles = ["oncall"]
channels = ["sms", "email"]
remind_every = "{remind}"

[[responder]]
name = "li"
role = "oncall"
email = "{mail}"
sms = "+8613800000000"
language = "{language}"
zone = "Asia/Shanghai"

[channel.email]
host = "127.0.0.1"
port = {port}
security = "starttls"
ca_file = "{ca}"
sender = "watchtower@example.com"

[channel.sms]
budget = []  # a hundred incidents of one phone in minutes
url = "{gateway}"
headers = {{ Authorization = "Bearer ${{SMS_TOKEN}}" }}
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}", id = "{{{{ id }}}}" }}
success = "code == 'OK'"
"""

CHECK = """
[[check]]
name = "bank-gateway"
probe = "http"
url = "{url}"
every = "{every}"
timeout = "{timeout}"
"""


class Scene:
    """A daemon watching one target, with li's mailbox and phone."""

    def __init__(
        self,
        home: Path,
        world: HttpServer,
        mail: Postfix,
        name: str,
        remind: str = "2s",
        every: str = "300ms",
        timeout: str = "200ms",
        language: str = "en",
        reopen_within: str = "",
    ) -> None:
        self.world, self.mail, self.name = world, mail, name
        self.address = f"{name}@example.com"
        world.on(f"/{name}/health", Answer(200, "ok"))
        world.on(f"/{name}/sms", Answer.json({"code": "OK"}))
        rules = RULES.format(
            mail=self.address,
            port=mail.port,
            ca=mail.certificates.authority,
            gateway=world.url(f"/{name}/sms"),
            remind=remind,
            language=language,
            incident=f'[incident]\nreopen_within = "{reopen_within}"\n' if reopen_within else "",
        )
        check = CHECK.format(url=world.url(f"/{name}/health"), every=every, timeout=timeout)
        self.daemon = DaemonProcess(home, rules, {"bank.toml": check}, {"SMS_TOKEN": "sms-secret-token-9876"})

    def fails(self, status: int = 503) -> None:
        self.world.on(f"/{self.name}/health", Answer(status, "no"))

    def recovers(self) -> None:
        self.world.on(f"/{self.name}/health", Answer(200, "ok"))

    def texts(self) -> list[str]:
        """What arrived on the phone."""
        return [str(page["text"]) for page in self._pages()]

    def ids(self) -> list[str]:
        return [str(page["id"]) for page in self._pages()]

    def _pages(self) -> list[dict[str, object]]:
        """What the gateway got whole: of a daemon that was killed while it sent, there may be half a request."""
        requests = self.world.requests_to(f"/{self.name}/sms")
        return [r.json() for r in requests if len(r.body) == int(r.headers["content-length"])]

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mail.messages(self.address)]

    def kinds(self) -> list[str]:
        """What arrived in the mailbox: `new`, `reminder`, `resolved`."""
        return [str(mail["X-Watchtower-Kind"]) for mail in self.mail.messages(self.address)]


@pytest.fixture(scope="module")
def world() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield server


@pytest.fixture
def scene(
    tmp_path: Path, world: HttpServer, postfix: Postfix, request: pytest.FixtureRequest
) -> Iterator[Scene]:
    made = Scene(tmp_path, world, postfix, request.node.name.replace("_", "-")[:40].strip("-"))
    yield made
    made.daemon.kill()


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    try:
        with Phone() as made:
            yield made
    except MissingPart as missing:
        without(missing)

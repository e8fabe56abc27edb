"""Who may do what."""

from __future__ import annotations

import io
import json
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.web.conftest import Site
from tests.web.fake import ACCESS, KEY, PUSH_TOKEN, TOKEN, FakeDaemon
from watchtower.access.cookies import Cookies
from watchtower.access.roles import Principal
from watchtower.api.auth import Access, access_for
from watchtower.api.hosts import Hosts
from watchtower.api.shared_token import TOKEN_FILE, token_file, token_for
from watchtower.errors import UsageError
from watchtower.fields import Secret
from watchtower.probes.push import Push

CHANGES = [
    ("/api/v1/incidents/INC-12/ack", {"by": "li"}),
    ("/api/v1/incidents/INC-12/resolve", {"by": "li"}),
    ("/push/business", {"requests": 1}),
    ("/-/reload", None),
]
NO_RIGHT = [  # credentials that open nothing
    {},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer wrong"},
    {"Authorization": f"Bearer {TOKEN}x"},
    {"Authorization": f"Bearer {TOKEN[:-1]}"},
    {"Authorization": TOKEN},
    {"Authorization": f"Token {TOKEN}"},
    {"Authorization": "Bearer caf\u00e9".encode()},
    {"Cookie": f"token={TOKEN}"},
]


@pytest.mark.parametrize(("path", "body"), CHANGES, ids=[path for path, _ in CHANGES])
async def test_nothing_changes_without_the_token(
    site: Site, daemon: FakeDaemon, path: str, body: object
) -> None:
    for headers in NO_RIGHT:
        answer = await site.post(path, json=body, headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert set(answer.json()) == {"type", "title", "status", "detail", "hint"}
        assert daemon.asked == []


async def test_a_checks_own_token_opens_that_check_and_the_one_for_all_no_longer_does(
    site: Site, daemon: FakeDaemon
) -> None:
    own = "the-own-token-of-orders"
    orders = daemon.plan.checks["business"].model_copy(update={"settings": Push.Settings(token=Secret(own))})
    daemon.plan = replace(daemon.plan, checks={**daemon.plan.checks, "business": orders})
    for token, status in ((own, 202), (TOKEN, 202), (PUSH_TOKEN, 401), ("", 401)):
        answer = await site.post("/push/business", json={"requests": 1}, token=token)
        assert answer.status_code == status, token
    assert (await site.post("/api/v1/incidents/INC-12/ack", json={"by": "li"}, token=own)).status_code == 401
    assert (await site.post("/push/nope", json={"requests": 1}, token=own)).status_code == 401


@pytest.mark.parametrize(("path", "body"), CHANGES, ids=[path for path, _ in CHANGES])
async def test_the_token_in_the_address_opens_nothing(
    site: Site, daemon: FakeDaemon, path: str, body: object
) -> None:
    assert (await site.post(f"{path}?token={TOKEN}&access_token={TOKEN}", json=body)).status_code == 401
    assert daemon.asked == []


@pytest.mark.parametrize(("path", "body"), CHANGES[:2], ids=[path for path, _ in CHANGES[:2]])
async def test_a_browsers_password_changes_nothing(
    site: Site, daemon: FakeDaemon, path: str, body: object
) -> None:
    """Browsers send Basic credentials by themselves, also when another site makes them."""
    answer = await site.post(path, json=body, auth=("anybody", TOKEN))
    assert (answer.status_code, daemon.asked) == (401, [])


async def test_the_push_token_pushes_and_does_nothing_else(site: Site, daemon: FakeDaemon) -> None:
    assert (await site.post("/push/business", json={"requests": 1}, token=PUSH_TOKEN)).status_code == 202
    daemon.asked.clear()
    for path, body in (CHANGES[0], CHANGES[1], CHANGES[3]):
        assert (await site.post(path, json=body, token=PUSH_TOKEN)).status_code == 401
    assert daemon.asked == []


READS = ["/", "/incidents/INC-12", "/api/v1/incidents", "/api/v1/incidents/INC-12", "/api/v1/checks",
         "/api/v1/alerts", "/metrics"]  # fmt: skip


@pytest.mark.parametrize("path", READS)
async def test_reading_is_open_by_default(site: Site, path: str) -> None:
    assert (await site.get(path)).status_code == 200


@pytest.mark.parametrize(
    "header", ["Basic \xe9", "Basic ====", "Basic /w==", "Basic YTpi", "Bearer \xe9", "Bearer", "\xff"]
)
def test_whatever_stands_there_instead_of_a_token_is_refused(header: str) -> None:
    access = Access(TOKEN, KEY)
    assert access.by_header(header) == Principal()


class TestProtectedReads:
    @pytest.fixture
    def access(self) -> Access:
        return Access(TOKEN, KEY, PUSH_TOKEN, protect_reads=True)

    @pytest.mark.parametrize("path", READS)
    async def test_need_the_api_token_as_bearer_or_as_password(self, site: Site, path: str) -> None:
        refused = await site.get(path)
        assert refused.status_code == 401
        # So that a browser asks for the password.
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
        assert "Checkout" not in refused.text
        assert (await site.get(path, token=PUSH_TOKEN)).status_code == 401
        assert (await site.get(path, auth=("anybody", "wrong"))).status_code == 401
        assert (await site.get(path, token=TOKEN)).status_code == 200
        assert (await site.get(path, auth=("anybody", TOKEN))).status_code == 200

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/board.css", "/api/v1/openapi.json"])
    async def test_leave_open_what_says_nothing_of_the_business(self, site: Site, path: str) -> None:
        assert (await site.get(path)).status_code == 200


@dataclass
class Settings:
    store: str
    api_token: SecretStr | None = None
    push_token: SecretStr | None = None
    protect_reads: bool | None = None
    base_url: str = ""
    listen_host: str = "127.0.0.1"
    listen: str = "127.0.0.1:9464"
    tls_certificate: Path | None = None
    hosts: str = ""
    mcp: bool = False
    tokens: SecretStr | None = None
    status_page: bool = False
    status_url: str = ""


def test_a_token_that_was_set_goes_first(tmp_path: Path) -> None:
    settings = Settings(f"sqlite:///{tmp_path}/x.db", SecretStr(TOKEN))
    assert token_for(settings, create=True) == TOKEN
    assert list(tmp_path.iterdir()) == []


def test_the_daemon_makes_one_beside_the_store_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(f"sqlite:///{tmp_path}/var/x.db")
    made = token_for(settings, create=True)
    file = tmp_path / "var" / "api-token"
    assert len(made) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token_for(settings, create=True) == made
    assert token_for(settings) == made


def test_a_command_makes_none_and_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"WATCHTOWER_API_TOKEN.*api-token"):
        token_for(Settings(f"sqlite:///{tmp_path}/x.db"))


def test_a_store_that_is_no_file_needs_a_token_that_is_set() -> None:
    with pytest.raises(UsageError, match="WATCHTOWER_API_TOKEN"):
        token_for(Settings("postgresql://u:hunter2@db/x"), create=True)


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write"):
        token_for(Settings(f"sqlite:///{tmp_path}/file/x.db"), create=True)


def test_an_empty_file_is_no_token(tmp_path: Path) -> None:
    (tmp_path / "api-token").write_text("\n")
    with pytest.raises(UsageError, match="is empty"):
        token_for(Settings(f"sqlite:///{tmp_path}/x.db"), create=True)


PLACES = [
    ("sqlite:///watchtower.db", "api-token"),
    ("sqlite:///var/watchtower.db", "var/api-token"),
    ("sqlite:////data/watchtower.db", "/data/api-token"),
    ("postgresql://u@db/x", None),
    ("postgresql:///x", None),
]


@pytest.mark.parametrize(("store", "place"), PLACES)
def test_the_file_lies_beside_the_store(store: str, place: str | None) -> None:
    assert token_file(store) == (Path(place) if place else None)


async def test_settings_become_access() -> None:
    settings = Settings("postgresql://db/x", SecretStr(TOKEN), SecretStr(PUSH_TOKEN), protect_reads=True)
    hosts = Hosts.of("", "127.0.0.1", ())
    made = Access(
        TOKEN,
        KEY,
        PUSH_TOKEN,
        protect_reads=True,
        address="http://127.0.0.1:9464",
        hosts=hosts,
        cookies=Cookies.of("", KEY),
    )
    assert await access_for(settings, KEY) == made


def test_no_secret_is_in_a_repr() -> None:
    assert TOKEN not in repr(ACCESS)
    assert PUSH_TOKEN not in repr(ACCESS)
    assert repr(KEY) not in repr(ACCESS)


@pytest.mark.parametrize(
    ("listen", "protect", "said"),
    [
        ("127.0.0.1", False, []), ("::1", False, []), ("localhost", False, []), ("0.0.0.0", True, []), ("0.0.0.0", None, []),
        ("0.0.0.0", False, ["reads_open"]), ("::", False, ["reads_open"]), ("10.1.2.3", False, ["reads_open"]),
        ("watch.example", False, ["reads_open"]),
    ],
)  # fmt: skip
async def test_what_stands_open_is_said_at_the_start(
    listen: str, protect: bool | None, said: list[str], json_log: io.StringIO
) -> None:
    await access_for(Settings("postgresql://db/x", SecretStr(TOKEN), None, protect, listen_host=listen), KEY)
    assert [json.loads(line)["event"] for line in json_log.getvalue().splitlines()] == said


async def test_one_push_token_for_all_is_said_at_the_start(json_log: io.StringIO) -> None:
    await access_for(Settings("postgresql://db/x", SecretStr(TOKEN), SecretStr(PUSH_TOKEN)), KEY)
    assert "push_token_for_all" in json_log.getvalue()
    assert PUSH_TOKEN not in json_log.getvalue()


def test_a_token_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / TOKEN_FILE).write_bytes(b"\xff" * 20)
    with pytest.raises(UsageError, match=r"cannot be read \(not UTF-8 text\)"):
        token_for(Settings(f"sqlite:///{tmp_path}/watchtower.db"))

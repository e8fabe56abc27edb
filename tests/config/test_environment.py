"""What comes from the environment: line ends of secrets, the store's password, links, and files that others may write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from watchtower.config.load import load
from watchtower.config.secrets import Secrets, lookup
from watchtower.config.settings import doubts, read
from watchtower.errors import ConfigError, UsageError
from watchtower.probes.registry import Registry

RULES = """
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P1"
[[responder]]
name = "li"
role = "oncall"
sms = "+8613800000000"
[channel.sms]
url = "https://sms.example/send"
headers = { Authorization = "Bearer ${SMS_TOKEN}" }
json = { to = "{{ to }}", text = "{{ text }}" }
"""
CHECK = '[[check]]\nname = "bank"\nprobe = "tcp"\naddress = "bank.example:443"\n'
PROBE = """
from watchtower.probes import Probe, up
class Depth(Probe):
    kind = "depth"
    facts = {}
    def probe(self):
        return up()
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "checks" / "a.toml").write_text(CHECK)
    return tmp_path


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("by_file", [False, True], ids=["variable", "file"])
def test_a_line_end_is_no_part_of_a_secret_however_it_comes(site: Path, end: str, by_file: bool) -> None:
    (site / "token").write_bytes(f"hush-1234{end}".encode())
    environ = {"SMS_TOKEN_FILE": str(site / "token")} if by_file else {"SMS_TOKEN": f"hush-1234{end}"}
    loaded = load(site / "rules.toml", site / "checks", environ)
    header = loaded.plan.channels["sms"].headers["Authorization"]  # type: ignore[index]
    assert header.get_secret_value() == "Bearer hush-1234"
    assert loaded.secrets.redact("it was hush-1234.") == "it was ***."


def test_a_secret_of_nothing_but_a_line_end_is_empty() -> None:
    assert lookup("TOKEN", {"TOKEN": "\n"}, Secrets())[1] == "the environment variable TOKEN is empty"


def test_a_secret_that_is_no_text_is_said_and_nothing_breaks_on_it() -> None:
    assert lookup("TOKEN", {"TOKEN": "hush\udcff-1234"}, Secrets()) == (
        "", "the environment variable TOKEN is not UTF-8 text", "",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["API_TOKEN", "PUSH_TOKEN", "SECRET"])
def test_so_are_those_of_the_daemon_itself(name: str) -> None:
    settings = read({f"WATCHTOWER_{name}": "0123456789abcdef\n"})
    assert getattr(settings, name.lower()).get_secret_value() == "0123456789abcdef"


def test_the_store_with_its_password_may_come_from_a_file_which_goes_first(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("postgresql://watch:s3cr%20et@db.example/watch\n")
    secrets = Secrets()
    environ = {
        "WATCHTOWER_STORE_FILE": str(tmp_path / "store"),
        "WATCHTOWER_STORE": "sqlite:////var/lib/x.db",
    }
    assert read(environ, secrets).store == "postgresql://watch:s3cr%20et@db.example/watch"
    assert secrets.redact("s3cr%20et, s3cr et, watch, db.example") == "***, ***, watch, db.example"
    secrets = Secrets()
    read({"WATCHTOWER_STORE": "sqlite:////var/lib/x.db"}, secrets)
    assert secrets.redact("sqlite:////var/lib/x.db") == "sqlite:////var/lib/x.db", "a path is no secret"


def test_a_store_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="of WATCHTOWER_STORE_FILE cannot be read"):
        read({"WATCHTOWER_STORE_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "watch.example",
        "https://h/?a=1",
        "https://u:p@h/",
        "https://h/#x",
        "https://监控.example",
        "https://h h/",
        "https://h:99999",
    ],
)
def test_an_address_that_no_link_can_begin_with_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="WATCHTOWER_BASE_URL"):
        read({"WATCHTOWER_BASE_URL": url})


@pytest.mark.parametrize(
    "url", ["https://h", "https://h/watch/", "http://127.0.0.1:9464", "HTTPS://H", "https://[::1]:1/"]
)
def test_one_that_they_can_is_not(url: str) -> None:
    assert read({"WATCHTOWER_BASE_URL": url}).base_url == url.rstrip("/")


def test_pages_without_a_link_are_warned_of(site: Path) -> None:
    environ = {"SMS_TOKEN": "hush-1234"}
    loaded = load(site / "rules.toml", site / "checks", environ)
    (warning,) = doubts(read(environ), environ, loaded)
    assert (warning.where, "carry no link" in warning.what) == ("WATCHTOWER_BASE_URL", True)
    assert not doubts(read({"WATCHTOWER_BASE_URL": "https://h/watch"}), environ, loaded)


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("", "is not set"),
        ("http://127.0.0.1:9464", "127.0.0.1 is an address of this network only"),
        ("https://10.1.2.3/watch", "10.1.2.3 is an address of this network only"),
        ("http://localhost:9464", "localhost is this machine only"),
        ("https://watch.example", ""),
        ("https://8.8.8.8", ""),
    ],
)
def test_a_callback_secret_that_no_vendor_can_call_is_warned_of(site: Path, base: str, why: str) -> None:
    with (site / "rules.toml").open("a") as rules:
        rules.write(
            '[channel.voice]\nprovider = "twilio"\naccount_sid = "AC0123456789abcdef0123456789abcdef"\n'
            'auth_token = "${TOKEN}"\nfrom = "+15005550006"\ncallback_secret = "${CALLBACK}"\n'
        )
    secrets = {"SMS_TOKEN": "hush-1234", "TOKEN": "token-777", "CALLBACK": "0123456789abcdef"}
    environ = {**secrets, "WATCHTOWER_BASE_URL": base}
    found = doubts(read(environ), environ, load(site / "rules.toml", site / "checks", environ))
    said = [one.what for one in found if "callback_secret" in one.what]
    assert said == [f"{why}: no receipt, key or reply comes to the callback_secret of voice"] * bool(why)


@pytest.mark.parametrize(
    ("store", "location", "said"),
    [
        ("sqlite:///w.db", "", ["nobody can look from hk, inside: workers need a store in PostgreSQL"]),
        ("sqlite:///w.db", "inside", ["nobody can look from hk: workers need a store in PostgreSQL"]),
        ("postgresql://w@h/w", "inside", []),
    ],
)
def test_locations_from_which_nobody_can_look_are_warned_of(
    site: Path, store: str, location: str, said: list[str]
) -> None:
    (site / "checks" / "places.toml").write_text(
        '[[check]]\nname = "gate"\nprobe = "tcp"\naddress = "h:1"\nevery = "10s"\nlocations = ["inside", "hk"]\n'
    )
    environ = {
        "SMS_TOKEN": "hush-1234", "WATCHTOWER_BASE_URL": "https://h", "WATCHTOWER_STORE": store,
        "WATCHTOWER_LOCATION": location,
    }  # fmt: skip
    loaded = load(site / "rules.toml", site / "checks", environ)
    assert [problem.what for problem in doubts(read(environ), environ, loaded)] == said


@pytest.mark.parametrize(("mode", "warned"), [(0o644, False), (0o660, False), (0o646, True), (0o777, True)])
def test_files_that_everybody_may_write_are_warned_of(site: Path, mode: int, warned: bool) -> None:
    environ = {"SMS_TOKEN": "hush-1234", "WATCHTOWER_BASE_URL": "https://h"}
    (site / "rules.toml").chmod(mode)
    loaded = load(site / "rules.toml", site / "checks", environ)
    said = [problem.what for problem in doubts(read(environ), environ, loaded)]
    assert said == (["everybody on this machine may write it"] if warned else [])


@pytest.mark.parametrize(
    ("mode", "runs"),
    [(0o644, True), (0o600, True), (0o755, True), (0o664, False), (0o646, False), (0o777, False)],
)
def test_a_probe_that_others_may_write_is_not_run(site: Path, mode: int, runs: bool) -> None:
    file = site / "checks" / "depth.py"
    file.write_text(PROBE)
    file.chmod(mode)
    found = Registry.load(site / "checks")
    assert ("depth" in found.kinds()) is runs
    assert [problem.what for problem in found.problems] == (
        [] if runs else ["is not run, because its group or others may write it"]
    )
    if not runs:
        with pytest.raises(ConfigError, match="is not run"):
            load(site / "rules.toml", site / "checks", {"SMS_TOKEN": "hush-1234"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
@pytest.mark.parametrize("link", [False, True])
def test_a_probe_that_belongs_to_another_user_is_not_run(site: Path, link: bool) -> None:
    file = site / "depth.py" if link else site / "checks" / "depth.py"
    file.write_text("raise SystemExit('it was run')")
    os.chown(file, 12345, 12345)
    if link:
        (site / "checks" / "depth.py").symlink_to(file)
    found = Registry.load(site / "checks")
    assert [problem.what for problem in found.problems] == [
        "is not run, because it belongs to another user (12345)"
    ]

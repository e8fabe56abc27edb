"""docs/prometheus-there.md and docs/alertmanager-there.md on real parts: Prometheus, amtool, the daemon and a mail server."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acceptance.described import FOLDER, as_described
from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.alertmanager import Alertmanager
from tests.parts.child import find_program, wait_until
from tests.parts.conditions import needs, started
from tests.parts.postfix import Postfix
from tests.parts.prometheus import Prometheus

DOCS = Path(__file__).parents[2] / "docs"
RULES = """
[[responder]]
name = "li"
role = "oncall"
email = "{mailbox}"

[channel.email]
host = "127.0.0.1"
port = {port}
security = "starttls"
ca_file = "{ca}"
sender = "watchtower@example.com"
"""
MAILBOX = "prometheus-there@example.com"
PUSH_TOKEN = "a-token-that-only-pushes-0123456789"
PROMETHEUS_RULES = """
groups:
- name: test
  rules:
  - alert: DiskFull
    expr: vector(1)
    labels: {severity: critical, service: checkout}
    annotations: {summary: "The disk of db-1 is full", runbook_url: "https://run.example/disk"}
"""


def check_of(page: str) -> str:
    """The first check that this page of the documentation shows."""
    [block, *_] = re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, postfix: Postfix) -> Iterator[DaemonProcess]:
    rules = RULES.format(mailbox=MAILBOX, port=postfix.port, ca=postfix.certificates.authority)
    checks = {"prometheus.toml": '[flow.checkout]\ntitle = "Checkout"\n\n' + check_of("prometheus-there.md")}
    made = DaemonProcess(
        tmp_path_factory.mktemp("daemon"), rules, checks, {"WATCHTOWER_PUSH_TOKEN": PUSH_TOKEN}
    )
    yield made.start()
    made.stop()


@pytest.fixture(scope="module")
def amtool(daemon: DaemonProcess) -> Any:
    """Runs amtool with the token; returns what it printed, or its error where it fails."""
    program = find_program("amtool", "prometheus-alertmanager")
    settings = daemon.home / "amtool.yml"
    settings.write_text(f'authorization: {{ credentials: "{TOKEN}" }}\n')

    def run(*words: str) -> str:
        done = subprocess.run(
            [program, f"--alertmanager.url={daemon.url}", f"--http.config.file={settings}", *words],
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else done.stderr

    return run


def get(daemon: DaemonProcess, path: str, status: int = 200) -> Any:
    answer = daemon.get(path)
    assert answer.status_code == status, answer.text
    return (as_described(answer) if path.startswith("/api/v2/") else answer).json()


def alerts(daemon: DaemonProcess, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(daemon, f'/api/v2/alerts?filter=alertname="{name}"')
    return found


def posted(name: str, **labels: str) -> dict[str, Any]:
    return {"labels": {"alertname": name, **labels}, "annotations": {"summary": name}}


def test_two_lines_of_prometheus_yml_and_the_page_has_severity_flow_and_runbook(
    daemon: DaemonProcess, postfix: Postfix, tmp_path: Path
) -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", (DOCS / "prometheus-there.md").read_text(), re.DOTALL)
    (tmp_path / "token").write_text(PUSH_TOKEN)
    lines = block.replace("/etc/prometheus/watchtower-token", str(tmp_path / "token"))
    lines = lines.replace("watchtower:9464", f"127.0.0.1:{daemon.port}")
    with (
        started(Prometheus(PROMETHEUS_RULES, alerting=lines)),
        started(Prometheus(PROMETHEUS_RULES, alerting=lines)),
    ):
        wait_until(
            lambda: [one for one in postfix.messages(MAILBOX) if "Checkout" in str(one["Subject"])],
            "the mail",
        )
        [letter] = [one for one in postfix.messages(MAILBOX) if "Checkout" in str(one["Subject"])]
        assert letter["X-Watchtower-Severity"] == "P1"
        plain = letter.get_body(("plain",))
        assert plain is not None
        text = plain.get_content()
        for said in ("[P1] watchtower Checkout: The disk of db-1 is full", "https://run.example/disk"):
            assert said in text
        wait_until(lambda: alerts(daemon, "DiskFull"), "the alert")
        [shown] = alerts(daemon, "DiskFull")
        assert shown["labels"] == {"alertname": "DiskFull", "severity": "critical", "service": "checkout"}
        assert shown["annotations"]["watchtower_severity"] == "P1"


@needs("amtool", "prometheus-alertmanager")
def test_amtool(daemon: DaemonProcess, amtool: Any) -> None:
    assert (
        amtool("alert", "add", "Full", "severity=warning", "instance=db-1", "--annotation=summary=full") == ""
    )
    assert (
        amtool("alert", "add", "Full", "severity=warning", "instance=db-2", "--annotation=summary=full") == ""
    )
    shown = json.loads(amtool("alert", "query", "Full", "-o", "json"))
    assert {one["labels"]["instance"] for one in shown} == {"db-1", "db-2"}
    id = amtool(
        "silence", "add", "alertname=Full", 'instance=~"db-1|x"', "-a", "li", "-d", "2h", "-c", "replaced"
    ).strip()
    [silenced] = json.loads(amtool("alert", "query", "--silenced", "Full", "-o", "json"))
    assert silenced["status"]["silencedBy"] == [id]
    assert [
        one["labels"]["instance"] for one in json.loads(amtool("alert", "query", "Full", "-o", "json"))
    ] == ["db-2"]
    [known] = json.loads(amtool("silence", "query", "-o", "json"))
    assert (known["id"], known["createdBy"], known["comment"]) == (id, "li", "replaced")
    assert "ends" in amtool("silence", "update", "--duration=3h", id).lower() or id in amtool(
        "silence", "query", "-q"
    )
    exported = amtool("silence", "query", "-o", "json")
    (daemon.home / "silences.json").write_text(exported)
    assert amtool("silence", "expire", id) == ""
    assert json.loads(amtool("silence", "query", "-o", "json")) == []
    assert [one["id"] for one in json.loads(amtool("silence", "query", "--expired", "-o", "json"))] == [id]
    amtool("silence", "import", "--force", str(daemon.home / "silences.json"))
    [again] = json.loads(amtool("silence", "query", "-o", "json"))
    assert again["id"] != id
    assert "empty label" in amtool("silence", "add", "alertname!=Always", "-a", "li", "-d", "2h", "-c", "all")
    assert "receiver: watchtower" in amtool("config", "show")


def test_what_others_send_is_known_to_alertmanager_and_our_answers_are_as_it_describes_them(
    daemon: DaemonProcess,
) -> None:
    """amtool 0.28 and 0.33, vmalert, karma and Grafana, one after the other."""
    silence, clients = "", []
    for one in json.loads((FOLDER / "requests.json").read_text()):
        body = json.dumps(one["body"]).replace("{silence}", silence)
        body = re.sub(r'"@([+-]\d+)"', lambda found: json.dumps(_in(float(found[1]))), body)
        answer = requests.request(
            one["method"], daemon.url + one["path"].replace("{silence}", silence), data=body if one["body"] else None,
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}, timeout=10,
        )  # fmt: skip
        assert as_described(answer).status_code == one["status"], (one, answer.text)
        assert one.get("gives", "") in answer.text, (one, answer.text)
        if one["method"] == "POST" and "silenceID" in answer.text:
            silence = answer.json()["silenceID"]
        clients.append(one["client"].split()[0])
    assert set(clients) == {"amtool", "Prometheus", "vmalert", "karma", "Grafana", "a"}
    named = {one["labels"]["alertname"] for one in get(daemon, "/api/v2/alerts")}
    assert {"Full", "Utf8", "P"} <= named
    assert "VmDisk" not in named  # vmalert said that it is over
    assert get(daemon, "/api/v2/receivers") == [{"name": "watchtower"}]
    assert get(daemon, "/api/v2/receivers?receiver_matchers=team=%22pay%22") == []
    assert get(daemon, "/api/v2/alerts?receiver=nobody") == []
    assert get(daemon, "/api/v2/alerts?receiver_matchers=team=%22pay%22") == []
    over = daemon.get("/api/v2/silences?active=False&pending=false").json()  # as Python writes it
    assert {one["status"]["state"] for one in over} == {"expired"}
    assert get(daemon, "/api/v2/silences?expired=false&active=false") == []


def test_its_fingerprints_and_its_word_on_matchers_are_those_of_a_real_one(daemon: DaemonProcess) -> None:
    asked = [posted("Same", severity="none", n=str(n), text='é, \\ and "') for n in range(3)]
    filters = ('alertname="Same"', 'n=~"1|2"', 'n!="1"', 'none=""', 'n!~"[01]"', 'alertname=~"Sam"')
    with started(Alertmanager()) as real:
        for url, token in ((daemon.url, TOKEN), (real.url(), "")):
            answer = requests.post(
                f"{url}/api/v2/alerts", json=asked, headers={"Authorization": f"Bearer {token}"}, timeout=10
            )
            assert answer.status_code == 200
        for one in filters:
            found = [
                requests.get(
                    f"{url}/api/v2/alerts", {"filter": [one, "alertname=~Same.*"]}, timeout=10
                ).json()
                for url in (daemon.url, real.url())
            ]
            ours, theirs = ({alert["fingerprint"] for alert in some} for some in found)
            assert ours == theirs, one


def test_a_grafana_that_knows_only_basic_auth_and_a_silence_it_edits(daemon: DaemonProcess) -> None:
    def send(method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, daemon.url + path, json=body, auth=("grafana", TOKEN), timeout=10)

    matcher = {"name": "alertname", "value": "Edited", "isRegex": False}
    asked = {
        "matchers": [matcher], "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z",
        "createdBy": "anna", "comment": "",
    }  # fmt: skip
    assert "90 days" in send("POST", "/api/v2/silences", asked).json()
    soon = _in(3600)
    id = send("POST", "/api/v2/silences", {**asked, "endsAt": soon}).json()["silenceID"]
    made = get(daemon, f"/api/v2/silence/{id}")
    assert made["annotations"] == {"alerts": "0", "checks": "1"}
    longer = {**made, "endsAt": _in(7200), "comment": "longer"}
    assert send("POST", "/api/v2/silences", longer).json() == {"silenceID": id}
    assert get(daemon, f"/api/v2/silence/{id}")["comment"] == "longer"
    other = {**longer, "matchers": [{**matcher, "value": "Other"}]}
    new = send("POST", "/api/v2/silences", other).json()["silenceID"]
    assert new != id
    assert get(daemon, f"/api/v2/silence/{id}")["status"] == {"state": "expired"}
    for _ in range(2):
        assert send("DELETE", f"/api/v2/silence/{new}").status_code == 200
    again = send("POST", "/api/v2/silences", {**other, "id": new}).json()["silenceID"]
    assert again not in (id, new)
    assert send("DELETE", f"/api/v2/silence/{again}").status_code == 200
    assert send("DELETE", "/api/v2/silence/S-999").status_code == 404
    quoted = [{**matcher, "value": 'Edited"|.', "isRegex": True}]  # of 0.25 a quote silenced everything
    made = get(
        daemon,
        f"/api/v2/silence/{send('POST', '/api/v2/silences', {**asked, 'matchers': quoted, 'endsAt': soon}).json()['silenceID']}",
    )
    assert made["matchers"] == [{**quoted[0], "isEqual": True}]
    assert send("DELETE", f"/api/v2/silence/{made['id']}").status_code == 200
    named = {"labels": {"alertname": "Named", "service.name": "pay🙂"}}
    assert send("POST", "/api/v2/alerts", [named]).status_code == 200
    by = '/api/v2/alerts?filter="alertname"="Named"&filter="service.name"=~"pay."'  # so Grafana asks since 11.2.1
    assert [one["labels"] for one in get(daemon, by)] == [named["labels"]]
    there = [{"name": "service.name", "value": "pay🙂", "isRegex": False}]
    id = send("POST", "/api/v2/silences", {**asked, "matchers": there, "endsAt": soon}).json()["silenceID"]
    assert [one["status"]["silencedBy"] for one in get(daemon, by)] == [[id]]
    assert send("DELETE", f"/api/v2/silence/{id}").status_code == 200
    for wrong in (
        {"name": ""},
        {"name": "a", "value": "(", "isRegex": True},
        {"value": 1},
        {"isRegex": "x"},
        {"isEqual": False},
    ):
        refused = send(
            "POST", "/api/v2/silences", {**asked, "matchers": [{**matcher, **wrong}], "endsAt": soon}
        )
        assert (refused.status_code, isinstance(refused.json(), str)) == (400, True), refused.text
    assert send("GET", "/api/v2/silence/S-999").status_code == 404
    assert send("POST", "/api/v2/silences", {**asked, "id": "S-999", "endsAt": soon}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("{}", 400, "array"), ("[", 400, "JSON"), ("[1]", 400, "object"), ("[{}]", 422, "labels"), ("[]", 200, ""),
        ('[{"labels": {"a": 1}}]', 400, "texts"), ('[{"labels": {"a": "b"}, "startsAt": "soon"}]', 400, "RFC 3339"),
        ('[{"labels": {"a": "b"}, "generatorURL": "x y"}]', 422, "URI"), ("[] x", 400, "follows"),
        ('[{"labels": {"bad name": "x"}}, {"labels": {"alertname": "Taken"}}]', 400, "label name"),
        ('[{"labels": {"alertname": "x"}, "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2029-01-01T00:00:00Z"}]', 400, "before end"),
        ('[{"labels": {"alertname": "Zero", "empty": ""}, "startsAt": "0001-01-01T00:00:00.000Z", "endsAt": "0001-01-01T00:00:00.000Z"}]', 200, ""),
        ('[{"labels": {"a": "b"}, "startsAt": "0001-01-01T00:00:00+05:00", "endsAt": "9999-12-31T23:59:59-23:59"}]', 200, ""),
        ('[{"labels": {}}]', 400, "label pair"), ("[" + "[" * 5000, 400, "JSON"), (f'[{{"labels": {{"a": "{"x" * 70_000}"}}}}]', 400, "65536"),
    ],
)  # fmt: skip
def test_a_post_that_is_not_right(daemon: DaemonProcess, body: str, status: int, said: str) -> None:
    headers = {"Authorization": f"Bearer {PUSH_TOKEN}", "Content-Type": "application/json"}
    answer = requests.post(f"{daemon.url}/api/v2/alerts", body, headers=headers, timeout=10)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    if status != 200:
        assert isinstance(answer.json(), str)
    if "Taken" in body:
        assert alerts(daemon, "Taken")
    if "Zero" in body:
        assert alerts(daemon, "Zero")[0]["labels"] == {"alertname": "Zero"}


def test_who_may_what(daemon: DaemonProcess) -> None:
    url, alert = f"{daemon.url}/api/v2/alerts", [posted("Rights", severity="none")]
    assert requests.post(url, json=alert, timeout=10).status_code == 401
    assert requests.post(url, json=alert, auth=("x", "wrong"), timeout=10).status_code == 401
    assert requests.post(url, json=alert, auth=("prometheus", PUSH_TOKEN), timeout=10).status_code == 200
    pushes = {"Authorization": f"Bearer {PUSH_TOKEN}"}
    assert (
        requests.post(f"{daemon.url}/api/v2/silences", json={}, headers=pushes, timeout=10).status_code == 401
    )
    form = requests.post(url, "x", headers={**pushes, "Content-Type": "text/plain"}, timeout=10)
    assert form.status_code == 415
    assert not [one for one in get(daemon, "/api/v1/incidents") if "Rights" in json.dumps(one)]


def test_four_megabytes_and_no_more(daemon: DaemonProcess) -> None:
    many = [posted("Large", severity="none", n=str(n), text="x" * 1500) for n in range(2500)]
    assert 3 << 20 < len(json.dumps(many)) < 4 << 20
    assert daemon.post("/api/v2/alerts", many).status_code == 200
    answer = daemon.post("/api/v2/alerts", many * 2)
    assert (answer.status_code, str(4 << 20) in answer.json()) == (413, True)
    assert daemon.post("/api/v2/silences", {"x": "y" * 70_000}).status_code == 413


def _in(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()

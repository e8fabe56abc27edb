"""Every address, and what it needs: a new one without a line here fails. Each is asked from elsewhere, by everybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from tests.web.asgi import Said
from tests.web.fake import PUSH_TOKEN, TOKEN
from tests.web.people import House, house
from watchtower.model import AccessRole
from watchtower.web.app import ROUTES

__all__ = ["house"]
NONE, VIEW, RESPOND, ADMIN, PUSH, REPORT, SESSION, ADMIN_FORM, OWN = (
    "none", "view", "respond", "admin", "push", "report", "session", "admin's form", "a secret of its own",
)  # fmt: skip
NEEDS: Mapping[tuple[str, str], str] = {
    ("GET", "/"): VIEW,
    ("GET", "/live"): VIEW,
    ("GET", "/incidents"): VIEW,
    ("GET", "/status"): NONE,
    ("GET", "/status/feed.xml"): NONE,
    ("POST", "/status/subscribe"): NONE,
    ("GET", "/status/confirm/{token}"): OWN,
    ("POST", "/status/confirm/{token}"): OWN,
    ("GET", "/status/unsubscribe/{token}"): OWN,
    ("POST", "/status/unsubscribe/{token}"): OWN,
    ("GET", "/schedule"): VIEW,
    ("POST", "/schedule"): RESPOND,
    ("POST", "/schedule/end"): RESPOND,
    ("GET", "/api/v1/overrides"): VIEW,
    ("POST", "/api/v1/overrides"): RESPOND,
    ("POST", "/api/v1/overrides/{id}/end"): RESPOND,
    ("GET", "/declare"): VIEW,
    ("POST", "/declare"): RESPOND,
    ("GET", "/changes"): VIEW,
    ("POST", "/changes"): RESPOND,
    ("GET", "/responders"): VIEW,
    ("POST", "/responders"): RESPOND,
    ("GET", "/drills"): VIEW,
    ("POST", "/drills"): RESPOND,
    ("POST", "/drills/stop"): RESPOND,
    ("GET", "/configuration"): VIEW,
    ("POST", "/configuration"): ADMIN,
    ("GET", "/incidents/{id}"): VIEW,
    ("GET", "/incidents/{id}/review"): VIEW,
    ("GET", "/report"): VIEW,
    ("GET", "/silences"): VIEW,
    ("POST", "/incidents/{id}/ack"): RESPOND,
    ("POST", "/incidents/{id}/do/{action}"): RESPOND,
    ("POST", "/silences"): RESPOND,
    ("POST", "/silences/{id}/expire"): RESPOND,
    ("GET", "/l/{code}"): OWN,
    ("GET", "/ack/{token}"): OWN,
    ("GET", "/ack/{token}/review"): OWN,
    ("GET", "/ack/{token}/do/{action}"): OWN,
    ("POST", "/ack/{token}/do/{action}"): OWN,
    ("GET", "/signin"): NONE,
    ("POST", "/signin"): OWN,
    ("GET", "/signin/provider"): NONE,
    ("GET", "/signin/return"): OWN,
    ("GET", "/welcome/{code}"): OWN,
    ("POST", "/welcome/{code}"): OWN,
    ("POST", "/signout"): NONE,
    ("GET", "/account"): SESSION,
    ("GET", "/audit"): ADMIN,
    ("POST", "/account/{what}"): ADMIN_FORM,
    ("GET", "/healthz"): NONE,
    ("GET", "/readyz"): NONE,
    ("GET", "/metrics"): VIEW,
    ("POST", "/-/reload"): ADMIN,
    ("POST", "/push/{check}"): PUSH,
    ("POST", "/in/{check}"): PUSH,
    ("POST", "/callbacks/{channel}/{secret}"): OWN,
    ("POST", "/callbacks/{channel}/{secret}/{more:path}"): OWN,
    ("GET", "/api/v1/status"): VIEW,
    ("GET", "/api/v1/incidents"): VIEW,
    ("POST", "/api/v1/incidents"): RESPOND,
    ("GET", "/api/v1/changes"): VIEW,
    ("POST", "/api/v1/changes"): REPORT,
    ("GET", "/api/v1/incidents/{id}"): VIEW,
    ("GET", "/api/v1/incidents/{id}/brief"): VIEW,
    ("GET", "/api/v1/incidents/{id}/explanation"): VIEW,
    ("GET", "/api/v1/incidents/{id}/drafts/{audience}"): VIEW,
    ("GET", "/api/v1/incidents/{id}/review"): VIEW,
    ("POST", "/api/v1/incidents/{id}/review"): RESPOND,
    ("GET", "/api/v1/action-items"): VIEW,
    ("GET", "/api/v1/lessons"): VIEW,
    ("GET", "/api/v1/report"): VIEW,
    ("POST", "/api/v1/incidents/{id}/ack"): RESPOND,
    ("POST", "/api/v1/incidents/{id}/resolve"): RESPOND,
    ("POST", "/api/v1/incidents/{id}/do/{action}"): RESPOND,
    ("GET", "/api/v1/actions"): VIEW,
    ("GET", "/api/v1/drills"): VIEW,
    ("POST", "/api/v1/drills"): RESPOND,
    ("POST", "/api/v1/drills/stop"): RESPOND,
    ("POST", "/api/v1/canary"): RESPOND,
    ("GET", "/api/v1/canary/{id}"): VIEW,
    ("GET", "/api/v1/silences"): VIEW,
    ("POST", "/api/v1/silences"): RESPOND,
    ("POST", "/api/v1/silences/{id}/expire"): RESPOND,
    ("GET", "/checks/{name}"): VIEW,
    ("GET", "/flows/{name}"): VIEW,
    ("GET", "/api/v1/checks"): VIEW,
    ("GET", "/api/v1/checks/{name}/history"): VIEW,
    ("GET", "/api/v1/checks/{name}/explanation"): VIEW,
    ("GET", "/api/v1/alerts"): VIEW,
    ("GET", "/api/v1/responders"): VIEW,
    ("GET", "/api/v1/schedules"): VIEW,
    ("GET", "/api/v1/configuration"): VIEW,
    ("GET", "/api/v1/schedule/{file}"): VIEW,
    ("GET", "/api/v1/me"): NONE,
    ("GET", "/api/v1/accounts"): ADMIN,
    ("POST", "/api/v1/accounts"): ADMIN,
    ("POST", "/api/v1/accounts/{name}/link"): ADMIN,
    ("POST", "/api/v1/accounts/{name}/signout"): ADMIN,
    ("POST", "/api/v1/accounts/{name}/remove"): ADMIN,
    ("GET", "/api/v1/tokens"): ADMIN,
    ("POST", "/api/v1/tokens"): ADMIN,
    ("POST", "/api/v1/tokens/{id}/revoke"): ADMIN,
    ("GET", "/api/v1/audit"): ADMIN,
    ("GET", "/api/v1/status/subscribers"): ADMIN,
    ("POST", "/api/v1/status/subscribers/remove"): ADMIN,
    ("POST", "/api/v1/work"): OWN,
    ("POST", "/api/v1/observations"): OWN,
    ("GET", "/api/v1/openapi.json"): NONE,
    ("GET", "/api/v2/status"): VIEW,
    ("GET", "/api/v2/receivers"): VIEW,
    ("GET", "/api/v2/alerts"): VIEW,
    ("POST", "/api/v2/alerts"): REPORT,
    ("GET", "/api/v2/alerts/groups"): VIEW,
    ("GET", "/api/v2/silences"): VIEW,
    ("POST", "/api/v2/silences"): RESPOND,
    ("GET", "/api/v2/silence/{id}"): VIEW,
    ("DELETE", "/api/v2/silence/{id}"): RESPOND,
    ("POST", "/api/v1/mcp"): VIEW,
}
CALLERS = {
    "nobody": (), "a wrong token": (), "push token": (PUSH, REPORT),
    "token push:business": (PUSH, REPORT), "token push:other": (REPORT,),
    "token worker": (VIEW, PUSH, REPORT), "token read": (VIEW,), "token respond": (VIEW, RESPOND, REPORT), "token admin": (VIEW, RESPOND, ADMIN, PUSH, REPORT),
    "token admin of vera": (VIEW,), "token expired": (), "API token": (VIEW, RESPOND, ADMIN, PUSH, REPORT),
}  # fmt: skip
"""By a header, and what each may."""
PEOPLE = {"vera": (VIEW,), "li": (VIEW, RESPOND), "anna": (VIEW, RESPOND, ADMIN)}
"""By a session. The API's changes take no cookie, whoever has it."""
REAL = {
    "{id}": "INC-12", "{name}": "bank-gateway", "{check}": "business", "{action}": "note", "{audience}": "internal",
    "{file}": "oncall.json", "{what}": "put", "{token}": "x", "{code}": "x", "{channel}": "sms", "{secret}": "x", "{more:path}": "x",
}  # fmt: skip


def test_every_address_has_its_line() -> None:
    routes = {(method, route.path) for route in ROUTES for method in route.methods or () if method != "HEAD"}
    assert routes == set(NEEDS)


def path_of(route: str) -> str:
    for name, value in REAL.items():
        route = route.replace(name, value)
    return route


def refused(said: Said) -> bool:
    """401, 403, or sent to sign in."""
    return said.status in (401, 403) or (
        said.status == 303 and said.header("location").partition("?")[0] == "/signin"
    )


async def bearer(house: House, caller: str) -> dict[str, str]:
    match caller.split():
        case ["nobody"]:
            return {}
        case ["API", _]:
            secret = TOKEN
        case ["push", _]:
            secret = PUSH_TOKEN
        case ["a", *_]:
            secret = "wt_not-a-token-of-anybody"
        case ["token", "expired"]:
            secret = await house.token("anna", "admin", expires=house.now[0] - 1)
        case ["token", scope, *of]:
            secret = await house.token(of[-1] if of else "anna", scope)
    return {"authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("caller", CALLERS)
async def test_by_a_header(house: House, caller: str) -> None:
    header, browser = await bearer(house, caller), house.browser()
    for number, ((method, route), need) in enumerate(NEEDS.items()):
        if need in (OWN, SESSION, ADMIN_FORM, NONE):
            continue
        browser.address = f"10.0.0.{number}"  # each address may be wrong ten times a minute
        form = method == "POST" and not route.startswith(("/api/", "/-/", "/push/", "/in/"))
        body = b"" if form else json.dumps({"by": "li", "requests": 1}).encode()
        said = await browser.ask(method, path_of(route), body, header)
        # A form wants the token as its field, so that no header that a browser sends by itself counts.
        right = need in CALLERS[caller] and not form
        assert refused(said) is not right, (method, route, said.status, said.text)


@pytest.mark.parametrize("name", PEOPLE)
async def test_by_a_session(house: House, name: str) -> None:
    browser = await house.signed_in(name)
    for (method, route), need in NEEDS.items():
        if need in (OWN, NONE):
            continue
        if method != "GET" and route.startswith(("/api/", "/-/", "/push/", "/in/")):
            said = await browser.ask(
                method, path_of(route), b'{"by": "li"}', {"origin": "https://watch.example"}
            )
            assert refused(said), (method, route, said.status)
            continue
        said = await (browser.get if method == "GET" else browser.post)(path_of(route))
        await browser.get("/account")
        right = need in (*PEOPLE[name], SESSION) or (need == ADMIN_FORM and name == "anna")
        assert refused(said) is not right, (method, route, said.status, said.text[:500])


async def test_reads_are_open_on_this_machine_alone(house: House) -> None:
    """Open to who asks on loopback, by a loopback name, without a proxy, of a daemon that is reached from nowhere else."""
    from dataclasses import replace

    from watchtower.web.app import application

    local = application(house.daemon, replace(house.access, local=True))
    here = {"address": "127.0.0.1", "host": "127.0.0.1:9464", "scheme": "http"}
    for more, headers, status in (
        ({}, {}, 200), ({"host": "localhost:9464"}, {}, 200), ({"address": "::1", "host": "[::1]:9464"}, {}, 200),
        ({"address": "10.0.0.9"}, {}, 401), ({"host": "watch.example"}, {}, 401),
        ({}, {"x-forwarded-for": "10.0.0.9"}, 401), ({}, {"forwarded": "for=10.0.0.9"}, 401), ({}, {"x-real-ip": "10.0.0.9"}, 401),
    ):  # fmt: skip
        browser = house.browser(**{**here, **more})
        browser.app = local
        assert (await browser.ask("GET", "/api/v1/incidents", b"", headers)).status == status, (more, headers)
    bound = house.browser(**here)
    assert (await bound.ask("GET", "/api/v1/incidents", b"", {})).status == 401, "reached from elsewhere too"


async def test_a_changed_role_holds_at_once(house: House) -> None:
    browser = await house.signed_in("li")
    token = {"authorization": f"Bearer {await house.token('li', 'respond')}"}
    note = b'{"fields": {"text": "x"}}'
    assert (await browser.post("/incidents/INC-12/do/note", {"note.text": "x"})).status == 303
    assert (await browser.ask("POST", "/api/v1/incidents/INC-12/do/note", note, token)).status == 200
    await house.accounts.put_account("li", AccessRole.VIEW)
    assert (await browser.post("/incidents/INC-12/do/note", {"note.text": "x"})).status == 403
    assert (await browser.ask("POST", "/api/v1/incidents/INC-12/do/note", note, token)).status == 403
    await house.accounts.remove("li")
    assert refused(await browser.get("/"))
    assert (await browser.ask("GET", "/api/v1/incidents", b"", token)).status == 401


async def test_the_name_is_who_signed_in_never_a_field(house: House) -> None:
    browser = await house.signed_in("li")
    await browser.post("/incidents/INC-12/do/note", {"note.text": "x", "by": "anna"})
    assert house.daemon.asked[-1] == ("do", "INC-12", "note", "li", "session", {"text": "x"})
    await browser.get("/account")
    await browser.post("/incidents/INC-12/ack", {"by": "anna"})
    assert house.daemon.asked[-1] == ("ack", "INC-12", "li", "session")
    token = {"authorization": f"Bearer {await house.token('li', 'respond')}"}
    body = b'{"by": "anna", "fields": {"text": "x"}}'
    await browser.ask("POST", "/api/v1/incidents/INC-12/do/note", body, token)
    assert house.daemon.asked[-1] == ("do", "INC-12", "note", "li", "token", {"text": "x"})
    await browser.ask("POST", "/api/v1/incidents/INC-12/do/note", body, {"authorization": f"Bearer {TOKEN}"})
    assert house.daemon.asked[-1] == ("do", "INC-12", "note", "anna", "api", {"text": "x"})


async def test_what_was_done_is_in_the_audit_log_with_the_address(house: House) -> None:
    browser = await house.signed_in("anna", address="10.0.0.7")
    house.now[0] += 1
    await browser.post("/incidents/INC-12/do/note", {"note.text": "secret plans"})
    header = {"authorization": f"Bearer {await house.token('anna', 'admin')}"}
    entries = (await browser.ask("GET", "/api/v1/audit?limit=2", b"", header)).json()["entries"]
    assert [(e["actor"], e["action"], e["address"], e["status"]) for e in entries] == [
        ("anna", "POST /incidents/INC-12/do/note", "10.0.0.7", 303), ("anna", "sign in", "10.0.0.7", 200),
    ]  # fmt: skip
    assert "secret plans" not in json.dumps(entries)


@pytest.mark.parametrize(
    "path", ["/checks/login-page?span=7d", "/flows/checkout", "/incidents/INC-12", "/changes"]
)
async def test_a_person_who_has_not_signed_in_is_led_there_and_back(house: House, path: str) -> None:
    said = await house.browser().get(path)
    assert (said.status, said.header("location")) == (303, f"/signin?{urlencode({'next': path})}")

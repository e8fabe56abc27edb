"""What a transaction carries from step to step, where it may go, and that no text shows it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.probes.health.transactions import LOGIN, Made, answering, fleet, made, run, step
from watchtower.curl import CurlFleet
from watchtower.curl import Request as Http

__all__ = ["fleet", "made"]
TOKEN = 'tok/5f+0c"9a=never shown'
"""Of signs that each place spells in its own way."""


async def test_values_are_carried_from_every_place_and_spelled_as_each_place_needs(
    made: Made, http_server: HttpServer
) -> None:
    body = '<input name="csrf" value="c-42">{"n": 12345678901234567890}'
    answering(
        http_server,
        login=Answer.json(
            {"token": TOKEN, "big": 12345678901234567890, "ok": True}, **{"X-Order": "order=77;x"}
        ),
        page=Answer(200, body, {"Set-Cookie": "sid=s-1; Path=/"}),
        json=Answer(200),
        form=Answer(200),
    )
    http_server.on(f"/o/{quote(TOKEN, safe='')}", Answer(200))
    order = {"header": "X-Order", "regex": "order=(?P<id>[0-9]+)"}
    reading = await run(
        made,
        step=[
            step("login", carry={"token": {"json": "token"}, "big": {"json": "big"}, "ok": {"json": "ok"}, "order": order}),
            step("page", carry={"csrf": {"regex": 'value="(?P<v>[^"]+)"'}, "sid": {"cookie": "sid"}}),
            step("json", method="POST", headers={"Content-Type": "application/json"},
                 body='{"t": "{{ token }}", "n": {{ big }}, "ok": {{ ok }}, "id": "{{ run_id }}"}'),
            step("form", method="POST", body="t={{ token }}&csrf={{csrf}}&order={{ order }}&sid={{ sid }}"),
            step("path", "/o/{{ token }}?q={{ token }}"),
        ],
    )  # fmt: skip
    assert reading.outcome == "up", reading
    sent = http_server.requests_to("/json")[0].json()
    assert (sent["t"], sent["n"], sent["ok"]) == (TOKEN, 12345678901234567890, True)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", sent["id"])
    form = http_server.requests_to("/form")[0]
    assert form.form() == {"t": TOKEN, "csrf": "c-42", "order": "77", "sid": "s-1"}
    assert form.headers["cookie"] == "sid=s-1", "cookies need no carry"
    assert http_server.requests[-1].query == {"q": [TOKEN]}
    assert reading.measurements["steps_done"] == 5.0
    assert reading.measurements["failed_step"] == ""
    assert reading.measurements["page_status"] == 200.0
    assert reading.measurements["page_seconds"] > 0  # type: ignore[operator]


async def test_each_run_begins_as_a_new_user_and_cookies_stay_with_their_run(
    made: Made, fleet: CurlFleet, http_server: HttpServer
) -> None:
    answering(http_server, a=Answer(200, headers={"Set-Cookie": "sid=s-1"}), b=Answer(200))
    probe = await made(step=[step("a"), step("b")])
    for _ in range(3):
        assert (await probe.probe()).outcome == "up"
        await fleet.fetch(Http(http_server.url("/other")))
    assert [r.headers.get("cookie") for r in http_server.requests] == [None, "sid=s-1", None] * 3


async def test_a_value_in_html_is_sent_as_a_browser_sends_it(made: Made, http_server: HttpServer) -> None:
    page = '<input type=hidden name=_csrf value="tok&amp;en&#39;&quot;">'
    answering(
        http_server, page=Answer(200, page, {"Content-Type": "text/html; charset=utf-8"}), form=Answer(200)
    )
    carry = {"csrf": {"regex": 'name=_csrf value="(?P<v>[^"]*)"'}}
    form = step("form", method="POST", body="_csrf={{ csrf }}")
    assert (await run(made, step=[step("page", carry=carry), form])).outcome == "up"
    assert http_server.requests_to("/form")[0].form() == {"_csrf": "tok&en'\""}


async def test_braces_that_name_nothing_are_left_alone(made: Made, http_server: HttpServer) -> None:
    answering(http_server, a=Answer(200))
    body = '{"source": "new int[][]{{100, 150}, {200, 35}}", "t": "{{}} {{ 1 }}"}'
    assert (await run(made, step=[step("a", method="POST", body=body)])).outcome == "up"
    assert http_server.requests[0].body.decode() == body


async def test_a_cookie_that_is_deleted_and_set_anew_in_one_answer_is_there(
    made: Made, http_server: HttpServer
) -> None:
    gone = "sid=deleted; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0\r\nSet-Cookie: sid=new"
    answering(
        http_server, login=Answer(302, headers={"Location": "/home", "Set-Cookie": gone}), home=Answer(200)
    )
    reading = await run(made, follow_redirects=True, step=[step("login", carry={"sid": {"cookie": "sid"}})])
    assert reading.outcome == "up", reading
    assert http_server.requests_to("/home")[0].headers["cookie"] == "sid=new"


async def test_a_redirect_after_logging_in_keeps_its_cookie(made: Made, http_server: HttpServer) -> None:
    to = Answer(302, headers={"Location": "/home", "Set-Cookie": "sid=s-2; Path=/"})
    answering(http_server, login=to, home=Answer(200), pay=Answer(200))
    reading = await run(made, follow_redirects=True, step=[step("login"), step("pay")])
    assert reading.outcome == "up"
    assert http_server.requests_to("/home")[0].headers["cookie"] == "sid=s-2"
    assert http_server.requests_to("/pay")[0].headers["cookie"] == "sid=s-2"


@pytest.mark.parametrize(
    ("carry", "says"),
    [
        ({"json": "gone"}, "gone is not there"),
        ({"json": "empty"}, "empty is not there"),
        ({"json": "list"}, "list is no single value"),
        ({"json": "abs(token)"}, "does not fit"),
        ({"json": "half"}, "half is no text"),
        ({"json": "long"}, "longer than 8192"),
        ({"header": "X-None"}, "header X-None is not there"),
        ({"cookie": "none"}, "cookie none is not there"),
        ({"regex": "no(?P<v>such)"}, "what no(?P<v>such) finds is not there"),
        ({"json": "token", "regex": "^(?P<v>x)"}, "finds in token is not there"),
    ],
)
async def test_a_value_that_is_not_there_fails_the_step_that_should_give_it(
    made: Made, http_server: HttpServer, carry: dict[str, Any], says: str
) -> None:
    given = {"token": TOKEN, "empty": "", "list": [TOKEN], "long": "x" * 9000}
    http_server.on("/login", Answer(200, json.dumps(given)[:-1] + ', "half": "\\ud800"}'))
    reading = await run(made, step=[step("login", carry={"x": carry}), step("pay", "/pay?x={{ x }}")])
    assert (reading.outcome, reading.reason) == ("down", "carry")
    assert says in reading.detail
    assert reading.measurements["failed_step"] == "login"
    assert TOKEN not in repr(reading)
    assert http_server.requests_to("/pay") == []


@pytest.mark.parametrize("value", ["a\r\nX-Admin: 1", "a\nb", "a\0b"])
async def test_an_answer_cannot_add_a_header(made: Made, http_server: HttpServer, value: str) -> None:
    answering(http_server, login=Answer.json({"token": value}), pay=Answer(200))
    reading = await run(made, step=[LOGIN, step("pay", headers={"X-Token": "{{ token }}"})])
    assert f"{reading.outcome} {reading.reason}" == "down carry"
    assert http_server.requests_to("/pay") == []


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("/there", "up"),
        ("there?x=1", "up"),
        ("http://127.0.0.1:1/steal", "down carry"),
        ("//evil.example/steal", "down carry"),
        ("file:///etc/passwd", "down carry"),
        ("http://[bad", "down carry"),
        ("http://u:p@evil.example/", "down carry"),
    ],
)
async def test_an_answer_leads_on_at_our_own_origin_only(
    made: Made, http_server: HttpServer, location: str, says: str
) -> None:
    answering(http_server, order=Answer(201, headers={"Location": location}), there=Answer(200))
    reading = await run(
        made,
        headers={"X-Api-Key": "our-own-key"},
        step=[step("order", carry={"next": {"header": "Location"}}), step("look", "{{ next }}")],
    )
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading
    assert "evil" not in reading.detail


async def test_another_origin_is_not_sent_what_is_for_ours(made: Made, http_server: HttpServer) -> None:
    with HttpServer() as other:
        other.on("/pay", Answer(200))
        answering(http_server, login=Answer.json({"token": "t-1"}, **{"Set-Cookie": "sid=s; Path=/"}))
        reading = await run(
            made,
            url=http_server.url("/").replace("127.0.0.1", "localhost"),
            headers={"X-Api-Key": "our-own-key"},
            username="u",
            password="our-password",
            step=[LOGIN, step("pay", other.url("/pay"), headers={"X-Token": "{{ token }}"})],
        )
        assert reading.outcome == "up", reading
        (sent,) = other.requests
        assert {"x-api-key", "authorization", "cookie"}.isdisjoint(sent.headers)
        assert sent.headers["x-token"] == "t-1"


async def test_an_access_token_is_sent_where_no_carried_one_is_and_to_no_other_origin(
    made: Made, http_server: HttpServer
) -> None:
    with HttpServer() as other:
        other.on("/look", Answer(200))
        answering(http_server, token=Answer.json({"access_token": "of-the-client", "expires_in": 600}))
        answering(http_server, login=Answer.json({"token": "of-the-user"}), pay=Answer(200))
        oauth = {"token_url": http_server.url("/token"), "client_id": "w", "client_secret": "never-shown"}
        pay = step("pay", headers={"Authorization": "Bearer {{ token }}"})
        reading = await run(made, oauth=oauth, step=[LOGIN, pay, step("look", other.url("/look"))])
        assert reading.outcome == "up", reading
        sent = [http_server.requests_to(path)[0].headers["authorization"] for path in ("/login", "/pay")]
        assert sent == ["Bearer of-the-client", "Bearer of-the-user"]
        assert "authorization" not in other.requests[0].headers
        answering(http_server, token=Answer(200, fault=Fault.HANG))
        reading = await run(made, oauth={**oauth, "client_id": "another"}, timeout=0.5, step=[LOGIN])
        assert (reading.outcome, reading.reason) == ("unknown", "token"), "within the transaction's time"


@pytest.mark.parametrize(
    "spelled",
    [
        lambda s: s,
        lambda s: quote(s, safe=""),
        lambda s: json.dumps(s)[1:-1],
        lambda s: base64.b64encode(f"user:{s}".encode()).decode(),
        lambda s: s.encode().hex(),
    ],
)
async def test_no_text_shows_what_was_carried_however_it_is_spelled(
    made: Made, http_server: HttpServer, spelled: Callable[[str], str]
) -> None:
    there = f"https://elsewhere.example/{quote(spelled(TOKEN), safe='')}/x"
    answering(
        http_server,
        login=Answer.json({"token": TOKEN}, **{"Set-Cookie": "sid=cookie-never-shown"}),
        pay=lambda request: Answer(302, headers={"Location": f"{there}/{request.headers['cookie']}/{spelled('sent-in-a-body')}"}),
    )  # fmt: skip
    pay = step("pay", method="POST", body='{"password": "sent-in-a-body", "t": "{{ token }}"}')
    reading = await run(made, step=[LOGIN, pay])
    assert "redirects to https://elsewhere." in reading.detail
    assert "***" in reading.detail
    for secret in (TOKEN, "never", "sent-in"):
        assert spelled(secret) not in repr(reading)
        assert secret not in repr(reading)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"Authorization": "Bearer {{ token }}"}, "down status"),
        ({"Authorization": "Bearer from-our-file"}, "unknown credentials"),
    ],
)
async def test_a_token_that_the_product_gave_is_the_products_to_know(
    made: Made, http_server: HttpServer, headers: dict[str, str], says: str
) -> None:
    answering(http_server, login=Answer.json({"token": TOKEN}), pay=Answer(401))
    reading = await run(made, step=[LOGIN, step("pay", headers=headers)])
    assert f"{reading.outcome} {reading.reason}" == says


async def test_the_probe_itself_shows_no_secret(made: Made, http_server: HttpServer) -> None:
    probe = await made(
        step=[step("login", "/l?key=in-a-url", body="password=in-a-body", headers={"X": "in-a-header"})]
    )
    assert "in-a-" not in f"{probe.settings!r} {probe!r} {probe.settings.step}"

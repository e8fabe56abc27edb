"""docs/recipes/http-json.md: each recipe is run on the answer that its maker documents, and on one that is ill."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.docs.test_recipes import check_of, run, sections
from tests.parts.httpserver import Answer, HttpServer


def node(**conditions: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": kind, "status": said} for kind, said in conditions.items()]}}


ILL: dict[str, list[Answer]] = {
    "rabbitmq": [Answer.json({"consumers": 0}), Answer.json({"error": "Object Not Found"}, status=404)],
    "docker": [
        Answer.json({"RestartCount": 9, "State": {"Running": False, "Status": "exited"}}),
        Answer.json({"RestartCount": 0, "State": {"Running": True, "Health": {"Status": "unhealthy"}}}),
        Answer.json({"message": "No such container: checkout"}, status=404),
    ],
    "elasticsearch": [
        Answer.json({"status": "red", "timed_out": False}),
        Answer.json({"status": "green", "timed_out": True}),
    ],
    "consul": [Answer.json([]), Answer.json([{}]), Answer(500, "No cluster leader")],
    "vault": [Answer.json({"sealed": True}, status=503), Answer.json({"initialized": False}, status=501)],
    "kubernetes-nodes": [
        Answer.json({"items": []}),
        Answer.json({"items": [node(Ready="True"), node(Ready="Unknown")]}),
        Answer.json({"items": [node(Ready="True", DiskPressure="True")]}),
    ],
    "nacos": [Answer.json({"hosts": []}), Answer.json({"hosts": [{"healthy": False, "enabled": True}]})],
}


def served(name: str, server: HttpServer, answer: Answer) -> dict[str, Any]:
    """The recipe, asked of this server, which answers so."""
    check = check_of(sections("http-json.md")[name])
    path = re.sub(r"https://service\.example:\d+", "", check["url"])
    server.on(path.partition("?")[0], answer)
    files = {key: "" for key in ("cert_file", "ca_file") if key in check}
    return {**check, "url": server.url(path), **files}


def test_every_recipe_has_an_answer_that_is_ill() -> None:
    assert set(sections("http-json.md")) == set(ILL)


@pytest.mark.parametrize("name", ILL)
async def test_the_documented_answer_is_up_and_measured(http_server: HttpServer, name: str) -> None:
    [answer] = re.findall(r"```json\n(.*?)```", sections("http-json.md")[name], re.DOTALL)
    check = served(name, http_server, Answer.json(json.loads(answer)))
    reading = await run(check)
    assert reading.outcome == "up", reading.detail
    assert all(reading.measurements[one] is not None for one in check.get("measure", ()))


@pytest.mark.parametrize(("name", "at"), [(name, at) for name, ill in ILL.items() for at in range(len(ill))])
async def test_an_answer_that_is_ill_is_down(http_server: HttpServer, name: str, at: int) -> None:
    reading = await run(served(name, http_server, ILL[name][at]))
    assert reading.outcome == "down", reading


async def test_a_standby_of_vault_is_well(http_server: HttpServer) -> None:
    assert (
        await run(served("vault", http_server, Answer.json({"sealed": False}, status=429)))
    ).outcome == "up"

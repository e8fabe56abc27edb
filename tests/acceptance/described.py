"""Alertmanager's own description of its API (Swagger 2.0), held to what clients send and to what we answer."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml  # type: ignore[import-untyped]
from requests import PreparedRequest, Response

FOLDER = Path(__file__).parent / "alertmanager_api"
OLD, NEW = "0.25.0", "0.34.0"


class Described:
    """The description of one release."""

    def __init__(self, release: str) -> None:
        self._document = yaml.safe_load((FOLDER / f"v{release}.yaml").read_text())

    def request(self, sent: PreparedRequest) -> None:
        """Asserts that the operation is there, and knows these parameters and this body."""
        known = {one["name"]: one for one in self._parameters(sent)}
        for name, value in parse_qsl(urlsplit(str(sent.url)).query):
            assert known[name]["in"] == "query", name
            assert known[name]["type"] != "boolean" or value in ("true", "false"), name
        if sent.body:
            [body] = [one for one in known.values() if one["in"] == "body"]
            self._hold(json.loads(sent.body), body["schema"])

    def answer(self, given: Response) -> None:
        """Asserts that the body is as it says of this status."""
        found = self._at(self._operation(given.request)["responses"].get(str(given.status_code), {}))
        if "schema" in found:
            self._hold(given.json(), found["schema"])

    def _hold(self, value: Any, schema: Any) -> None:
        # Imported here: it compiles a grammar for seconds, in each process that collects tests.
        from jsonschema import Draft4Validator, FormatChecker  # type: ignore[import-untyped]

        rooted = {"allOf": [schema], "definitions": self._document["definitions"]}
        wrong = list(Draft4Validator(rooted, format_checker=FormatChecker()).iter_errors(value))
        assert not wrong, "\n".join(f"{one.json_path}: {one.message}" for one in wrong)

    def _path(self, sent: PreparedRequest) -> Any:
        path = unquote(urlsplit(str(sent.url)).path).removeprefix(self._document["basePath"].rstrip("/"))
        for template, operations in self._document["paths"].items():
            if re.fullmatch(re.sub(r"\{.+?\}", "[^/]+", template), path):
                return operations
        raise AssertionError(f"it has no {path}")

    def _operation(self, sent: PreparedRequest) -> Any:
        return self._path(sent)[str(sent.method).lower()]

    def _parameters(self, sent: PreparedRequest) -> list[Any]:
        shared = self._path(sent).get("parameters", [])
        return [self._at(one) for one in [*shared, *self._operation(sent).get("parameters", [])]]

    def _at(self, one: Any) -> Any:
        """What a reference refers to."""
        found = one
        for name in one["$ref"].split("/")[1:] if "$ref" in one else ():
            found = self._document[name] if found is one else found[name]
        return found


described = cache(Described)


def as_described(answer: Response) -> Response:
    """Asserts that the request is one of the newest release, and the answer one of both."""
    described(NEW).request(answer.request)
    for release in (OLD, NEW):
        described(release).answer(answer)
    return answer

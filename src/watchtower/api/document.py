"""The OpenAPI 3.1 document of the API, from the table of operations and the shapes in `schemas.json`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from watchtower.api.operation import Need, Operation, Shape

Json = dict[str, Any]
TOLD = {
    304: "It is as `If-None-Match` says.",
    400: "The body is not JSON.",
    401: "No token, or not the right one.",
    403: "The token may not do that.",
    404: "There is none.",
    409: "It cannot be done now.",
    413: "The body is too large.",
    422: "A parameter or a field is not usable.",
    503: "It is too busy, its store does not answer, or it does not lead.",
}
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def document(operations: Sequence[Operation], version: str) -> Json:
    """The whole document. `version` is the one of the program."""
    kept = json.loads((files("watchtower.api") / "schemas.json").read_text("utf-8"))
    paths: dict[str, Json] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = described(one, kept["parameters"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "watchtower",
            "version": version,
            "summary": "Everything that the pages show and do, for programs.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(topic(one.path) for one in operations)],
        "paths": paths,
        "components": kept,
    }


def topic(path: str) -> str:
    """`incidents` of `/api/v1/incidents/{id}`; `daemon` of what is no part of the API proper."""
    found = re.match(r"/api/v1/([^/]+)", path)
    return found[1] if found else "daemon"


def described(one: Operation, known: Mapping[str, Any]) -> Json:
    """One operation."""
    out: Json = {"operationId": one.id, "summary": one.summary, "tags": [topic(one.path)]}
    if one.need is not Need.NONE:
        needed: list[Json] = [{}] * (one.need is Need.VIEW)
        out |= {"description": f"Needs the role `{one.need}`.", "security": [*needed, {"token": []}]}
    if named := list(parameters(one)):
        out["parameters"] = [_ref("parameters", name) for name in named]
    if one.body:
        out["requestBody"] = {"required": True, "content": _json(one.body)}
    out["responses"] = answers(one)
    return out


def parameters(one: Operation) -> Iterable[str]:
    """The names of its parameters in `schemas.json`."""
    for before, name in re.findall(r"([\w-]+)/\{(\w+)\}", one.path):
        yield f"{before}.{name}"
    yield from one.query.split()
    if one.pages:
        yield from ("limit", "cursor")
    if revalidates(one):
        yield "If-None-Match"
    if once(one):
        yield "Idempotency-Key"


def revalidates(one: Operation) -> bool:
    """Whether its answers have an ETag."""
    return one.method == "GET" and one.answer is not None and one.path.startswith("/api/")


def once(one: Operation) -> bool:
    """Whether it takes an Idempotency-Key."""
    return one.method == "POST" and one.path.startswith("/api/") and not one.shown_once


def answers(one: Operation) -> Json:
    """Its answers by status."""
    content: Json = {kind: {"schema": {"type": "string"}} for kind in one.also.split()}
    if one.answer is not None:
        shape = one.answer
        if one.pages and isinstance(shape, Mapping):
            shape = {**shape, "next": "Cursor"}
        content = _json(shape) | content
    good: Json = {"description": one.summary, "content": content}
    refused = dict(one.no)
    codes = [422] * bool(one.query or one.pages) + [400, 409 if once(one) else 400, 413, 422] * bool(one.body)
    codes += {Need.NONE: [], Need.VIEW: [401, 503]}.get(one.need, [401, 403, 503])
    for code in codes:
        refused.setdefault(code, TOLD[code])
    out = {str(one.ok): good}
    if revalidates(one):
        good["headers"] = {"ETag": _ref("headers", "ETag")}
        out["304"] = {"description": TOLD[304]}
    for code, what in sorted(refused.items()):
        plain = one.path == "/readyz"
        out[str(code)] = (
            {"description": what, "content": _json(one.answer)} if plain else _ref("responses", "Problem") | {"description": what}
        )  # fmt: skip
    return out | {"default": _ref("responses", "Problem")}


def schema(shape: Shape) -> Json:
    """The JSON Schema of a shape."""
    match shape:
        case str():
            return _ref("schemas", shape)
        case list():
            return {"type": "array", "items": schema(shape[0])}
        case Mapping():
            members = {name: schema(one) for name, one in shape.items()}
            return {
                "type": "object",
                "properties": members,
                "required": [*members],
                "additionalProperties": False,
            }
        case type():
            return {"type": _PLAIN[shape]}
    return {}


def _json(shape: Shape) -> Json:
    return {"application/json": {"schema": schema(shape)}}


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}

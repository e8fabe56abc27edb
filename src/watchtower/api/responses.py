"""Answers for programs: JSON, text, and errors with a hint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse


class JsonAnswer(JSONResponse):
    """JSON that can be encoded whatever a text holds."""

    def render(self, content: Any) -> bytes:
        said = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return said.encode("utf-8", "replace")


class TextAnswer(PlainTextResponse):
    def render(self, content: Any) -> bytes:
        return str(content).encode("utf-8", "replace")


class ApiError(HTTPException):
    """An error: `status`, what is wrong, and a hint on how to fix it; `kind` is one of `problems.KINDS`."""

    def __init__(
        self, status: int, what: str, hint: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(status, what, headers)
        self.hint, self.more = hint, more

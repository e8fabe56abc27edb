"""The JSON Schema of the page webhook's body (draft 2020-12), as published in `schemas/page.schema.json`."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from watchtower.channels.page_body import PageBody


def page_schema() -> dict[str, Any]:
    """Made from the declarations of the body."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(PageBody).json_schema(),
        "title": "Watchtower page, version 1",
    }

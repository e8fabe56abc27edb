"""The version of a page's JSON is that of its published schema."""

from __future__ import annotations

import json
from pathlib import Path

from watchtower.core.notify.messages import VERSION

SCHEMA = Path(__file__).parents[3] / "schemas" / "page.schema.json"


def test_the_schema_is_of_this_version() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema["title"] == f"Watchtower page, version {VERSION}"

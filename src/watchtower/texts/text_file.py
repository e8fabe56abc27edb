"""Texts that lie in a file beside this one: a row of `pages.tsv` has a name, the English and the Chinese.

`STATES.open` is the entry `open` of the table STATES. A row that begins with `#` is a remark.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from watchtower.model import Text


class TextFile:
    """`texts["STATES"]` is a table, `texts.one("NO_CHECKS")` a text by itself. Errors: KeyError, AttributeError."""

    def __init__(self, name: str) -> None:
        self._tables: dict[str, dict[str, Text]] = {}
        for row in (files("watchtower.texts") / f"{name}.tsv").read_text("utf-8").splitlines():
            if row and not row.startswith("#"):
                path, en, zh = row.split("\t")
                table, _, key = path.partition(".")
                self._tables.setdefault(table, {})[key] = Text(en, zh)

    def __getitem__(self, table: str) -> Mapping[str, Text]:
        return self._tables[table]

    def one(self, name: str) -> Text:
        """The text of this name, as for a module's `__getattr__`."""
        if (found := self._tables.get(name, {}).get("")) is None:
            raise AttributeError(f"no text {name}")
        return found

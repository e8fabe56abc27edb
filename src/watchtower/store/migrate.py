"""Numbered SQL files, one folder per database: `0001_first.sql` takes a store from version 0 to 1."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

from watchtower.errors import StoreError
from watchtower.values import Frozen

News = Mapping[str, Mapping[str, object]]
"""What happened to a schema: events of the log, each with its values."""


class Migration(Frozen):
    """One step; it takes the store to `version`. In PostgreSQL a `contract` takes away what no program needs any more that
    knows it (postgres_schema.py)."""

    version: int
    name: str
    sql: str

    @property
    def contract(self) -> bool:
        return self.name.endswith(".contract.sql")

    @property
    def needs(self) -> int:
        """The step that a daemon must know to run beside one with this contract step: its file begins with `-- needs 16`."""
        found = re.match(r"\s*-- needs (\d+)\b", self.sql)
        return int(found[1]) if found else 0


def migrations(dialect: str) -> Sequence[Migration]:
    """All steps of `sqlite` or `postgres` in order."""
    scripts = [
        f for f in (files("watchtower.store") / "migrations" / dialect).iterdir() if f.name.endswith(".sql")
    ]
    steps = [Migration(int(f.name.split("_", 1)[0]), f.name, f.read_text("utf-8")) for f in scripts]
    return sorted(steps, key=lambda step: step.version)


def not_empty(where: object) -> str:
    return f"{where} is not empty: give it a schema of its own (?schema=NAME)"


def older(where: object) -> str:
    """What is said where a store lacks steps and may not get them now."""
    return f"{where} is of an older watchtower: the next start of the daemon brings it up to date"


def contracted(where: object, version: int, knows: int, program: str = "") -> str:
    """What is said where another version took away what this one may need."""
    return (
        f"{where} was changed by watchtower {program or 'of a newer version'} so that older ones cannot use it "
        f"(schema {version}, this one knows {knows}): run that version or a newer one; the way back is a backup from before"
    )


def missing(steps: Sequence[Migration], version: int, where: str) -> Sequence[Migration]:
    """The steps that a store of this version lacks. Raises StoreError when it is newer than this program."""
    newest = steps[-1].version
    if version > newest:
        raise StoreError(
            f"{where} was written by a newer watchtower (schema {version}, this one knows {newest}): "
            "run that version again, or give this one a store of its own"
        )
    return [step for step in steps if step.version > version]

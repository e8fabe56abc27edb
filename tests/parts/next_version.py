"""The version after this one: this very program, with more steps of the schema."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import watchtower
from watchtower.store.migrate import migrations

HERE = Path(watchtower.__file__).parent
NEWEST = migrations("postgres")[-1].version


def next_version(folder: Path, version: str, steps: Mapping[str, str]) -> Mapping[str, str]:
    """The environment of such a program, which is made in this folder. `steps`: files and their SQL."""
    package = folder / "watchtower"
    _linked(HERE, package, "store", "__init__.py", "__pycache__")
    (package / "__init__.py").write_text(f'__version__ = "{version}"\n')
    _linked(HERE / "store", package / "store", "migrations")
    _linked(HERE / "store/migrations", package / "store/migrations", "postgres")
    _linked(HERE / "store/migrations/postgres", package / "store/migrations/postgres")
    for name, sql in steps.items():
        (package / "store/migrations/postgres" / name).write_text(sql)
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))}


def _linked(source: Path, target: Path, *but: str) -> None:
    target.mkdir(parents=True)
    for one in source.iterdir():
        if one.name not in but:
            (target / one.name).symlink_to(one)

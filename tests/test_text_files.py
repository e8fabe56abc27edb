"""Texts and statements that lie in files: what code or a template names is there, and nothing there is named by nobody."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "watchtower"
CODE = {file: file.read_text() for file in SOURCE.rglob("*") if file.suffix in (".py", ".html", ".xml")}
MODULES = {
    name: import_module(name)
    for file, text in CODE.items()
    if file.suffix == ".py" and re.search(r"(?m)^def __getattr__\(name: str\)", text)
    for name in [".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)]
}


def test_code_names_texts_that_are_there() -> None:
    wrong = []
    for file, text in CODE.items():
        tree = ast.parse(text) if file.suffix == ".py" else ast.Module([], [])
        known = {
            name.asname or name.name: module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
            if (module := MODULES.get(f"{node.module}.{name.name}"))
        }
        wrong += [
            f"{file.name}:{node.lineno} {node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known
            if not hasattr(known[node.value.id], node.attr)
        ]
    assert len(MODULES) >= 5
    assert wrong == []


def test_templates_name_texts_that_are_there() -> None:
    for file, text in CODE.items():
        for name in re.findall(r"\b(?:texts|words)\.([A-Z_]+)", text) if file.suffix != ".py" else ():
            assert any(hasattr(module, name) for module in MODULES.values()), f"{file.name} {name}"


@pytest.mark.parametrize("file", sorted(SOURCE.glob("texts/*.tsv")), ids=lambda file: file.stem)
def test_every_text_is_named(file: Path) -> None:
    named = {word for text in CODE.values() for word in re.findall(r"\w+", text)}
    rows = [row.split("\t") for row in file.read_text().splitlines() if row and not row.startswith("#")]
    assert all(len(row) == 3 for row in rows)
    assert {row[0].partition(".")[0].lstrip("_") for row in rows} <= named | {
        "BAD",
        "WARN",
        "GOOD",
        "PLAIN",
        "SOFT",
    }
    assert len({row[0] for row in rows}) == len(rows)

"""Rules of the house that no tool checks: telling names, small files, real parts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "watchtower"
LONGEST = 400
# Names that say nothing, and so attract everything.
EMPTY_NAMES = {
    "base", "common", "core_utils", "helper", "helpers", "manager", "managers", "misc", "shared", "tools", "types",
    "util", "utils",
}  # fmt: skip

# Folders of tests that stand for no room of src/watchtower. All others are named after theirs.
OF_NO_ROOM = {
    "acceptance": "the daemon as a process, beside real servers",
    "docs": "docs and distribution",
    "fuzz": "`make fuzz`",
    "golden": "digests of what the engine decides",
    "mutants": "`make mutants`",
    "parts": "the real servers",
    "probes/contract/entries": "a file for each kind of probe",
    "probes/health": "probes of whether something works",
    "scenarios": "incidents of a financial product, from the files to the pages",
}


def python_files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_a_module_has_a_telling_name() -> None:
    empty = [
        name(file)
        for file in python_files("src")
        if {part.removesuffix(".py") for part in file.relative_to(SOURCE).parts} & EMPTY_NAMES
    ]
    assert not empty, "name it after what it does"


def test_a_file_fits_in_the_head() -> None:
    lines = {
        name(file): len(file.read_text(encoding="utf-8").splitlines())
        for file in python_files("src", "tests")
    }
    assert not {file: n for file, n in lines.items() if n > LONGEST}, "what are the two things it does?"


def test_a_module_says_what_it_is_for() -> None:
    silent = []
    for file in python_files("src"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if tree.body and not ast.get_docstring(tree):
            silent.append(name(file))
    assert not silent, "begin with a sentence about the module"


def mocked(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                alias.name for alias in node.names if alias.name.startswith(("unittest.mock", "mock"))
            )
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            if node.module in ("unittest.mock", "mock") or (
                node.module == "unittest" and any(alias.name == "mock" for alias in node.names)
            ):
                yield node.module


def test_tests_meet_real_parts() -> None:
    found = {}
    for file in python_files("tests"):
        if names := [*mocked(ast.parse(file.read_text(encoding="utf-8")))]:
            found[name(file)] = names
    assert not found, (
        "a mock proves only itself: start the real part (tests/parts), or hand in another object"
    )


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_a_lock_names_no_host_and_has_a_hash_for_everything(lock: str) -> None:
    lines = (ROOT / "requirements" / lock).read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    pins = [number for number, line in enumerate(lines) if "==" in line]
    assert pins
    assert all("--hash=sha256:" in lines[number + 1] for number in pins)


def test_folders_of_tests_are_named_after_the_rooms_they_test() -> None:
    folders = {file.parent.relative_to(ROOT / "tests") for file in python_files("tests")} - {Path()}
    rooms = {
        str(folder)
        for folder in folders
        if (SOURCE / folder).is_dir() or (SOURCE / folder).with_suffix(".py").is_file()
    }
    assert {str(folder) for folder in folders} - rooms == set(OF_NO_ROOM)

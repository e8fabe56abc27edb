"""The table of proofs says what the code and the tests hold."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.probes.proofs import PAGE, PROOFS, SERVERS, TESTS, VECTORS, made
from watchtower.probes.registry import PROBES


def test_every_kind_of_the_registry_has_its_line() -> None:
    assert sorted(PROOFS) == sorted(PROBES)


def test_the_table_is_as_the_code_is() -> None:
    assert PAGE.read_text("utf-8") == made(), "run: python -m tests.probes.proofs"


@pytest.mark.parametrize("kind", PROOFS)
def test_a_line_names_something_and_the_test_that_uses_it(kind: str) -> None:
    proof = PROOFS[kind]
    files = {place for test in proof.tests for place in (TESTS / test, (TESTS / test).parent / "conftest.py")}
    used = "".join(file.read_text("utf-8") for file in files if file.exists())
    assert all((TESTS / test).is_file() for test in proof.tests)
    assert proof.servers or proof.sent or proof.library or proof.answers
    assert all(f"tests.parts.{part} " in used for part in proof.servers)
    assert all((VECTORS / f"{name}.json").exists() for name in proof.sent)
    assert kind in used


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="this is no Debian")
@pytest.mark.parametrize("part", SERVERS)
def test_a_server_has_the_version_that_the_table_says(part: str) -> None:
    name, version, package = SERVERS[part]
    if package:
        asked = ["dpkg-query", "-W", "-f", "${Version}", package]
        installed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert re.match(rf"(\d+:)?{re.escape(version)}", installed), f"{name} is {installed}"

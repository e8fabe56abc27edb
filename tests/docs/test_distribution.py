"""The name on PyPI is somebody else's: what we tell people to install is ours, and the extras that we name exist."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from watchtower.errors import DISTRIBUTION, install

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TEXTS = [
    *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md"), *ROOT.glob("src/**/*.py"),
    *(one for one in ROOT.glob("scripts/*") if one.is_file()), *ROOT.glob(".github/**/*.md"), ROOT / "Dockerfile", ROOT / "Makefile",
]  # fmt: skip
EXTRA = re.compile(r"([\w-]*watchtower[\w-]*)\[([a-z,]+)\]")
PLAIN = re.compile(r"pip3? install (?:-\S+ )*[\"']?watchtower\b(?!-)")


def test_the_name_is_ours_and_the_package_and_the_command_keep_the_short_one() -> None:
    assert PROJECT["name"] == DISTRIBUTION != "watchtower"
    assert PROJECT["scripts"] == {"watchtower": "watchtower.cli:main"}


def test_no_text_tells_people_to_install_somebody_elses_project() -> None:
    for path in TEXTS:
        text = path.read_text()
        assert not PLAIN.search(text), path
        for name, extras in EXTRA.findall(text):
            assert name == DISTRIBUTION, f"{path}: {name}[{extras}]"
            assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"]), path


HEAVY = ("all", "browser")
"""A browser is 165 MB, for the few who write scripts of it: docs/recipes/browser.md."""


def test_every_extra_that_the_code_names_exists() -> None:
    named = [
        extra
        for path in ROOT.glob("src/**/*.py")
        for extra in re.findall(r"\b(?:install|need)\((?:\"\w+\", )?[\"'](\w+)[\"']\)", path.read_text())
    ]
    assert {"postgres", "redis", "plot", "calendar", "ical"} <= set(named)
    assert set(named) <= set(PROJECT["optional-dependencies"])
    assert set(PROJECT["optional-dependencies"]["all"]) == {
        one for name, extra in PROJECT["optional-dependencies"].items() if name not in HEAVY for one in extra
    }


@pytest.mark.parametrize("extra", sorted(PROJECT["optional-dependencies"]))
def test_the_command_is_one_that_pip_reads(extra: str) -> None:
    """By pip's own parser: the name, and the extra within it."""
    (_, written, _) = install(extra).split('"')
    shown = subprocess.run(
        ["python3", "-c", "from pip._vendor.packaging.requirements import Requirement as R; import sys; r = R(sys.argv[1]); print(r.name, *r.extras)", written],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.stdout.split() == [DISTRIBUTION, extra]

"""What is built is what was tested: the wheel holds every file of the package, and a release is what is committed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import watchtower

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
VERSION = re.compile(r'__version__ = ".*"')


def files_of_the_tree() -> set[str]:
    return {
        str(path.relative_to(SOURCE))
        for path in (SOURCE / "watchtower").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_the_wheel_holds_every_file_of_the_package_and_no_other(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True
    )
    [wheel] = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == files_of_the_tree()
    assert f"-{watchtower.__version__}-" in wheel.name


def test_what_is_installed_is_what_stands_in_the_tree() -> None:
    """In CI that is the wheel, installed beside its dependencies; for a developer it is the tree itself."""
    installed = Path(watchtower.__file__).parents[1]
    assert (installed == SOURCE) is not ("WATCHTOWER_INSTALLED" in os.environ)
    for name in files_of_the_tree():
        assert (installed / name).read_bytes() == (SOURCE / name).read_bytes(), f"{name}: make ready-dev"


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    assert len(VERSION.findall((SOURCE / "watchtower" / "__init__.py").read_text())) == 1


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with what `scripts/release` looks at first, all of it committed, at version 7.0.0."""
    for name in ("scripts/release", "src/watchtower/__init__.py", "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    module = tmp_path / "src/watchtower/__init__.py"
    module.write_text(VERSION.sub('__version__ = "7.0.0"', module.read_text()))
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "all")


def refusal(folder: Path) -> str:
    done = subprocess.run(
        ["scripts/release"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    return done.stderr


def test_a_release_has_its_section_in_the_changelog(clone: Path) -> None:
    assert 'CHANGELOG.md has no section "## [7.0.0]"' in refusal(clone)


def test_a_release_is_what_is_committed(clone: Path) -> None:
    (clone / "forgotten").touch()
    said = refusal(clone)
    assert "The tree is not clean" in said
    assert "forgotten" in said


def test_a_version_is_released_once(clone: Path) -> None:
    git(clone, "tag", "v7.0.0")
    assert "The tag v7.0.0 exists" in refusal(clone)


def test_the_files_that_contributing_names_exist() -> None:
    named = re.findall(r"`(src/[^`]+)`", (ROOT / "CONTRIBUTING.md").read_text())
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []

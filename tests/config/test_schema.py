"""The published JSON Schemas are those of the code, take what ships, and refuse what is broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.cases import Case, all_cases
from tests.config.kinds import FewKinds
from watchtower.config.checks_file import COMMON_KEYS
from watchtower.config.schema import checks_schema, rules_schema
from watchtower.probes.registry import PROBES, Registry

ROOT = Path(__file__).resolve().parents[2]
TOMBI = Path(sys.executable).parent / "tombi"

SEEN_BY_A_SCHEMA = [
    "a misspelt key of a rule",
    "a rule without match",
    "a severity that is not one",
    "for as a bare number",
    "for in words",
    "match a number",
    "a misspelt key of match",
    "a label that is a number",
    "a summary in a third language",
    "a step that is a number",
    "an unknown table in rules.toml",
    "rule with one bracket",
    "a responder without a name",
    "a language that we do not speak",
    "a misspelt channel in paging",
    "no_data of one",
    "a port in quotes",
    "a misspelt key of a channel",
    "a misspelt key of the probe",
    "a key of the probe is missing",
    "a port out of range",
    "true in quotes",
    "a name in capitals",
    "a tier that is none",
    "every as a number",
    "a misspelt key of a detector",
    "an inner table lacks a key",
]
"""Broken files that an editor can mark before anyone runs check-config."""


def lint(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOMBI, "lint", "--offline", *files], cwd=folder, capture_output=True, text=True, check=False
    )


def _write_schemas(folder: Path) -> None:
    (folder / "schemas").mkdir()
    for name, schema in (("rules", rules_schema()), ("checks", checks_schema(FewKinds()))):
        (folder / "schemas" / f"{name}.schema.json").write_text(json.dumps(schema), encoding="utf-8")


def _name_schemas(folder: Path) -> list[str]:
    named = []
    for file in sorted(folder.rglob("*.toml")):
        kind = "checks" if file.parent.name == "checks" else "rules"
        up = "../" if file.parent != folder else "./"
        file.write_text(
            f"#:schema {up}schemas/{kind}.schema.json\n{file.read_text('utf-8')}", encoding="utf-8"
        )
        named.append(str(file.relative_to(folder)))
    return named


@pytest.mark.parametrize("name", ["rules", "checks"])
def test_the_published_schema_is_up_to_date(name: str) -> None:
    made = rules_schema() if name == "rules" else checks_schema(Registry.load(None))
    published = (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == made, f"run: watchtower schema {name} > schemas/{name}.schema.json"


def test_every_probe_of_ours_is_in_the_schema() -> None:
    items = checks_schema(Registry.load(None))["properties"]["check"]["items"]["oneOf"]
    kinds = {one["properties"]["probe"].get("const") for one in items} - {None}
    assert kinds == set(PROBES)
    assert all(one["additionalProperties"] is False for one in items if "const" in one["properties"]["probe"])


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_no_probe_takes_a_key_that_every_check_has(kind: str) -> None:
    settings = Registry.load(None).get(kind).Settings
    assert not {field.alias or name for name, field in settings.model_fields.items()} & COMMON_KEYS


def test_the_schema_says_what_a_key_is() -> None:
    rule = rules_schema()["$defs"]["Rule"]["properties"]
    assert rule["for"]["description"]
    assert rule["for"]["pattern"]
    assert all(value.get("description") or "$ref" in value for value in rule.values())


def test_what_ships_is_taken() -> None:
    files = [
        "rules.toml",
        *(str(file.relative_to(ROOT)) for file in sorted((ROOT / "checks").glob("*.toml"))),
    ]
    for file in files:
        named = (ROOT / file).read_text(encoding="utf-8").split("\n", 1)[0]
        assert (ROOT / file).parent.joinpath(named.removeprefix("#:schema ")).is_file()
    done = lint(ROOT, *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_right_configuration_is_taken(tmp_path: Path) -> None:
    Case(
        "right",
        {"rules.toml": ("", ""), "checks/own.toml": ("", '[[check]]\nname = "q"\nprobe = "own"\nx = 1\n')},
    ).write(tmp_path)
    _write_schemas(tmp_path)
    done = lint(tmp_path, *_name_schemas(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SEEN_BY_A_SCHEMA)
def test_a_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    (case,) = (case for _, case in all_cases() if case.name == name)
    case.write(tmp_path)
    _write_schemas(tmp_path)
    done = lint(tmp_path, *_name_schemas(tmp_path))
    assert done.returncode != 0, done.stdout
    line = int(case.expected[0].split(":")[1]) + 1
    file = case.expected[0].split(":")[0]
    assert file in done.stdout + done.stderr
    assert any(f"{file}:{line + offset}:" in done.stdout + done.stderr for offset in range(-2, 3))

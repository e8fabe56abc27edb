"""JSON Schema of test files, for editors and CI: from the same models that they are read with."""

from __future__ import annotations

from watchtower.config.schema import Schema, file_schema
from watchtower.rule_tests.tests_file import TestsFile

_MEASUREMENT: Schema = {
    "description": 'A measurement of the check: a timeline such as "40x60 0x5m _x12 20...", or one value.',
    "anyOf": [
        {"type": "string"}, {"type": "number"}, {"type": "boolean"},
        {"type": "array", "items": {"type": "number"}, "minItems": 1},
    ],
}  # fmt: skip


_FIELD: Schema = {
    "description": "A field of the action, as `watchtower do` names it.",
    "type": ["string", "number", "boolean"],
}


def tests_schema() -> Schema:
    """Of `tests/rules/*.toml`."""
    made = file_schema("watchtower tests of rules", TestsFile)
    made["$defs"]["tests_file.InputTable"]["additionalProperties"] = _MEASUREMENT
    made["$defs"]["tests_file.DoTable"]["additionalProperties"] = _FIELD
    return made

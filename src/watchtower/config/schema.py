"""JSON Schema of the files, for editors and CI: from the same models that `load` reads them with.

A schema sees one table at a time: names across tables, expressions and secrets are `check-config`'s affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from watchtower.channels import channel_class, kinds, providers
from watchtower.config.check_drafts import NO_DETECTOR
from watchtower.config.checks_file import ChecksFile
from watchtower.config.rules_file import RulesFile
from watchtower.core.plan.checks import Check
from watchtower.detectors import DETECTORS
from watchtower.fields import Settings
from watchtower.probes.registry import Registry

DIALECT = GenerateJsonSchema.schema_dialect
Schema = dict[str, Any]


def rules_schema() -> Schema:
    """Returns the schema of `rules.toml` and of what it includes."""
    definitions: Schema = {}
    whole = _tidy(_of(RulesFile, definitions))
    channels = {}
    for name in kinds():
        refs = []
        for provider in providers(name):
            key = f"channel.{name}.{provider}" if provider else f"channel.{name}"
            one = definitions[key] = _of(channel_class(name, provider).Settings, definitions)
            one["description"] = f"How {name} is sent{f' by {provider}' if provider else ''}."
            refs.append({"$ref": f"#/$defs/{key}"})
        each = refs[0] if len(refs) == 1 else {"anyOf": refs}
        many = {"type": "object", "minProperties": 1, "additionalProperties": each}
        channels[str(name)] = {
            "anyOf": [*refs, many],
            "description": f"How {name} is sent, or several by name.",
        }
    whole["properties"]["channel"] = {
        "type": "object",
        "description": "The ways to reach people.",
        "properties": channels,
        "additionalProperties": False,
    }
    for policy in ("PagingPolicy", "EscalationStep"):
        definitions[policy]["properties"]["channels"]["items"] = {"type": "string", "enum": list(kinds())}
    paging = whole["properties"]["paging"]
    paging["properties"] = dict.fromkeys(("P0", "P1", "P2", "P3", "P4"), paging["additionalProperties"])
    paging["additionalProperties"] = False
    paging.pop("propertyNames", None)
    return _whole("watchtower rules", whole, definitions)


def file_schema(title: str, model: type[Settings]) -> Schema:
    """Returns the schema of a file whose tables are all in one model."""
    definitions: Schema = {}
    whole = _tidy(_of(model, definitions))
    return _whole(title, whole, definitions)


def checks_schema(registry: Registry) -> Schema:
    """Returns the schema of `checks/*.toml`, with the keys of every probe that `registry` knows. Others may have any
    key."""
    definitions: Schema = {}
    whole = _tidy(_of(ChecksFile, definitions))
    common = _of(Check, definitions)
    detectors = [
        _with(
            _of(made.Settings, definitions),
            {"kind": {"const": kind}},
            (),
            f"Settings of the detector {kind}.",
        )
        for kind, made in sorted(DETECTORS.items())
    ]
    none = {
        "type": "object",
        "properties": {"kind": {"const": NO_DETECTOR}},
        "required": ["kind"],
        "additionalProperties": False,
    }
    common["properties"]["detect"] = {
        "description": "Settings of the detector; `kind` chooses another, or none.",
        "anyOf": [*detectors, none],
    }
    for key, value in common["properties"].items():
        definitions[f"check.{key}"] = value
    kinds = registry.kinds()
    branches = [_check(kind, registry, common, definitions) for kind in kinds]
    other = {
        **common,
        "description": "A check by a probe of this site's own.",
        "properties": {**_referring(common), "probe": {"type": "string", "not": {"enum": kinds}}},
        "additionalProperties": True,
    }
    whole["properties"]["check"] = {
        "type": "array",
        "description": "Probes pointed at targets.",
        "items": {"oneOf": [*branches, other]},
    }
    return _whole("watchtower checks", whole, definitions)


def _check(kind: str, registry: Registry, common: Schema, definitions: Schema) -> Schema:
    probe = registry.get(kind)
    own = _of(probe.Settings, definitions)
    defaults = {
        key: {
            **common["properties"][key],
            "description": f"{common['properties'][key]['description']} Default: {value}.",
        }
        for key, value in (("every", probe.every), ("timeout", probe.timeout))
    }
    properties = {**_referring(common), **defaults, "probe": {"const": kind}}
    required = (*common["required"], *own.get("required", ()))
    said = (probe.__doc__ or "").strip().split("\n")[0]
    return _with({**own, "required": []}, properties, required, said or f"A check by the probe {kind}.")


def _referring(common: Schema) -> Schema:
    """Writes the keys of every check once for all probes."""
    return {key: {"$ref": f"#/$defs/check.{key}"} for key in common["properties"]}


def _with(
    schema: Schema, properties: Mapping[str, Any], required: tuple[str, ...], description: str
) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": {**properties, **schema.get("properties", {})},
        "required": [*schema.get("required", ()), *required],
        "additionalProperties": False,
    }


def _of(model: type[Settings], definitions: Schema) -> Schema:
    """Returns the model's schema. What it refers to goes to `definitions`, under a name that no other model has."""
    made = model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{_prefix(model)}{{model}}")
    for name, inner in made.pop("$defs", {}).items():
        definitions[f"{_prefix(model)}{name}"] = _tidy(inner)
    made.pop("title", None)
    tidied: Schema = _tidy(made)
    return tidied


def _prefix(model: type[Settings]) -> str:
    if model in (RulesFile, ChecksFile, Check):
        return ""
    module = model.__module__
    return f"{module.partition('.kinds.')[2] or module.rpartition('.')[2]}."


def _tidy(schema: Any) -> Any:
    """Leaves out what says nothing to people: made-up titles, `null` (TOML has none), defaults in Python's spelling."""
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out: Schema = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties", "$defs"):
            out[key] = {name: _tidy(inner) for name, inner in value.items()}
        elif (
            (key == "title" and isinstance(value, str))
            or key in ("default", "writeOnly")
            or (key == "format" and value == "password")
        ):
            continue
        else:
            out[key] = _tidy(value)
    members = out.get("anyOf")
    if isinstance(members, list) and {"type": "null"} in members:
        left = [one for one in members if one != {"type": "null"}]
        del out["anyOf"]
        out = {**left[0], **out} if len(left) == 1 else {"anyOf": left, **out}
    return out


def _whole(title: str, schema: Schema, definitions: Schema) -> Schema:
    return {
        "$schema": DIALECT,
        "title": title,
        **schema,
        "$defs": dict(sorted(definitions.items())),
    }

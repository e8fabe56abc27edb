"""Settings are declared without pydantic, checked by it, and the same once they are handed to another process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from tests.config.cases import PEOPLE
from watchtower.config.load import load
from watchtower.errors import ConfigError
from watchtower.fields import (
    AfterValidator,
    BeforeValidator,
    Duration,
    Field,
    Secret,
    Settings,
    field_validator,
    model_validator,
)

PLAIN = """
import importlib, sys
from watchtower.probes.registry import PROBES, Registry
from watchtower.channels import channel_class, providers, traits
import watchtower.core.pipeline.engine, watchtower.detectors, watchtower.delivery, watchtower.runner, watchtower.scheduler
import watchtower.store, watchtower.switches, watchtower.telemetry, watchtower.journal, watchtower.report.month
for one, provider in [(kind, who) for kind in traits() for who in providers(kind)]:
    assert channel_class(one, provider).Settings.declared_fields
for reference in PROBES.values():
    module, _, name = reference.partition(":")
    settings = getattr(importlib.import_module(module), name).Settings
    assert not settings.needs_validation or settings.declared_fields
print(sorted({name.partition(".")[0] for name in sys.modules} & {"pydantic", "pydantic_core", "annotated_types"}))
"""


def test_nothing_that_watches_or_tells_needs_pydantic() -> None:
    made = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=True)
    assert made.stdout == "[]\n"


def handed_over(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value, 5))  # noqa: S301 - our own bytes


class Inner(Settings):
    depth: int = Field(ge=1)


class Outer(Settings):
    url: Secret = Field(description="where")
    every: Duration = Field(default=5.0, gt=0)
    name: Annotated[str, AfterValidator(str.strip)] = "x"
    inner: tuple[Inner, ...] = ()
    from_: float | None = Field(default=None, alias="from")
    words: list[str] = Field(default_factory=list)
    quiet: str = Field(default="", repr=False)

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("is bad")
        return value

    @model_validator(mode="after")
    def _agree(self) -> Outer:
        if self.doubled > 1000:
            raise ValueError("too slow")
        return self

    @property
    def doubled(self) -> float:
        return self.every * 2


GIVEN = '{"url": "https://u:hunter2@x/", "every": "10s", "name": " y ", "inner": [{"depth": 2}], "from": 1.5, "quiet": "hush"}'


def test_what_is_read_has_its_values_and_the_defaults_of_the_class() -> None:
    made = Outer.model_validate_json(GIVEN)
    assert isinstance(made, Outer)
    assert isinstance(made.inner[0], Inner)
    assert (made.url.get_secret_value(), made.every, made.name, made.from_) == (
        "https://u:hunter2@x/",
        10.0,
        "y",
        1.5,
    )
    assert (made.inner[0].depth, made.words, made.doubled) == (2, [], 20.0)
    assert made.model_fields_set == {"url", "every", "name", "inner", "from_", "quiet"}
    assert made != Outer.model_validate_json('{"url": "https://x/"}')


@pytest.mark.parametrize(
    ("text", "where", "kind"),
    [
        ("{}", ("url",), "missing"),
        ('{"url": "x", "every": 5}', ("every",), "value_error"),
        ('{"url": "x", "every": "0s"}', ("every",), "greater_than"),
        ('{"url": "x", "name": "bad"}', ("name",), "value_error"),
        ('{"url": "x", "every": "600s"}', (), "value_error"),
        ('{"url": "x", "inner": [{"depth": 0}]}', ("inner", 0, "depth"), "greater_than_equal"),
        ('{"url": "x", "inner": [{"depht": 1}]}', ("inner", 0, "depth"), "missing"),
        ('{"url": "x", "colour": 1}', ("colour",), "extra_forbidden"),
        ('{"url": "x", "from_": 1.0}', ("from_",), "extra_forbidden"),
    ],
)
def test_what_is_wrong_has_its_place_and_its_kind(text: str, where: tuple[Any, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate_json(text)
    first = caught.value.errors()[0]
    assert (first["loc"], first["type"]) == (where, kind)


def test_one_that_is_made_by_hand_is_checked_too() -> None:
    assert Outer(url="x", inner=(Inner(depth=3),)).inner[0].depth == 3
    with pytest.raises(ValidationError):
        Outer(url="x", every=5.0)
    with pytest.raises(ValidationError):
        Inner()  # type: ignore[call-arg]


def test_it_goes_to_another_process_and_is_the_same_there() -> None:
    made = Outer.model_validate_json(GIVEN)
    there = handed_over(made)
    assert there == made
    assert hash(there) == hash(made)
    assert there.every == 10.0


def test_nothing_changes_it_and_nothing_shows_its_secrets() -> None:
    made = Outer.model_validate_json(GIVEN)
    with pytest.raises(AttributeError, match="frozen"):
        made.every = 1.0  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del made.name
    for text in (repr(made), str(made), f"{made.url}", repr([made.url])):
        assert "hunter2" not in text
        assert "hush" not in text


SITE = """
from typing import Annotated, Literal
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from watchtower.probes import Probe, up

class Queue(BaseModel):
    name: str
    deep: int = Field(default=3, ge=1)

def even(value: int) -> int:
    if value % 2:
        raise ValueError("must be even")
    return value

class Base(Probe.Settings):
    region: Literal["eu", "us"] = "eu"

class Broker(Probe):
    kind = "broker"
    facts = {}

    class Settings(Base):
        url: str = Field(description="where", min_length=3)
        key: SecretStr | None = None
        queues: list[Queue] = Field(default_factory=list)
        shards: Annotated[int, AfterValidator(even)] = 2
        old: str = Field(default="", alias="new-name")

        @field_validator("url")
        @classmethod
        def _whole(cls, value: str) -> str:
            if "//" not in value:
                raise ValueError("must be whole")
            return value

        @model_validator(mode="before")
        @classmethod
        def _former(cls, data):
            if isinstance(data, dict) and "address" in data:
                data["url"] = data.pop("address")
            return data

        @model_validator(mode="after")
        def _fits(self):
            if self.region == "us" and self.many:
                raise ValueError("us has no shards")
            return self

        @property
        def many(self):
            return self.shards > 2

    def probe(self):
        return up()
"""


def loaded(folder: Path, keys: str) -> Any:
    checks = folder / "checks"
    checks.mkdir(exist_ok=True)
    (checks / "broker.py").write_text(SITE, encoding="utf-8")
    (checks / "a.toml").write_text(f'[[check]]\nname = "b"\nprobe = "broker"\n{keys}\n', encoding="utf-8")
    (folder / "rules.toml").write_text(PEOPLE, encoding="utf-8")
    return (
        load(folder / "rules.toml", checks, {"SMS_LI": "+8613800138000", "KEY": "hunter2"})
        .plan.checks["b"]
        .settings
    )


def test_a_probe_of_a_sites_own_may_use_pydantic(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path, 'address = "http://x"\nkey = "${KEY}"\nqueues = [{ name = "q" }]\nnew-name = "o"'
    )
    assert (settings.url, settings.shards, settings.region, settings.old) == ("http://x", 2, "eu", "o")
    assert settings.queues[0].deep == 3
    assert settings.key.get_secret_value() == "hunter2"
    assert not settings.many
    there = handed_over(settings)
    assert there == settings


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", '"url" is missing'),
        ('url = "xyz"', "must be whole"),
        ('url = "http://x"\nshards = 3', "must be even"),
        ('url = "http://x"\nshards = 4\nregion = "us"', "us has no shards"),
        ('url = "http://x"\nqueues = [{ name = "q", deep = 0 }]', "must be at least 1"),
        ('url = "http://x"\nregion = "cn"', "is not one of eu, us"),
        ('url = "http://x"\nkey = "hunter2"', "a secret does not belong in a file"),
    ],
)
def test_what_it_refuses_is_said_in_the_words_of_the_file(tmp_path: Path, keys: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        loaded(tmp_path, keys)


def test_a_bound_inside_annotated_holds_behind_whatever_reads_the_value() -> None:
    class Bounded(Settings):
        due: dict[str, Annotated[Duration, Field(gt=0)]] = Field(default={})
        who: Annotated[tuple[str, ...], BeforeValidator(tuple), Field(min_length=1)] | None = None
        name: Annotated[str, AfterValidator(str.strip), Field(pattern="^[a-z]+$", max_length=3)] = "x"

    assert Bounded.model_validate({"due": {"P0": "5m"}, "who": ["li"], "name": "ab"}).due == {"P0": 300.0}
    for wrong in ({"due": {"P0": "0s"}}, {"who": []}, {"name": "A"}, {"name": "abcd"}):
        with pytest.raises(ValidationError):
            Bounded.model_validate(wrong)
    assert Bounded.model_json_schema()["properties"]["name"]["maxLength"] == 3

"""A few small probes, so that what is tested here does not hang on the probes that watchtower brings."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from watchtower.errors import Problem
from watchtower.fields import Duration, Secret, Settings
from watchtower.model import Fact, Facts, Unit
from watchtower.probes.contract import Probe
from watchtower.probes.registry import Registry


class Http(Probe):
    kind = "http"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("from the request to the last byte", Unit.SECONDS),
        "status": Fact.number("the answer's status"),
    }

    class Settings(Probe.Settings):
        url: str = Field(min_length=8, description='What is asked, such as "https://bank.example/health".')
        method: Literal["GET", "HEAD", "POST"] = "GET"
        headers: dict[str, Secret] = Field(default={})
        expect: tuple[int, ...] = (200,)
        follow: bool = False
        slow: Duration = 1.0


class Tcp(Probe):
    kind = "tcp"
    facts: ClassVar[Facts] = {"connect_seconds": Fact.number("to connect", Unit.SECONDS)}

    class Settings(Probe.Settings):
        host: str
        port: int = Field(ge=1, le=65535)


class Traffic(Probe):
    kind = "traffic"
    facts: ClassVar[Facts] = {"requests": Fact.number("requests since the last poll")}
    detector = "traffic"
    every = "10s"

    class Settings(Probe.Settings):
        path: str = "/metrics"


class Account(Settings):
    id: str
    key: Secret


class Balance(Probe):
    kind = "balance.bank"
    facts: ClassVar[Facts] = {"balance": Fact.number("what is left", Unit.MONEY)}
    detector = "runway"
    every = "10m"
    timeout = "20s"

    class Settings(Probe.Settings):
        account: Account
        dsn: Secret | None = None


class Columns(Probe):
    """Its facts depend on its settings."""

    kind = "columns"

    class Settings(Probe.Settings):
        columns: tuple[str, ...] = Field(min_length=1)
        limit: int | str = 3

    @classmethod
    def facts_for(cls, settings: Settings) -> Facts:
        return {name: Fact.number(f"the column {name}") for name in settings.columns}


class Clumsy(Probe):
    """Its author did not think of everything."""

    kind = "clumsy"
    facts: ClassVar[Facts] = {}

    class Settings(Probe.Settings):
        size: str = "small"

        @field_validator("size")
        @classmethod
        def _size(cls, value: str) -> str:
            sizes = {"small": "s", "large": "l"}
            return sizes[value]


class FewKinds(Registry):
    """The part of the registry that configuration asks for."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._kinds: dict[str, type[Probe]] = {
            p.kind: p for p in (Http, Tcp, Traffic, Balance, Columns, Clumsy)
        }

    def get(self, kind: str) -> type[Probe]:
        return self._kinds[kind]

    def kinds(self) -> list[str]:
        return sorted(self._kinds)

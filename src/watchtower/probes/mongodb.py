"""`mongodb` pings a MongoDB, and measures the state of its replica set."""

from __future__ import annotations

import asyncio
import importlib
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import certifi

from watchtower.fields import AfterValidator, Field, FileName, Secret, model_validator
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.numbers import as_number
from watchtower.probes.contract import Probe, Services, Target, down, unknown, up
from watchtower.probes.network import CA_FILE
from watchtower.probes.redaction import redactor
from watchtower.probes.server import need

_ADDRESS = re.compile(r"mongodb(?:\+srv)?://(?:[^@/?#]*@)?([^@/?#\s]+)(?:/.*|\?.*)?", re.IGNORECASE)
_MOST = 1 << 20
"""Bytes of one answer; serverStatus has some fifty thousand."""
_NO_REPLICATION = 76
_CREDENTIALS = (13, 18, 8000)
_SAID = (
    ("tls", re.compile(r"SSL|certificate|TLS", re.IGNORECASE)),
    ("refused", re.compile(r"Connection refused")),
    ("dns", re.compile(r"Name or service not known|No address associated|DNS query name does not exist")),
    (
        "garbage",
        re.compile(
            r"Message length|response id|unknown OpCode|Got opcode|bson|invalid length|codec can't",
            re.IGNORECASE,
        ),
    ),
    ("reset", re.compile(r"connection closed|Connection reset|EOF", re.IGNORECASE)),
)
"""What pymongo's sentence of a server that it cannot choose says of why."""


def _url(value: Secret) -> Secret:
    if not _ADDRESS.fullmatch(value.get_secret_value()):
        raise ValueError(
            "must be an address such as mongodb://watch:${MONGO_PASSWORD}@db.internal:27017/?replicaSet=rs0"
        )
    return value


class MongoDb(Probe):
    """Makes a client for each run, in a thread: it resolves, connects and logs in anew."""

    kind = "mongodb"
    timeout: ClassVar[str] = "10s"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("to connect, log in and get the answer to ping", Unit.SECONDS),
        "connections": Fact.number("clients connected to the server, with `stats`"),
        "connections_left": Fact.number("how many more clients the server takes, with `stats`"),
        "has_primary": Fact.bool("whether the replica set has a primary, with `stats`"),
        "members": Fact.number("members of the replica set, with `stats`"),
        "members_well": Fact.number("those that are primary, secondary or arbiter, with `stats`"),
        "replication_lag_seconds": Fact.number(
            "how far the slowest secondary is behind the primary, with `stats`", Unit.SECONDS
        ),
    }

    class Settings(Probe.Settings):
        url: Annotated[Secret, AfterValidator(_url)] = Field(
            description="Address of the server or the replica set: `mongodb://` or `mongodb+srv://`."
        )
        stats: bool = Field(default=False, description="Also measure connections and the replica set.")
        ca_file: FileName = CA_FILE

        @model_validator(mode="after")
        def _library_is_there(self) -> MongoDb.Settings:
            need("pymongo", "mongodb")
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._url = settings.url.get_secret_value()
        found = _ADDRESS.fullmatch(self._url)
        self._where = found[1] if found else ""
        self._clean = redactor(urls=[self._url])

    async def open(self, services: Services) -> None:
        await super().open(services)
        await asyncio.to_thread(importlib.import_module, "pymongo")  # a tenth of a second, of no run's time

    async def probe(self) -> Reading:
        return await asyncio.to_thread(self._look)

    def _look(self) -> Reading:
        import pymongo
        from pymongo.errors import ConfigurationError, InvalidURI, OperationFailure, PyMongoError

        measured: dict[str, Any] = {}
        milliseconds = max(100, round(self.timeout_seconds * 900))  # the rest is for the client to end
        try:
            with (
                pymongo.timeout(milliseconds / 1000),
                pymongo.MongoClient[dict[str, Any]](
                    self._url,
                    appname="watchtower",
                    serverSelectionTimeoutMS=milliseconds,
                    connectTimeoutMS=milliseconds,
                    socketTimeoutMS=milliseconds,
                    readPreference="nearest",
                    retryReads=False,
                    **self._tls(),
                ) as client,
            ):
                started = time.monotonic()
                client.admin.command("ping")
                measured["latency"] = time.monotonic() - started
                if self.settings.stats:
                    measured |= _connections(_asked(client.admin, "serverStatus", repl=0, metrics=0, locks=0))
                    measured |= _replica_set(client.admin)
        except (ConfigurationError, InvalidURI, ValueError) as error:
            return unknown("config", self._clean(f"{self._where}: {error}"), **measured)
        except OperationFailure as error:
            ours = error.code in _CREDENTIALS
            reason = "credentials" if ours else "error"
            return (unknown if ours else down)(reason, self._clean(f"{self._where}: {error}"), **measured)
        except (KeyError, TypeError, AttributeError):
            return down(
                "garbage",
                f"{self._where}: its answer is not MongoDB's, or longer than {_MOST} bytes",
                **measured,
            )
        except (PyMongoError, OSError) as error:
            return self._no_answer(str(error), measured)
        return up(**measured)

    def _tls(self) -> dict[str, Any]:
        """Only where the address asks for TLS: a file of authorities would switch it on."""
        asked = self._url.lower().startswith("mongodb+srv") or re.search(r"[?&](tls|ssl)=true", self._url)
        named = re.search(r"[?&]tlsCAFile=", self._url)
        return {"tlsCAFile": self.settings.ca_file or certifi.where()} if asked and not named else {}

    def _no_answer(self, said: str, measured: dict[str, Any]) -> Reading:
        reason = next((word for word, pattern in _SAID if pattern.search(said)), "timeout")
        return down(reason, self._clean(f"{self._where}: {said.partition(', Timeout:')[0]}"), **measured)


def _asked(admin: Any, command: str, **options: Any) -> Any:
    """The answer, of which only what is looked at is decoded. Raises TypeError for one that is too long."""
    from bson.codec_options import CodecOptions
    from bson.raw_bson import RawBSONDocument

    found = admin.command(command, codec_options=CodecOptions(document_class=RawBSONDocument), **options)
    if len(found.raw) > _MOST:
        raise TypeError
    return found


def _connections(status: Mapping[str, Any]) -> dict[str, Any]:
    found = status.get("connections", {})
    return {
        "connections": as_number(found.get("current")),
        "connections_left": as_number(found.get("available")),
    }


def _replica_set(admin: Any) -> dict[str, Any]:
    """Empty of a server that is no member of one."""
    from pymongo.errors import OperationFailure

    try:
        members = _asked(admin, "replSetGetStatus")["members"]
    except OperationFailure as error:
        if error.code == _NO_REPLICATION:
            return {}
        raise
    primary = next((one for one in members if one.get("stateStr") == "PRIMARY"), None)
    newest = primary.get("optimeDate") if primary else None
    behind = [_behind(newest, one.get("optimeDate")) for one in members if one.get("stateStr") == "SECONDARY"]
    known = [seconds for seconds in behind if seconds is not None]
    return {
        "has_primary": primary is not None,
        "members": len(members),
        "members_well": sum(one.get("stateStr") in ("PRIMARY", "SECONDARY", "ARBITER") for one in members),
        "replication_lag_seconds": max(known) if known and len(known) == len(behind) else None,
    }


def _behind(newest: object, own: object) -> float | None:
    """Both by the clock of the primary, which writes the times of its operations."""
    if not isinstance(newest, datetime) or not isinstance(own, datetime):
        return None
    return max(0.0, (newest - own).total_seconds())

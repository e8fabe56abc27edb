"""Questions to a Kafka cluster, by librdkafka: in a thread, within a time, over a connection of their own."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

import certifi

from watchtower.fields import Field, FileName, Secret, model_validator
from watchtower.model import Reading
from watchtower.probes.contract import Probe, Target, down, unknown
from watchtower.probes.network import CA_FILE, AddressText
from watchtower.probes.redaction import redactor
from watchtower.probes.server import need
from watchtower.values import Frozen

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

T = TypeVar("T")
_MOST = 2 << 20
"""Bytes of one answer: the partitions of some ten thousand topics."""
_REFUSED = re.compile(r"Connection refused")
_NO_SUCH_NAME = re.compile(r"Name or service not known|No address associated")


class KafkaFailed(Exception):
    """Why there is no answer, as a reading without measurements."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        super().__init__(reading.detail)


class Cluster(Frozen):
    """What may be asked, each within the time that is left. Raises confluent_kafka.KafkaException."""

    admin: AdminClient
    until: float

    def left(self) -> float:
        return max(0.05, self.until - time.monotonic())

    def metadata(self) -> Any:
        return self.admin.list_topics(timeout=self.left())

    def ends(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The offset after the last message, by topic and partition."""
        from confluent_kafka import TopicPartition, admin

        latest: Any = vars(admin)["OffsetSpec"].latest()  # its types do not say that it is there
        asked = {TopicPartition(*one): latest for one in partitions}
        found = self.admin.list_offsets(asked, request_timeout=self.left()) if asked else {}
        return {
            (one.topic, one.partition): future.result(self.left()).offset for one, future in found.items()
        }

    def committed(self, group: str, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The offset up to which the group has read; negative where it has committed nothing."""
        from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(*one) for one in partitions])
        (future,) = self.admin.list_consumer_group_offsets([asked], request_timeout=self.left()).values()
        return {(one.topic, one.partition): one.offset for one in future.result(self.left()).topic_partitions}


class KafkaProbe(Probe):
    """Asks by a client that is made for the run: a new one has to resolve, connect and log in."""

    timeout: ClassVar[str] = "10s"

    class Settings(Probe.Settings):
        servers: list[AddressText] = Field(min_length=1, description="Brokers to ask first, as `host:port`.")
        username: str = Field(default="", description="User for SASL.")
        password: Secret | None = Field(default=None, description="Password for SASL.")
        mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
            default="SCRAM-SHA-512", description="How to log in, where there is a user."
        )
        tls: bool = Field(default=False, description="Connect by TLS.")
        verify: bool = Field(default=True, description="With TLS, check the certificate and its name.")
        ca_file: FileName = CA_FILE

        @model_validator(mode="after")
        def _library_is_there(self) -> Self:
            need("confluent_kafka", "kafka")
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        password = settings.password.get_secret_value() if settings.password else ""
        self._clean = redactor(password)
        self._where = str(settings.servers[0])
        self._client: dict[str, Any] = {
            "bootstrap.servers": ",".join(map(str, settings.servers)),
            "client.id": "watchtower",
            "receive.message.max.bytes": _MOST,
            "security.protocol": ("SASL_" if settings.username else "")
            + ("SSL" if settings.tls else "PLAINTEXT"),
            "log_level": 0,
        }
        if settings.username:
            self._client |= {
                "sasl.mechanism": settings.mechanism,
                "sasl.username": settings.username,
                "sasl.password": password,
            }
        if settings.tls:
            self._client |= {
                "ssl.ca.location": settings.ca_file or certifi.where(),
                "enable.ssl.certificate.verification": settings.verify,
            }

    async def ask(self, question: Callable[[Cluster], T]) -> T:
        """What the cluster answers. Raises KafkaFailed."""
        return await asyncio.to_thread(self._asked, question)

    def _asked(self, question: Callable[[Cluster], T]) -> T:
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        noted: list[Any] = []
        client: dict[str, Any] = {
            **self._client,
            "socket.timeout.ms": max(100, round(self.timeout_seconds * 900)),
            "error_cb": noted.append,
        }
        until = time.monotonic() + self.timeout_seconds * 0.9  # the rest is for the client to end
        try:
            admin = AdminClient(client)
        except (KafkaException, ValueError) as error:
            raise KafkaFailed(unknown("config", self._clean(f"{self._where}: {error}"))) from None
        try:
            return question(Cluster(admin, until))
        except (KafkaException, TimeoutError) as error:
            admin.poll(0)
            if isinstance(error, KafkaException):
                noted.append(error.args[0])
            raise KafkaFailed(self._meaning(noted)) from None

    def _meaning(self, noted: Sequence[Any]) -> Reading:
        """What librdkafka noted on its way says more than the timeout at its end."""
        from confluent_kafka import KafkaError

        by_code = {one.code(): str(one.str()) for one in noted}
        said = " ".join(str(one.str()) for one in noted)
        denied = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)
        for code in (
            KafkaError._AUTHENTICATION,
            KafkaError.SASL_AUTHENTICATION_FAILED,
            *denied,
            KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        ):
            if code in by_code:
                return unknown("credentials", self._clean(f"{self._where}: {by_code[code]}"))
        if KafkaError._SSL in by_code:
            return down("tls", self._clean(f"{self._where}: {by_code[KafkaError._SSL]}"))
        if _REFUSED.search(said):
            return down("refused", f"{self._where}: connection refused")
        if KafkaError._RESOLVE in by_code:
            known = _NO_SUCH_NAME.search(by_code[KafkaError._RESOLVE])
            name = f"{self._where}: {by_code[KafkaError._RESOLVE]}"
            return (down if known else unknown)("dns" if known else "resolver", self._clean(name))
        if KafkaError._ALL_BROKERS_DOWN in by_code:
            return down("reset", f"{self._where}: every broker closes the connection, or speaks no Kafka")
        if not by_code or KafkaError._TRANSPORT in by_code or KafkaError._TIMED_OUT in by_code:
            return down("timeout", f"{self._where}: no answer in time")
        return down("error", self._clean(f"{self._where}: {said}"))


def partitions_of(metadata: Any, topic: str) -> list[tuple[str, int]]:
    """The partitions of a topic; none where it does not exist."""
    found = metadata.topics.get(topic)
    return (
        [] if found is None or found.error is not None else [(topic, number) for number in found.partitions]
    )

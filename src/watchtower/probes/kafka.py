"""`kafka` asks a cluster how many brokers it has, what its partitions lack, and how far consumers are behind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from watchtower.fields import Field, model_validator
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.probes.contract import unknown, up
from watchtower.probes.kafka_client import Cluster, KafkaFailed, KafkaProbe, partitions_of


class Kafka(KafkaProbe):
    """The series "" is the cluster; each `GROUP/TOPIC` is how far that group is behind on that topic."""

    kind = "kafka"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("to connect, log in and get the cluster's metadata", Unit.SECONDS),
        "brokers": Fact.number("brokers that are in the cluster now"),
        "partitions_without_leader": Fact.number("partitions that nobody can write to or read from"),
        "partitions_under_replicated": Fact.number("partitions with fewer replicas in sync than they have"),
        "lag": Fact.number("messages of a topic that a group has not yet read"),
    }

    class Settings(KafkaProbe.Settings):
        groups: list[str] = Field(default=[], description="Consumer groups whose lag is measured.")
        topics: list[str] = Field(default=[], description="The topics that the groups read.")

        @model_validator(mode="after")
        def _both_or_none(self) -> Self:
            if bool(self.groups) != bool(self.topics):
                raise ValueError("groups and topics belong together: the lag is of a group on a topic")
            if len(self.groups) * len(self.topics) > 100:
                raise ValueError("more than 100 pairs of a group and a topic: write several checks")
            return self

    async def probe(self) -> Sequence[Reading]:
        try:
            return await self.ask(self._look)
        except KafkaFailed as why:
            pairs = [f"{group}/{topic}" for group in self.settings.groups for topic in self.settings.topics]
            return [why.reading, *(unknown(why.reading.reason, why.reading.detail, pair) for pair in pairs)]

    def _look(self, cluster: Cluster) -> list[Reading]:
        started = time.monotonic()
        metadata = cluster.metadata()
        latency = time.monotonic() - started
        partitions = [one for topic in metadata.topics.values() for one in topic.partitions.values()]
        found = [
            up(
                latency=latency,
                brokers=len(metadata.brokers),
                partitions_without_leader=sum(one.leader < 0 for one in partitions),
                partitions_under_replicated=sum(len(one.isrs) < len(one.replicas) for one in partitions),
            )
        ]
        wanted = {topic: partitions_of(metadata, topic) for topic in self.settings.topics}
        # The groups first: they go on reading, and would be ahead of an end that was asked before.
        read = {
            (group, topic): cluster.committed(group, some) if some else {}
            for group in self.settings.groups
            for topic, some in wanted.items()
        }
        ends = cluster.ends([one for some in wanted.values() for one in some])
        found += (
            _lag(f"{group}/{topic}", ends, offsets, wanted[topic]) for (group, topic), offsets in read.items()
        )
        return found


def _lag(series: str, ends: Any, read: Any, partitions: Sequence[tuple[str, int]]) -> Reading:
    if not partitions:
        return unknown("absent", "there is no such topic", series)
    # A partition without messages has nothing to commit.
    lost = [number for topic, number in partitions if read.get((topic, number), -1) < 0 < ends[topic, number]]
    if lost:
        return unknown("absent", f"the group has committed nothing for {len(lost)} partitions", series)
    return up(series, lag=sum(max(0, ends[one] - max(0, read.get(one, 0))) for one in partitions))

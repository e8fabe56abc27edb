"""`kafka.topics` counts the messages that are written to topics."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from watchtower.fields import Field
from watchtower.model import Facts, Reading
from watchtower.probes.contract import Target, unknown
from watchtower.probes.counters import Counters
from watchtower.probes.kafka_client import Cluster, KafkaFailed, KafkaProbe, partitions_of
from watchtower.probes.traffic import TRAFFIC, CannotTell, SeriesOfCheck, counted


class KafkaTopics(KafkaProbe):
    """The growth of the partitions' ends. One topic is the check's own count, several are series."""

    kind = "kafka.topics"
    facts: ClassVar[Facts] = {name: TRAFFIC[name] for name in ("requests", "errors", "error_ratio")}
    detector = "traffic"
    every = "15s"

    class Settings(KafkaProbe.Settings):
        topics: list[str] = Field(min_length=1, max_length=100, description="The topics; each is a series.")
        errors: str = Field(default="", description="With one topic: the one that failures are written to.")

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._series = SeriesOfCheck(target, fans_out=len(settings.topics) > 1)
        self._counters = Counters[tuple[str, int]]()

    async def probe(self) -> Sequence[Reading]:
        try:
            ends = await self.ask(self._ends)
        except KafkaFailed as why:
            return self._series.blind(CannotTell(why.reading.reason, why.reading.detail))
        growth = self._counters.take({one: float(end) for one, end in ends.items()}, time.monotonic())
        topics = {topic for topic, _ in ends}

        def read(series: str) -> Reading:
            topic = series or self.settings.topics[0]
            if topic not in topics:
                return unknown("absent", f"there is no topic {topic}", series)
            if growth is None:
                return unknown("first_poll", "a count needs two polls", series)
            by_topic = dict.fromkeys(topics, 0.0)
            for (name, _), grown in growth.by_series.items():
                by_topic[name] += grown
            failed = {"errors": by_topic[self.settings.errors]} if self.settings.errors in by_topic else {}
            return counted({"requests": by_topic[topic], **failed}, growth.covers, series)

        return self._series.readings([name for name in self.settings.topics if name in topics], read)

    def _ends(self, cluster: Cluster) -> dict[tuple[str, int], int]:
        metadata, errors = cluster.metadata(), [self.settings.errors] if self.settings.errors else []
        return cluster.ends(
            [one for name in (*self.settings.topics, *errors) for one in partitions_of(metadata, name)]
        )

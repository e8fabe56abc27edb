"""librdkafka's own mock cluster on ports of loopback: brokers that speak Kafka, without a disk. Debian has no Kafka."""

from __future__ import annotations

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.parts.child import Part


class KafkaMock(Part):
    """`brokers` of them, with topics of four partitions that are made when they are written to."""

    def __init__(self, brokers: int = 3) -> None:
        super().__init__()
        self.brokers = brokers

    def start(self) -> None:
        self._producer = Producer(
            {"test.mock.num.brokers": self.brokers, "bootstrap.servers": "", "log_level": 0}
        )
        found = self._producer.list_topics(timeout=10).brokers.values()
        self.servers = [f"{one.host}:{one.port}" for one in found]

    def write(self, topic: str, count: int) -> None:
        """So many messages, over all partitions."""
        for number in range(count):
            self._producer.produce(topic, b"x", partition=number % 4)
        assert self._producer.flush(10) == 0

    def commit(self, group: str, topic: str, offset: int, partitions: int = 4) -> None:
        """The group has read each of the partitions up to there."""
        consumer = Consumer({"bootstrap.servers": ",".join(self.servers), "group.id": group, "log_level": 0})
        read = [TopicPartition(topic, number, offset) for number in range(partitions)]
        consumer.commit(offsets=read, asynchronous=False)
        consumer.close()

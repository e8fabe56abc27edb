"""kafka and kafka.topics against librdkafka's mock cluster: Debian has no Kafka."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from pydantic import ValidationError

from tests.parts.certificates import Certificates
from tests.parts.kafka import KafkaMock
from tests.probes.contract.entry import Stage
from tests.probes.contract.places import PLACES
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome
from watchtower.probes.kafka import Kafka


@pytest.fixture
def topic() -> str:
    return f"orders-{uuid.uuid4().hex}"


async def test_brokers_partitions_and_lag(kafka: KafkaMock, make: Make, topic: str) -> None:
    kafka.write(topic, 40)
    kafka.commit(f"{topic}-workers", topic, 7)
    kafka.commit(f"{topic}-half", topic, 7, partitions=2)
    groups = [f"{topic}-workers", f"{topic}-half", "nobody"]
    probe = await make("kafka", servers=kafka.servers, groups=groups, topics=[topic, "no-such"])
    found = await probe.by_series()
    assert found[""].measurements["brokers"] == 3.0
    assert found[""].measurements["partitions_without_leader"] == 0.0
    assert found[""].measurements["partitions_under_replicated"] == 0.0
    assert found[f"{topic}-workers/{topic}"].measurements == {"lag": 12.0}
    for series in (f"{topic}-half/{topic}", f"nobody/{topic}", f"{topic}-workers/no-such"):
        assert (found[series].outcome, found[series].reason) == (Outcome.UNKNOWN, "absent"), series


async def test_messages_of_a_topic_are_counted(kafka: KafkaMock, make: Make, topic: str) -> None:
    kafka.write(topic, 8)
    kafka.write(f"{topic}-dead", 1)
    probe = await make("kafka.topics", servers=kafka.servers, topics=[topic], errors=f"{topic}-dead")
    assert (await probe.one()).reason == "first_poll"
    kafka.write(topic, 10)
    kafka.write(f"{topic}-dead", 2)
    assert (await probe.one()).measurements == {"requests": 10.0, "errors": 2.0, "error_ratio": 0.2}
    assert (await probe.one()).measurements == {"requests": 0.0, "errors": 0.0}


async def test_topics_are_series(kafka: KafkaMock, make: Make, topic: str) -> None:
    kafka.write(topic, 1)
    other = f"{topic}-none"
    probe = await make("kafka.topics", servers=kafka.servers, topics=[topic, other], series=(topic, other))
    await probe.poll()
    kafka.write(topic, 4)
    found = await probe.by_series()
    assert found[topic].measurements == {"requests": 4.0}
    assert (found[other].outcome, found[other].reason) == (Outcome.UNKNOWN, "absent")
    assert set(found) == {"", topic, other}
    metadata = (await (await make("kafka", servers=kafka.servers)).one()).measurements
    assert metadata["brokers"] == 3.0


PLACE: dict[str, tuple[Callable[[Stage], AbstractContextManager[str]], str]] = {
    name: (PLACES[name], says)
    for name, says in {
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down reset",
        "closed": "down reset",
        "expired": "down tls",
    }.items()
}


@pytest.mark.parametrize("name", PLACE)
async def test_a_cluster_that_does_not_answer(
    name: str, make: Make, certificates: Certificates, tmp_path: object
) -> None:
    place, says = PLACE[name]
    with place(Stage(certificates, tmp_path)) as address:  # type: ignore[arg-type]
        tls = {"tls": True, "ca_file": str(certificates.authority)} if name == "expired" else {}
        probe = await make(
            "kafka", servers=[address], username="u", password="s3cret-word", mechanism="PLAIN",
            groups=["g"], topics=["t"], timeout=1.0, **tls,
        )  # fmt: skip
        found = await probe.by_series()
    assert f"{found[''].outcome} {found[''].reason}" == says
    assert found["g/t"].outcome is Outcome.UNKNOWN
    assert "s3cret" not in repr(found)


async def test_a_name_that_is_not_there(make: Make) -> None:
    reading = await (await make("kafka", servers=["no-such-name.invalid:9092"], timeout=1.0)).one()
    assert (reading.outcome, reading.reason) == ("down", "dns")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"groups": ["g"]}, "belong together"),
        ({"servers": []}, "at least 1"),
        ({"servers": ["broker"]}, "is no address"),
        ({"groups": ["g"], "topics": [str(n) for n in range(101)]}, "more than 100"),
    ],
)
def test_wrong_settings_are_explained(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Kafka.Settings.model_validate({"servers": ["broker:9092"], **settings})

"""kubernetes: what is said of workloads by the answers that the API reference documents, and of an account that may not ask."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parts.certificates import Certificates
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.kubernetes import NAMESPACE, conditions, denied, deployment, pod, serve, status, waiting
from tests.probes.traffic.conftest import make  # noqa: F401 - a fixture
from tests.probes.traffic.test_stalls import BOUND, longest_stall
from watchtower.model import Reading

TOKEN = "of-the-pod"
Look = Callable[..., Awaitable[dict[str, Reading]]]


@pytest.fixture
async def look(make: Any, http_server: HttpServer, tmp_path: Path) -> Look:  # noqa: F811
    """`await look(Deployment=[…], Pod=[…])`: one poll after another of the same check, its readings by series."""
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    kept: dict[str, Any] = {}

    async def looked(
        settings: dict[str, Any] | None = None,
        served: bool = True,
        instead: dict[str, Answer] | None = None,
        **lists: Any,
    ) -> dict[str, Reading]:
        own = {"url": http_server.url("").rstrip("/"), "namespace": NAMESPACE, **(settings or {})}
        if served:
            serve(http_server, TOKEN, "" if own["namespace"] == "*" else NAMESPACE, **lists)
        for path, answer in (instead or {}).items():
            http_server.on(f"/{path}", answer)
        key = json.dumps(own, sort_keys=True)
        if key not in kept:
            kept[key] = await make("kubernetes", token_file=str(token), ca_file="", **own)
        found: dict[str, Reading] = await kept[key].by_series()
        return found

    return looked


async def test_a_workload_of_each_kind_is_a_series(look: Look) -> None:
    stateful = deployment("ledger", desired=2, ready=1)
    del stateful["status"]["availableReplicas"]  # before Kubernetes 1.22
    counts = {
        "desiredNumberScheduled": 4,
        "numberReady": 4,
        "numberAvailable": 3,
        "updatedNumberScheduled": 1,
    }
    daemon = {
        "metadata": {"name": "agent", "namespace": NAMESPACE, "generation": 1},
        "spec": {},
        "status": counts,
    }
    found = await look(Deployment=[deployment()], StatefulSet=[stateful], DaemonSet=[daemon])
    assert {series: one.outcome for series, one in found.items()} == {
        "": "up",
        "deployment/checkout": "up",
        "statefulset/ledger": "up",
        "daemonset/agent": "up",
    }
    assert _counts(found["deployment/checkout"]) == (3, 3, 3, 0)
    assert _counts(found["statefulset/ledger"]) == (2, 1, 2, 1)
    assert _counts(found["daemonset/agent"]) == (4, 4, 1, 1)


async def test_none_ready_is_down_and_says_what_its_containers_wait_for(look: Look) -> None:
    crashing = pod(containers=[waiting("CrashLoopBackOff", 9, "OOMKilled", 137), waiting("PodInitializing")])
    found = await look(
        Deployment=[deployment(ready=0)], Pod=[crashing, pod(containers=[waiting("ContainerCreating")])]
    )
    one = found["deployment/checkout"]
    assert (one.outcome, one.reason) == ("down", "unready")
    assert one.detail.startswith("none of 3 is ready; checkout-")
    assert one.detail.endswith("checkout waits: CrashLoopBackOff, ended before by OOMKilled (137)")
    assert (one.measurements["waiting"], one.measurements["waiting_pods"]) == ("CrashLoopBackOff", 1)


async def test_some_ready_is_up_and_still_tells(look: Look) -> None:
    found = await look(
        Deployment=[deployment(ready=2)], Pod=[pod(), pod(containers=[waiting("ImagePullBackOff")])]
    )
    one = found["deployment/checkout"]
    assert (one.outcome, one.measurements["unavailable"], one.measurements["waiting"]) == (
        "up",
        1,
        "ImagePullBackOff",
    )
    assert "ImagePullBackOff" in one.detail


async def test_a_pod_that_fits_on_no_node_and_an_init_container_that_crashes(look: Look) -> None:
    unscheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes are available",
    }
    lost = pod(containers=[], phase="Pending", conditions=[unscheduled])
    found = await look(Deployment=[deployment(ready=2)], Pod=[lost])
    assert found["deployment/checkout"].measurements["waiting"] == "Unschedulable"
    assert found["deployment/checkout"].detail.endswith("is on no node: 0/3 nodes are available")
    crashing = pod(initContainerStatuses=[{"name": "migrate", **waiting("CrashLoopBackOff", 4, "Error")}])
    found = await look(Deployment=[deployment(ready=2)], Pod=[crashing])
    assert found["deployment/checkout"].detail.endswith(
        "/migrate waits: CrashLoopBackOff, ended before by Error (1)"
    )


async def test_restarts_are_counted_by_container_and_not_by_their_sum(look: Look) -> None:
    """kube-state-metrics #2153, kubernetes-mixin #510: a sum falls when pods are replaced, and a last reason stays for good."""
    old, steady = pod(containers=[{"restartCount": 40}]), pod(containers=[{"restartCount": 2}])
    first = await look(Deployment=[deployment()], Pod=[old, steady])
    assert _restarts(first) == (42, None, None)
    killed = {"lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}
    steady["status"]["containerStatuses"][0] |= {"restartCount": 3, **killed}
    new = pod(
        containers=[{"restartCount": 5, "lastState": {"terminated": {"reason": "Error", "exitCode": 1}}}]
    )
    assert _restarts(await look(Deployment=[deployment()], Pod=[new, steady])) == (8, 6, 1)
    assert _restarts(await look(Deployment=[deployment()], Pod=[new, steady])) == (8, 0, 0)


async def test_a_rollout_is_stuck_by_its_conditions_of_this_generation(look: Look) -> None:
    stuck = deployment(
        conditions=conditions("False", "ProgressDeadlineExceeded", "ReplicaSet x has timed out progressing.")
    )
    one = (await look(Deployment=[stuck]))["deployment/checkout"]
    assert (one.outcome, one.measurements["rollout_stuck"]) == ("up", True)
    assert one.detail == "the rollout is stuck: ReplicaSet x has timed out progressing."
    stuck["metadata"]["generation"] = 8
    assert not (await look(Deployment=[stuck]))["deployment/checkout"].measurements["rollout_stuck"]
    refused = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": "exceeded quota: small",
    }
    quota = deployment(conditions=[*conditions("True", "ReplicaSetUpdated"), refused])
    assert (await look(Deployment=[quota]))[
        "deployment/checkout"
    ].detail == "the rollout is stuck: exceeded quota: small"
    paused = deployment(conditions=conditions("Unknown", "DeploymentPaused"))
    assert not (await look(Deployment=[paused]))["deployment/checkout"].measurements["rollout_stuck"]


async def test_scaled_to_zero_is_well_and_what_is_gone_is_unknown(look: Look) -> None:
    idle = await look(Deployment=[deployment(desired=0, ready=0), deployment("refund")])
    assert (idle["deployment/checkout"].outcome, _restarts(idle)) == ("up", (0, None, None))
    gone = await look(Deployment=[deployment("refund")])
    assert (gone["deployment/checkout"].outcome, gone["deployment/checkout"].reason) == ("unknown", "absent")
    none = await look()
    assert {(one.outcome, one.reason) for one in none.values()} == {("unknown", "absent")}
    assert none[""].detail == f"no deployment or statefulset or daemonset in {NAMESPACE}"


async def test_pods_that_the_selector_does_not_show_are_not_zero_restarts(look: Look) -> None:
    labelled = deployment()
    labelled["metadata"]["labels"] = {"team": "pay"}
    found = await look(
        {"selector": "team=pay"}, Deployment=[labelled], Pod=[pod(containers=[{"restartCount": 9}])]
    )
    assert "restarts" not in found["deployment/checkout"].measurements


async def test_what_leaves_or_belongs_to_nobody_does_not_count(look: Look) -> None:
    leaving = pod(containers=[waiting("ContainerCreating")])
    leaving["metadata"]["deletionTimestamp"] = "2026-11-22T10:00:00Z"
    job = pod("settlement", "Job", containers=[waiting("CrashLoopBackOff", 7, "Error")])
    alone = pod()
    del alone["metadata"]["ownerReferences"]
    found = await look(Deployment=[deployment()], Pod=[leaving, job, alone])
    assert (found["deployment/checkout"].measurements["waiting"], set(found)) == (
        "",
        {"", "deployment/checkout"},
    )


async def test_all_namespaces_and_one_kind(look: Look) -> None:
    found = await look(
        {"namespace": "*", "workloads": ["deployment"]}, Deployment=[deployment()], Pod=[pod()]
    )
    assert set(found) == {"", "shop/deployment/checkout"}


async def test_a_large_cluster_is_read_in_pages_without_holding_the_loop(
    look: Look, http_server: HttpServer
) -> None:
    """4 MB and more of pods with the fields that nobody reads."""
    pods = [pod(containers=[{"restartCount": 1}]) for _ in range(950)]
    for one in pods:
        one["spec"]["containers"][0]["env"] = [{"name": f"V{at}", "value": "x" * 40} for at in range(60)]
    await look(Deployment=[deployment()])
    stall, found = await longest_stall(look(Deployment=[deployment()], Pod=pods))
    assert stall < BOUND
    assert found["deployment/checkout"].measurements["restarts"] == 950
    asked = [one for one in http_server.requests if one.path.endswith("/pods")]
    assert [one.query.get("continue", ["0"])[0] for one in asked[1:]] == [
        str(at) for at in range(0, 1000, 100)
    ]
    assert asked[0].query["fieldSelector"] == ["status.phase!=Succeeded,status.phase!=Failed"]


@pytest.mark.parametrize(
    ("path", "answer", "reason", "detail"),
    [
        ("api/v1/namespaces/shop/pods", denied("pods", ""), "denied",
         'the account\'s role lacks apiGroups [""], resources ["pods"], verbs ["list"]: pods is forbidden: User'),
        ("apis/apps/v1/namespaces/shop/deployments", denied("deployments", "apps"), "denied",
         'the account\'s role lacks apiGroups ["apps"], resources ["deployments"], verbs ["list"]: deployments.apps is'),
        ("api/v1/namespaces/shop/pods", status(410, "Expired", "The provided continue parameter is too old"), "status",
         "pods: The provided continue parameter is too old"),
        ("api/v1/namespaces/shop/pods", Answer(429, "Too many requests, please try again later."), "throttled",
         "pods: HTTP 429"),
        ("api/v1/namespaces/shop/pods", Answer.json({"items": []}), "garbage", "pods: the answer is no list of Kubernetes"),
        ("api/v1/namespaces/shop/pods", Answer.json({"kind": "Status", "metadata": {}}), "garbage",
         "pods: the answer is no list of pods: Status"),
        ("api/v1/namespaces/shop/pods", Answer(200, b" " * (5 << 20)), "too_large", "pods: "),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_unknown_for_every_workload(
    look: Look, http_server: HttpServer, path: str, answer: Answer, reason: str, detail: str
) -> None:
    await look(Deployment=[deployment()])
    found = await look(instead={path: answer}, Deployment=[deployment()])
    assert {series: (one.outcome, one.reason) for series, one in found.items()} == {
        "": ("unknown", reason),
        "deployment/checkout": ("unknown", reason),
    }
    assert found[""].detail.startswith(detail)


async def test_a_token_that_is_renewed_is_read_anew(
    look: Look, http_server: HttpServer, tmp_path: Path
) -> None:
    """kubernetes-client/java #2110, newrelic/nri-kubernetes #434: a token that is kept from the start is refused after an hour."""
    await look(Deployment=[deployment()])
    serve(http_server, "the-next", Deployment=[deployment()])
    refused = await look(served=False)
    assert (refused[""].reason, refused[""].detail) == (
        "credentials",
        "the API server refuses the token: Unauthorized",
    )
    (tmp_path / "token").write_text("the-next")
    assert (await look(served=False))[""].outcome == "up"
    (tmp_path / "token").unlink()
    gone = await look(served=False)
    assert (gone[""].reason, "No such file" in gone[""].detail) == ("config", True)


async def test_a_new_authority_is_read_anew(make: Any, certificates: Certificates, tmp_path: Path) -> None:  # noqa: F811
    """Of a cluster whose authority was replaced, as kubelet writes the file."""
    (tmp_path / "token").write_text(TOKEN)
    authority = tmp_path / "ca.crt"
    (tmp_path / "other").mkdir()
    authority.write_text(Certificates(tmp_path / "other").authority.read_text())
    with HttpServer(certificates.good) as server:
        serve(server, TOKEN, Deployment=[deployment()])
        files = {"token_file": str(tmp_path / "token"), "ca_file": str(authority)}
        check = await make("kubernetes", url=f"https://localhost:{server.port}", namespace=NAMESPACE, **files)
        assert (await check.by_series())[""].reason == "tls"
        authority.write_text(certificates.authority.read_text())
        assert (await check.by_series())[""].outcome == "up"


def _counts(reading: Reading) -> tuple[Any, ...]:
    return tuple(reading.measurements[name] for name in ("desired", "ready", "updated", "unavailable"))


def _restarts(found: dict[str, Reading]) -> tuple[Any, ...]:
    measured = found["deployment/checkout"].measurements
    return tuple(measured[name] for name in ("restarts", "new_restarts", "oom_kills"))

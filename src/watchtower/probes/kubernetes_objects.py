"""What is read of Kubernetes' objects (API versions v1 and apps/v1), and what a workload's pods say of it.

Of an object only these members are made: a page of a hundred pods is a megabyte of JSON, and takes two milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec

from watchtower.model import Value

_USUAL = ("ContainerCreating", "PodInitializing")
"""For what each new container waits: another reason is told rather."""
T = TypeVar("T")
Name = Annotated[str, msgspec.Meta(max_length=253)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]


class _Object(msgspec.Struct, rename="camel", gc=False):
    """Members that are not declared are passed over."""


class _Owner(_Object):
    kind: Name
    name: Name
    controller: bool = False


class _Metadata(_Object):
    name: Name
    namespace: Name = ""
    uid: str = ""
    generation: int = 0
    deletion_timestamp: str | None = None
    labels: dict[str, str] = {}
    owner_references: list[_Owner] = []


class _Condition(_Object):
    type: str
    status: str
    reason: str = ""
    message: str = ""


class _Because(_Object):
    reason: str = ""
    exit_code: int | None = None


class _State(_Object):
    waiting: _Because | None = None
    terminated: _Because | None = None


class _Container(_Object):
    name: Name
    restart_count: Count = 0
    state: _State = msgspec.field(default_factory=_State)
    last_state: _State = msgspec.field(default_factory=_State)


class _PodStatus(_Object):
    conditions: list[_Condition] = []
    container_statuses: list[_Container] = []
    init_container_statuses: list[_Container] = []


class Pod(_Object):
    metadata: _Metadata
    status: _PodStatus

    @property
    def containers(self) -> list[_Container]:
        return self.status.init_container_statuses + self.status.container_statuses

    @property
    def workload(self) -> tuple[str, str, str]:
        """Namespace, kind and name of what made it; a Deployment's ReplicaSet is called as it is, and the pods' hash."""
        meta = self.metadata
        owner = next((one for one in meta.owner_references if one.controller), _Owner("", ""))
        made_of = meta.labels.get("pod-template-hash")
        if owner.kind == "ReplicaSet" and made_of:
            return meta.namespace, "deployment", owner.name.removesuffix(f"-{made_of}")
        return meta.namespace, owner.kind.lower(), owner.name

    def waits(self) -> Iterator[tuple[str, str]]:
        """Why it does not run, each reason with where and what was before."""
        name = self.metadata.name
        for one in self.containers:
            if one.state.waiting is not None:
                ended = one.last_state.terminated
                before = f", ended before by {ended.reason} ({ended.exit_code})" if ended else ""
                reason = one.state.waiting.reason or "Waiting"
                yield reason, f"{name}/{one.name} waits: {reason}{before}"
        for condition in self.status.conditions:
            if condition.reason == "Unschedulable" and condition.status == "False":
                yield condition.reason, f"{name} is on no node: {condition.message or condition.reason}"


class _Spec(_Object):
    replicas: Count | None = None


class _Status(_Object):
    observed_generation: int = 0
    ready_replicas: Count = 0
    updated_replicas: Count = 0
    available_replicas: Count | None = None
    desired_number_scheduled: Count = 0
    number_ready: Count = 0
    number_available: Count = 0
    updated_number_scheduled: Count = 0
    conditions: list[_Condition] = []


class Workload(_Object):
    """A Deployment, StatefulSet or DaemonSet. A count that is zero is left away by the API."""

    metadata: _Metadata
    status: _Status
    spec: _Spec = msgspec.field(default_factory=_Spec)

    def replicas(self, kind: str) -> dict[str, int]:
        """How many are asked for, ready, of the newest template, and short of those that are asked for."""
        status, desired = self.status, 1 if self.spec.replicas is None else self.spec.replicas
        ready, updated, available = status.ready_replicas, status.updated_replicas, status.available_replicas
        if kind == "daemonset":
            desired, ready = status.desired_number_scheduled, status.number_ready
            updated, available = status.updated_number_scheduled, status.number_available
        elif available is None:  # zero of a Deployment; a StatefulSet has it since Kubernetes 1.22
            available = ready if kind == "statefulset" else 0
        unavailable = max(0, desired - available)
        return {"desired": desired, "ready": ready, "updated": updated, "unavailable": unavailable}

    def stuck(self) -> str | None:
        """Why its rollout does not go on; None while it does, and while the controller has not seen the newest one.

        Its progress deadline has passed, or its pods cannot be made, as beyond a quota."""
        if self.status.observed_generation < self.metadata.generation:
            return None
        for one in self.status.conditions:
            if (one.type, one.status) in (("Progressing", "False"), ("ReplicaFailure", "True")):
                return one.message or one.reason
        return None


class _ListMetadata(msgspec.Struct):
    token: str = msgspec.field(name="continue", default="")


class ObjectList(msgspec.Struct, Generic[T]):
    """One answer to a list request. `metadata.token` asks for the next one."""

    kind: str
    metadata: _ListMetadata
    items: list[T] | None = None


Restarts = Mapping[tuple[str, str], int]
"""How often each container has restarted, by its pod's uid and its name."""


def restarts_of(pods: Iterable[Pod]) -> Restarts:
    return {(pod.metadata.uid, one.name): one.restart_count for pod in pods for one in pod.containers}


def of_pods(pods: Sequence[Pod], before: Restarts | None) -> tuple[dict[str, Value], str]:
    """What the pods of one workload measure, and a sentence on why some wait. `before` are the restarts until the
    previous poll; a pod that was not there then has made all of its own since."""
    restarts, new, killed = 0, 0, 0
    reasons, told = Counter[str](), dict[str, str]()
    for pod in pods:
        for one in pod.containers:
            risen = one.restart_count - (before or {}).get((pod.metadata.uid, one.name), 0)
            ended = one.last_state.terminated
            restarts += one.restart_count
            new += max(0, risen)
            killed += risen > 0 and ended is not None and ended.reason == "OOMKilled"
        if pod.metadata.deletion_timestamp is None:
            waits = dict(pod.waits())
            reasons.update(waits.keys())
            told = waits | told
    worst = max(reasons, key=lambda reason: (reason not in _USUAL, reasons[reason]), default="")
    return {
        "restarts": restarts,
        "new_restarts": None if before is None else new,
        "oom_kills": None if before is None else killed,
        "waiting": worst,
        "waiting_pods": reasons[worst] if worst else 0,
    }, told.get(worst, "")

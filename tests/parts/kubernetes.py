"""Answers as the API server of Kubernetes gives them to list requests, page by page, and the objects in them.

The shapes are those of the API reference of apps/v1 and v1; refusals are the Status objects that an API server 1.20 gave.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from tests.parts.httpserver import Answer, HttpServer, Request

NAMESPACE = "shop"
_PATHS = {
    "Deployment": "apis/apps/v1/{}deployments",
    "StatefulSet": "apis/apps/v1/{}statefulsets",
    "DaemonSet": "apis/apps/v1/{}daemonsets",
    "Pod": "api/v1/{}pods",
}
_uids = itertools.count()


def status(code: int, reason: str, message: str) -> Answer:
    """A refusal."""
    return Answer.json(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code},
        status=code,
    )  # fmt: skip


def denied(kind: str, group: str) -> Answer:
    """What a service account gets whose role lacks `list`."""
    what = f"{kind}.{group}" if group else kind
    return status(
        403, "Forbidden",
        f'{what} is forbidden: User "system:serviceaccount:shop:watchtower" cannot list resource "{kind}" in API group '
        f'"{group}" in the namespace "{NAMESPACE}"',
    )  # fmt: skip


def serve(
    server: HttpServer, token: str, namespace: str = NAMESPACE, **lists: Sequence[Mapping[str, Any]]
) -> None:
    """Answers list requests of each kind (`Deployment=[…]`); one that is not named has no objects."""
    for kind, path in _PATHS.items():
        items = list(lists.get(kind, ()))
        within = f"namespaces/{namespace}/" if namespace else ""
        server.on(f"/{path.format(within)}", _Lister(kind, items, token))


class _Lister:
    def __init__(self, kind: str, items: list[Mapping[str, Any]], token: str) -> None:
        self.kind, self.items, self.token = kind, items, token

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return status(401, "Unauthorized", "Unauthorized")
        most, start = int(request.query["limit"][0]), int(request.query.get("continue", ["0"])[0])
        wanted = dict(one.split("=") for one in request.query.get("labelSelector", [""])[0].split(",") if one)
        items = [one for one in self.items if wanted.items() <= one["metadata"].get("labels", {}).items()]
        metadata = {"resourceVersion": "7"}
        if start + most < len(items):
            metadata |= {"continue": str(start + most), "remainingItemCount": str(len(items) - start - most)}
        version = "v1" if self.kind == "Pod" else "apps/v1"
        page = items[start : start + most]
        return Answer.json(
            {"kind": f"{self.kind}List", "apiVersion": version, "metadata": metadata, "items": page}
        )


def deployment(name: str = "checkout", desired: int = 3, ready: int = 3, **further: Any) -> dict[str, Any]:
    """One whose counts of zero are left away, as the API leaves them."""
    counts = {
        "replicas": desired,
        "readyReplicas": ready,
        "updatedReplicas": desired,
        "availableReplicas": ready,
    }
    status: dict[str, Any] = {"observedGeneration": 7} | {
        key: value for key, value in counts.items() if value
    }
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "generation": 7, "labels": {"app": name}},
        "spec": {"replicas": desired, "selector": {"matchLabels": {"app": name}}},
        "status": status | further,
    }


def conditions(progressing: str, reason: str, message: str = "") -> list[dict[str, str]]:
    """Of a Deployment that is available."""
    return [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "Deployment has minimum availability."},
        {"type": "Progressing", "status": progressing, "reason": reason, "message": message},
    ]  # fmt: skip


def pod(of: str = "checkout", kind: str = "ReplicaSet", containers: Sequence[Any] = ({},), **status: Any) -> dict[str, Any]:  # fmt: skip
    """A pod of a Deployment, or of another kind. Each container is what differs from a running one."""
    number = next(_uids)
    made_of = "5d8c7b9f4"
    owner = f"{of}-{made_of}" if kind == "ReplicaSet" else of
    labels = {"app": of} | ({"pod-template-hash": made_of} if kind == "ReplicaSet" else {})
    running = {"name": of, "ready": True, "restartCount": 0, "lastState": {}, "state": {"running": {"startedAt": "2026-11-22T10:00:00Z"}}}  # fmt: skip
    return {
        "metadata": {
            "name": f"{owner}-{number}",
            "namespace": NAMESPACE,
            "uid": f"uid-{number}",
            "labels": labels,
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": "u", "controller": True, "blockOwnerDeletion": True}
            ],
            "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {}}}],
        },
        "spec": {"containers": [{"name": of, "image": "registry.internal/shop:1"}], "nodeName": "node-1"},
        "status": {"phase": "Running", "containerStatuses": [{**running, **one} for one in containers], **status},
    }  # fmt: skip


def waiting(reason: str, restarts: int = 0, ended: str = "", code: int = 1) -> dict[str, Any]:
    """A container that waits for this reason."""
    last = {"terminated": {"reason": ended, "exitCode": code, "containerID": "c"}} if ended else {}
    return {
        "ready": False,
        "restartCount": restarts,
        "state": {"waiting": {"reason": reason}},
        "lastState": last,
    }

"""`kubernetes` measures the workloads of a namespace: replicas, restarts, why containers wait, rollouts."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import quote, urlencode

import msgspec

from watchtower.bodies import BodyUnreadable, body_bytes
from watchtower.collector import resting
from watchtower.curl import FetchError, Request, Response
from watchtower.fields import Field, FileName, Secret
from watchtower.model import Fact, Facts, Outcome, Reading
from watchtower.probes.aside import read_aside
from watchtower.probes.contract import Probe, Target, down, up
from watchtower.probes.kubernetes_objects import ObjectList, Pod, Restarts, Workload, of_pods, restarts_of
from watchtower.probes.redaction import redactor
from watchtower.probes.traffic import CannotTell, SeriesOfCheck
from watchtower.probes.urls import HttpUrl
from watchtower.values import replace

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_PAGE = 100
"""Objects that are asked for at once."""
_LARGEST_PAGE = 4 << 20
"""Bytes: forty thousand for each pod, which has five to fifteen. The worst such page is read in 35 ms."""
_PODS = ObjectList[Pod]
_WORKLOADS = ObjectList[Workload]
_RUNNING = "status.phase!=Succeeded,status.phase!=Failed"
Series = tuple[str, str, str]


class Kubernetes(Probe):
    """Lists workloads and their pods, and gives one series a workload. The token is read anew for each run."""

    kind = "kubernetes"
    every = "30s"
    timeout = "10s"
    facts: ClassVar[Facts] = {
        "desired": Fact.number("replicas that are asked for"),
        "ready": Fact.number("replicas that are ready"),
        "updated": Fact.number("replicas of the newest template"),
        "unavailable": Fact.number("how many available replicas are missing"),
        "rollout_stuck": Fact.bool(
            "whether the rollout has passed its progress deadline, or cannot make its pods"
        ),
        "restarts": Fact.number("restarts of its containers since their pods were made"),
        "new_restarts": Fact.number("restarts since the previous poll"),
        "oom_kills": Fact.number("containers that restarted since the previous poll because of their memory"),
        "waiting": Fact.string("why most of those wait that do, such as `CrashLoopBackOff`"),
        "waiting_pods": Fact.number("pods that wait for this reason"),
    }

    class Settings(Probe.Settings):
        url: HttpUrl = Field(
            default=Secret("https://kubernetes.default.svc"), description="The address of the API server."
        )
        namespace: str = Field(
            default="",
            pattern=r"^(\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)?$",
            description="The namespace; empty for that of watchtower's own pod, `*` for all.",
        )
        selector: str = Field(
            default="", description="A label selector, which both a workload and its pods must match."
        )
        workloads: list[Literal["deployment", "statefulset", "daemonset"]] = Field(
            default=["deployment", "statefulset", "daemonset"], min_length=1, description="Kinds to list."
        )
        token_file: FileName = Field(
            default=f"{_ACCOUNT}/token",
            description="File of the token, read anew for each run; empty for none.",
        )
        ca_file: FileName = Field(
            default=f"{_ACCOUNT}/ca.crt",
            description="PEM file of the authorities to trust; empty for the public ones.",
        )
        verify: bool = Field(default=True, description="Check the server's certificate and its name.")

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._url = settings.url.get_secret_value().rstrip("/")
        self._series = SeriesOfCheck(target, fans_out=True)
        self._restarts: Restarts | None = None

    async def probe(self) -> Sequence[Reading]:
        until = time.monotonic() + self.timeout_seconds
        clean = redactor(urls=[self._url])
        try:
            token, namespace = self._account()
            clean = redactor(token, urls=[self._url])
            found: dict[Series, Workload] = {}
            for kind in dict.fromkeys(self.settings.workloads):
                path = f"/apis/apps/v1{namespace}/{kind}s"
                for one in await self._listed(path, kind, {}, _WORKLOADS, token, until):
                    found[one.metadata.namespace, kind, one.metadata.name] = one
            if not found:
                raise CannotTell(
                    "absent", f"no {' or '.join(self.settings.workloads)}{self._where(namespace)}"
                )
            path, running = f"/api/v1{namespace}/pods", {"fieldSelector": _RUNNING}
            pods = await self._listed(path, "pod", running, _PODS, token, until)
            read = await read_aside(len(pods) << 10, self._measured, found, pods)
            return self._series.readings(read, lambda name: _said(read, name, clean))
        except CannotTell as why:
            return self._series.blind(CannotTell(why.reason, clean(why.detail)))

    def _account(self) -> tuple[str, str]:
        """The token, and the part of the path that names the namespace."""
        name = self.settings.namespace
        try:
            token = (
                Path(self.settings.token_file).read_text("utf-8").strip() if self.settings.token_file else ""
            )
            name = name or Path(f"{_ACCOUNT}/namespace").read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            hint = "write `token_file` and `namespace` outside of a pod; in one, automountServiceAccountToken"
            raise CannotTell("config", f"the account cannot be read: {error}; {hint}") from None
        return token, "" if name == "*" else f"/namespaces/{quote(name, safe='')}"

    def _where(self, namespace: str) -> str:
        return f" in {namespace.rpartition('/')[2] or 'any namespace'}" + (
            f" has the labels {self.settings.selector}" if self.settings.selector else ""
        )

    async def _listed(
        self, path: str, kind: str, which: Mapping[str, str], shape: Any, token: str, until: float
    ) -> list[Any]:
        """Every object, page by page. Raises CannotTell."""
        asked = {"limit": str(_PAGE), **which}
        if self.settings.selector:
            asked["labelSelector"] = self.settings.selector
        out: list[Any] = []
        while True:
            request = Request(
                f"{self._url}{path}?{urlencode(asked)}",
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                    **({"Authorization": f"Bearer {token}"} if token else {}),
                },
                timeout=max(0.05, until - time.monotonic()),
                verify=self.settings.verify,
                ca_file=self.settings.ca_file,
                max_body_bytes=_LARGEST_PAGE,
                keep_alive=True,
            )
            try:
                response = await self.services.curl.fetch(request)
                page = await read_aside(response.most_bytes, _read, response, shape, kind)
            except FetchError as error:
                raise CannotTell(error.reason, f"{kind}s: {error.detail}") from None
            except BodyUnreadable as why:
                raise CannotTell(why.reason, f"{kind}s: {why.detail}") from None
            out += page.items or ()
            if not page.metadata.token:
                return out
            asked["continue"] = page.metadata.token

    def _measured(self, found: Mapping[Series, Workload], pods: Sequence[Pod]) -> dict[str, Reading]:
        """A reading a workload. Pods that cannot be seen measure nothing: their labels may be others than its own."""
        before, self._restarts = self._restarts, restarts_of(pods)
        by_workload = defaultdict[Series, list[Pod]](list)
        for pod in pods:
            by_workload[pod.workload].append(pod)
        out = {}
        for (namespace, kind, name), one in found.items():
            own, counts = by_workload.get((namespace, kind, name), []), one.replicas(kind)
            measured, waits = of_pods(own, before) if own or not counts["desired"] else ({}, "")
            stuck = one.stuck()
            measured |= {**counts, "rollout_stuck": stuck is not None}
            series = "/".join([namespace] * (self.settings.namespace == "*") + [kind, name])
            none = (
                f"none of {counts['desired']} is ready" if counts["desired"] and not counts["ready"] else ""
            )
            reading = down("unready", none, series, **measured) if none else up(series, 0.0, **measured)
            stands = f"the rollout is stuck: {stuck}" if stuck is not None else ""
            out[series] = replace(reading, detail="; ".join(filter(None, (none, stands, waits))))
        return out


def _said(read: Mapping[str, Reading], name: str, clean: Any) -> Reading:
    found = read.get(name)
    if found is None:
        return Reading(Outcome.UNKNOWN, {}, "absent", "it is not there any more, or has other labels", name)
    waiting = found.measurements.get("waiting")
    said = {"waiting": clean(waiting)} if isinstance(waiting, str) else {}
    return replace(found, detail=clean(found.detail), measurements={**found.measurements, **said})


def _read(response: Response, shape: Any, kind: str) -> Any:
    """The page. Raises CannotTell, BodyUnreadable."""
    if response.status != 200:
        raise _refusal(response, kind)
    body = body_bytes(response.body, response.headers, _LARGEST_PAGE)
    try:
        with resting():
            page = msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BodyUnreadable("garbage", f"the answer is no list of Kubernetes: {error}") from None
    if page.kind.lower() != f"{kind}list":
        raise BodyUnreadable("garbage", f"the answer is no list of {kind}s: {page.kind}")
    return page


class _Refused(msgspec.Struct):
    message: str = ""


def _refusal(response: Response, kind: str) -> CannotTell:
    try:
        said = msgspec.json.decode(
            body_bytes(response.body, response.headers, 1 << 16), type=_Refused
        ).message
    except (msgspec.MsgspecError, ValueError, RecursionError):
        said = ""
    said = f": {said}" if said else f": HTTP {response.status}"
    if response.status == 401:
        return CannotTell("credentials", f"the API server refuses the token{said}")
    if response.status == 403:
        group = "" if kind == "pod" else "apps"
        needs = f'apiGroups ["{group}"], resources ["{kind}s"], verbs ["list"]'
        return CannotTell("denied", f"the account's role lacks {needs}{said}")
    return CannotTell("throttled" if response.status == 429 else "status", f"{kind}s{said}")

"""The phases of a run: warm-up, steady state, single faults, a pager that is down, and everything failing at once."""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from benchmarks.overhead.processes import (
    CpuSample,
    calibrate,
    cpu_sample,
    cpu_used,
    host_cpu,
    memory,
    running,
)
from benchmarks.overhead.stack import Stack

Record = dict[str, Any]
Cpu = tuple[float, dict[str, CpuSample]]


def spread(values: Iterable[float]) -> Record:
    """Seconds to 0.1 ms: smallest, median, p95 (nearest rank) and largest."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}
    p95 = ordered[max(0, -(-95 * len(ordered) // 100) - 1)]
    named = {"min": ordered[0], "median": statistics.median(ordered), "p95": p95, "max": ordered[-1]}
    return {"n": len(ordered), **{name: round(value, 4) for name, value in named.items()}}


def own(by_name: Mapping[str, float]) -> float:
    """What the stack itself used; names with `_` in front are the harness and the machine."""
    return sum(value for name, value in by_name.items() if not name.startswith("_"))


class Run:
    """One stack that has started, and what its pages said so far."""

    def __init__(self, stack: Stack, args: argparse.Namespace) -> None:
        self.stack, self.args = stack, args
        self.targets, self.receiver = stack.targets, stack.receiver
        self.procs = stack.procs()
        self.firing: dict[str, list[float]] = {}
        self.resolved: dict[str, list[float]] = {}
        self.posts = self.bytes = self.rejected = 0
        self.unparsed: list[str] = []

    # ---- what all phases use -------------------------------------------------------------------------------

    def poll(self) -> None:
        for record in self.receiver.new():
            if record["status"] >= 300:
                self.rejected += 1
                continue
            self.posts += 1
            self.bytes += len(record["body"])
            try:
                for ident, state in self.stack.extract(record["body"]):
                    pages = self.firing if state == "firing" else self.resolved
                    pages.setdefault(ident, []).append(record["mono"])
            except (ValueError, KeyError, TypeError) as error:
                self.unparsed.append(f"{error!r}: {record['body'][:200]}")

    def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            self.poll()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(0.05, left))

    def sleep_while(self, condition: Callable[[], bool], limit: float) -> None:
        end = time.monotonic() + limit
        while condition() and time.monotonic() < end:
            self.sleep(0.05)

    def paged(self, ident: str) -> int:
        return len(self.firing.get(ident, ()))

    def resolved_since(self, ident: str, at: float) -> float | None:
        return next((page for page in self.resolved.get(ident, ()) if page >= at), None)

    def cpu(self) -> Cpu:
        samples = {name: cpu_sample(pid) for name, pid in self.procs.items()}
        samples["_targets"] = cpu_sample(self.targets.child.pid)
        samples["_receiver"] = cpu_sample(self.receiver.child.pid)
        samples["_harness"] = (time.process_time(),) * 2
        samples["_host_busy"], samples["_host_steal"] = ((seconds, seconds) for seconds in host_cpu())
        return time.monotonic(), samples

    @staticmethod
    def cpu_between(before: Cpu, after: Cpu) -> tuple[float, dict[str, float]]:
        """Seconds that passed, and CPU seconds by name; `_foreign` is everything else on the machine."""
        used = {name: cpu_used(sample, after[1][name]) for name, sample in before[1].items()}
        known = sum(seconds for name, seconds in used.items() if not name.startswith("_host"))
        used["_foreign"] = used["_host_busy"] - known
        return after[0] - before[0], {name: round(seconds, 4) for name, seconds in used.items()}

    def memory(self) -> dict[str, dict[str, int]]:
        return {name: memory(pid) for name, pid in self.procs.items()}

    # ---- phases --------------------------------------------------------------------------------------------

    def warm(self) -> Record:
        """Until every check has probed its target twice, then `--warmup` seconds more."""
        begun, wanted = time.monotonic(), self.stack.idents()
        while True:
            counts = self.targets.get("counts")
            if all(counts.get(ident, 0) >= 2 for ident in wanted):
                break
            if ended := [name for name, pid in self.procs.items() if not running(pid)]:
                raise RuntimeError(f"{', '.join(ended)} ended: see the log in the folder of the run")
            if time.monotonic() - begun > self.args.warm_limit:
                raise TimeoutError(
                    f"{len(counts)} of {len(wanted)} targets were probed in {self.args.warm_limit} s"
                )
            self.sleep(0.5)
        probed = time.monotonic() - begun
        self.sleep(self.args.warmup)
        return {"until_all_probed_twice_s": round(probed, 1), "pages_while_warming": self.posts}

    def steady(self) -> Record:
        """CPU by probe, counted at the target; memory; pages that nobody asked for."""
        before, counts, cpu = self.targets.get("stats"), self.targets.get("counts"), self.cpu()
        posts, speed = self.posts, []
        end = time.monotonic() + self.args.steady
        while (left := end - time.monotonic()) > 0:
            self.sleep(min(2.0, left))
            speed.append(calibrate(60_000))
        after, counts_after, cpu_after = self.targets.get("stats"), self.targets.get("counts"), self.cpu()
        used_memory = self.memory()
        seconds, used = self.cpu_between(cpu, cpu_after)
        probes = after["requests"] - before["requests"]
        by_check = sorted(counts_after.get(i, 0) - counts.get(i, 0) for i in self.stack.idents())
        return {
            "seconds": round(seconds, 3),
            "probes": probes,
            "probes_expected": round(len(by_check) * seconds / self.args.interval, 1),
            "probes_per_check_min_max": [by_check[0], by_check[-1]],
            "connections": after["connections"] - before["connections"],
            "false_posts": self.posts - posts,
            "calibrate_ms": {"min": min(speed), "mean": round(statistics.mean(speed), 2), "max": max(speed)},
            "cpu_s": used,
            "cpu_pct": {name: round(100 * value / seconds, 2) for name, value in used.items()},
            "stack_cpu_pct": round(100 * own(used) / seconds, 2),
            "stack_cpu_us_per_probe": round(1e6 * own(used) / probes, 1) if probes else None,
            "foreign_cpu_pct": round(100 * used["_foreign"] / seconds, 1),
            "memory": used_memory,
            **_mib(used_memory),
        }

    def latency(self) -> Record:
        """Faults on different checks, each at a random time; none is used again before its resolved page came."""
        rng = random.Random(self.args.seed)
        idents = self.stack.idents()
        rng.shuffle(idents)
        todo, position = self.args.trials, 0
        begun = self.cpu()
        found: dict[str, list[float]] = {"page": [], "detect": [], "after": [], "clear": []}
        missed: list[str] = []
        extra = 0
        while todo > 0:
            size = min(todo, 40, len(idents))
            if position + size > len(idents):
                position = 0
                rng.shuffle(idents)
            chosen, position = idents[position : position + size], position + size
            todo -= size
            extra += self._round(rng, chosen, found, missed)
        seconds, used = self.cpu_between(begun, self.cpu())
        return {
            "trials": self.args.trials,
            "seconds": round(seconds, 1),
            "foreign_cpu_pct": round(100 * used["_foreign"] / seconds, 1),
            "missed": missed,
            "extra_pages": extra,
            "fault_to_page_s": spread(found["page"]),
            "fault_to_first_bad_probe_s": spread(found["detect"]),
            "first_bad_probe_to_page_s": spread(found["after"]),
            "clear_to_resolved_s": spread(found["clear"]),
            "samples_first_bad_probe_to_page_s": [round(x, 5) for x in found["after"]],
        }

    def _round(
        self, rng: random.Random, chosen: list[str], found: dict[str, list[float]], missed: list[str]
    ) -> int:
        """Break these one by one, wait for their pages, mend them one by one; pages that came twice."""
        interval, limit = self.args.interval, self.args.page_limit
        window = max(2 * interval, 0.25 * len(chosen), 5.0)
        marks = {ident: self.paged(ident) for ident in chosen}
        fault = self._at_random(rng, chosen, window, "500")
        self.sleep_while(lambda: any(self.paged(ident) <= marks[ident] for ident in chosen), limit)
        first_bad = self.targets.get("firstfail")
        self.sleep(min(2.0, interval))
        extra = 0
        for ident in chosen:
            pages = self.firing.get(ident, [])[marks[ident] :]
            if not pages:
                missed.append(ident)
                continue
            extra += len(pages) - 1
            found["page"].append(pages[0] - fault[ident])
            if ident in first_bad:
                found["detect"].append(first_bad[ident] - fault[ident])
                found["after"].append(pages[0] - first_bad[ident])
        waits = self.stack.waits_resolved
        cleared = self._at_random(rng, chosen, window if waits else 0.5, "ok")
        if waits:
            ends = cleared.items()
            self.sleep_while(lambda: any(self.resolved_since(ident, at) is None for ident, at in ends), limit)
            pages = [(self.resolved_since(ident, at), at) for ident, at in ends]
            found["clear"] += [page - at for page, at in pages if page is not None]
        self.sleep(1.0)
        return extra

    def _at_random(self, rng: random.Random, chosen: list[str], window: float, mode: str) -> dict[str, float]:
        base = time.monotonic() + 0.2
        out = {}
        for wait, ident in sorted((rng.uniform(0, window), ident) for ident in chosen):
            self.sleep(max(0.0, base + wait - time.monotonic()))
            out[ident] = self.targets.set([ident], mode)
        return out

    def outage(self) -> Record:
        """The pager answers 503 for `--outage` seconds while ten checks fail: are their pages delivered after it?"""
        chosen = random.Random(self.args.seed).sample(self.stack.idents(), min(10, self.args.checks))
        marks = {ident: self.paged(ident) for ident in chosen}
        rejected = self.rejected
        self.receiver.answer(503)
        self.targets.set(chosen, "500")
        self.sleep(self.args.outage)
        tries = self.rejected - rejected
        self.receiver.answer(200)
        back = time.monotonic()
        self.sleep_while(lambda: any(self.paged(i) <= marks[i] for i in chosen), self.args.page_limit)
        late = [self.firing[i][marks[i]] - back for i in chosen if self.paged(i) > marks[i]]
        self.targets.set(chosen, "ok")
        self.sleep(2 * self.args.interval + 2)
        return {
            "outage_s": self.args.outage,
            "rejected_tries": tries,
            "delivered": len(late),
            "lost": len(chosen) - len(late),
            "pager_back_to_page_s": spread(late),
        }

    def storm(self) -> Record:
        """All checks fail at once, and recover at once."""
        idents = self.stack.idents()
        marks = {ident: self.paged(ident) for ident in idents}
        posts, size, begun = self.posts, self.bytes, self.cpu()
        fault = self.targets.set("all", "500")
        self.sleep_while(lambda: any(self.paged(i) <= marks[i] for i in idents), self.args.storm_limit)
        all_paged, posts_until = self.cpu(), self.posts - posts
        first_bad = self.targets.get("firstfail")
        self.sleep(max(5.0, self.args.interval))
        afterwards, used_memory = self.cpu(), self.memory()
        pages = {i: self.firing[i][marks[i]] for i in idents if self.paged(i) > marks[i]}
        cpu_until = self.cpu_between(begun, all_paged)[1]
        cpu_all = self.cpu_between(begun, afterwards)[1]
        out = {
            "checks": len(idents),
            "paged": len(pages),
            "missing": len(idents) - len(pages),
            "fault_to_page_s": spread(page - fault for page in pages.values()),
            "all_paged_after_s": round(max(pages.values()) - fault, 3) if pages else None,
            "last_bad_probe_after_s": round(max(first_bad.values()) - fault, 3) if first_bad else None,
            "first_bad_probe_to_page_s": spread(
                page - first_bad[i] for i, page in pages.items() if i in first_bad
            ),
            "posts_until_all_paged": posts_until,
            "posts_total": self.posts - posts,
            "bytes": self.bytes - size,
            "extra_pages": sum(self.paged(i) - marks[i] - 1 for i in pages),
            "stack_cpu_s_until_all_paged": round(own(cpu_until), 3),
            "stack_cpu_s_with_aftermath": round(own(cpu_all), 3),
            "memory": used_memory,
            **_mib(used_memory),
        }
        mended = self.targets.set("all", "ok")
        # resolved pages for checks that were failing all the time
        out["resolved_while_failing"] = sum(1 for i in idents if self.resolved_since(i, fault))
        if self.stack.waits_resolved:
            self.sleep_while(
                lambda: any(self.resolved_since(i, mended) is None for i in idents), self.args.storm_limit
            )
            ends = [self.resolved_since(i, mended) for i in idents]
            out["clear_to_resolved_s"] = spread(page - mended for page in ends if page is not None)
            out["resolved_missing"] = ends.count(None)
        return out


def _mib(used: dict[str, dict[str, int]]) -> Record:
    return {
        f"stack_{kind}_mib": round(sum(each[f"{kind}_kib"] for each in used.values()) / 1024, 1)
        for kind in ("rss", "pss", "anonymous")
    }

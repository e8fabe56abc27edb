"""Processes that a run starts: their CPU and memory as the kernel counts them, and the speed of the machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Child:
    """A process this run started; stopped by its own pid only."""

    def __init__(
        self, name: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log.open("wb")
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, env=env
        )
        self.pid = self.process.pid

    def wait_port(self, port: int, timeout: float = 60.0) -> None:
        """Return once it accepts connections there."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: see {self.log.name}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"{self.name} does not listen on 127.0.0.1:{port} after {timeout} s")

    def stop(self, grace: float = 10.0) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def running(pid: int) -> bool:
    """False when it has ended, also where nobody has waited for it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    out: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            out += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except OSError:
        pass
    return out


def tree(pid: int) -> list[int]:
    """This process and all that descend from it."""
    out, todo = [], [pid]
    while todo:
        out.append(todo.pop())
        todo += children(out[-1])
    return out


CpuSample = tuple[float, float]
"""Seconds so far, by ticks and by the scheduler's nanoseconds."""


def cpu_sample(pid: int) -> CpuSample:
    """User and system time of all threads, of live descendants and of those that were waited for.

    The scheduler's count is finer but forgets threads that ended.
    """
    ticks = reaped = nanos = 0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(") ", 1)[1].split()
            user, system, reaped_user, reaped_system = map(int, fields[11:15])
            ticks += user + system
            reaped += reaped_user + reaped_system
            for task in os.listdir(f"/proc/{each}/task"):
                nanos += int(Path(f"/proc/{each}/task/{task}/schedstat").read_text().split()[0])
        except OSError:
            continue
    return (ticks + reaped) / TICK, nanos / 1e9 + reaped / TICK


def cpu_used(before: CpuSample, after: CpuSample) -> float:
    """Seconds between the two; the coarser count where threads ended meanwhile."""
    ticks, fine = after[0] - before[0], after[1] - before[1]
    return fine if abs(fine - ticks) < 0.05 else ticks


def memory(pid: int) -> dict[str, int]:
    """KiB resident, proportional and at the highest; threads, descriptors and processes."""
    out = {"rss_kib": 0, "pss_kib": 0, "anonymous_kib": 0, "hwm_kib": 0, "threads": 0, "fds": 0, "procs": 0}
    status = {"VmRSS": "rss_kib", "RssAnon": "anonymous_kib", "VmHWM": "hwm_kib", "Threads": "threads"}
    for each in tree(pid):
        try:
            for line in Path(f"/proc/{each}/status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in status:
                    out[status[name]] += int(value.split()[0])
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    out["pss_kib"] += int(line.split()[1])
            out["fds"] += len(os.listdir(f"/proc/{each}/fd"))
            out["procs"] += 1
        except OSError:
            continue
    return out


def host_cpu() -> tuple[float, float]:
    """Seconds since boot that the whole machine was busy, and that were stolen from it."""
    first = Path("/proc/stat").read_text().splitlines()[0]
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(x) / TICK for x in first.split()[1:9])
    return user + nice + system + irq + softirq, steal


def calibrate(loops: int = 400_000) -> float:
    """CPU milliseconds of a fixed loop, for 400,000 turns: if it moves, so does every CPU figure."""
    begun = time.process_time()
    x = 0
    for i in range(loops):
        x = (x * 1103515245 + i) & 0xFFFFFFFF
    return round(1000 * (time.process_time() - begun) * 400_000 / loops, 2)

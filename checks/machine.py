"""A probe of this site's own: what the machine has left. Drop such a file beside the TOML that uses it."""

import os
import shutil

from watchtower.probes import Fact, Probe, Reading, Unit, unknown, up


class Machine(Probe):
    kind = "machine"
    every = "10s"
    facts = {
        "load_per_core": Fact.number("runnable processes per core, averaged over 1 minute"),
        "memory_free_ratio": Fact.number("memory that programs could still take, of all memory", Unit.RATIO),
        "disk_free_ratio": Fact.number("space left on the disk, of all space", Unit.RATIO),
        "disk_free": Fact.number("space left on the disk", Unit.BYTES),
    }

    class Settings(Probe.Settings):
        disk: str = "."

    def probe(self) -> Reading:
        try:
            disk = shutil.disk_usage(self.settings.disk)
            with open("/proc/meminfo", encoding="ascii") as lines:
                memory = {line.split(":")[0]: float(line.split()[1]) for line in lines}
        except OSError as error:
            return unknown("unreadable", str(error))
        return up(
            load_per_core=os.getloadavg()[0] / (os.cpu_count() or 1),
            memory_free_ratio=memory["MemAvailable"] / memory["MemTotal"],
            disk_free_ratio=disk.free / disk.total,
            disk_free=disk.free,
        )

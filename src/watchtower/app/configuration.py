"""The configuration in force: read from the files, kept until a better one was read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from watchtower.app.watch import Signature, Watch
from watchtower.config.environment import EnvironmentSettings
from watchtower.config.load import Loaded, load
from watchtower.core.plan import Plan
from watchtower.errors import ConfigError, Problem
from watchtower.probes.registry import Registry


class Configuration:
    """Owned by the daemon's loop, but for `read`, which may run in a thread. `problems` are those of the last
    reload that was refused; they are empty when the plan in force is the newest."""

    def __init__(
        self, settings: EnvironmentSettings, loaded: Loaded, registry: Registry,
        environ: Mapping[str, str], redact: Callable[[str], str] = str,
    ) -> None:  # fmt: skip
        self.settings, self._environ, self._own_secrets = settings, environ, redact
        self.loaded, self.registry = loaded, registry
        self.loaded_at = time.time()
        self.problems: Sequence[Problem] = ()
        self._watch = Watch(loaded.files, settings.checks)

    @property
    def plan(self) -> Plan:
        return self.loaded.plan

    def changed(self) -> bool:
        """True once after the files have changed and then stayed the same for one look."""
        return self._watch.changed()

    def look(self) -> Signature:
        """How the files look now, before they are read."""
        return self._watch.look()

    def read(self) -> tuple[Loaded, Registry]:
        """For a thread: a thousand checks take seconds. Raises ConfigError, whatever went wrong."""
        try:
            registry = Registry.load(self.settings.checks)
            return load(self.settings.rules, self.settings.checks, self._environ, registry), registry
        except ConfigError:
            raise
        except BaseException as error:  # noqa: BLE001 - a site's probe file may raise anything, SystemExit too
            what = self.redact(f"cannot be read: {type(error).__name__}: {error}")
            raise ConfigError([Problem(str(self.settings.rules), 1, "", what)]) from None

    def take(self, loaded: Loaded, registry: Registry, seen: Signature) -> None:
        """This one is in force from now on; `seen` is how its files looked before they were read."""
        self.loaded, self.registry, self.problems, self.loaded_at = loaded, registry, (), time.time()
        self._watch.take(loaded.files, seen)

    def redact(self, text: str) -> str:
        """Without the secrets of the files and of the environment."""
        return self.loaded.secrets.redact(self._own_secrets(text))

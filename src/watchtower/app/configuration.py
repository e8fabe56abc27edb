"""The configuration in force. Another process reads it from the files; it stays in force until a newer one is
valid."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from watchtower.app.child import Unanswered, ask
from watchtower.app.holding import Held, hash_of, weigh
from watchtower.app.watch import Signature, Watch
from watchtower.config.environment import EnvironmentSettings
from watchtower.config.handover import HandoverAnswer, in_force, keep_known, unpacked
from watchtower.config.loaded import Loaded, nothing_judged
from watchtower.core.plan import Plan
from watchtower.errors import ConfigError, Problem, UsageError
from watchtower.logs import log
from watchtower.probes.registry import Registry
from watchtower.values import replace

if TYPE_CHECKING:
    from watchtower.telemetry import Telemetry

CALENDARS = 1800.0
"""Seconds after which calendars behind URLs are read again, with the files."""
AGAIN = 60.0
"""Seconds after which a reading that ended without an answer is tried once more, although no file has changed."""


class Configuration:
    """Owned by the daemon's loop, but for `read`, which may run in a thread. `problems` are those of the last
    reload that was refused; they are empty when the plan in force is the newest."""

    def __init__(
        self, settings: EnvironmentSettings, loaded: Loaded, registry: Registry,
        environ: Mapping[str, str], redact: Callable[[str], str] = str, read_at: float = inf, made_at: str | None = None,
    ) -> None:  # fmt: skip
        self._made_at = made_at
        self.settings, self._environ, self._own_secrets = settings, environ, redact
        self.loaded, self.registry = loaded, registry
        self.loaded_at = time.time()
        self.problems: Sequence[Problem] = ()
        self.held: Held | None = None
        """A reload that waits for somebody to confirm it."""
        self._again_at = float("inf")
        self.calendars_at = time.monotonic() + CALENDARS
        """When calendars behind URLs are read again, where there are any."""
        self._watch = Watch(loaded.files, settings.checks, read_at)

    @classmethod
    def first(
        cls, environ: Mapping[str, str], rules: Path | None, checks: Path | None, made_at: str | None = None
    ) -> Configuration:
        """The configuration at the start; its warnings are in `loaded`. `made_at`: the location of a worker, which needs the
        secrets of the checks that it makes and no others. Raises ConfigError or UsageError."""
        asked = rules or Path(environ.get("WATCHTOWER_RULES") or "rules.toml")
        begun = time.time()
        try:
            answer = ask(environ, rules, checks, made_at)
        except Unanswered as error:
            raise ConfigError([_unread(asked, error)]) from None
        if answer.settings is None:
            raise UsageError(answer.usage)
        loaded, registry = _taken(answer, answer.settings, Plan())
        if wrong := nothing_judged(loaded.plan, answer.settings.rules):
            raise ConfigError(wrong)
        return cls(answer.settings, loaded, registry, environ, answer.secrets.redact, begun, made_at)

    @property
    def plan(self) -> Plan:
        return self.loaded.plan

    def plan_hash(self) -> str:
        return hash_of(self.loaded.texts)

    def callback_url(self, channel: str) -> str:
        """Where this channel's vendor reports to; empty without a base URL or a `callback_secret`."""
        secret = getattr(self.plan.channels.get(channel), "callback_secret", None)
        base = self.settings.base_url.rstrip("/")
        return f"{base}/callbacks/{channel}/{secret.get_secret_value()}" if base and secret else ""

    def changed(self) -> bool:
        """True once after the files have changed and then stayed the same for one look, and where it is to be read again."""
        held = self.held
        again = time.monotonic() >= self._again_at or (
            held is not None and not held.all and time.monotonic() >= held.until
        )
        if again:
            self._again_at = float("inf")
        if time.monotonic() >= self.calendars_at:
            self.calendars_at = time.monotonic() + CALENDARS
            again = again or any("://" in window.ical for window in self.plan.maintenance)
        return self._watch.changed() or again

    def look(self) -> Signature:
        """The files' state on disk, taken before they are read."""
        return self._watch.look()

    def read(self) -> tuple[Loaded, Registry]:
        """Reads the files; runs in a thread, because a thousand checks take a second. Raises ConfigError for
        any failure."""
        try:
            answer = ask(
                self._environ, self.settings.rules, self.settings.checks, self._made_at,
                in_force=in_force(self.plan, self.loaded.texts),
            )  # fmt: skip
            loaded, registry = _taken(answer, self.settings, self.plan)
            return self._with_last_calendars(loaded), registry
        except ConfigError:
            raise
        except Unanswered as error:
            self._again_at = time.monotonic() + AGAIN
            log.warning("configuration_unread", error=error.what, said=self.redact(error.said))
            raise ConfigError([_unread(self.settings.rules, error)]) from None
        except BaseException as error:  # noqa: BLE001 - a site's probe file may raise anything, SystemExit too
            what = self.redact(f"cannot be read: {type(error).__name__}: {error}")
            raise ConfigError([Problem(str(self.settings.rules), 1, "", what)]) from None

    def _with_last_calendars(self, loaded: Loaded) -> Loaded:
        """A window whose calendar cannot be read now keeps its times; after a start it has none."""
        last = {(one.name, one.ical): one.spans for one in self.plan.maintenance}
        windows = tuple(
            one.model_copy(update={"spans": last.get((one.name, one.ical), ())}) if one.unread else one
            for one in loaded.plan.maintenance
        )
        for one in windows:
            if one.unread:
                log.warning("calendar_unread", window=one.name, error=one.unread)
        return replace(loaded, plan=replace(loaded.plan, maintenance=windows))

    def hold(self, loaded: Loaded, seen: Signature, confirmed: bool) -> Sequence[Problem]:
        """Why this configuration is held; empty when it is not. Runs in a thread."""
        now = time.monotonic()
        problems, every = weigh(self.loaded, loaded, self.settings.rules)
        hold = self.held
        if hold is None or hold.seen != seen:
            hold = Held(tuple(problems), seen, every, now + self.settings.reload_hold_seconds)
        if not problems or confirmed or (not hold.all and now >= hold.until):
            return ()
        self.held = hold
        return hold.problems

    async def reload(
        self, telemetry: Telemetry, take: Callable[[Loaded, Registry, Signature], Awaitable[None]], confirmed: bool = False
    ) -> Sequence[Problem]:  # fmt: skip
        """Reads the files and lets `take` put what they say in force; else what is wrong with it, or why it is held."""
        seen = await asyncio.to_thread(self.look)
        try:
            loaded, registry = await asyncio.to_thread(self.read)
        except ConfigError as error:
            self.problems, self.held = error.problems, None
            telemetry.reloaded(False, error.problems)
            return error.problems
        if held := await asyncio.to_thread(self.hold, loaded, seen, confirmed):
            self.problems = ()
            telemetry.held(held)
            return held
        await take(loaded, registry, seen)
        return ()

    def take(self, loaded: Loaded, registry: Registry, seen: Signature) -> None:
        """Puts this configuration in force; `seen` is the files' state before they were read."""
        self.loaded, self.registry, self.problems, self.loaded_at = loaded, registry, (), time.time()
        self.settings = self.settings.model_copy(update={"tokens": loaded.tokens})
        self.held = None
        self._watch.take(loaded.files, seen)

    def redact(self, text: str) -> str:
        """Removes the secrets of the files and of the environment from a text."""
        return self.loaded.secrets.redact(self._own_secrets(text))


def _taken(answer: HandoverAnswer, settings: EnvironmentSettings, known: Plan) -> tuple[Loaded, Registry]:
    """What was read, and the probes' classes that it needs, which this process runs. Raises ConfigError."""
    if answer.usage:
        raise ConfigError([Problem("environment", 0, "", answer.usage)])
    if answer.problems:
        raise ConfigError(answer.problems)
    registry = Registry.load(settings.checks)
    if registry.problems:
        raise ConfigError(registry.problems)
    loaded = unpacked(answer.loaded)
    keep_known(loaded.plan, known)
    loaded.plan.by_check  # noqa: B018 - found here, and not in the loop
    return loaded, registry


def _unread(rules: Path, error: Unanswered) -> Problem:
    return Problem(str(rules), 1, "", f"cannot be read: {error.what}", error.hint)

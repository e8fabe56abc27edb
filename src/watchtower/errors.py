"""Every error of ours, as a tree that says who must act.

WatchtowerError
├── ConfigError           the person who edits rules.toml or checks/: carries all problems at once
├── UsageError            the person at the command line
├── ExpressionError       a rule's `when` or summary that cannot be compiled (becomes a Problem)
├── StoreError            the operator: disk, permissions, database
│   ├── StoreAway         nobody, for a while: the database does not answer, and is asked again
│   └── Deposed           nobody: another daemon on the same store has taken over
└── DeliveryError         the far side of a channel, says whether to try again
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from watchtower.values import Frozen

DISTRIBUTION = "watchtower-oncall"
"""The name on PyPI, where `watchtower` is another project."""


def install(extra: str) -> str:
    """The command that installs what only some need: one of the extras of pyproject.toml."""
    return f'pip install "{DISTRIBUTION}[{extra}]"'


class WatchtowerError(Exception):
    """Base of all errors that watchtower raises on purpose; its text may be shown to people."""


class Problem(Frozen):
    """One thing wrong in a configuration file: `file:line: where: what` and, below it, a hint. Line 0: it is of no line."""

    file: str
    line: int
    where: str
    what: str
    hint: str = ""
    name: str = ""
    """What `[lint] ignore` calls this warning; empty for faults, which cannot be ignored."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        head = f"{place}: {self.where}: {self.what}" if self.where else f"{place}: {self.what}"
        return f"{head}\n  hint: {self.hint}" if self.hint else head


class ConfigError(WatchtowerError):
    """The configuration is wrong; `problems` holds everything found, in file and line order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line)))
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(WatchtowerError):
    """A command was called in a way that makes no sense (exit status 2)."""


class ExpressionError(WatchtowerError):
    """An expression does not compile. `what` says why, `hint` how to mend it."""

    def __init__(self, what: str, hint: str = "") -> None:
        self.what, self.hint = what, hint
        super().__init__(what)


class StoreError(WatchtowerError):
    """The store cannot be opened, migrated, read or written."""


class StoreAway(StoreError):
    """The database cannot be reached, or does not take anybody yet; it may come back."""


class Deposed(StoreError):
    """Another daemon leads on this store: nothing of this one is written or sent any more."""


class DeliveryFault(StrEnum):
    """Why a page was not taken, as what follows from it."""

    RETRY = "retry"
    """The far side cannot now: the same again later."""
    OTHER_CHANNEL = "other_channel"
    """This channel carries no more to this address for a while, as past a daily limit."""
    ADDRESS = "address"
    """This address is wrong or refuses us: trying again cannot help."""
    OURS = "ours"
    """Our credentials, template, balance or clock: nobody is reached by this channel until we mend it."""
    AMBIGUOUS = "ambiguous"
    """It may have been taken: the far side's answer is missing, or does not tell."""


class DeliveryError(WatchtowerError):
    """The far side did not take a page.

    `fault`: what follows from it. `retry_after`: seconds that the far side asked us to wait, when it did. `code`: its
    own answer (`550`, `http 503`, `timeout`). Never a secret.
    """

    def __init__(
        self, code: str, detail: str, *, fault: DeliveryFault = DeliveryFault.RETRY,
        retry_after: float | None = None,
    ) -> None:  # fmt: skip
        self.code, self.detail, self.fault, self.retry_after = code, detail, fault, retry_after
        super().__init__(f"{code}: {detail}")

    @property
    def permanent(self) -> bool:
        """Trying again on this address cannot help."""
        return self.fault is DeliveryFault.ADDRESS

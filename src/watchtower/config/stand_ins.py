"""What stands in for secrets that are not set: a replay sends nothing, so nobody should need them to run one.

A `${NAME}` whose variable is not set answers with something of the form that its place asks for, judged by the
key it stands under: such an address as a kind of channel takes, a URL under `…url`, else a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from watchtower.channels import traits

_ALONE = re.compile(r"""([A-Za-z0-9_-]+)["']?\s*=\s*["']\$\{([A-Za-z_][A-Za-z0-9_]*)\}["']""")

_LIKE = {"phone": "+1", "mobile": "+1", "from": "@", "mail": "@", "sender": "@"}


class StandIns(Mapping[str, str]):
    """The environment, with a placeholder for every variable that is not set. `used` are the names that got
    one."""

    def __init__(self, environ: Mapping[str, str], rules: Path, checks: Path) -> None:
        self._environ = environ
        self._keys = {name: key for text in _texts(rules, checks) for key, name in _ALONE.findall(text)}
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        if self._environ.get(name):
            return self._environ[name]
        if name.endswith("_FILE") or self._environ.get(f"{name}_FILE"):
            raise KeyError(name)
        self.used.add(name)
        return self._stand_in(name)

    def _stand_in(self, name: str) -> str:
        """A different placeholder for each name, so that two responders do not look like one."""
        word, key = f"unset-{name.lower().replace('_', '-')}", self._keys.get(name, "")
        known = traits().get(key)
        example = known.example if known else _LIKE.get(key, "")
        if example.startswith("+"):
            return f"+1{sum(ord(c) * 31**n for n, c in enumerate(name)) % 10**10:010}"
        if "@" in example:
            return f"{word}@example.com"
        if example.startswith("https:") or "url" in key:
            return f"https://{word}.example.com/"
        if "host" in key or key in ("address", "server"):
            return f"{word}.example.com"
        return example or f"{word}-{word}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def _texts(rules: Path, checks: Path) -> Iterator[str]:
    # Files that are included from elsewhere are not searched: their stand-ins are plain texts.
    files = [*rules.parent.glob("*.toml"), *sorted(checks.glob("*.toml"))]
    for file in files:
        try:
            yield file.read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue  # reported where the files are loaded

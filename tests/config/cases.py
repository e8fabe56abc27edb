"""Broken configurations, as text: what the files say, and every problem that must be told, word by word.

    === what is wrong, as a sentence
    --- rules.toml            a file; `alone`: without the people below, `latin-1`: in that encoding
    …
    >>> rules.toml:3: rule "r": when: unknown name "latancy" (1:1)
      hint: …

What a case does not write stands as below. `python -m tests.config.cases` writes the expectations anew
(then read the diff: each message is for someone who was woken up).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.config.kinds import FewKinds
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.errors import ConfigError

FOLDER = Path(__file__).parent / "broken"

PEOPLE = """
[[responder]]
name = "li"
email = "li@example.com"

[channel.email]
mailbox = "var/mailbox"

[channel.sms]
file = "var/phone.txt"
"""

CHECKS = """
[flow.checkout]
title = { en = "Checkout", zh = "下单支付" }

[[check]]
name = "api"
probe = "http"
url = "http://127.0.0.1:8080/health"
every = "10s"
flow = "checkout"
labels = { team = "pay" }

[[check]]
name = "bank"
probe = "tcp"
host = "bank.example"
port = 443

[[check]]
name = "orders"
probe = "traffic"
flow = "checkout"
"""

ENVIRON = {
    "EMPTY": "",
    "LOST_FILE": "/nonexistent/secret",
    "WRONG_PHONE": "13800138000",
    "PAGE_KEY": "page-key-of-the-tests",
    "BANK_KEY": "bank-key-of-the-tests",
}


@dataclass(slots=True)
class Case:
    """One broken configuration. `files` by path: how it is written, and its text."""

    name: str
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    expected: list[str] = field(default_factory=list)

    def write(self, root: Path) -> None:
        """Put the files under `root`."""
        files = dict(self.files)
        if files.pop("checks", ("", ""))[0] == "":
            files["checks/zz-base.toml"] = ("", CHECKS)
        elif self.files["checks"][0] == "empty":
            (root / "checks").mkdir()
        files.setdefault("rules.toml", ("", ""))
        for path, (how, text) in files.items():
            file = root / path
            if how == "absent":
                continue
            if how == "folder":
                file.mkdir()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            people = PEOPLE if path == "rules.toml" and how != "alone" else ""
            file.write_text(text + people, encoding="latin-1" if how == "latin-1" else "utf-8")

    def problems(self, root: Path) -> list[str]:
        try:
            load_from(root)
        except ConfigError as error:
            return self.told(root, error)
        return []

    def told(self, root: Path, error: ConfigError) -> list[str]:
        """What is told, without the folder's own name."""
        return [str(problem).replace(f"{root}/", "") for problem in error.problems]


def load_from(root: Path) -> Loaded:
    return load(root / "rules.toml", root / "checks", ENVIRON, FewKinds())


def read(file: Path) -> Iterator[Case]:
    """The cases of one file."""
    for block in re.split(r"^=== ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = block.partition("\n")
        body, *expected = re.split(r"^>>> ", rest, flags=re.MULTILINE)
        case = Case(title.strip(), expected=[one.rstrip() for one in expected])
        for part in re.split(r"^--- ", body, flags=re.MULTILINE)[1:]:
            head, _, text = part.partition("\n")
            path, _, how = head.partition(" ")
            case.files[path] = (how, text.rstrip("\n") + "\n" if text.strip() else "")
        yield case


def all_cases() -> list[tuple[str, Case]]:
    return [(file.stem, case) for file in sorted(FOLDER.glob("*.txt")) for case in read(file)]


def _rewrite() -> None:
    for file in sorted(FOLDER.glob("*.txt")):
        out = []
        for case in read(file):
            with tempfile.TemporaryDirectory() as folder:
                case.write(Path(folder))
                told = case.problems(Path(folder))
            out.append(f"=== {case.name}\n")
            for path, (how, text) in case.files.items():
                out.append(f"--- {path} {how}".rstrip() + "\n" + text)
            out += [f">>> {one}\n" for one in told]
            out.append("\n")
        file.write_text("".join(out).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    _rewrite()

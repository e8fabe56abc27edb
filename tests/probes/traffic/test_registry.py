"""The registry: a literal that forgets nobody, and people's own probes with every fault named by file and line."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import textwrap
from pathlib import Path

import pytest

import watchtower.probes
from watchtower.probes import Probe
from watchtower.probes.registry import PROBES, Registry
from watchtower.probes.soundness import faults

GOOD = """
from watchtower.probes import Fact, Probe, up

class Depth(Probe):
    kind = "depth"
    facts = {"depth": Fact.number("messages that wait")}

    def probe(self):
        return up(depth=3)
"""


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(textwrap.dedent(text).lstrip())


def test_every_probe_class_in_the_package_is_in_the_literal() -> None:
    modules = [
        importlib.import_module(f"watchtower.probes.{m.name}")
        for m in pkgutil.iter_modules(watchtower.probes.__path__)
    ]
    written = {
        f"{module.__name__}:{name}"
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Probe)
        and value.__module__ == module.__name__
        and "kind" in vars(value)
    }
    assert written == set(PROBES.values())


@pytest.mark.parametrize("kind", PROBES)
def test_every_entry_of_the_literal_is_a_sound_probe_of_that_kind(kind: str) -> None:
    probe = Registry.load(None).get(kind)
    assert probe.kind == kind
    assert list(faults(probe)) == []
    undescribed = [name for name, field in probe.Settings.model_fields.items() if not field.description]
    assert undescribed == []


def test_our_probes_are_imported_only_when_used() -> None:
    import subprocess

    code = (
        "import sys; from watchtower.probes.registry import Registry; Registry.load(None);"
        "print([m for m in sys.modules if m.startswith('watchtower.probes.balance')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Registry.load(None).get("carrier-pigeon")


def test_a_file_in_checks_adds_its_kind(checks: Path) -> None:
    write(checks, "depth.py", GOOD)
    registry = Registry.load(checks)
    assert registry.problems == []
    assert registry.get("depth").kind == "depth"
    assert "depth" in registry.kinds()
    assert registry.kinds() == sorted({*PROBES, "depth"})


def test_a_file_may_be_named_like_a_library_without_hiding_it(checks: Path) -> None:
    write(checks, "requests.py", GOOD.replace("from", "import requests; assert requests.get\nfrom", 1))
    assert Registry.load(checks).problems == []


def test_a_base_named_with_an_underscore_is_no_probe_and_its_child_inherits(checks: Path) -> None:
    text = GOOD.replace("class Depth", "class _Base").replace('    kind = "depth"\n', "")
    write(checks, "many.py", text + '\nclass A(_Base):\n    kind = "a"\n\nclass B(_Base):\n    kind = "b"\n')
    registry = Registry.load(checks)
    assert registry.problems == []
    assert {"a", "b"} <= set(registry.kinds())


def test_a_file_with_an_underscore_is_left_alone(checks: Path) -> None:
    write(checks, "_lib.py", "raise RuntimeError('only for others')")
    assert Registry.load(checks).problems == []


def probe_class(
    kind: str = "kind = 'p'", facts: str = "facts = {}", run: str = "probe", more: str = ""
) -> str:
    """A file with one class on its line 2, whole but for what a mistake takes away."""
    body = "".join(f"    {line}\n" for line in (kind, facts, more, f"def {run}(self): return up()") if line)
    return f"from watchtower.probes import Fact, Probe, up\nclass P(Probe):\n{body}"


BAD = {
    # the mistake: (file, line, what is said)
    "syntax": ("def probe(:\n", 1, "SyntaxError: invalid syntax"),
    "crashes": ("x = 1\ny = x / 0\n", 2, "cannot be imported: ZeroDivisionError: division by zero"),
    "crashes_deep": (
        "def f():\n    raise ValueError('no')\n\nf()\n",
        2,
        "cannot be imported: ValueError: no",
    ),
    "exits": ("import sys\nsys.exit(3)\n", 2, "cannot be imported: SystemExit: 3"),
    "library": ("import no_such\n", 1, "cannot be imported: ModuleNotFoundError: No module named 'no_such'"),
    "no_probe": ("x = 1\n", 1, "defines no probe"),
    "no_kind": (probe_class(kind=""), 2, "class P: has no kind"),
    "odd_kind": (probe_class(kind="kind = 'My Probe'"), 2, "class P: kind 'My Probe' is not a name"),
    "kind_of_ours": (
        probe_class(kind="kind = 'http'"),
        2,
        'class P: the kind "http" is taken by watchtower itself',
    ),
    "no_probe_method": (probe_class(run="prob"), 2, "class P: does not define probe()"),
    "no_facts": (probe_class(facts=""), 2, "class P: declares no facts"),
    "facts_as_list": (probe_class(facts="facts = ['depth']"), 2, "class P: facts is not a table of names"),
    "fact_as_text": (probe_class(facts="facts = {'a': 'text'}"), 2, "class P: fact 'a' is not a Fact"),
    "fact_not_a_name": (
        probe_class(facts="facts = {'a-b': Fact.number('x')}"),
        2,
        "class P: fact 'a-b' is not a name that rules can use",
    ),
    "fact_of_all_checks": (
        probe_class(facts="facts = {'outcome': Fact.number('x')}"),
        2,
        "class P: fact 'outcome' is a name that every check has already",
    ),
    "settings": (
        probe_class(more="class Settings: pass"),
        2,
        "class P: Settings is not a subclass of Probe.Settings",
    ),
    "no_such_detector": (
        probe_class(more="detector = 'trafic'"),
        2,
        "class P: there is no detector 'trafic'",
    ),
    "every_without_unit": (probe_class(more="every = 10"), 2, "class P: every = 10 is not a duration"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_a_mistake_is_named_by_file_and_line(checks: Path, mistake: str) -> None:
    text, line, said = BAD[mistake]
    (checks / f"{mistake}.py").write_text(text)
    (problem,) = Registry.load(checks).problems
    assert str(problem).splitlines()[0] == f"{checks / mistake}.py:{line}: {said}"


def test_the_line_is_told_where_the_folder_is_given_from_where_we_stand(checks: Path) -> None:
    (checks / "bad.py").write_text(f"x = 1\nraise ValueError({'x' * 5000!r})\n")
    folder = Path(os.path.relpath(checks))
    (problem,) = Registry.load(folder).problems
    assert (problem.file, problem.line) == (str(folder / "bad.py"), 2)
    assert len(problem.what) < 400


def test_a_pipe_is_not_waited_for(checks: Path) -> None:
    os.mkfifo(checks / "bad.py", 0o644)
    (problem,) = Registry.load(checks).problems
    assert "no regular file" in problem.what


def test_all_mistakes_of_all_files_are_told_at_once_and_the_good_one_still_counts(checks: Path) -> None:
    for mistake, (text, _, _) in BAD.items():
        (checks / f"{mistake}.py").write_text(text)
    write(checks, "depth.py", GOOD)
    registry = Registry.load(checks)
    assert len(registry.problems) == len(BAD)
    assert "depth" in registry.kinds()


def test_the_second_of_two_files_with_one_kind_is_refused_and_both_are_named(checks: Path) -> None:
    write(checks, "a.py", GOOD)
    write(checks, "b.py", GOOD)
    (problem,) = Registry.load(checks).problems
    assert problem.file == str(checks / "b.py")
    assert problem.what == f'the kind "depth" is taken by {checks / "a.py"}'


def test_a_file_that_was_mended_is_read_anew(checks: Path) -> None:
    write(checks, "depth.py", "x =\n")
    assert len(Registry.load(checks).problems) == 1
    write(checks, "depth.py", GOOD)
    assert Registry.load(checks).problems == []


def install(site: Path, name: str, entry: str, text: str) -> None:
    """What pip leaves behind of a package with an entry point."""
    (site / f"{name}.py").write_text(text)
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[watchtower.probes]\n{entry}\n")


def test_an_installed_package_adds_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    install(tmp_path, "acme_good", "depth = acme_good:Depth", GOOD)
    registry = Registry.load(None)
    assert registry.problems == []
    assert registry.get("depth").__module__ == "acme_good"


PACKAGED = {
    # the package: (its entry point, its module, what is said)
    "acme_crash": (
        "depth = acme_crash:Depth",
        "\n1 / 0\n",
        'acme_crash.py:2: probe "depth": cannot be imported: ZeroDivisionError',
    ),
    "acme_no_class": (
        "depth = acme_no_class:Depth",
        "",
        'package acme_no_class: probe "depth": cannot be imported: AttributeError',
    ),
    "acme_no_probe": (
        "depth = acme_no_probe:Depth",
        "class Depth: pass",
        'probe "depth": acme_no_probe:Depth is not a subclass of watchtower.probes.Probe',
    ),
    "acme_other_name": (
        "dept = acme_other_name:Depth",
        GOOD,
        """acme_other_name.py:4: probe "dept": the entry point is named "dept", the class's kind is 'depth'""",
    ),
}


@pytest.mark.parametrize("name", PACKAGED)
def test_a_broken_package_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    entry, text, said = PACKAGED[name]
    install(tmp_path, name, entry, text)
    (problem,) = Registry.load(None).problems
    assert said in str(problem)

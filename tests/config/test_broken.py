"""Each broken configuration is refused with exactly the problems that its author must mend, each at its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.config.cases import Case, all_cases, load_from
from watchtower.errors import ConfigError

CASES = all_cases()
JARGON = re.compile(
    r"\b(pydantic|validation|valid (string|integer|list|dictionary|array)|Input should|NoneType|str|dict|bool|ctx|int(?!\()|float(?!\())\b"
)


@pytest.mark.parametrize(
    "case", [case for _, case in CASES], ids=[f"{group}: {case.name}" for group, case in CASES]
)
def test_it_is_refused_in_plain_words_at_a_line_that_exists(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    assert case.expected, "write what must be told"
    with pytest.raises(ConfigError) as caught:
        load_from(tmp_path)
    assert case.told(tmp_path, caught.value) == case.expected
    for problem in caught.value.problems:
        assert not JARGON.search(str(problem).replace(str(tmp_path), "")), problem
        assert problem.line >= 1
        if Path(problem.file).is_file():
            assert problem.line <= max(1, len(Path(problem.file).read_bytes().splitlines()))


def test_every_name_is_a_sentence_of_its_own() -> None:
    names = [case.name for _, case in CASES]
    assert len(set(names)) == len(names)
    assert len(names) >= 200

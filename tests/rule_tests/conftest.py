from __future__ import annotations

from pathlib import Path

import pytest

from tests.rule_tests.trial import Trial


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial.built(tmp_path)

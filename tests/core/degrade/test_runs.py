"""Runs of degradation plans: every state meets every sign, and whatever the log holds folds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.core.degrade.runs import Runs
from watchtower.core.degrade.table import IN_FORCE, TABLE, RunState, Sign
from watchtower.core.degrade.usage import Usage
from watchtower.core.incident.entry import LogEntry


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("sign", Sign)
def test_every_state_has_an_answer_to_every_sign(state: RunState, sign: Sign) -> None:
    after = TABLE[state, sign]
    assert after in RunState
    if state in (RunState.ROLLED_BACK, RunState.WITHDRAWN):
        assert after is state
    if sign is Sign.APPROVE and after is RunState.APPROVED:
        assert state not in IN_FORCE  # nothing is thrown twice


KINDS = st.sampled_from(
    [
        "suggested",
        "approved",
        "rejected",
        "run_queued",
        "ran",
        "verified",
        "unproved",
        "rollback",
        "reminded",
        "x",
    ]
)
DATA = st.dictionaries(
    st.sampled_from(["run", "plan", "phase", "key", "ok", "dry_run"]),
    st.sampled_from(["a", "start", "rollback", True, None, 3.0, []]),
)


@given(st.lists(st.tuples(KINDS, DATA)))
def test_folding_never_fails_whatever_another_version_wrote(lines: list[tuple[str, dict[str, Any]]]) -> None:
    slice_ = Runs()
    for at, (kind, data) in enumerate(lines):
        slice_ = slice_.after(LogEntry(float(at), f"degrade.{kind}", data=data))
        Usage.of([LogEntry(float(at), f"degrade.{kind}", data=data)])
    assert len({r.id for r in slice_.runs}) == len(slice_.runs)

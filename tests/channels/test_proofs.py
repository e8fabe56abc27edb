"""The table of proofs says what the code and the tests hold."""

from __future__ import annotations

from tests.channels.proofs import PAGE, RECORDED, VECTORS, made
from tests.probes.proofs import PROOFS


def test_the_table_is_as_the_code_is() -> None:
    assert PAGE.read_text("utf-8") == made(), "run: python -m tests.channels.proofs"


def test_whatever_an_sdk_sent_is_in_it() -> None:
    of_probes = {sent for proof in PROOFS.values() for sent in proof.sent}
    assert {file.stem for file in VECTORS.glob("*.json")} == {*RECORDED.values(), *of_probes}

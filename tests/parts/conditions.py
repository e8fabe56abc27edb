"""What becomes of a test whose server cannot be had: skipped on a laptop, failed in CI."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import pytest

from tests.parts.child import MissingPart, Part, find_program

NOT_EVERYWHERE = ("clickhouse-server",)
"""Packages that not every Debian has: what needs them is skipped there, whatever is required (scripts/setup-debian)."""

P = TypeVar("P", bound=Part)
A = ParamSpec("A")


def parts_are_required() -> bool:
    """In CI a test that did not run is a test that did not pass."""
    in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false", "no")
    return in_ci or os.environ.get("WATCHTOWER_REQUIRE_PARTS") == "1"


def excused(reason: object) -> bool:
    """Whether it was skipped for want of what this Debian need not have."""
    return any(package in str(reason) for package in NOT_EVERYWHERE)


def without(missing: MissingPart) -> None:
    """End the test for want of a part, in the way that fits the place."""
    if parts_are_required() and not excused(missing):
        pytest.fail(f"a part is missing: {missing}", pytrace=False)
    pytest.skip(str(missing))


@contextmanager
def started(part: P) -> Iterator[P]:
    """The started server; or the end of the test, when it is not installed."""
    try:
        part.__enter__()
    except MissingPart as missing:
        without(missing)
    try:
        yield part
    finally:
        part.__exit__(None, None, None)


def needs(program: str, package: str) -> Callable[[Callable[A, None]], Callable[A, None]]:
    """For a test that runs a program itself, without a fixture that would ask for it."""

    def decorate(test: Callable[A, None]) -> Callable[A, None]:
        @functools.wraps(test)
        def asked(*args: A.args, **kwargs: A.kwargs) -> None:
            try:
                find_program(program, package)
            except MissingPart as missing:
                without(missing)
            test(*args, **kwargs)

        return asked

    return decorate

"""What is prepaid, as a vendor's answer says it: an account's money, and packages of messages or traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from watchtower.model import Fact, Facts, Outcome, Reading, Unit
from watchtower.numbers import as_number, parse_number
from watchtower.probes.contract import down, up
from watchtower.probes.traffic import CannotTell
from watchtower.values import Frozen

MONEY_FACTS: Facts = {
    "balance": Fact.number(
        "money that can be spent, credit included; below zero when in arrears", Unit.MONEY
    ),
    "cash": Fact.number("the part of it that was paid in", Unit.MONEY),
    "credit": Fact.number("the credit that was granted", Unit.MONEY),
    "debt": Fact.number("the debt, where the vendor says it", Unit.MONEY),
    "currency": Fact.string("the currency of these"),
}
PACKAGE_FACTS: Facts = {
    "balance": Fact.number("what is left in the packages that are valid now, in their unit"),
    "packages": Fact.number("how many of these have something left"),
    "ends_days_left": Fact.number("days until the first of these ends", Unit.DAYS),
}


def with_overall(found: Sequence[Reading]) -> Sequence[Reading]:
    """Of several accounts: the readings, and before them the series "", which shows whether any could be read."""
    if not any(reading.series for reading in found):
        return found
    blind = all(reading.outcome is Outcome.UNKNOWN for reading in found)
    return [replace(found[0], series="", measurements={}) if blind else up(), *found]


def amount(answer: Mapping[str, Any], name: str, divide_by: int = 1) -> Decimal:
    """An amount that must be there. Raises CannotTell."""
    try:
        return parse_number(answer.get(name), grouped=True) / divide_by
    except ValueError as error:
        raise CannotTell("garbage", f"{name} is {error}") from None


def amount_if_any(answer: Mapping[str, Any], name: str, divide_by: int = 1) -> float | None:
    """One that only accompanies."""
    found = as_number(answer.get(name), grouped=True)
    return None if found is None else found / divide_by


def money(
    counted_on: str, balance: Decimal, currency: object, *, may_be_in_debt: bool = False, **more: float | None
) -> Reading:
    """The reading of an account's money: in arrears it is down, though its numbers are known."""
    if currency != counted_on:
        said = f"the balance is in {str(currency)[:10]}, the check counts on {counted_on}"
        raise CannotTell("currency", said)
    values: dict[str, Any] = {"balance": float(balance), **more, "currency": counted_on}
    if (balance < 0 or (balance == 0 and (more.get("debt") or 0.0) > 0)) and not may_be_in_debt:
        return down("arrears", f"the account is in arrears: {balance} {counted_on}", **values)
    return up(**values)


class Package(Frozen):
    """What is left of one, and when it ends."""

    left: Decimal
    unit: str
    ends: datetime


def packages(called: str, found: Sequence[Package], account: Reading) -> Reading:
    """The reading of an account's packages. `account` is its money: vendors refuse calls of an account that is in arrears."""
    now = datetime.now(UTC)
    valid = [one for one in found if one.left > 0 and one.ends > now]
    units = sorted({one.unit for one in valid})
    if len(units) > 1:
        raise CannotTell("unit", f"packages of {called} are in {', '.join(units)}: say which by `unit`")
    left = sum((one.left for one in valid), Decimal(0))
    values: dict[str, Any] = {
        "balance": float(left),
        "packages": float(len(valid)),
        "ends_days_left": min(((one.ends - now).total_seconds() / 86400 for one in valid), default=None),
    }
    if account.reason == "arrears":
        some = f"{left} {units[0] if units else ''}".strip()
        return down("arrears", f"{account.detail}; calls may be refused though {some} are left", **values)
    if not valid:
        said = f"there is no valid package of {called}: it is used up, has ended, or is not called so"
        return down("no_package", said, **values)
    return up(**values)


def moment(written: object) -> datetime:
    """`"2026-12-31T16:00:00Z"`, or epoch seconds. Raises CannotTell."""
    try:
        if isinstance(written, str) and not written.isdigit():
            return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(parse_number(written)), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise CannotTell("garbage", f"a package's end is no time: {error}") from None

"""`watchtower page-test RESPONDER` sends a test message now and shows each receiver's answer."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watchtower.cli.arguments import Duration, configuration_options, must_be, new_command
from watchtower.values import Frozen

if TYPE_CHECKING:
    from watchtower.channels.contract import Channel, DeliveryReport, Letter, Receipt
    from watchtower.config.loaded import Loaded
    from watchtower.core.plan import Plan
    from watchtower.core.plan.paging import Responder
    from watchtower.errors import DeliveryError


@new_command()
@click.argument("responder")
@click.option("--channel", "channels", multiple=True, help="Only by this one, as sms or sms.cn.")
@click.option(
    "--wait", type=Duration(), default=0.0, help="Ask the vendors for so long, as 60s, what became of it."
)
@configuration_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object a channel.")
def command(
    responder: str, channels: tuple[str, ...], wait: float, rules: Path, checks: Path, as_json: bool
) -> None:
    """Send a message that is marked as a test to a responder, by each of their channels, now.

    It goes past the rules, the outbox and any silence, once, without retries. Exit status 0 when every far
    side took it and none says that it did not arrive, 1 otherwise, 2 when the configuration is wrong or there
    is no such responder.
    """
    import asyncio

    loaded, plan_responder, wanted = _chosen(responder, channels, rules, checks)
    attempts = asyncio.run(_send(loaded, plan_responder, wanted, wait))
    width = max([8, *(len(attempt.channel) + 2 for attempt in attempts)])
    for attempt in attempts:
        line = attempt.as_json() if as_json else attempt.in_words(width)
        click.echo(loaded.secrets.redact(line))
    sys.exit(0 if all(attempt.arrived for attempt in attempts) else 1)


_FOLLOWS = {
    "retry": "retry: would be tried again",
    "other_channel": "other_channel: others would be asked at once, this channel goes last for a while",
    "address": "address: would be given up, and others asked",
    "ours": "ours: would be an incident of its own, others asked at once, and tried again",
    "ambiguous": "ambiguous: it may have arrived, and would be sent again as a possible repeat",
}
"""What the daemon would do, by the fault."""


class _Attempt(Frozen):
    """The result of the message on one channel; `seconds` is how long the receiver took, `later` what it said of it later."""

    letter: Letter
    channel: str
    seconds: float
    receipt: Receipt | None = None
    error: DeliveryError | None = None
    later: str = ""

    @property
    def arrived(self) -> bool:
        """False when it was refused, or is known not to have arrived."""
        return self.error is None and not self.later.startswith("undelivered")

    def in_words(self, width: int) -> str:
        """One line; `width` is that of the channels' column."""
        head = f"{self.channel:<{width}}{self.letter.address}: "
        if self.receipt is not None:
            reference = f", reference {self.receipt.reference}" if self.receipt.reference else ""
            later = f"; {self.later}" if self.later else ""
            return f"{head}taken in {self.seconds:.2f} s: {self.receipt.answer}{reference}{later}"
        assert self.error is not None
        return f"{head}FAILED: {self.error} ({_FOLLOWS[self.error.fault]})"

    def as_json(self) -> str:
        receipt, error = self.receipt, self.error
        return json.dumps(
            {
                "responder": self.letter.responder,
                "channel": self.channel,
                "address": self.letter.address,
                "taken": receipt is not None,
                "reference": receipt.reference if receipt else "",
                "answer": receipt.answer if receipt else "",
                "code": error.code if error else "",
                "detail": error.detail if error else "",
                "fault": error.fault if error else "",
                "seconds": round(self.seconds, 3),
                "later": self.later,
            },
            ensure_ascii=False,
        )


def _chosen(
    name: str, channels: Sequence[str], rules: Path, checks: Path
) -> tuple[Loaded, Responder, list[str]]:
    """Returns the configuration, the responder, and the channels. Raises ConfigError or UsageError."""
    from watchtower.config.load import load
    from watchtower.core.notify.channel_choice import chosen, kind_of, prefix_of
    from watchtower.errors import UsageError

    loaded = load(rules, checks, os.environ)
    must_be("responder", name, loaded.plan.responders)
    responder = loaded.plan.responders[name]
    tables, addresses = loaded.plan.channels, responder.addresses
    every = [
        one
        for one in tables
        if kind_of(one) in addresses and prefix_of(tables[one], addresses[kind_of(one)]) is not None
    ]
    wanted = (
        [one for kind in responder.addresses for one in chosen(loaded.plan.channels, responder, kind)]
        if not channels
        else []
    )
    for channel in channels:
        found = [one for one in every if channel in (one, kind_of(one))]
        if not found:
            raise UsageError(f"{name} has no {channel}, but {', '.join(every) or 'no channel at all'}")
        wanted += found
    return loaded, responder, list(dict.fromkeys(wanted))


async def _send(loaded: Loaded, responder: Responder, wanted: Sequence[str], wait: float) -> list[_Attempt]:
    import asyncio

    from watchtower.channels import build

    settings = {name: loaded.plan.channels[name] for name in wanted}
    built = build(settings, loaded.secrets.redact)
    try:
        letters = {name: _letter(loaded.plan, responder, name) for name in wanted}
        return await asyncio.gather(
            *(_attempt(name, settings[name], built[name], letters[name], wait) for name in wanted)
        )
    finally:
        for channel in built.values():
            await channel.close()


async def _attempt(name: str, settings: Any, channel: Channel, letter: Letter, wait: float) -> _Attempt:
    from watchtower.errors import DeliveryError

    began = time.monotonic()
    try:
        receipt = await channel.send(letter)
    except DeliveryError as error:
        return _Attempt(letter, name, time.monotonic() - began, error=error)
    seconds = time.monotonic() - began
    later = await _later(settings, channel, letter, receipt, wait) if wait else ""
    return _Attempt(letter, name, seconds, receipt, later=later)


_ASKED_AGAIN = 5.0
"""Seconds between two questions to a vendor."""


async def _later(settings: Any, channel: Any, letter: Letter, receipt: Receipt, wait: float) -> str:
    """What the vendor says within `wait` seconds: `received after 12 s`."""
    import asyncio

    from watchtower.channels.contract import TakenLetter
    from watchtower.errors import DeliveryError

    calls_back = hasattr(channel, "called_back")
    if getattr(settings, "bounces", channel) is None or not (hasattr(channel, "pull") or calls_back):
        return "nobody reports what became of it"
    if not hasattr(channel, "pull"):
        return "its vendor tells only the running daemon: watchtower canary"
    taken, began = TakenLetter(letter.id, receipt.reference, letter.address, time.time()), time.monotonic()
    trouble = ""
    while time.monotonic() - began < wait:
        await asyncio.sleep(min(_ASKED_AGAIN, wait))
        try:
            reports: Sequence[DeliveryReport] = await channel.pull([taken])
        except DeliveryError as error:
            trouble = f" ({error})"
            continue
        for one in reports:
            if letter.id == one.page or (one.reference and one.reference == receipt.reference):
                code = f": {one.code}" if one.code else ""
                return f"{one.state}{code} after {time.monotonic() - began:.0f} s"
    return f"nothing reported within {wait:.0f} s{trouble}"


def _letter(plan: Plan, responder: Responder, channel: str) -> Letter:
    from watchtower.channels.contract import Letter
    from watchtower.core.notify.channel_choice import kind_of
    from watchtower.core.notify.messages import Message
    from watchtower.model import Severity
    from watchtower.page_kinds import PageKind

    now = time.time()
    message = Message(
        kind=PageKind.TEST, product=plan.product, incident="test", number=1, severity=Severity.P4,
        previous_severity=None, status="triggered", reason="test", title=plan.product, flow="", because=(),
        onset=now, at=now,
    )  # fmt: skip
    # Every test is a thread of its own: mail servers would drop a second one with the first one's id.
    thread = f"test.{round(now * 1000)}.{responder.name}.{channel}"
    return Letter(
        id=thread,
        thread=thread,
        first_of_thread=True,
        responder=responder.name,
        address=responder.addresses[kind_of(channel)],
        language=responder.language,
        zone=responder.zone,
        message=message,
    )

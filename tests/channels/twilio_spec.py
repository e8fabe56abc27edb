"""Our requests to Twilio, for a server that holds them to Twilio's OpenAPI description: `scripts/prove-twilio`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import Any

from tests.channels.letters import letter
from watchtower.channels.kinds.sms.twilio import TwilioSms
from watchtower.channels.kinds.voice.twilio import TwilioVoice
from watchtower.errors import DeliveryError
from watchtower.model import Language

BACK = "https://watch.example/callbacks/x/0123456789abcdef"


async def refused(endpoint: str) -> int:
    """How many requests the description does not take; what became of each is printed."""
    account: dict[str, Any] = {
        "account_sid": f"AC{'0' * 32}",
        "auth_token": "token-1",
        "from": "+15005550006",
    }
    count = 0
    for made in (TwilioSms, TwilioVoice):
        channel = made(made.Settings(**account, endpoint=endpoint, timeout="30s"))  # type: ignore[arg-type]
        for language in Language:
            for back in ("", BACK):
                one = replace(
                    letter(language=language, to="+14155550100"), callback_url=back, button="INC-7.3f9c"
                )
                for what in (channel.send, channel.ask):
                    try:
                        said = str(await what(one))
                    except DeliveryError as error:
                        said, count = f"refused: {error}", count + 1
                    print(
                        f"{made.__name__} {language} {'with' if back else 'without'} callback, {what.__name__}: {said}"
                    )
        await channel.close()
    return count


if __name__ == "__main__":
    sys.exit(asyncio.run(refused(sys.argv[1])) > 0)

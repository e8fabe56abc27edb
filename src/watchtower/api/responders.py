"""`/api/v1/responders`: by which ways each person is reached, and since when each is shown to work."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.parameters import read_by
from watchtower.api.responses import JsonAnswer
from watchtower.api.views import instant
from watchtower.core.notify.channel_choice import vendor_of


async def responders(request: Request) -> Response:
    """Everybody of the plan. No address: who may read everything need not know anybody's number."""
    daemon = read_by(request)
    plan, proven = daemon.status().plan, daemon.proven()
    people = [
        {
            "name": person.name,
            "role": person.role,
            "ways": [
                {
                    "channel": channel,
                    "vendor": vendor_of(channel, plan.channels.get(channel)),
                    "proven_at": instant(way.at) if way.by else None,
                    "by": way.by,
                }
                for (who, channel), way in proven.items()
                if who == person.name
            ],
        }
        for person in plan.responders.values()
    ]
    return JsonAnswer({"responders": people})

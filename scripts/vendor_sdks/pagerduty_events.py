"""What PagerDuty's SDK sends to open, acknowledge and resolve an alert."""

from __future__ import annotations

from pagerduty import EventsApiV2Client
from recorder import recording

with recording("pagerduty", "pagerduty") as recorder:
    recorder.answer = {"status": "success", "message": "Event processed", "dedup_key": "INC-7.li.pagerduty"}
    client = EventsApiV2Client("0123456789abcdef0123456789abcdef")
    client._url = f"http://127.0.0.1:{recorder.port}"  # it insists on https
    client.trigger(
        "[P1] 付道 Checkout: No requests",
        "Paylane",
        dedup_key="INC-7.li.pagerduty",
        severity="error",
        custom_details={"incident": "INC-7"},
        links=[{"href": "https://watch.example/ack/1", "text": "Acknowledge"}],
    )
    recorder.take("trigger")
    client.acknowledge("INC-7.li.pagerduty")
    recorder.take("acknowledge")
    client.resolve("INC-7.li.pagerduty")
    recorder.take("resolve")

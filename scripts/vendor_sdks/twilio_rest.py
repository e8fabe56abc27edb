"""What Twilio's SDK sends for an SMS, a call and their lists, and how it signs its own requests."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from recorder import Recorder, recording
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

ACCOUNT, TOKEN = "AC0123456789abcdef0123456789abcdef", "test-token-7"
SINCE = datetime(2026, 11, 22, tzinfo=UTC)
FORM = [
    ("MessageStatus", "delivered"),
    ("To", "+8613800138000"),
    ("MessageSid", "SM1"),
    ("Body", "收到 7 &=+"),
]
SIGNED = [
    (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        [("CallSid", "CA1234567890ABCDE"), ("Digits", "1234")],
        "12345",
    ),
    ("https://watch.example/callbacks/sms.abroad/0123456789abcdef", FORM, TOKEN),
    ("https://watch.example:8443/watch/callbacks/voice/0123456789abcdef/zh/7.3f9c", FORM, TOKEN),
    (
        "http://watch.example/callbacks/sms/0123456789abcdef",
        [("A", "2"), ("A", "1"), ("A", "2"), ("B", "")],
        TOKEN,
    ),
]


class _Fields(dict[str, list[str]]):
    """As a web framework hands over a form: a field has several values."""

    def getall(self, name: str) -> list[str]:
        return self[name]


class _Loopback(TwilioHttpClient):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def request(self, method, url, *args, **more):  # type: ignore[no-untyped-def]
        place = f"http://127.0.0.1:{self._recorder.port}"
        return super().request(method, url.replace("https://api.twilio.com", place), *args, **more)


with recording("twilio", "twilio") as recorder:
    client = Client(ACCOUNT, TOKEN, http_client=_Loopback(recorder))
    recorder.answer = {"sid": "SM1", "status": "queued", "messages": [], "calls": [], "page_size": 50}
    client.messages.create(
        to="+8613800138000",
        from_="+15005550006",
        body="[P0] 下单 ~*'()+/ &=",
        status_callback="https://w.example/cb",
    )
    recorder.take("Message")
    client.messages.create(to="+8613800138000", messaging_service_sid="MG1", body="x")
    recorder.take("MessageByService")
    client.calls.create(
        to="+8613800138000", from_="+15005550006", twiml="<Response><Say>x &amp; y</Say></Response>", timeout=25,
        status_callback="https://w.example/cb",
    )  # fmt: skip
    recorder.take("Call")
    for name, listed in (
        ("Messages", lambda: client.messages.list(to="+8613800138000", date_sent_after=SINCE, page_size=50)),
        ("Calls", lambda: client.calls.list(to="+8613800138000", start_time_after=SINCE, page_size=50)),
    ):  # fmt: skip
        with suppress(TwilioException):  # of the answer; what was asked is written down
            listed()
        recorder.take(name)
    signatures = []
    for url, fields, key in SIGNED:
        form = _Fields()
        for name, value in fields:
            form.setdefault(name, []).append(value)
        for algorithm in ("HMAC_SHA1", "HMAC_SHA256"):
            made = RequestValidator(key).compute_signature(url, form, algorithm)
            signatures.append(
                {"url": url, "fields": fields, "key": key, "algorithm": algorithm, "signature": made}
            )
    recorder.more["signatures"] = signatures

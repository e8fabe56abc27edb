"""Calls by Alibaba Cloud: an approved text with short variables (https://help.aliyun.com/zh/vms/).

[channel.voice.cn]
provider = "alibaba"
access_key_id = "${ALIBABA_KEY_ID}"
access_key_secret = "${ALIBABA_KEY_SECRET}"
says = { zh = "TTS_100000001" }
show_number = "057100001234"          # a number that was bought; with `pressed` a key acknowledges
pressed = { zh = "TTS_100000002" }
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from watchtower.channels import contract, spoken_text
from watchtower.channels.alibaba import AlibabaAccount, AlibabaSettings, digits_of
from watchtower.channels.alibaba_queue import AlibabaQueues, QueueSettings
from watchtower.channels.http_settings import caller_for
from watchtower.channels.kinds.voice import VoiceKind
from watchtower.channels.listening import Ear
from watchtower.channels.sentences import clean
from watchtower.channels.urls import Endpoint, netloc_of
from watchtower.core.incident.incidents import PageState
from watchtower.core.plan.budget import Budget, preset
from watchtower.errors import DeliveryFault
from watchtower.fields import Field, Settings, model_validator
from watchtower.model import Language

_KEY_FOR = "8000"
"""Milliseconds in which a key may be pressed after the text."""
_TTS, _IVR = "11010000138001", "11000000300005"
"""What Alibaba calls the two services."""
_SOONEST, _LATEST, _AT_ONCE = 20.0, 900.0, 10
"""Seconds after which it is asked how a call ended, and no more, and how many calls at a time."""
TAKEN = ("200000", "200001")
"""The call was taken, and heard out or not: by somebody, or by a mailbox."""
_WRONG = "200004"
_ENDS = (*TAKEN, "200002", "200003", _WRONG, "200005", "200007", "200010")
"""How a call ends: also busy, not answered, no such number, rejected, no coverage, switched off."""


class SpokenTemplates(Settings):
    """An approved text in each language; where one is missing the other is used."""

    zh: str = Field(default="", max_length=40, description="its code, as TTS_100000001")
    en: str = Field(default="", max_length=40, description="its code")

    def in_(self, language: Language) -> str:
        return self.zh or self.en if language is Language.ZH else self.en or self.zh


class AlibabaVoice(VoiceKind):
    """Makes a call that says the letter by a template; a key acknowledges."""

    provider: ClassVar[str] = "alibaba"

    class Settings(AlibabaSettings, QueueSettings):
        """`[channel.voice]` with `provider = "alibaba"`."""

        provider: Literal["alibaba"] = Field("alibaba", description="Alibaba Cloud")
        says: SpokenTemplates = Field(description="the approved text of a call, in each language")
        pressed: SpokenTemplates = Field(
            SpokenTemplates(), description="the approved text that is said once a key was pressed"
        )
        show_number: str = Field("", pattern="^[0-9]{0,20}$", description="the bought number that calls")
        variable_length: int = Field(20, ge=6, le=35, description="characters that a variable may have")
        endpoint: Endpoint = Field(
            "https://dyvmsapi.aliyuncs.com", description="where the API is; another region has another"
        )
        budget: Budget = Field(
            preset("alibaba-voice"), description='how many calls one number gets, as ["5/1h with failed"]'
        )

        @model_validator(mode="after")
        def _can_call(self) -> Self:
            if not (self.says.zh or self.says.en):
                raise ValueError('says: write the code of an approved text, as { zh = "TTS_100000001" }')
            if (self.pressed.zh or self.pressed.en) and not self.show_number:
                raise ValueError(
                    "pressed needs show_number: a key is heard in calls from a bought number only"
                )
            return self

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._settings = settings
        self._by_key = bool(settings.show_number and settings.pressed.in_(Language.ZH))
        secrets = [settings.access_key_id, settings.access_key_secret]
        self._caller = caller_for(f"{self.name} {self.provider}", settings, secrets, redact)
        self._account = AlibabaAccount(self._caller, settings.endpoint, settings)
        self._queues = AlibabaQueues(f"{self.name} {self.provider}", settings, _read, redact)
        self.listens = bool(settings.queues)

    def receiver(self, address: str) -> str:
        """Alibaba Cloud, whoever the message is for."""
        return netloc_of(self._settings.endpoint)

    async def send(self, letter: contract.Letter) -> contract.Receipt:
        """Have Alibaba Cloud call. It was taken once it says so: that somebody answers is reported later."""
        settings, language = self._settings, letter.language
        values = spoken_text.values(letter, settings.variable_length)
        said = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        call = {
            "CalledNumber": digits_of(letter.address),
            "PlayTimes": "2",
            "OutId": clean(letter.message.incident).encode()[:15].decode(errors="ignore"),
            **({"CalledShowNumber": settings.show_number} if settings.show_number else {}),
        }
        if self._by_key:
            call |= {"StartCode": settings.says.in_(language), "StartTtsParams": said, "Timeout": _KEY_FOR}
            call |= {"MenuKeyMap.1.Key": spoken_text.KEY, "MenuKeyMap.1.Code": settings.pressed.in_(language)}
        else:
            call |= {"TtsCode": settings.says.in_(language), "TtsParam": said}
        taken = await self._account.call("IvrCall" if self._by_key else "SingleCallByTts", **call)
        return contract.Receipt(str(taken.get("CallId", "")), "OK")

    def called_back(self, request: contract.CallbackRequest) -> contract.CallbackAnswer:
        """Reads a VoiceReport or a VoiceCallReport, which nobody signs: the secret of its path was right."""
        try:
            reports = [report for one in json.loads(request.body) for report in reports_of(one)]
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise contract.CallbackRefused("this is no VoiceReport") from None
        return contract.CallbackAnswer(reports, b'{"code":0,"msg":"ok"}')

    async def pull(self, taken: Sequence[contract.TakenLetter]) -> Sequence[contract.DeliveryReport]:
        """How these calls ended, without the keys. Raises DeliveryError."""
        asked = [one for one in taken if one.reference and _SOONEST <= time.time() - one.at < _LATEST]
        found = await asyncio.gather(*(self._ended(one) for one in asked[:_AT_ONCE]))
        return [report for report in found if report is not None]

    async def listen(self, ear: Ear) -> None:
        """Reads its queues until it is cancelled. Raises DeliveryError."""
        await self._queues.listen(ear)

    async def close(self) -> None:
        """Let connections go."""
        await self._caller.close()
        await self._queues.close()

    async def _ended(self, taken: contract.TakenLetter) -> contract.DeliveryReport | None:
        asked = {"CallId": taken.reference, "ProdId": _IVR if self._by_key else _TTS}
        said = await self._account.call(
            "QueryCallDetailByCallId", QueryDate=str(int((taken.at - 60.0) * 1000)), **asked
        )
        try:
            call = json.loads(said.get("Data") or "{}")
            if not call.get("endDate"):
                return None
            state = PageState.ANSWERED if float(call.get("duration") or 0) > 0 else PageState.UNDELIVERED
        except (ValueError, TypeError, AttributeError):
            return None  # what cannot be read is unknown
        return contract.DeliveryReport(state, taken.page, taken.reference, code=str(call.get("state", "")))


def _read(kind: str, message: Mapping[str, Any]) -> contract.CallbackAnswer:
    """A message of a queue."""
    return contract.CallbackAnswer(list(reports_of(message)))


def reports_of(one: Mapping[str, Any]) -> Iterator[contract.DeliveryReport]:
    """What a report tells of a call: how it ended, or the key that was pressed in it."""
    call, code = str(one.get("call_id", "")), str(one.get("status_code", ""))
    pressed = str(one.get("dtmf") or "") == spoken_text.KEY
    if not call or not (pressed or code in _ENDS):
        return
    taken = PageState.ANSWERED if code in TAKEN else PageState.UNDELIVERED
    state = PageState.RECEIVED if pressed else taken
    fault = DeliveryFault.ADDRESS if code == _WRONG else DeliveryFault.OTHER_CHANNEL
    yield contract.DeliveryReport(state, reference=call, fault=fault, code=code, acknowledges=pressed)

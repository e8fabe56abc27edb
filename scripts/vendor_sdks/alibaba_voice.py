"""What Alibaba Cloud's SDKs send for a call, to ask how it ended, for the keys of a queue, and to read it."""

from __future__ import annotations

from contextlib import suppress

from alibabacloud_dybaseapi20170525 import models as base_models
from alibabacloud_dybaseapi20170525.client import Client as BaseClient
from alibabacloud_dyvmsapi20170525 import models
from alibabacloud_dyvmsapi20170525.client import Client
from alibabacloud_tea_openapi.models import Config
from mns.account import Account
from mns.mns_exception import MNSExceptionBase
from recorder import recording

SDKS = ("alibabacloud-dyvmsapi20170525", "alibabacloud-dybaseapi20170525", "aliyun-mns-sdk")
VALUES = '{"severity":"致命","title":"下单支付"}'
QUEUE = "Alicom-Queue-1-VoiceCallReport"

with recording("alibaba_voice", *SDKS) as recorder:
    place = f"127.0.0.1:{recorder.port}"
    keys = Config(
        access_key_id="LTAI-test-id", access_key_secret="test-secret-9", endpoint=place, protocol="http"
    )
    client = Client(keys)
    recorder.answer = {"Code": "OK", "Message": "OK", "CallId": "1^2", "RequestId": "r"}
    client.single_call_by_tts(
        models.SingleCallByTtsRequest(
            called_number="13800138000", tts_code="TTS_1", tts_param=VALUES, play_times=2, out_id="INC-7"
        )
    )
    recorder.take("SingleCallByTts")
    client.ivr_call(
        models.IvrCallRequest(
            called_number="13800138000",
            called_show_number="057100001234",
            start_code="TTS_1",
            start_tts_params=VALUES,
            menu_key_map=[models.IvrCallRequestMenuKeyMap(key="1", code="TTS_2")],
            play_times=2,
            timeout=8000,
            out_id="INC-7",
        )
    )
    recorder.take("IvrCall")
    client.query_call_detail_by_call_id(
        models.QueryCallDetailByCallIdRequest(call_id="1^2", prod_id=11000000300005, query_date=1795358590000)
    )
    recorder.take("QueryCallDetailByCallId")
    recorder.answer["MessageTokenDTO"] = {
        "AccessKeyId": "STS.1",
        "AccessKeySecret": "s",
        "SecurityToken": "t",
    }
    BaseClient(keys).query_token_for_mns_queue(
        base_models.QueryTokenForMnsQueueRequest(message_type="VoiceCallReport", queue_name=QUEUE)
    )
    recorder.take("QueryTokenForMnsQueue")
    queue = Account(f"http://{place}", "STS.test-id", "queue-secret-3", "token-4").get_queue(QUEUE)
    queue.set_encoding(False)
    for name, work in (
        ("ReceiveMessage", lambda: queue.receive_message(10)),
        ("BatchReceiveMessage", lambda: queue.batch_receive_message(16, 10)),
        ("DeleteMessage", lambda: queue.delete_message("1-ODU4OTkz+=/")),
    ):
        with suppress(MNSExceptionBase):  # of the answer, which is no XML; what was asked is written down
            work()
        recorder.take(name)

"""What Alibaba Cloud's SDK sends for an SMS, and to ask what became of it."""

from __future__ import annotations

import json

from alibabacloud_dysmsapi20170525 import models
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_tea_openapi.models import Config
from recorder import recording

with recording("alibaba", "alibabacloud-dysmsapi20170525", "alibabacloud-tea-openapi") as recorder:
    recorder.answer = {"Code": "OK", "Message": "OK", "BizId": "9006^0", "RequestId": "r"}
    for token in (None, "sts-token-1"):
        client = Client(
            Config(
                access_key_id="LTAI-test-id",
                access_key_secret="test-secret-9",
                security_token=token,
                endpoint=f"127.0.0.1:{recorder.port}",
                protocol="http",
            )
        )
        client.send_sms(
            models.SendSmsRequest(
                phone_numbers="13800138000",
                sign_name="守望",
                template_code="SMS_1",
                template_param=json.dumps({"level": "P1", "what": "下单 ~*'()+/ &="}, ensure_ascii=False),
                out_id="INC-7.1.li.sms",
            )
        )
        recorder.take("SendSms")
        client.query_send_details(
            models.QuerySendDetailsRequest(
                phone_number="13800138000", send_date="20261122", page_size=50, current_page=1
            )
        )
        recorder.take("QuerySendDetails")

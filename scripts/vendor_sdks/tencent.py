"""What Tencent Cloud's SDK sends for an SMS, and to ask what became of it."""

from __future__ import annotations

from recorder import recording
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models, sms_client

SEND = {
    "PhoneNumberSet": ["+8613800138000"],
    "SmsSdkAppId": "1400006666",
    "SignName": "守望",
    "TemplateId": "449739",
    "TemplateParamSet": ["P1", "下单 ~*'()+/ &="],
    "SessionContext": "INC-7.1.li.sms",
}
PULLS = {"SmsSdkAppId": "1400006666", "Limit": 100}
BY_NUMBER = {**PULLS, "BeginTime": 1795358390, "Offset": 0, "PhoneNumber": "+8613800138000"}

with recording("tencent", "tencentcloud-sdk-python-sms", "tencentcloud-sdk-python-common") as recorder:
    recorder.answer = {"Response": {"RequestId": "r"}}
    for token in (None, "sts-token-1"):
        profile = ClientProfile(
            httpProfile=HttpProfile(protocol="http", endpoint=f"127.0.0.1:{recorder.port}")
        )
        keys = credential.Credential("AKID-test-id", "test-secret-9", token)
        client = sms_client.SmsClient(keys, "ap-guangzhou", profile)
        for action, request, said in (
            (client.SendSms, models.SendSmsRequest(), SEND),
            (client.PullSmsSendStatus, models.PullSmsSendStatusRequest(), PULLS),
            (
                client.PullSmsSendStatusByPhoneNumber,
                models.PullSmsSendStatusByPhoneNumberRequest(),
                BY_NUMBER,
            ),
        ):
            request._deserialize(said)
            action(request)
            recorder.take(action.__name__)

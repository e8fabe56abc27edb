"""What Tencent Cloud's SDKs send for the balance of an account, and for its SMS packages."""

from __future__ import annotations

from recorder import recording
from tencentcloud.billing.v20180709 import billing_client
from tencentcloud.billing.v20180709 import models as billing
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as sms
from tencentcloud.sms.v20210111 import sms_client

PACKAGES = {
    "SmsSdkAppId": "1400006666",
    "Limit": 500,
    "Offset": 0,
    "BeginTime": "2024113000",
    "EndTime": "2026113009",
}

with recording(
    "tencent_billing", "tencentcloud-sdk-python-billing", "tencentcloud-sdk-python-sms"
) as recorder:
    recorder.answer = {"Response": {"RequestId": "r"}}
    for token in (None, "sts-token-1"):
        profile = ClientProfile(
            httpProfile=HttpProfile(protocol="http", endpoint=f"127.0.0.1:{recorder.port}")
        )
        keys = credential.Credential("AKID-test-id", "test-secret-9", token)
        billing_client.BillingClient(keys, "ap-guangzhou", profile).DescribeAccountBalance(
            billing.DescribeAccountBalanceRequest()
        )
        recorder.take("DescribeAccountBalance")
        asked = sms.SmsPackagesStatisticsRequest()
        asked._deserialize(PACKAGES)
        sms_client.SmsClient(keys, "ap-guangzhou", profile).SmsPackagesStatistics(asked)
        recorder.take("SmsPackagesStatistics")

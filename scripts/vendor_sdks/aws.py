"""What AWS' SDK sends for a quota, and how it signs a question for usage in JSON (by itself it would ask in CBOR)."""

from __future__ import annotations

import json

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.session import Session
from recorder import recording

USAGE = {"StartTime": 1795358390, "EndTime": 1795361990, "MetricDataQueries": []}

with recording("aws", "botocore") as recorder:
    recorder.answer = {"Quota": {"Value": 5.0}}
    place = f"http://127.0.0.1:{recorder.port}"
    for token in (None, "sts-token-1"):
        keys = ("AKIA-test-id", "test-secret-9", token)
        client = Session().create_client(
            "service-quotas",
            region_name="eu-central-1",
            endpoint_url=place,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}),
        )
        client.get_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")
        recorder.take("GetServiceQuota")
        asked = AWSRequest(
            "POST",
            place,
            data=json.dumps(USAGE),
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": "GraniteServiceVersion20100801.GetMetricData",
            },
        )
        SigV4Auth(Credentials(*keys), "monitoring", "eu-central-1").add_auth(asked)
        URLLib3Session().send(asked.prepare())
        recorder.take("GetMetricData")

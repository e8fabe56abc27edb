"""A real nginx answers by http and https, with the errors a probe must tell apart."""

from __future__ import annotations

import pytest
import requests

from tests.parts.certificates import Certificates
from tests.parts.nginx import Nginx


def test_http(nginx: Nginx) -> None:
    answer = requests.get(nginx.url("/ok"), timeout=5)
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["Server"].startswith("nginx")


def test_https_with_an_authority_of_our_own(nginx: Nginx) -> None:
    authority = str(nginx.certificates.authority)
    assert requests.get(nginx.url("/ok", tls=True), timeout=5, verify=authority).text == "ok\n"
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(nginx.url("/ok", tls=True), timeout=5)


@pytest.mark.parametrize("status", [204, 401, 404, 429, 500, 503])
def test_error_statuses(nginx: Nginx, status: int) -> None:
    assert requests.get(nginx.url(f"/status/{status}"), timeout=5).status_code == status


def test_redirects_also_endless_ones(nginx: Nginx) -> None:
    assert requests.get(nginx.url("/moved"), timeout=5).text == "ok\n"
    with pytest.raises(requests.exceptions.TooManyRedirects):
        requests.get(nginx.url("/loop"), timeout=5)


def test_an_instance_of_its_own_with_an_expired_certificate(certificates: Certificates) -> None:
    with Nginx(
        'location /mine { return 200 "mine"; }', certificates=certificates, pair=certificates.expired
    ) as nginx:
        assert requests.get(nginx.url("/mine"), timeout=5).text == "mine"
        with pytest.raises(requests.exceptions.SSLError, match="expired"):
            requests.get(nginx.url("/mine", tls=True), timeout=5, verify=str(certificates.authority))

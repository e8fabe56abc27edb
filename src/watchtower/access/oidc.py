"""Signing in by OpenID Connect: the authorization code flow with PKCE. It asks the provider in a thread of its own, because
a provider that hangs must not hold the loop.

Needs the extra `oidc`, which is imported with the first sign-in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jmespath
import requests

from watchtower.access.refusals import ProviderFailed
from watchtower.config.environment import EnvironmentSettings, roles_of
from watchtower.errors import install
from watchtower.model import AccessRole
from watchtower.own_thread import own_thread
from watchtower.values import Frozen

T = TypeVar("T")
WITHIN = 10.0
"""Seconds for everything that the provider is asked for one step."""
_KNOWN_FOR = 600.0
_ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
]
"""Signatures by a key of the provider's own: neither none nor our client's secret."""


class AuthorizationRequest(Frozen):
    """What one browser was sent to the provider with."""

    state: str
    nonce: str
    verifier: str
    back: str
    """Where the provider sends it back to."""
    there: str
    at: float


class Vouched(Frozen):
    """Whom the provider vouches for: `subject` is its own name for the person, unique for ever; `claim` is what is called by
    WATCHTOWER_OIDC_NAME."""

    subject: str
    claim: str
    role: AccessRole


class Provider:
    """One provider, as the settings name it."""

    def __init__(self, settings: EnvironmentSettings) -> None:
        self.issuer, self._id = settings.oidc_issuer.rstrip("/"), settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._name, self._groups = settings.oidc_name, jmespath.compile(settings.oidc_groups)
        self._roles, self._scope = roles_of(settings.oidc_roles), settings.oidc_scope
        self._metadata: tuple[float, Mapping[str, Any]] = (0.0, {})

    async def begin(self, back: str, there: str) -> tuple[str, AuthorizationRequest]:
        """The provider's address for this browser. Raises ProviderFailed."""
        return await self._ask(lambda: self._begin(back, there))

    async def finish(self, asked: AuthorizationRequest, answer: Mapping[str, str]) -> Vouched:
        """Whom it vouches for in this answer to what was asked. Raises ProviderFailed."""
        if answer.get("iss", self.issuer).rstrip("/") != self.issuer:
            raise ProviderFailed("the answer is of another provider (iss)")
        if "code" not in answer:
            raise ProviderFailed(f"it says {answer.get('error', 'nothing')[:60]}")
        claims = await self._ask(lambda: self._claims(asked, answer["code"]))
        name, role = claims.get(self._name), self._role(claims)
        if (
            not isinstance(name, str)
            or not name
            or (self._name == "email" and claims.get("email_verified") is False)
        ):
            raise ProviderFailed(f'it names no verified "{self._name}" (WATCHTOWER_OIDC_NAME)')
        if role is None:
            raise ProviderFailed("no group of this person has a role (WATCHTOWER_OIDC_ROLES)")
        return Vouched(f"{self.issuer} {claims['sub']}", name, role)

    def _role(self, claims: Mapping[str, Any]) -> AccessRole | None:
        found = self._groups.search(claims)
        groups = {str(one) for one in (found if isinstance(found, list) else [found])} | {"*"}
        roles = [role for group, role in self._roles.items() if group in groups]
        return max(roles, key=list(AccessRole).index, default=None)

    async def _ask(self, work: Callable[[], T]) -> T:
        try:
            return await own_thread(work, "oidc", WITHIN)
        except ImportError:
            raise ProviderFailed(f"signing in by a provider needs authlib: {install('oidc')}") from None
        except ProviderFailed:
            raise
        except TimeoutError:
            raise ProviderFailed(f"{self.issuer} does not answer within {WITHIN:.0f} s") from None
        except Exception as error:  # noqa: BLE001 - libraries raise many kinds for what a provider may send
            # Not its text: it may quote a token.
            raise ProviderFailed(
                f"{self.issuer} gave an answer that cannot be used ({type(error).__name__})"
            ) from None

    def _begin(self, back: str, there: str) -> tuple[str, AuthorizationRequest]:
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        with self._client(back) as client:
            url, state = client.create_authorization_url(
                self._known("authorization_endpoint"), nonce=nonce, code_verifier=verifier
            )
        return url, AuthorizationRequest(state, nonce, verifier, back, there, time.monotonic())

    def _claims(self, asked: AuthorizationRequest, code: str) -> Mapping[str, Any]:
        from joserfc import jwt
        from joserfc.jwk import KeySet

        with self._client(asked.back) as client:
            token = client.fetch_token(
                self._known("token_endpoint"), code=code, code_verifier=asked.verifier, timeout=WITHIN / 2
            )
            keys = KeySet.import_key_set(_json(self._known("jwks_uri")))
            claims: dict[str, Any] = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                leeway=60,
                iss={"essential": True, "value": self._metadata[1]["issuer"]},
                aud={"essential": True, "value": self._id},
                sub={"essential": True},
                exp={"essential": True},
                nonce={"essential": True, "value": asked.nonce},
            ).validate(claims)
            more = self._metadata[1].get("userinfo_endpoint")
            if more and (self._name not in claims or self._groups.search(claims) is None):
                told = client.get(more, timeout=WITHIN / 2)
                told.raise_for_status()
                if told.json().get("sub") == claims["sub"]:
                    return {**told.json(), **claims}
        return claims

    def _client(self, back: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        secret = self._secret.get_secret_value() if self._secret else None
        return OAuth2Session(
            self._id, secret, scope=self._scope, redirect_uri=back, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
        )  # fmt: skip

    def _known(self, name: str) -> str:
        at, metadata = self._metadata
        if time.monotonic() - at > _KNOWN_FOR or not metadata:
            metadata = _json(f"{self.issuer}/.well-known/openid-configuration")
            if str(metadata.get("issuer", "")).rstrip("/") != self.issuer:
                raise ProviderFailed(f"{self.issuer} calls itself by another name (WATCHTOWER_OIDC_ISSUER)")
            self._metadata = (time.monotonic(), metadata)
        return str(metadata[name])


def _json(url: str) -> Any:
    answer = requests.get(url, timeout=WITHIN / 3, allow_redirects=False)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found

"""Which token a request gets, in the manner of SaaS or of Keycloak. Pure but for clock and store: no HTTP in here.

A refusal is a value. SaaS hands a token out again until shortly before it expires, Keycloak makes a new one each time.
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from c8py.base.clock import Clock
from c8py.server.access import API_FACTS, Claims, Issuers, Keys, api_of_audience, audiences_of, may_call
from c8py.server.settings import OAuthSettings
from c8py.server.store import Client, Store

_NO_CLIENT: Final = bytes(32)
_ECHO_CHARS_MAX: Final = 200
_KEYCLOAK_SCOPE: Final = "email profile"
_KEYCLOAK_SCOPES: Final = frozenset(("openid", "email", "profile", "roles", "web-origins", "acr", "basic"))
_KEYCLOAK_WHO: Final = "Invalid client or Invalid client credentials"


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """A token, in the order in which SaaS writes it.

    Attributes:
        access_token: the signed token.
        scope: the cluster's id, or the permissions of a client of the organization.
        expires_in: seconds from now.
        token_type: always Bearer.
    """

    access_token: str
    scope: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105  the name of a kind of token


class KeycloakGranted(msgspec.Struct, frozen=True, kw_only=True):
    """A token, in the order in which Keycloak writes it.

    Attributes:
        access_token: the signed token.
        expires_in: seconds from now.
        refresh_expires_in: 0, for there is no refresh token.
        token_type: always Bearer.
        not_before_policy: 0, for no token has been recalled.
        scope: Keycloak's default scopes.
    """

    access_token: str
    expires_in: int
    refresh_expires_in: int = 0
    token_type: str = "Bearer"  # noqa: S105  the name of a kind of token
    not_before_policy: int = msgspec.field(default=0, name="not-before-policy")
    scope: str = _KEYCLOAK_SCOPE


class Refused(msgspec.Struct, frozen=True):
    """No token.

    Attributes:
        status: the HTTP status.
        error: the word for programs.
        error_description: the sentence for people.
    """

    status: int
    error: str
    error_description: str


class _Issued(msgspec.Struct, frozen=True):
    token: str
    exp: int


class TokenService:
    """Issues tokens.

    Args:
        settings: lifetimes.
        store: who exists.
        keys: what tokens are signed with.
        issuers: who they are from.
        clock: when it is.
        of_brokers: whether the cluster of this id is one of real brokers: they take tokens by its own audience only.
    """

    def __init__(  # the last ones by name
        self,
        settings: OAuthSettings,
        store: Store,
        keys: Keys,
        issuers: Issuers,
        *,
        clock: Clock,
        of_brokers: Callable[[str], bool] = lambda _cluster_id: False,
    ) -> None:
        self._settings = settings
        self._store = store
        self._keys = keys
        self._issuers = issuers
        self._clock = clock
        self._of_brokers = of_brokers
        self._issued: OrderedDict[tuple[str, str], _Issued] = OrderedDict()

    def saas(self, fields: Mapping[str, str]) -> Granted | Refused:
        """Answer a request to /oauth/token.

        Args:
            fields: of the body; `scope` may be anything and is not looked at.
        """
        grant = fields.get("grant_type")
        if grant and grant != "client_credentials":
            return Refused(403, "unauthorized_client", f"Grant type '{_echo(grant)}' not allowed for the client.")
        for name in ("grant_type", "client_id", "client_secret", "audience"):
            if not fields.get(name):
                return Refused(400, "invalid_request", f"Missing required parameter: {name}")
        client = self._authenticated(fields["client_id"], fields["client_secret"])
        if client is None:
            return Refused(401, "access_denied", "Unauthorized")
        audience = fields["audience"]
        api = api_of_audience(audience, client.cluster_id)
        if api is None:
            return Refused(403, "access_denied", f"Service not enabled within domain: {_echo(audience)}")
        if not may_call(api, client.cluster_id, client.permissions):
            return Refused(
                403,
                "access_denied",
                f'Client is not authorized to access "{_echo(audience)}". '
                'You need to create a "client-grant" associated to this API.',
            )
        return self._saas_token(client, audience)

    def keycloak(self, fields: Mapping[str, str]) -> KeycloakGranted | Refused:
        """Answer a request to the token address of the realm.

        Args:
            fields: of the form, with the client of a Basic header in them; `audience` is not looked at.
        """
        grant = fields.get("grant_type")
        if not grant:
            return Refused(400, "invalid_request", "Missing form parameter: grant_type")
        if grant != "client_credentials":
            return Refused(400, "unsupported_grant_type", "Unsupported grant_type")
        known = self._store.client(fields.get("client_id", ""))
        client = self._authenticated(fields.get("client_id", ""), fields.get("client_secret", ""))
        if client is None:
            return Refused(401, "invalid_client" if known is None else "unauthorized_client", _KEYCLOAK_WHO)
        scope = fields.get("scope", "")
        if not _KEYCLOAK_SCOPES.issuperset(scope.split()):
            return Refused(400, "invalid_scope", f"Invalid scopes: {_echo(scope)}")
        return self._keycloak_token(client)

    def _authenticated(self, client_id: str, secret: str) -> Client | None:
        """The client, if this is its secret; as long in the taking when there is no such client."""
        client = self._store.client(client_id)
        expected = _NO_CLIENT if client is None else client.secret_sha256
        # surrogatepass: JSON can spell halves of characters, which no secret has but which must hash to something.
        digest = hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
        return client if hmac.compare_digest(digest, expected) else None

    def _saas_token(self, client: Client, audience: str) -> Granted:
        now_s = self._clock.now_ms() // 1000
        scope = client.cluster_id or " ".join(client.permissions)
        found = self._issued.get((client.client_id, audience))
        # A clock that was set back would make the token last longer than it may.
        told = self._settings
        lifetime_s = told.brokers_token_lifetime_s if self._own_audience(client) else told.token_lifetime_s
        least_s = min(self._settings.reuse_left_s, lifetime_s // 2)
        if found is None or not least_s < found.exp - now_s <= lifetime_s:
            claims = Claims(
                iss=self._issuers.saas,
                sub=f"{client.client_id}@clients",
                aud=self._audiences(client, audience),
                iat=now_s,
                exp=now_s + lifetime_s,
                azp=client.client_id,
                scope=scope,
                gty="client-credentials",
                permissions=client.permissions if client.cluster_id is None else (),
                cluster_id=client.cluster_id,
                org_id=client.org_id,
                client_id=client.client_id,
            )
            found = _Issued(self._keys.sign(claims), claims.exp)
            self._issued[(client.client_id, audience)] = found
            if len(self._issued) > self._settings.tokens_cached_max:
                self._issued.popitem(last=False)
        self._issued.move_to_end((client.client_id, audience))
        return Granted(access_token=found.token, scope=scope, expires_in=found.exp - now_s)

    def _own_audience(self, client: Client) -> bool:
        return client.cluster_id is not None and self._of_brokers(client.cluster_id)

    def _audiences(self, client: Client, asked: str) -> str | tuple[str, ...]:
        """Whom a token is for: also for the brokers of the client's cluster, where the API is theirs."""
        of_zeebe = audiences_of("zeebe", client.cluster_id)
        if not self._own_audience(client) or asked not in of_zeebe:
            return asked
        own = f"{client.cluster_id}.{API_FACTS['zeebe'].audience}"
        return asked if asked == own else (asked, own)

    def _keycloak_token(self, client: Client) -> KeycloakGranted:
        now_s = self._clock.now_ms() // 1000
        lifetime_s = self._settings.keycloak_token_lifetime_s
        audiences = sorted(
            audience
            for api in API_FACTS
            if may_call(api, client.cluster_id, client.permissions)
            for audience in audiences_of(api, client.cluster_id if self._own_audience(client) else None)
        )
        claims = Claims(
            iss=self._issuers.keycloak,
            sub=client.uuid,
            aud=tuple(audiences),
            iat=now_s,
            exp=now_s + lifetime_s,
            azp=client.client_id,
            scope=_KEYCLOAK_SCOPE,
            typ="Bearer",
            permissions={audience: ("read:*", "write:*") for audience in audiences if audience.endswith("-api")},
            cluster_id=client.cluster_id,
            org_id=client.org_id,
            client_id=client.client_id,
        )
        return KeycloakGranted(access_token=self._keys.sign(claims), expires_in=lifetime_s)


def _echo(text: str) -> str:
    """What came, short enough to be answered."""
    return text[:_ECHO_CHARS_MAX]

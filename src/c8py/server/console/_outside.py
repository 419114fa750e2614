"""Sign-in at the outside OIDC provider: authorization code flow with PKCE, state and nonce.

What a sign-in was begun with travels in a sealed cookie of that browser, for ten minutes and one use: here is kept only
which of them have been used, and nobody can be made to finish what another has begun. Who finishes too many in a row
waits, as with passwords. Speaks to the provider by what app hands in.
"""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.errors import ConfigError, PlatformError
from c8py.server.access import AccessDenied, Person, Provider, Seal
from c8py.server.console._members import ASSIGNABLE_ROLES, ATTEMPTS
from c8py.server.console._not_done import NotDone
from c8py.server.settings import ProviderSettings
from c8py.serving.rate_limit import RateLimit

_PLACE: Final = "sign-in at the provider"
_BEGUN_MS: Final = 10 * 60 * 1000
_RANDOM_BYTES: Final = 32
_ERROR_CHARS_MAX: Final = 200
_AGAIN: Final = "expected a sign-in that this browser has begun in the last ten minutes, but it is none; try again"

# A form for the provider's token endpoint, with the client's own credentials added: its answer. OSError, ValueError.
AsksForTokens = Callable[[Mapping[str, str]], Awaitable[bytes]]


class _Begun(msgspec.Struct, frozen=True, kw_only=True):
    state: str
    nonce: str
    verifier: str
    path: str
    until_ms: int


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


_BEGUN: Final = msgspec.json.Decoder(_Begun)


class OutsideSignIn:
    """Signs people in at the provider.

    Args:
        settings: which client Console is there.
        provider: checks the ID token; knows where the provider's places are.
        ask: exchanges a code.
        callback: the address that the provider sends browsers back to.
        clock: when a sign-in has taken too long.

    Raises:
        ConfigError: a role is given that there is not.
    """

    def __init__(
        self, settings: ProviderSettings, provider: Provider, ask: AsksForTokens, *, callback: str, clock: Clock
    ) -> None:
        wrong = [ours for _, _, ours in (one.rpartition("=") for one in settings.member_roles)]
        unknown = next((one for one in wrong if one not in ASSIGNABLE_ROLES), None)
        if unknown is not None:
            raise ConfigError(
                f"expected provider.member_roles with roles out of {', '.join(ASSIGNABLE_ROLES)}, but got {unknown!r}"
            )
        self._settings = settings
        self._provider = provider
        self._ask = ask
        self.callback: Final = callback
        self._clock = clock
        # Of this process: a restart in the middle of a sign-in means to begin anew.
        self._seal = Seal(secrets.token_bytes(_RANDOM_BYTES))
        self._id_tokens: OrderedDict[str, str] = OrderedDict()
        self._by_source = RateLimit(ATTEMPTS, clock=clock)
        # States that were used, and when they end by themselves; in the order of their use.
        self._used: OrderedDict[str, int] = OrderedDict()

    @property
    def label(self) -> str:
        """Where people sign in."""
        return self._settings.label

    @property
    def only(self) -> bool:
        """Whether there is no other way in."""
        return self._settings.only

    def begin(self, path: str) -> tuple[str, str]:
        """Where the browser goes, and the cookie that it keeps meanwhile.

        Args:
            path: the page of Console that it is for.

        Raises:
            NotDone: the provider has not said where its places are.
        """
        place = self._provider.endpoints.authorization
        if not place:
            raise NotDone(503, "expected the provider to answer, but it has not yet; try again in a few seconds")
        begun = _Begun(
            state=_random(), nonce=_random(), verifier=_random(), path=path, until_ms=self._clock.now_ms() + _BEGUN_MS
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self.callback,
            "scope": " ".join(self._settings.scopes),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        cookie = self._seal.seal(Secret(msgspec.json.encode(begun).decode()), _PLACE)
        return _with_query(place, query), cookie

    async def finish(self, cookie: str, answer: Mapping[str, str], *, source: str) -> tuple[Person, str, str]:
        """Who came back from the provider, for which page, and with which ID token.

        Args:
            cookie: that `begin` gave.
            answer: what the provider put into the address.
            source: the address that the browser comes from.

        Raises:
            NotDone: the sign-in is not one of this browser, has been used, was refused, or is not what it says; or
                there were too many from this source.
        """
        begun = self._begun(cookie)
        # Not before the cookie is known to be ours: other sites could make a browser use up its attempts.
        wait_s = self._by_source.refused_for_s(source)
        if wait_s > 0:
            raise NotDone(429, f"expected fewer attempts, but there were too many; wait {round(wait_s) + 1} s")
        self._use(begun)
        if not hmac.compare_digest(begun.state.encode(), answer.get("state", "").encode(errors="surrogatepass")):
            raise NotDone(403, _AGAIN)
        # RFC 9207: the answer of another provider is not taken for this one's.
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:
            raise NotDone(403, "expected the answer of the provider, but it is of another one")
        if "error" in answer or not answer.get("code"):
            said = answer.get("error_description") or answer.get("error") or "no code"
            raise NotDone(403, f"expected to be signed in, but the provider said: {said[:_ERROR_CHARS_MAX]}")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": self.callback,
            "code_verifier": begun.verifier,
        }
        try:
            tokens = msgspec.json.decode(await self._ask(form), type=_Tokens)
            person = self._provider.person(tokens.id_token, nonce=begun.nonce, access_token=tokens.access_token)
        except (OSError, ValueError) as error:
            raise NotDone(502, f"expected tokens of the provider, but: {error}") from error
        except AccessDenied as error:
            raise NotDone(403, f"expected a token that is good here, but: {error.reason}") from error
        return person, begun.path, tokens.id_token

    def remember(self, session: Secret, id_token: str) -> None:
        """Keep the ID token of a session, in memory alone: the provider wants it back at the sign-out."""
        self._id_tokens[_digest(session.reveal())] = id_token
        if len(self._id_tokens) > limits.SERVER_ID_TOKENS_MAX:
            self._id_tokens.popitem(last=False)

    def end(self, session: str, after: str) -> str:
        """Where the browser goes to be signed out at the provider as well; "" where there is no such place.

        Args:
            session: that has just ended.
            after: where the provider sends it then.
        """
        place = self._provider.endpoints.end_session
        id_token = self._id_tokens.pop(_digest(session), "")
        query = {"client_id": self._settings.client_id, "post_logout_redirect_uri": after}
        return _with_query(place, query | ({"id_token_hint": id_token} if id_token else {})) if place else ""

    def _use(self, begun: _Begun) -> None:
        now_ms = self._clock.now_ms()
        if begun.state in self._used:
            raise NotDone(403, _AGAIN)
        self._used[begun.state] = begun.until_ms
        # What has ended is refused anyway. Beyond the bound the oldest goes: better than that nobody can sign in.
        while len(self._used) > limits.SERVER_SIGN_INS_USED_MAX or next(iter(self._used.values())) <= now_ms:
            self._used.popitem(last=False)

    def _begun(self, cookie: str) -> _Begun:
        try:
            begun = _BEGUN.decode(self._seal.open(cookie, _PLACE).reveal())
        except (PlatformError, ValueError) as error:
            raise NotDone(403, _AGAIN) from error
        if self._clock.now_ms() >= begun.until_ms:
            raise NotDone(403, _AGAIN)
        return begun


def _random() -> str:
    return secrets.token_urlsafe(_RANDOM_BYTES)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

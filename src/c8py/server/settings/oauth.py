"""Settings of the token service."""

import msgspec

from c8py.base import limits
from c8py.server.settings.bounds import within
from c8py.serving.rate_limit import Limit


class OAuthSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The token service.

    Attributes:
        rate_per_s: token requests a second that one source address may make for ever; 0 switches the limit off.
        burst: requests that an address may make at once before the rate counts.
        block_s: seconds for which an address is refused everything once it was too fast too often.
        block_after: refusals within a minute that lead to that; 1 blocks at the first.
        sources_max: addresses that are remembered; beyond that the one longest unheard of is forgotten.
        token_lifetime_s: of tokens from /oauth/token, as SaaS has it.
        brokers_token_lifetime_s: of tokens from /oauth/token for clusters of real brokers, which take the token of a
            deleted client until it ends.
        keycloak_token_lifetime_s: of tokens from the Keycloak path, as its realm has it.
        reuse_left_s: a token that lives longer than this is handed out again instead of a new one.
        tokens_cached_max: tokens kept for handing out again.
        body_bytes_max: size of a token request.
        body_wait_s: seconds in which a token request must have arrived.
    """

    rate_per_s: float = 1.0
    burst: int = 10
    block_s: float = 30.0
    block_after: int = 1
    sources_max: int = limits.OAUTH_SOURCES_TRACKED_MAX
    token_lifetime_s: int = 86_400
    brokers_token_lifetime_s: int = 3_600
    keycloak_token_lifetime_s: int = 300
    reuse_left_s: int = 60
    tokens_cached_max: int = limits.SERVER_TOKENS_CACHED_MAX
    body_bytes_max: int = limits.OAUTH_BODY_BYTES_MAX
    body_wait_s: float = limits.OAUTH_BODY_WAIT_S_MAX

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: a number is out of its bounds.
        """
        within(
            "oauth.",
            self,
            {
                "rate_per_s": (0, 10_000),
                "burst": (1, 100_000),
                "block_s": (0, 86_400),
                "block_after": (1, 100_000),
                "sources_max": (1, 1_000_000),
                "token_lifetime_s": (1, 31_536_000),
                "brokers_token_lifetime_s": (1, 31_536_000),
                "keycloak_token_lifetime_s": (1, 31_536_000),
                "reuse_left_s": (0, 86_400),
                "tokens_cached_max": (1, 1_000_000),
                "body_bytes_max": (256, 1_048_576),
                "body_wait_s": (0.05, 600),
            },
        )

    @property
    def limit(self) -> Limit:
        """What the rate limit counts by."""
        return Limit(
            rate_per_s=self.rate_per_s,
            burst=self.burst,
            block_s=self.block_s,
            block_after=self.block_after,
            sources_max=self.sources_max,
        )

"""Names that say something without being a setting of their own: TLS of bare addresses, Go's host and port, files.

Data for `layers` and `sources`, and for the reference.
"""

from collections.abc import Callable, Mapping
from typing import Final

from c8py.config.fields import TextError
from c8py.config.fields.readers import truth
from c8py.config.profiles import CONFIG_DIR_NAME, PROFILE_NAME

# Applied to addresses without a scheme; any "insecure" wins, as in Camunda's own JavaScript client.
INSECURE_NAMES: Final = (
    "CAMUNDA_INSECURE_CONNECTION",
    "ZEEBE_INSECURE_CONNECTION",
    "ZEEBE_CLIENT_SECURITY_PLAINTEXT",
)
ENABLED_NAMES: Final = ("CAMUNDA_CLIENT_ENABLED", "CAMUNDA_CLIENT_ZEEBE_ENABLED", "ZEEBE_CLIENT_ENABLED")
SECURE_NAMES: Final = ("CAMUNDA_SECURE_CONNECTION", "ZEEBE_SECURE_CONNECTION")
HOST_NAME: Final = "ZEEBE_HOST"
PORT_NAME: Final = "ZEEBE_PORT"
FILE_NAME: Final = "C8_CREDENTIALS"
ENV_FILE_NAME: Final = "CAMUNDA_LOAD_ENVFILE"


def _enabled(text: str) -> None:
    if not truth(text):
        raise TextError(
            "expected a client that may be used, but it is switched off; remove the name, or set it to true"
        )


def _client_credentials(text: str) -> None:
    if text.strip().lower() != "client_credentials":
        raise TextError("expected client_credentials, the only grant that c8py asks for, but it is something else")


# What they say must be so, or nothing can be done.
DEMANDS: Final[Mapping[str, Callable[[str], None]]] = {
    **dict.fromkeys(ENABLED_NAMES, _enabled),
    "CAMUNDA_OAUTH_GRANT_TYPE": _client_credentials,
}
# For the reference, and for whoever asks whether a name is known.
MEANINGS: Final[Mapping[tuple[str, ...], str]] = {
    (FILE_NAME,): "credentials files to read, separated as in PATH",
    (PROFILE_NAME,): "the profile that holds, instead of the one in use",
    (CONFIG_DIR_NAME,): "the folder of profiles.toml",
    (ENV_FILE_NAME,): "true reads `.env` of the current folder; anything else is the path of such a file",
    SECURE_NAMES: "true means TLS where an address of gRPC has no scheme",
    INSECURE_NAMES: "true means no TLS where an address of gRPC has no scheme; beats the one above",
    (HOST_NAME, PORT_NAME): "an address of gRPC in two parts; the Go client has them",
    ENABLED_NAMES: "false is an error: somebody has switched the client off",
    ("CAMUNDA_OAUTH_GRANT_TYPE",): "anything but client_credentials is an error: c8py asks for no other grant",
}
NAMES: Final = tuple(name for names in MEANINGS for name in names)

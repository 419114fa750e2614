"""Names that say something without being a setting of their own: TLS of bare addresses, Go's host and port, files.

Data for `layers` and `sources`, and for the reference.
"""

from collections.abc import Callable, Mapping
from typing import Final

from c8py.config.fields import TextError
from c8py.config.fields.readers import truth

# Applied to addresses without a scheme; any "insecure" wins, as in Camunda's own JavaScript client.
INSECURE_NAMES: Final = ("CAMUNDA_INSECURE_CONNECTION", "ZEEBE_INSECURE_CONNECTION")
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
    "CAMUNDA_CLIENT_ENABLED": _enabled,
    "CAMUNDA_OAUTH_GRANT_TYPE": _client_credentials,
}
NAMES: Final = (*INSECURE_NAMES, *SECURE_NAMES, HOST_NAME, PORT_NAME, FILE_NAME, ENV_FILE_NAME, *DEMANDS)

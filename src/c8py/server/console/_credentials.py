"""The text of a credentials file, name by name as Console has written it over the years.

Pure. The names and their order are Camunda's; the values are this platform's addresses. One value differs in kind:
CAMUNDA_CLIENT_MODE is 'self-managed', because in the mode 'saas' clients build Camunda's own addresses out of cluster
id and region, and would never look at ours.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from c8py.base.redact import Secret
from c8py.server.access import API_FACTS
from c8py.server.addresses import Addresses
from c8py.server.console._kinds import Place
from c8py.server.store import Cluster

FileVersion = Literal["8.5", "8.6", "8.8"]
FILE_VERSIONS: Final[dict[FileVersion, str]] = {
    "8.8": "Camunda 8.8 and later",
    "8.6": "Camunda 8.6 and 8.7",
    "8.5": "Camunda 8.5 and earlier",
}

# The order in which Console writes scopes into the file; its API has another one.
_SCOPES_IN_ORDER: Final = ("Zeebe", "Tasklist", "Operate", "Optimize", "Secrets")
_NOT_IN_FILE_NAMES: Final = re.compile(r"[^\w. -]", re.ASCII)


def credentials_text(  # what stands in the file, each by name
    addresses: Addresses,
    *,
    cluster: Cluster,
    place: Place,
    client_id: str,
    secret: Secret,
    scopes: Sequence[str],
    version: FileVersion = "8.8",
) -> str:
    """The file of a cluster's client.

    Args:
        addresses: where the platform is.
        cluster: whose client it is.
        place: where the cluster is reached.
        client_id: the client.
        secret: its secret.
        scopes: its scopes; some lines are there only with the one they belong to.
        version: which names: those up to 8.5, of 8.6 and 8.7, or since 8.8.
    """
    rest_too = version != "8.5"
    newest = version == "8.8"
    base = addresses.http_address
    lines: list[tuple[str, str, bool]] = [
        ("ZEEBE_ADDRESS", place.grpc_address, True),
        ("ZEEBE_CLIENT_ID", client_id, True),
        ("ZEEBE_CLIENT_SECRET", secret.reveal(), True),
        ("ZEEBE_AUTHORIZATION_SERVER_URL", addresses.oauth_url, True),
        ("ZEEBE_REST_ADDRESS", place.rest_address, rest_too),
        ("ZEEBE_GRPC_ADDRESS", place.grpc_url, rest_too),
        ("ZEEBE_TOKEN_AUDIENCE", API_FACTS["zeebe"].audience, True),
        ("CAMUNDA_CLUSTER_ID", cluster.cluster_id, True),
        ("CAMUNDA_CLIENT_ID", client_id, newest),
        ("CAMUNDA_CLIENT_SECRET", secret.reveal(), newest),
        ("CAMUNDA_CLUSTER_REGION", cluster.region, True),
        ("CAMUNDA_CREDENTIALS_SCOPES", ",".join(s for s in _SCOPES_IN_ORDER if s in scopes), True),
        ("CAMUNDA_TASKLIST_BASE_URL", f"{base}/tasklist", "Tasklist" in scopes),
        ("CAMUNDA_OPTIMIZE_BASE_URL", f"{base}/optimize", "Optimize" in scopes),
        ("CAMUNDA_OPERATE_BASE_URL", f"{base}/operate", "Operate" in scopes),
        ("CAMUNDA_OAUTH_URL", addresses.oauth_url, True),
        ("CAMUNDA_CLIENT_MODE", "self-managed", newest),
        ("CAMUNDA_CLIENT_AUTH_CLIENTID", client_id, newest),
        ("CAMUNDA_CLIENT_AUTH_CLIENTSECRET", secret.reveal(), newest),
        ("CAMUNDA_CLIENT_CLOUD_CLUSTERID", cluster.cluster_id, newest),
        ("CAMUNDA_CLIENT_CLOUD_REGION", cluster.region, newest),
    ]
    return _exports((name, value) for name, value, there in lines if there)


def organization_credentials_text(addresses: Addresses, *, client_id: str, secret: Secret) -> str:
    """The file of a client of the organization, for the Administration API.

    Args:
        addresses: where the platform is.
        client_id: the client.
        secret: its secret.
    """
    return _exports(
        (
            ("CAMUNDA_CONSOLE_CLIENT_ID", client_id),
            ("CAMUNDA_CONSOLE_CLIENT_SECRET", secret.reveal()),
            ("CAMUNDA_OAUTH_URL", addresses.oauth_url),
            ("CAMUNDA_CONSOLE_BASE_URL", addresses.console_api_url),
            ("CAMUNDA_CONSOLE_OAUTH_AUDIENCE", API_FACTS["console"].audience),
        )
    )


def credentials_file_name(client_name: str) -> str:
    """The name that Console gives the file; signs that file systems or headers could trip over become "_"."""
    return f"CamundaCloudMgmtAPI-Client-{_NOT_IN_FILE_NAMES.sub('_', client_name)}.txt"


def _exports(lines: Iterable[tuple[str, str]]) -> str:
    return "".join(f"export {name}='{value}'\n" for name, value in lines)

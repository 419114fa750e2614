"""The table of settings: which names each has in the environment and in files, and how its text is read.

A new setting is a row in the module of its group; a new name of one is a word in its row. Pure; read by everything
else in `config`, and by the reference.
"""

from collections.abc import Mapping
from typing import Final

from c8py.config.fields import cluster, components, credentials, network, token_requests, worker
from c8py.config.fields.field import Field, TextError

GROUPS: Final[Mapping[str, tuple[Field, ...]]] = {
    "The cluster": cluster.ROWS,
    "Credentials": credentials.ROWS,
    "Tokens": token_requests.ROWS,
    "Certificates and proxies": network.ROWS,
    "Other APIs": components.ROWS,
    "Workers": worker.ROWS,
}
FIELDS: Final = tuple(field for rows in GROUPS.values() for field in rows)
BY_NAME: Final[Mapping[str, Field]] = {field.name: field for field in FIELDS}

__all__ = ["BY_NAME", "FIELDS", "GROUPS", "Field", "TextError"]

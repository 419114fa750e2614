"""The table of settings: which names each has in the environment and in files, and how its text is read.

A new setting is a row in the module of its group; a new name of one is a word in its row. Pure; read by everything
else in `config`, and by the reference.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from c8py.config.fields import cluster, components, credentials, network, token_requests, worker
from c8py.config.fields.field import Field, TextError
from c8py.config.fields.older_names import OLDER_NAMES

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


def all_names(field: Field) -> Iterator[str]:
    """The names of a setting in the environment and in files, those that Spring had before included."""
    for name in field.names:
        yield name
        yield from OLDER_NAMES.get(name, ())


__all__ = ["BY_NAME", "FIELDS", "GROUPS", "Field", "TextError", "all_names"]

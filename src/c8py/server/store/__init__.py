"""What the platform remembers: organization, clusters, API clients and signing keys, in one SQLite file.

Owns the file `platform.db` and its schema. Knows no HTTP, makes no ids, and sees no client's secret, only its hash.
Called by access, oauth, console, gateway and app. One process at a time may have the file open.
"""

from c8py.server.store._rows import Activity, Client, Cluster, ClusterKind, Level, Organization, SigningKey
from c8py.server.store._shelf import Shelf
from c8py.server.store._store import NameTaken, Store

__all__ = [
    "Activity",
    "Client",
    "Cluster",
    "ClusterKind",
    "Level",
    "NameTaken",
    "Organization",
    "Shelf",
    "SigningKey",
    "Store",
]

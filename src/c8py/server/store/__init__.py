"""What the platform remembers: organization, clusters, API clients and signing keys, in one SQLite file.

Owns the file `platform.db` and its schema. Knows no HTTP, makes no ids, and sees no client's secret, only its hash.
Called by access, oauth, console, gateway and app. One process at a time may have the file open.
"""

from c8py.server.store._rows import Client, Cluster, Level, Organization, SigningKey
from c8py.server.store._store import NameTaken, Store

__all__ = ["Client", "Cluster", "Level", "NameTaken", "Organization", "SigningKey", "Store"]

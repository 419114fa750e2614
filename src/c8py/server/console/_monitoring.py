"""The metrics endpoint of a cluster: switched on and off, with credentials of its own for whoever scrapes it.

A password is shown once; its hash is kept. Requests carry it as Basic credentials.
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.server.console._ids import Ids
from c8py.server.console._journal import Journal, Verb
from c8py.server.console._lifecycle import named
from c8py.server.console._not_done import NotDone
from c8py.server.store import Cluster, Store

_ONE = "one"
_NOBODY = "0" * 64


class MonitoringClient(msgspec.Struct, frozen=True, kw_only=True):
    """Who may scrape the metrics of a cluster.

    Attributes:
        uuid: its id.
        username: what it sends.
        password_sha256: of what it sends besides, in hex.
        created_ms: in milliseconds since 1970.
        created_by: who made it.
        used_ms: when it came last; 0 for never.
    """

    uuid: str
    username: str
    password_sha256: str
    created_ms: int
    created_by: str
    used_ms: int = 0


class _Active(msgspec.Struct, frozen=True):
    since_ms: int


class Monitoring:
    """Keeps the endpoints and their credentials.

    Args:
        store: where they are.
        journal: told of every change.
        clock: when it is.
        ids: ids and passwords.
    """

    def __init__(self, store: Store, journal: Journal, *, clock: Clock, ids: Ids) -> None:
        self._active = store.shelf("monitoring", _Active)
        self._shelf = store.shelf("monitoring_clients", MonitoringClient)
        self._journal = journal
        self._clock = clock
        self._ids = ids

    def active(self, cluster: Cluster) -> bool:
        """Whether the endpoint is switched on."""
        return self._active.get(cluster.cluster_id, _ONE) is not None

    def activate(self, who: str, cluster: Cluster) -> None:
        """Switch it on.

        Raises:
            NotDone: it is on.
        """
        if self.active(cluster):
            raise NotDone(409, "expected monitoring to be off, but it is on")
        self._active.put(cluster.cluster_id, _ONE, _Active(self._clock.now_ms()))
        self._say(who, cluster, "switched monitoring on", "c", cluster.cluster_id)

    def deactivate(self, who: str, cluster: Cluster) -> None:
        """Switch it off, and forget all its credentials.

        Raises:
            NotDone: it is off.
        """
        if not self._active.remove(cluster.cluster_id, _ONE):
            raise NotDone(409, "expected monitoring to be on, but it is off")
        for one in self._shelf.all(cluster.cluster_id):
            self._shelf.remove(cluster.cluster_id, one)
        self._say(who, cluster, "switched monitoring off", "d", cluster.cluster_id)

    def clients(self, cluster: Cluster) -> tuple[MonitoringClient, ...]:
        """The credentials, the oldest first."""
        return tuple(self._shelf.all(cluster.cluster_id).values())

    def create(self, who: str, cluster: Cluster, username: str) -> tuple[MonitoringClient, Secret]:
        """New credentials, with the password for the only time.

        Raises:
            NotDone: the name does not fit or is taken, or there are too many.
        """
        named(username, "a user name")
        if ":" in username:
            raise NotDone(400, "expected a user name without a colon, but it has one")
        there = self.clients(cluster)
        if any(one.username == username for one in there):
            raise NotDone(409, f"expected a user name that is not taken, but there is {username!r}")
        if len(there) >= limits.SERVER_MONITORING_CLIENTS_MAX:
            raise NotDone(403, f"expected fewer than {limits.SERVER_MONITORING_CLIENTS_MAX} credentials")
        password = Secret(self._ids.secret())
        client = MonitoringClient(
            uuid=self._ids.uuid(),
            username=username,
            password_sha256=_digest(password.reveal()),
            created_ms=self._clock.now_ms(),
            created_by=who,
        )
        self._shelf.put(cluster.cluster_id, client.uuid, client)
        self._say(who, cluster, f"created the monitoring client {username}", "c", client.uuid)
        return client, password

    def rotate(self, who: str, cluster: Cluster, client_uuid: str) -> tuple[MonitoringClient, Secret]:
        """Another password for credentials; the one before is no longer any.

        Raises:
            NotDone: there are none of this id.
        """
        found = self._shelf.get(cluster.cluster_id, client_uuid)
        if found is None:
            raise NotDone(404, "expected a monitoring client of this cluster, but there is none")
        password = Secret(self._ids.secret())
        client = msgspec.structs.replace(found, password_sha256=_digest(password.reveal()))
        self._shelf.put(cluster.cluster_id, client_uuid, client)
        self._say(who, cluster, f"rotated the password of the monitoring client {client.username}", "u", client_uuid)
        return client, password

    def delete(self, who: str, cluster: Cluster, client_uuid: str) -> None:
        """Forget credentials.

        Raises:
            NotDone: there are none of this id.
        """
        found = self._shelf.get(cluster.cluster_id, client_uuid)
        if found is None or not self._shelf.remove(cluster.cluster_id, client_uuid):
            raise NotDone(404, "expected a monitoring client of this cluster, but there is none")
        self._say(who, cluster, f"deleted the monitoring client {found.username}", "d", client_uuid)

    def knows(self, cluster: Cluster, authorization: str | None) -> bool:
        """Whether the header is that of somebody who may scrape this cluster."""
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic" or not self.active(cluster):
            return False
        try:
            username, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return False
        found = next((one for one in self.clients(cluster) if one.username == username), None)
        right = hmac.compare_digest(_digest(password), _NOBODY if found is None else found.password_sha256)
        return right and found is not None

    def _say(self, who: str, cluster: Cluster, what: str, verb: Verb, entity_id: str) -> None:
        self._journal.write(who, what, verb=verb, entity="monitoring", entity_id=entity_id, parent=cluster.cluster_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

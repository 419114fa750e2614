"""Connector secrets: names and sealed values of one cluster each. Values are opened only for who may read them."""

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.server.access import Seal
from c8py.server.console._journal import Journal
from c8py.server.console._not_done import NotDone
from c8py.server.store import Cluster, Store


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    sealed: str
    changed_ms: int


class Vault:
    """Keeps the secrets of all clusters.

    Args:
        store: where the sealed values are.
        seal: seals and opens them.
        journal: told of every change, by name.
        clock: when it was.
    """

    def __init__(self, store: Store, seal: Seal, journal: Journal, *, clock: Clock) -> None:
        self._shelf = store.shelf("secrets", _Sealed)
        self._seal = seal
        self._journal = journal
        self._clock = clock

    def names(self, cluster: Cluster) -> dict[str, int]:
        """The names, each with when it was changed last, in milliseconds since 1970."""
        return {name: kept.changed_ms for name, kept in sorted(self._shelf.all(cluster.cluster_id).items())}

    def reveal(self, cluster: Cluster) -> dict[str, Secret]:
        """Names and values."""
        return {
            name: self._seal.open(kept.sealed, _place(cluster, name))
            for name, kept in sorted(self._shelf.all(cluster.cluster_id).items())
        }

    def create(self, who: str, cluster: Cluster, name: str, value: Secret) -> None:
        """Keep a new secret.

        Raises:
            NotDone: the name or the value does not fit, is taken, or there are too many.
        """
        most = limits.SERVER_SECRET_NAME_CHARS_MAX
        if not 0 < len(name) <= most or not name.isprintable() or name in {".", ".."} or "/" in name or " " in name:
            raise NotDone(
                400, f"expected a name of 1 to {most} printable characters without space or slash, but it is not"
            )
        kept = self._shelf.all(cluster.cluster_id)
        if name in kept:
            raise NotDone(409, f"expected a name that is not taken, but there is a secret named {name!r}")
        if len(kept) >= limits.SERVER_SECRETS_MAX:
            raise NotDone(
                403, f"expected fewer than {limits.SERVER_SECRETS_MAX} secrets, but there are as many already"
            )
        self._put(cluster, name, value)
        self._journal.write(
            who, f"created the secret {name}", verb="c", entity="secret", entity_id=name, parent=cluster.cluster_id
        )

    def update(self, who: str, cluster: Cluster, name: str, value: Secret) -> None:
        """Keep another value of a secret.

        Raises:
            NotDone: there is no such secret, or the value does not fit.
        """
        if self._shelf.get(cluster.cluster_id, name) is None:
            raise NotDone(404, "expected the name of a secret of this cluster, but there is none")
        self._put(cluster, name, value)
        self._journal.write(
            who, f"changed the secret {name}", verb="u", entity="secret", entity_id=name, parent=cluster.cluster_id
        )

    def delete(self, who: str, cluster: Cluster, name: str) -> bool:
        """Forget a secret; whether there was one."""
        found = self._shelf.remove(cluster.cluster_id, name)
        if found:
            self._journal.write(
                who, f"deleted the secret {name}", verb="d", entity="secret", entity_id=name, parent=cluster.cluster_id
            )
        return found

    def _put(self, cluster: Cluster, name: str, value: Secret) -> None:
        try:
            size = len(value.reveal().encode())
        except UnicodeEncodeError:
            raise NotDone(400, "expected a value of whole characters, but it has halves of them") from None
        if not 0 < size <= limits.SERVER_SECRET_BYTES_MAX:
            raise NotDone(400, f"expected a value of 1 to {limits.SERVER_SECRET_BYTES_MAX} bytes, but it has {size}")
        kept = _Sealed(sealed=self._seal.seal(value, _place(cluster, name)), changed_ms=self._clock.now_ms())
        self._shelf.put(cluster.cluster_id, name, kept)


def _place(cluster: Cluster, name: str) -> str:
    return f"{cluster.cluster_id}/{name}"

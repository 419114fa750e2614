"""What a platform makes by itself: its organization, a cluster, and a ready-made client of each with its file.

The files are the only place that keeps these two secrets. A later start finds them, puts the addresses right, and makes
another client where the file or the client is gone. Called by app.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.errors import PlatformError
from c8py.server.addresses import Addresses
from c8py.server.console._credentials import (
    credentials_file_name,
    credentials_text,
    organization_credentials_text,
)
from c8py.server.console._ids import Ids
from c8py.server.console._service import ConsoleService, Created, Refused
from c8py.server.settings import Settings
from c8py.server.store import Client, Cluster, Level, Organization, Store

# Names of the clients; the next free one of "local", "local 2", "local 3" …
_NAMES: Final[dict[Level, str]] = {"cluster": "local", "organization": "administration"}
_SECRET_LINE: Final = re.compile(r"^export (?:ZEEBE|CAMUNDA_CONSOLE)_CLIENT_SECRET='([^']+)'\s*$", re.MULTILINE)
_FILE_BYTES_MAX: Final = 64 * 1024


def ensure_cluster(store: Store, settings: Settings, *, clock: Clock, ids: Ids) -> tuple[Organization, Cluster]:
    """The organization of this platform and its first cluster; made where there are none.

    Args:
        store: where they are kept.
        settings: their names.
        clock: when they were made.
        ids: their ids.
    """
    organization = store.organization()
    if organization is None:
        organization = Organization(org_id=ids.uuid(), name=settings.organization, created_ms=clock.now_ms())
        store.add_organization(organization)
    for cluster in store.clusters():
        # The one on the ports of the settings, which `c8 up` promises, is of the embedded engine.
        if cluster.kind == "embedded":
            return organization, cluster
    cluster = Cluster(
        cluster_id=ids.uuid(),
        org_id=organization.org_id,
        name=settings.cluster.name,
        region=settings.cluster.region,
        generation=settings.cluster.generation,
        created_ms=clock.now_ms(),
    )
    store.add_cluster(cluster)
    return organization, cluster


def ensure_credentials(
    folder: Path, addresses: Addresses, *, cluster: Cluster, store: Store, service: ConsoleService
) -> Addresses:
    """The addresses with the two files in them; each file is there, readable by its owner alone, and right.

    Args:
        folder: where the files are.
        addresses: what the files say; the names of the files in them are still empty.
        cluster: whose client one of them is.
        store: remembers which clients were ready-made.
        service: makes clients.

    Raises:
        PlatformError: a file cannot be written, or there are as many clients as there may be.
    """

    def cluster_text(client: Client, secret: Secret) -> str:
        return credentials_text(
            addresses,
            cluster=cluster,
            place=service.place(cluster),
            client_id=client.client_id,
            secret=secret,
            scopes=client.permissions,
        )

    def organization_text(client: Client, secret: Secret) -> str:
        return organization_credentials_text(addresses, client_id=client.client_id, secret=secret)

    def new_cluster_client(name: str) -> Created | Refused:
        return service.create(cluster, name)

    def new_organization_client(name: str) -> Created | Refused:
        return service.create_for_organization(cluster.org_id, name)

    keeper = _Keeper(folder, store, service, cluster)
    return msgspec.structs.replace(
        addresses,
        credentials_file=str(keeper.ensure("cluster", new_cluster_client, cluster_text)),
        console_credentials_file=str(keeper.ensure("organization", new_organization_client, organization_text)),
    )


class _Keeper:
    """Keeps one file per level."""

    def __init__(self, folder: Path, store: Store, service: ConsoleService, cluster: Cluster) -> None:
        self._cluster = cluster
        self._folder = folder
        self._store = store
        self._service = service

    def ensure(
        self,
        level: Level,
        create: Callable[[str], Created | Refused],
        text_of: Callable[[Client, Secret], str],
    ) -> Path:
        """The file of this level, with a client and a secret that work."""
        client = self._store.ready_made(level)
        secret = None if client is None else self._secret_in(self._path(client), client)
        if client is None or secret is None:
            made = create(self._free_name(level))
            if isinstance(made, Refused):
                raise PlatformError(
                    f"expected to make the client of {self._folder}, but: {made.detail}",
                    hint="delete clients that nobody needs",
                )
            client, secret = made.client, made.secret
            # The file first: after a crash in between there is one client too many, but no file that does not work.
            _write(self._path(client), text_of(client, secret))
            self._store.set_ready_made(client)
        else:
            _write(self._path(client), text_of(client, secret))
        return self._path(client)

    def _path(self, client: Client) -> Path:
        return self._folder / credentials_file_name(client.name)

    def _secret_in(self, path: Path, client: Client) -> Secret | None:
        """The client's secret, if its file still has it."""
        try:
            with path.open("rb") as file:
                text = file.read(_FILE_BYTES_MAX).decode(errors="replace")
        except OSError:
            return None
        found = _SECRET_LINE.search(text)
        secret = Secret(found[1]) if found else Secret("")
        return secret if self._service.knows(client, secret) else None

    def _free_name(self, level: Level) -> str:
        cluster_id = None if level == "organization" else self._cluster.cluster_id
        taken = {client.name for client in self._store.clients(cluster_id)}
        # One more than are taken: one of them is free.
        names = (_NAMES[level], *(f"{_NAMES[level]} {number}" for number in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)


def _write(path: Path, text: str) -> None:
    """Write it in one step, readable by its owner alone; left alone where it says so already.

    Raises:
        PlatformError: it cannot be written.
    """
    beside = path.with_name(path.name + ".new")
    try:
        if path.exists() and path.read_text(errors="replace") == text and not path.stat().st_mode & 0o077:
            return
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="\n") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        raise PlatformError(
            f"expected to write {path}, but: {error.strerror or error}",
            hint="check the folder and the space on the disk",
        ) from error

"""Backup of the platform's own data while it runs: its database and those of the embedded engines, as SQLite copies.

A folder that, put in the place of the data folder, is the platform as it was. Not in it: the key of sealed secrets
(whoever has both has the secrets; keep it elsewhere), data of real brokers (they have backups of their own), caches.
"""

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Final

from c8py.errors import PlatformError
from c8py.server.app._guests import FILE_NAME as HOSTS_FILE
from c8py.server.store import Store

_PART: Final = ".part"
FOLDER: Final = "platform"


def back_up(folder: Path, store: Store, backups: Path, name: str) -> Path:
    """The new backup, there as a whole or not at all. Blocks.

    Args:
        folder: of the platform's data.
        store: of the platform.
        backups: receives the backup.
        name: of its folder.

    Raises:
        PlatformError: it cannot be written.
    """
    part, whole = backups / FOLDER / (name + _PART), backups / FOLDER / name
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        store.copy_to(part)
        for cluster in sorted((folder / "clusters").glob("*")):
            if cluster.is_dir():
                _copy_cluster(cluster, part / "clusters" / cluster.name)
        if (folder / HOSTS_FILE).exists():
            shutil.copy2(folder / HOSTS_FILE, part)
        part.rename(whole)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise PlatformError(
            f"expected to write a backup into {whole}, but: {error}", hint="check the space on the disk"
        ) from error
    return whole


def _copy_cluster(cluster: Path, target: Path) -> None:
    for file in sorted(cluster.glob("*.db")):
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        source = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
        copy = sqlite3.connect(target / file.name)
        with contextlib.closing(source), contextlib.closing(copy):
            source.backup(copy)
    if (cluster / "cluster.json").exists():
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(cluster / "cluster.json", target)

"""Backups of a cluster as copies of its brokers' folders, taken and put back while none of them runs. Blocking.

Zeebe 8.5 to 8.7 backs up while it runs to S3, Google and Azure only, none of which is on this machine; so the cluster
rests for as long as the copy takes. A backup is a folder: there as a whole, or not at all.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from c8py.errors import PlatformError

_MANIFEST: Final = "backup.json"
_PART: Final = ".part"
_RESTORING: Final = "data.restoring"
_RESTORED: Final = "restored"


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """One backup.

    Attributes:
        backup_id: its UUID.
        cluster_id: whose it is.
        version: of Zeebe.
        brokers: how many the cluster had.
        partitions: how many.
        replication: on how many brokers each lay.
        created_ms: when it was begun, milliseconds since 1970.
        completed_ms: when it was whole.
        size_bytes: of all that was copied.
    """

    backup_id: str
    cluster_id: str
    version: str
    brokers: int
    partitions: int
    replication: int
    created_ms: int
    completed_ms: int
    size_bytes: int


def backups_in(folder: Path) -> tuple[Backup, ...]:
    """The whole backups of this folder, the oldest first; what was begun and never ended is passed over."""
    found: list[Backup] = []
    for manifest in folder.glob(f"*/{_MANIFEST}"):
        try:
            found.append(msgspec.json.decode(manifest.read_bytes(), type=Backup))
        except (OSError, msgspec.MsgspecError):
            continue
    return tuple(sorted(found, key=lambda one: (one.created_ms, one.backup_id)))


def take(brokers: Iterable[Path], folder: Path, backup_id: str) -> int:
    """Copy the data of these brokers, none of which runs.

    Args:
        brokers: their folders.
        folder: of the backups.
        backup_id: names the new one; it is finished by `seal`.

    Returns:
        Its size in bytes.

    Raises:
        PlatformError: it cannot be written; nothing of it is left.
    """
    part = folder / (backup_id + _PART)
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        for broker in brokers:
            shutil.copytree(broker / "data", part / broker.name)
        return sum(file.stat().st_size for file in part.rglob("*") if file.is_file())
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise PlatformError(
            f"expected to write a backup into {folder}, but: {error}", hint="check the space on the disk"
        ) from error


def seal(folder: Path, backup: Backup) -> None:
    """Make what was taken a backup.

    Raises:
        PlatformError: it cannot be written.
    """
    part = folder / (backup.backup_id + _PART)
    try:
        (part / _MANIFEST).write_bytes(msgspec.json.encode(backup))
        if hasattr(os, "sync"):
            os.sync()
        part.rename(folder / backup.backup_id)
    except OSError as error:
        raise PlatformError(
            f"expected to write a backup into {folder}, but: {error}", hint="check the space on the disk"
        ) from error


def put_back(brokers: Iterable[Path], folder: Path, backup_id: str) -> None:
    """Replace the data of these brokers, none of which runs, by those of a backup; all of them or none.

    Args:
        brokers: their folders, all in the folder of the cluster.
        folder: of the backups.
        backup_id: which one.

    Raises:
        PlatformError: a file is missing or cannot be written; the data are as they were.
    """
    folders = tuple(brokers)
    try:
        for broker in folders:
            broker.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.rmtree(broker / _RESTORING, ignore_errors=True)
            shutil.copytree(folder / backup_id / broker.name, broker / _RESTORING)
        # From here on the backup counts, whatever happens: an interrupted restore is ended by the next start.
        (folders[0].parent / _RESTORED).touch()
    except OSError as error:
        for broker in folders:
            shutil.rmtree(broker / _RESTORING, ignore_errors=True)
        raise PlatformError(f"expected to restore the backup {backup_id}, but: {error}") from error
    finish(folders)


def finish(brokers: Iterable[Path]) -> None:
    """End a restore that was interrupted, in the direction that it had taken; call it before any broker is started.

    Raises:
        PlatformError: a folder cannot be moved.
    """
    folders = tuple(brokers)
    decided = folders[0].parent / _RESTORED
    try:
        for broker in folders:
            copied = broker / _RESTORING
            if decided.exists() and copied.exists():
                shutil.rmtree(broker / "data", ignore_errors=True)
                copied.rename(broker / "data")
            else:
                shutil.rmtree(copied, ignore_errors=True)
        decided.unlink(missing_ok=True)
    except OSError as error:
        raise PlatformError(f"expected to end the restore in {folders[0].parent}, but: {error}") from error

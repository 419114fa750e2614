"""The folder of a platform that keeps nothing: gone at its end, or at the start of the next one where it was killed.

Each folder has a lock beside it, held for as long as its platform lives. Called by `_platform`.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from c8py.errors import PlatformError

_PREFIX: Final = "c8py-up-"
_SUFFIX: Final = ".lock"


@contextmanager
def passing_folder(parent: Path | None = None) -> Generator[Path]:
    """An empty folder for this user alone, until the end of the context.

    Args:
        parent: where to make it; None is the system's folder for temporary files.

    Raises:
        PlatformError: it cannot be made.
    """
    parent = parent or Path(tempfile.gettempdir())
    _remove_left_behind(parent)
    try:
        # The lock is there before the folder: who finds a folder whose lock is free finds one that nobody uses.
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=parent)
        os.close(descriptor)
        lock = FileLock(name, timeout=0)
        lock.acquire()
        folder = Path(name.removesuffix(_SUFFIX))
        folder.mkdir(mode=0o700)
    except (OSError, Timeout) as error:
        raise PlatformError(f"expected to make a temporary folder, but: {error}", hint="use --data-dir") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _forget(lock)


def _remove_left_behind(parent: Path) -> None:
    for path in parent.glob(f"{_PREFIX}*{_SUFFIX}"):
        folder = path.with_name(path.name.removesuffix(_SUFFIX))
        if not _is_ours(path) or _has_brokers(folder):
            continue
        lock = FileLock(path, timeout=0)
        with suppress(OSError, Timeout):
            lock.acquire()
            shutil.rmtree(folder, ignore_errors=True)
            _forget(lock)


def _is_ours(path: Path) -> bool:
    """Whether this user has made it: others may put what they like into a common folder."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def _has_brokers(folder: Path) -> bool:
    """Real brokers outlive a platform that is killed; what they write to stays."""
    return any(folder.glob("clusters/*/broker-*"))


def _forget(lock: FileLock) -> None:
    # While it is held where the system lets us: nobody must take the lock of a folder that is going.
    with suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
    with suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)

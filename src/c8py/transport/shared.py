"""The tokens of this process, for all its clients: nobody asks the token service twice for the same one."""

import threading
from pathlib import Path
from typing import Final

from c8py.auth import FileCache, MemoryCache, TokenCache
from c8py.base.clock import SystemClock
from c8py.config import Settings

_MEMORY: Final = MemoryCache()
_folders: Final[dict[Path, FileCache]] = {}
_guard: Final = threading.Lock()


def shared_cache(settings: Settings) -> TokenCache:
    """The cache that all clients with these settings have in common: a folder of the host, or this process's memory."""
    folder = settings.token_cache_dir
    if folder is None or not settings.token_disk_cache:
        return _MEMORY
    with _guard:
        return _folders.setdefault(folder, FileCache(folder, SystemClock()))

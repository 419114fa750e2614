"""The tokens of this process, for all its clients: nobody asks the token service twice for the same one."""

from typing import Final

from c8py.auth import MemoryCache

TOKENS: Final = MemoryCache()

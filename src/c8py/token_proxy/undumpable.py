"""Keeps this process's memory, which holds tokens, out of core dumps and away from other processes of the same user.

Linux knows a word for it; elsewhere the limit of core files does what it can.
"""

import ctypes
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def never_dump() -> None:
    """From here on a crash leaves nothing behind, and nobody but root can attach a debugger."""
    try:
        import resource  # noqa: PLC0415  Windows has none
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A handler of core files that is a program is given them in spite of the limit, but not of this.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)

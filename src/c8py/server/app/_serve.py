"""Runs a platform until the process is told to stop: what `c8 up` is, once its options are read."""

import asyncio
import signal
from collections.abc import Callable
from typing import Final

from c8py.server.app._platform import Platform
from c8py.server.settings import Addresses, Settings

# SIGHUP: the terminal was closed; Windows has none.
_ENDING: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def serve(settings: Settings, on_ready: Callable[[Addresses], None]) -> int:
    """Start, report, wait for SIGINT, SIGTERM or SIGHUP, stop.

    Args:
        settings: what the platform is told.
        on_ready: called once, when every address answers.

    Returns:
        The exit code: 0, for being told to stop is how it ends.

    Raises:
        PlatformError: it could not start; nothing is left behind.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(settings, on_ready))


async def _serve(settings: Settings, on_ready: Callable[[Addresses], None]) -> int:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        # Under nohup it is to live on. SIGINT is ignored by what a shell starts with &, but whoever sends it means it.
        if number != signal.SIGINT and signal.getsignal(number) == signal.SIG_IGN:
            continue
        try:
            loop.add_signal_handler(number, told.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(told.set) and None)
    platform = Platform(settings)
    try:
        addresses = await platform.start()
        # A signal during the start: nobody waits for the platform any more.
        if not told.is_set():
            on_ready(addresses)
            await told.wait()
    finally:
        await platform.stop()
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is: a tenth to a third less CPU per call; not on Windows."""
    try:
        import uvloop  # noqa: PLC0415  optional
    except ImportError:
        return None
    return uvloop.new_event_loop

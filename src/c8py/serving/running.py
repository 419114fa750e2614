"""Runs something in an event loop of its own until the process is told to stop: `c8 up`, and the token proxy."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")

# SIGHUP: the terminal was closed; Windows has none.
_ENDING: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def run_until_told(
    start: Callable[[], Awaitable[T]], stop: Callable[[], Awaitable[None]], on_ready: Callable[[T], None]
) -> int:
    """Start, report, wait for SIGINT, SIGTERM or SIGHUP, stop.

    Args:
        start: when it returns, every address answers.
        stop: undoes it; called in any case, after a failed start too.
        on_ready: called once with what `start` returned.

    Returns:
        The exit code: 0, for being told to stop is how it ends.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_run(start, stop, on_ready))


async def _run(
    start: Callable[[], Awaitable[T]], stop: Callable[[], Awaitable[None]], on_ready: Callable[[T], None]
) -> int:
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
    try:
        started = await start()
        # A signal during the start: nobody waits for it any more.
        if not told.is_set():
            on_ready(started)
            await told.wait()
    finally:
        await stop()
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is: a tenth to a third less CPU per call; not on Windows."""
    try:
        import uvloop  # noqa: PLC0415  optional
    except ImportError:
        return None
    return uvloop.new_event_loop

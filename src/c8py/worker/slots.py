"""Capacity as one number: how many jobs a worker holds, being asked for or being worked on, never more than that.

Knows counting and fair waiting, no protocol. Used by intake, given back by the shell when a job is reported.
"""

import asyncio
from collections import deque


class Slots:
    """Room for a fixed number of jobs, given out in the order in which it is asked for.

    Args:
        size: how many jobs there may be at once.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._reliefs: list[asyncio.Event] = []
        self._gathering: dict[asyncio.Future[None], int] = {}

    @property
    def size(self) -> int:
        """How many there are in all."""
        return self._size

    @property
    def free(self) -> int:
        """How many are not taken."""
        return max(0, self._free)

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._size - self._free

    def new_relief(self) -> asyncio.Event:
        """An event of one's own, set when a job's slot comes free after there had been none; who waits clears it."""
        relief = asyncio.Event()
        self._reliefs.append(relief)
        return relief

    async def take(self, most: int, *, enough: int = 1, linger_s: float = 0.0, ahead: bool = False) -> int:
        """Wait until at least one slot is free, then take as many as are, up to `most`.

        Args:
            most: how many are wanted, at least 1.
            enough: how many make a batch that is worth a call.
            linger_s: seconds to wait for so many, once there is one.
            ahead: stand before those who wait already; for a job that has been received.

        Returns:
            How many were taken: from 1 to `most`, leaving the others who wait their share.
        """
        waited = False
        while self._free < 1 or (self._waiting and not ahead and not waited):
            await self._turn(ahead=ahead or waited)
            waited = True
        if self._free < enough and linger_s > 0:
            await self._gathered(enough, linger_s)
            if self._free < 1:
                return await self.take(most, ahead=True)
        granted = min(most, max(1, self._free // (1 + len(self._waiting) + len(self._gathering))))
        self._free -= granted
        self._wake()
        return granted

    def give(self, count: int, *, unused: bool = False) -> None:
        """Put so many back.

        Args:
            count: how many; a negative count takes without waiting: the server gave more than it was asked for.
            unused: they were asked for and no jobs came, so there is nothing that was missed meanwhile.
        """
        if not unused and self._free < 1 <= self._free + count:
            for relief in self._reliefs:
                relief.set()
        self._free += count
        self._wake()
        for batch, enough in self._gathering.items():
            if self._free >= enough and not batch.done():
                batch.set_result(None)

    async def _gathered(self, enough: int, linger_s: float) -> None:
        """Wait until so many are free, for no longer than that."""
        loop = asyncio.get_running_loop()
        batch: asyncio.Future[None] = loop.create_future()
        self._gathering[batch] = enough
        late = loop.call_later(linger_s, _settle, batch)
        try:
            await batch
        finally:
            late.cancel()
            del self._gathering[batch]

    async def _turn(self, *, ahead: bool) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if ahead:
            self._waiting.appendleft(turn)
        else:
            self._waiting.append(turn)
        try:
            await turn
        finally:
            self._waiting.remove(turn)
            if turn.done() and not turn.cancelled():
                # Woken and cancelled in the same breath: the next one must not sleep on.
                self._wake()

    def _wake(self) -> None:
        if self._free < 1:
            return
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
                return


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Room:
    """The slots of one job type: those of the whole worker, and no more of them than the type may have.

    Args:
        shared: the slots of the worker.
        most: how many of them this type may take; as many as there are, or more, means no limit of its own.
    """

    def __init__(self, shared: Slots, most: int) -> None:
        self._shared = shared
        self._own = Slots(most) if most < shared.size else None
        self._reliefs = [slots.new_relief() for slots in (shared, self._own) if slots is not None]

    @property
    def size(self) -> int:
        """How many this type may have at once."""
        return self._shared.size if self._own is None else self._own.size

    @property
    def reliefs(self) -> list[asyncio.Event]:
        """Set when a slot comes free after there had been none; who waits clears them."""
        return self._reliefs

    async def take(self, most: int, *, enough: int = 1, linger_s: float = 0.0, ahead: bool = False) -> int:
        """As `Slots.take`, within both limits."""
        if self._own is None:
            return await self._shared.take(most, enough=enough, linger_s=linger_s, ahead=ahead)
        allowed = await self._own.take(most, enough=enough, linger_s=linger_s, ahead=ahead)
        granted = 0
        try:
            granted = await self._shared.take(allowed, ahead=ahead)
        finally:
            if granted < allowed:
                self._own.give(allowed - granted, unused=True)
        return granted

    def give(self, count: int, *, unused: bool = False) -> None:
        """As `Slots.give`."""
        if self._own is not None:
            self._own.give(count, unused=unused)
        self._shared.give(count, unused=unused)

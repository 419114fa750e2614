"""Reading what a stranger sends: all of it, but neither more nor longer than allowed. Knows chunks, no protocol.

Called by the edges of our servers before anything looks at a body.
"""

import asyncio
from collections.abc import AsyncIterable


class BodyTooLarge(Exception):  # noqa: N818  what came is judged, nothing broke
    """More came than is allowed; the rest was not read."""


class BodyTooSlow(Exception):  # noqa: N818  what came is judged, nothing broke
    """It had not all come when the time was over."""


async def read_bounded(chunks: AsyncIterable[bytes], *, bytes_max: int, wait_s: float) -> bytes:
    """All the chunks as one.

    Args:
        chunks: as they arrive.
        bytes_max: how much may come.
        wait_s: seconds that all of it may take.

    Raises:
        BodyTooLarge: more came.
        BodyTooSlow: it took longer.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(wait_s):
            async for chunk in chunks:
                body += chunk
                if len(body) > bytes_max:
                    raise BodyTooLarge(bytes_max)
    except TimeoutError as error:
        raise BodyTooSlow(wait_s) from error
    return bytes(body)

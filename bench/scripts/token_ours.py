"""One process that needs a token: asks for a topology until it has one, or its patience ends. See bench/tokens.py."""

import asyncio
import sys
import time

from c8py.client import AsyncCamunda
from c8py.errors import C8Error


async def main(patience_s: float) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.monotonic()
    async with AsyncCamunda.from_env() as camunda:
        while (waited := time.monotonic() - start) < patience_s:
            try:
                async with asyncio.timeout(patience_s - waited):
                    await camunda.topology(protocol="grpc")
            except (C8Error, TimeoutError):
                await asyncio.sleep(1)
            else:
                print(time.monotonic() - start, flush=True)
                return
    print(-waited, flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))

"""One process that needs a token: asks for a topology until it has one, or its patience ends. See bench/tokens.py."""

import asyncio
import sys
import time

from camunda_orchestration_sdk import CamundaAsyncClient


async def main(patience_s: float) -> None:
    async with CamundaAsyncClient() as client:
        print("ready", flush=True)
        sys.stdin.readline()
        start = time.monotonic()
        while (waited := time.monotonic() - start) < patience_s:
            try:
                async with asyncio.timeout(patience_s - waited):
                    await client.get_topology()
            except Exception:  # noqa: BLE001 - whatever it raises, a user would try again
                await asyncio.sleep(1)
            else:
                print(time.monotonic() - start, flush=True)
                return
        print(-waited, flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))

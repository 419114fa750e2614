"""One process that needs a token: asks for a topology until it has one, or its patience ends. See bench/tokens.py."""

import asyncio
import sys
import time

import grpc
from pyzeebe import ZeebeClient, create_oauth2_client_credentials_channel


async def main(patience_s: float) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.monotonic()
    # Tokens over plain text: grpc allows it for local addresses only, and only when told so.
    channel = create_oauth2_client_credentials_channel(channel_credentials=grpc.local_channel_credentials())
    client = ZeebeClient(channel)
    while (waited := time.monotonic() - start) < patience_s:
        try:
            async with asyncio.timeout(patience_s - waited):
                await client.topology()
        except Exception:  # noqa: BLE001 - whatever it raises, a user would try again
            await asyncio.sleep(1)
        else:
            print(time.monotonic() - start, flush=True)
            return
    print(-waited, flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))

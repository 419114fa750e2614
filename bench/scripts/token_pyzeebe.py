"""Callers that need a token: the twin of token_ours.py for pyzeebe, which has no client that threads could share."""

import asyncio
import json
import os
import sys
import time

import grpc
from pyzeebe import ZeebeClient, create_oauth2_client_credentials_channel
from pyzeebe.credentials.oauth import Oauth2ClientCredentialsMetadataPlugin

ROUNDS = 15


def wait_for_the_word() -> float:
    print("ready", flush=True)
    sys.stdin.readline()
    return time.monotonic()


async def coroutines(count: int, patience_s: float) -> list[float]:
    start = wait_for_the_word()
    # Tokens over plain text: grpc allows it for local addresses only, and only when told so.
    channel = create_oauth2_client_credentials_channel(channel_credentials=grpc.local_channel_credentials())
    client = ZeebeClient(channel)
    return await asyncio.gather(*(served(client, start, patience_s) for _ in range(count)))


async def served(client: ZeebeClient, start: float, patience_s: float) -> float:
    while (waited := time.monotonic() - start) < patience_s:
        try:
            async with asyncio.timeout(patience_s - waited):
                await client.topology()
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - whatever it raises, a user would try again;
            await asyncio.sleep(1)  # grpc says "cancelled" of a call whose token it could not get
        else:
            return time.monotonic() - start
    return -waited


def warm(count: int, _patience_s: float) -> list[float]:
    # What grpc calls, in a thread of its own, for every call.
    plugin = Oauth2ClientCredentialsMetadataPlugin(
        client_id=os.environ["ZEEBE_CLIENT_ID"],
        client_secret=os.environ["ZEEBE_CLIENT_SECRET"],
        authorization_server=os.environ["ZEEBE_AUTHORIZATION_SERVER_URL"],
        audience=os.environ["ZEEBE_TOKEN_AUDIENCE"],
    )
    plugin(None, lambda *_: None)
    wait_for_the_word()
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(count):
            plugin(None, lambda *_: None)
        best = min(best, time.perf_counter() - start)
    return [best / count * 1e6]


KINDS = {
    "coroutines": lambda *course: asyncio.run(coroutines(*course)),
    "warm": warm,
}

if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]))), flush=True)

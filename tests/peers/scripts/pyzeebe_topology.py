"""Asks for the topology once with pyzeebe, with whatever the environment says; prints how many partitions there are."""

import asyncio
import sys

import grpc
from pyzeebe import ZeebeClient, create_oauth2_client_credentials_channel


async def main() -> int:
    # Tokens over plain text: grpc allows it for local addresses only, and only when told so.
    connection = create_oauth2_client_credentials_channel(channel_credentials=grpc.local_channel_credentials())
    topology = await ZeebeClient(connection).topology()
    await connection.close()
    return topology.partitions_count


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(main())}\n")

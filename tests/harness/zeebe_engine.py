"""The engine of Zeebe 8.8 behind its own gRPC gateway, in memory: newer than any broker that its makers hand out.

It is a library without a program, fetched once by its Maven coordinates with what it needs, and run through JPype by
`zeebe_engine_program.py` in a process of its own. Its licence is that of the broker: development and tests.
"""

import os
import sys
from pathlib import Path

import grpc
from filelock import FileLock

from harness import counterparts
from harness.distributions import DOWNLOAD_TIMEOUT_S, cache, java_home
from harness.processes import Program, free_ports

ENDPOINT = "io.camunda:zeebe-process-test-engine:8.8.21"
READY_DEADLINE_S = 120.0


class Engine88:
    """One engine, ready for calls.

    Args:
        folder: receives its log.
    """

    def __init__(self, folder: Path) -> None:
        (port,) = free_ports(1)
        self.grpc_address = f"127.0.0.1:{port}"
        counterparts.say(self.grpc_address, counterparts.REAL_ENGINE)
        self.program = Program(
            [sys.executable, Path(__file__).with_name("zeebe_engine_program.py"), _jars(), str(port)],
            folder=folder,
            name="engine-8.8",
            working_folder=folder,
            environment=os.environ | {"JAVA_HOME": str(java_home())},
        )
        try:
            self.program.wait_for("readiness", self._answers, deadline_s=READY_DEADLINE_S)
        except BaseException:
            self.program.kill()
            raise

    def stop(self) -> None:
        """End it, with all that it knows."""
        self.program.stop()

    def _answers(self) -> bool:
        with grpc.insecure_channel(self.grpc_address) as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=0.5)
            except grpc.FutureTimeoutError:
                return False
        return True


def _jars() -> Path:
    """A folder with all its jars, below it."""
    from jgo.env import EnvironmentBuilder
    from jgo.maven import MavenContext

    with FileLock(cache() / "engine-8.8.lock"):
        context = MavenContext(repo_cache=cache() / "maven", timeout=DOWNLOAD_TIMEOUT_S)
        return EnvironmentBuilder(context, cache_dir=cache() / "jgo").from_endpoint(ENDPOINT).path

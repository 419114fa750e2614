"""Our platform as a subprocess: `c8 up`, and `c8` itself, run from this checkout as a person would run them."""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess

from harness import counterparts
from harness.processes import ROOT, Program, run
from harness.secrets import KNOWN

READY_DEADLINE_S = 60.0
C8 = Path(sys.executable).with_name("c8")
# Runs on Zeebe 8.6 and on our engine alike: process `order`, one job of type `charge-card`, one decision.
ORDER_MODEL = ROOT / "tests" / "harness" / "order.bpmn"
# Tests make more token requests than one address may; those of the limit itself leave this out.
UNLIMITED_TOKENS = ("--set", "oauth.rate_per_s=0")
READY_FIELDS = {
    "pid",
    "http_address",
    "grpc_address",
    "rest_address",
    "oauth_url",
    "console_url",
    "console_api_url",
    "cluster_id",
    "region",
    "org_id",
    "credentials_file",
    "console_credentials_file",
    "owner_url",
}


class Platform:
    """`c8 up --json`, ready, and what its ready line says.

    Args:
        folder: receives its output, and its data where `ephemeral` is false.
        arguments: further options of `c8 up`.
        ephemeral: keep nothing; else the data live in FOLDER/data and survive a restart on the same folder.
        name: tells several runs in one folder apart.
    """

    def __init__(self, folder: Path, *arguments: str, ephemeral: bool = True, name: str = "platform") -> None:
        place = ["--ephemeral"] if ephemeral else ["--data-dir", str(folder / "data")]
        ports = [] if "--grpc-port" in arguments else ["--grpc-port", "0", "--http-port", "0"]
        started_s = time.monotonic()
        self.program = Program(
            [C8, "up", *place, "--json", *ports, *arguments],
            folder=folder,
            name=name,
            environment=plain_environment(),
        )
        try:
            line = self.program.first_line(deadline_s=READY_DEADLINE_S)
            self.ready_after_s = time.monotonic() - started_s
            self.ready: dict[str, str] = json.loads(line)
            for address in (self.ready["grpc_address"], self.ready["rest_address"], self.ready["console_api_url"]):
                counterparts.say(address, counterparts.PLATFORM)
        except BaseException:
            self.program.kill()
            raise

    @property
    def http_port(self) -> str:
        return self.ready["http_address"].rpartition(":")[2].rstrip("/")

    @property
    def grpc_target(self) -> str:
        """HOST:PORT of the gateway, without a scheme."""
        return self.ready["grpc_address"].rpartition("/")[2]

    @property
    def rest(self) -> str:
        """The base of REST calls, without /v2."""
        return self.ready["rest_address"].rstrip("/").removesuffix("/v2")

    def credentials(self) -> dict[str, str]:
        """What sourcing the cluster's credentials file sets."""
        return read_exports(Path(self.ready["credentials_file"]))

    def console_credentials(self) -> dict[str, str]:
        """What sourcing the organization's credentials file sets."""
        return read_exports(Path(self.ready["console_credentials_file"]))

    def c8(self, *arguments: str, deadline_s: float = 60.0, stdin: str | None = None) -> CompletedProcess[str]:
        """Run `c8 ARGUMENTS` with this platform's credentials in the environment."""
        return c8(*arguments, environment=self.credentials(), deadline_s=deadline_s, stdin=stdin)

    def stop(self) -> int:
        return self.program.stop()

    def kill(self) -> None:
        self.program.kill()


def read_exports(file: Path) -> dict[str, str]:
    """The assignments of a credentials file in the downloaded format."""
    pairs = {}
    for line in file.read_text().splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        pairs[name] = value.strip("'")
    KNOWN.learn_named(pairs, file.name)
    return pairs


def plain_environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that configures a Camunda client, and with these values."""
    foreign = ("CAMUNDA_", "ZEEBE_", "C8_", "C8PY_", "OAUTHLIB_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    if "C8PY_CACHE" in os.environ:
        kept["C8PY_CACHE"] = os.environ["C8PY_CACHE"]
    return kept | more


def c8(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    deadline_s: float = 60.0,
    stdin: str | None = None,
    working_folder: Path | None = None,
) -> CompletedProcess[str]:
    """Run `c8 ARGUMENTS` with these values in an otherwise plain environment."""
    command: Sequence[str | Path] = [C8, *arguments]
    return run(
        command,
        environment=plain_environment(**(environment or {})),
        deadline_s=deadline_s,
        stdin=stdin,
        working_folder=working_folder,
    )

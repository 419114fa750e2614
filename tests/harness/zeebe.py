"""A real Zeebe broker for tests and benches: fetched once by its Maven coordinates, run with or without identity.

It comes under the Camunda License 1.0, which allows development and tests; nothing of it is shipped with c8py.
"""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from harness import counterparts
from harness.distributions import Distribution, java_home
from harness.processes import Program, free_ports

VERSION = "8.6.0"
ZEEBE = Distribution(
    group="io.camunda",
    artifact="camunda-zeebe",
    version=VERSION,
    sha256="5c699e86a6c9d290dd7b1f0b2ea648fb57fd1dacf1cab22c874219e58827ea45",
    folder="zeebe",
    root="camunda-zeebe",
)
READY_DEADLINE_S = 180.0
JAVA_OPTIONS = "-Xmx512m -XX:+UseSerialGC"


class Trusted(NamedTuple):
    """Whose tokens a broker asks for.

    Attributes:
        issuer: the realm, whose keys it fetches from there with the first token.
        audience: that tokens must be for.
        truststore: PKCS12, for an issuer with an authority of its own.
        truststore_password: opens it.
    """

    issuer: str
    audience: str
    truststore: Path
    truststore_password: str


class Broker:
    """One broker with its gateway, ready for calls, and the addresses of it.

    Args:
        folder: receives its data and its log.
        trusted: whose tokens it wants; None lets everybody in.
    """

    def __init__(self, folder: Path, *, trusted: Trusted | None = None) -> None:
        home = distribution()
        grpc, command_api, internal_api, rest, management = free_ports(5)
        self.grpc_address = f"127.0.0.1:{grpc}"
        self.rest_address = f"http://127.0.0.1:{rest}"
        counterparts.say(self.grpc_address, counterparts.REAL_ZEEBE)
        counterparts.say(self.rest_address, counterparts.REAL_ZEEBE)
        folder.mkdir(parents=True, exist_ok=True)
        self.program = Program(
            [home / "bin" / "broker"],
            folder=folder,
            name="zeebe",
            working_folder=folder,
            environment=os.environ
            | {
                "JAVA_HOME": str(java_home()),
                "JAVA_OPTS": JAVA_OPTIONS,
                "ZEEBE_BROKER_DATA_DIRECTORY": str(folder / "data"),
                "ZEEBE_BROKER_NETWORK_HOST": "127.0.0.1",
                "ZEEBE_BROKER_NETWORK_COMMANDAPI_PORT": str(command_api),
                "ZEEBE_BROKER_NETWORK_INTERNALAPI_PORT": str(internal_api),
                "ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS": f"127.0.0.1:{internal_api}",
                "ZEEBE_BROKER_GATEWAY_NETWORK_HOST": "127.0.0.1",
                "ZEEBE_BROKER_GATEWAY_NETWORK_PORT": str(grpc),
                # Its default stops taking work at 90 % of a full disk; a laptop's disk is often fuller than that.
                "ZEEBE_BROKER_DATA_DISK_ENABLEMONITORING": "false",
                "SERVER_ADDRESS": "127.0.0.1",
                "SERVER_PORT": str(rest),
                "MANAGEMENT_SERVER_ADDRESS": "127.0.0.1",
                "MANAGEMENT_SERVER_PORT": str(management),
            }
            | ({} if trusted is None else _identity(trusted)),
        )
        try:
            self.program.wait_for("readiness", lambda: _is_up(management), deadline_s=READY_DEADLINE_S)
            if trusted is None:
                # Ready is the broker; its gateway hears of the partitions a moment later.
                probe = f"{self.rest_address}/v2/topology"
                self.program.wait_for("partitions", lambda: _knows_partitions(probe), deadline_s=READY_DEADLINE_S)
        except BaseException:
            self.program.kill()
            raise

    def stop(self) -> None:
        """End it; its data stay in the folder."""
        self.program.stop()


def _identity(trusted: Trusted) -> dict[str, str]:
    trust = f"-Djavax.net.ssl.trustStore={trusted.truststore}"
    password = f"-Djavax.net.ssl.trustStorePassword={trusted.truststore_password}"
    return {
        "SPRING_PROFILES_ACTIVE": "broker,identity-auth",
        "ZEEBE_BROKER_GATEWAY_SECURITY_AUTHENTICATION_MODE": "identity",
        "CAMUNDA_IDENTITY_TYPE": "KEYCLOAK",
        "CAMUNDA_IDENTITY_ISSUER": trusted.issuer,
        "CAMUNDA_IDENTITY_ISSUERBACKENDURL": trusted.issuer,
        "CAMUNDA_IDENTITY_AUDIENCE": trusted.audience,
        "JAVA_OPTS": f"{JAVA_OPTIONS} {trust} {password}",
    }


def _is_up(management_port: int) -> bool:
    url = f"http://127.0.0.1:{management_port}/actuator/health/readiness"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _knows_partitions(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return any(broker["partitions"] for broker in json.load(answer)["brokers"])
    except (urllib.error.URLError, OSError):
        return False


def distribution() -> Path:
    """The unpacked broker, fetched and unpacked when it is not there yet."""
    return ZEEBE.home()

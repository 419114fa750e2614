"""The brokers' program: fetched once by its Maven coordinates, checked, unpacked for good; or a folder of the user's.

All platforms of a user share what was fetched: one fetches while the others wait, and a folder is there as a whole or
not at all. Zeebe comes under the Camunda License 1.0, and nothing of it is shipped with c8py.
"""

import hashlib
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock

from c8py.errors import PlatformError

LICENCE: Final = (
    "Zeebe comes under the Camunda License 1.0: free for development and tests, a licence is needed in production"
)
# What is known of versions; the archive of any other is held against the digest that the repository has beside it.
SHA256: Final = {"8.6.0": "5c699e86a6c9d290dd7b1f0b2ea648fb57fd1dacf1cab22c874219e58827ea45"}
_GROUP: Final = "io.camunda"
_ARTIFACT: Final = "camunda-zeebe"
_TIMEOUT_S: Final = 120
_OK: Final = 200
_UNPACKED_BYTES_MIN: Final = 2 * 1024**3  # the archive, and what it unpacks to
_MAIN: Final = re.compile(r"^\s*(io\.camunda\.[\w.]*StandaloneBroker)\b", re.MULTILINE)

Progress = Callable[[int, int], None]
"""Told of the bytes that have come, and of all that will; all of them are 0 while nobody knows."""
Fetch = Callable[[str, Path, Progress], Path]


def distribution(version: str, *, cache: Path, progress: Progress, fetch: Fetch | None = None) -> Path:
    """The unpacked program of this version, fetched and unpacked when it is not there yet.

    Args:
        version: of Zeebe.
        cache: where what was fetched stays.
        progress: told how far it is.
        fetch: gets the archive into a folder of its own; by default from Maven Central.

    Raises:
        PlatformError: it cannot be fetched, is another one than it should be, or there is no room for it.
    """
    home = cache / "zeebe" / version
    if home.exists():
        return home
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(home.parent / f"{version}.lock"):
            if not home.exists():
                _make_room_or_refuse(home.parent)
                # A folder of its own: what a fetch that broke off has left is never taken for the archive.
                for left in home.parent.glob(f"{version}-fetching-*"):
                    shutil.rmtree(left, ignore_errors=True)
                with tempfile.TemporaryDirectory(prefix=f"{version}-fetching-", dir=home.parent) as fetching:
                    archive = (fetch or fetch_by_coordinates)(version, Path(fetching), progress)
                    _check(archive, version)
                    _unpack(archive, home)
    except (OSError, tarfile.TarError) as error:
        raise PlatformError(
            f"expected to fetch and unpack Zeebe {version} into {home}, but: {error}",
            hint="check the network and the disk, or name an unpacked distribution with --zeebe-home",
        ) from error
    return home


def fetch_by_coordinates(version: str, folder: Path, progress: Progress, *, repository: str = "") -> Path:
    """The archive of this version, held against the digest that the repository has beside it.

    Args:
        version: of Zeebe.
        folder: receives it.
        progress: told how far it is.
        repository: base URL of a Maven repository; "" is Maven Central.

    Raises:
        PlatformError: the extra is not installed, the repository does not have it, or something else came.
    """
    try:
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415  an extra
    except ImportError as error:
        raise PlatformError(
            "expected jgo, which fetches Zeebe by its Maven coordinates, but it is not installed",
            hint="pip install 'c8py[zeebe]', or name an unpacked distribution with --zeebe-home",
        ) from error

    @contextmanager
    def told(_name: str, total: int) -> Generator[Callable[[int], None]]:
        come = 0

        def more(count: int) -> None:
            nonlocal come
            come += count
            progress(come, total)

        yield more

    callback: Callable[[str, int], AbstractContextManager[Callable[[int], None]]] = told
    context = MavenContext(
        resolver=PythonResolver(progress_callback=callback),
        repo_cache=folder,
        timeout=_TIMEOUT_S,
        remote_repos={"told": repository.rstrip("/")} if repository else None,
    )
    artifact = context.project(_GROUP, _ARTIFACT).at_version(version).artifact(packaging="tar.gz")
    try:
        archive = Path(artifact.resolve())
        path = "/".join((*artifact.component.path_prefix.parts, artifact.filename))
        wanted = _digest_beside([f"{base}/{path}.sha1" for base in context.remote_repos.values()])
    except Exception as error:  # jgo raises RuntimeError, and whatever its HTTP client does
        raise PlatformError(
            f"expected to fetch {_GROUP}:{_ARTIFACT}:{version} as tar.gz, but: {error}",
            hint="check the version and the network, or name an unpacked distribution with --zeebe-home",
        ) from error
    _hold_against(archive, "sha1", wanted, version)
    return archive


def _digest_beside(urls: Sequence[str]) -> str:
    """The SHA-1 that a repository says, in hexadecimal; "" where it says none."""
    from jgo.util import http  # noqa: PLC0415  an extra

    for url in urls:
        answer = http.get(url, timeout=_TIMEOUT_S)
        if answer.status_code == _OK:
            # The digest alone, or with the name of the file after it.
            return (answer.text.split() or [""])[0].lower()
    return ""


def main_class(home: Path) -> str:
    """The class that starts a broker of this distribution.

    Raises:
        PlatformError: the folder is no distribution of Zeebe.
    """
    try:
        found = _MAIN.search((home / "bin" / "broker").read_text(errors="replace"))
    except OSError:
        found = None
    if found is None or not (home / "lib").is_dir():
        raise PlatformError(
            f"expected an unpacked distribution of Zeebe in {home}, but it is none",
            hint="it is the folder with bin/broker and lib in it",
        )
    return found[1]


def version_of(home: Path) -> str:
    """The version of an unpacked distribution, by the name of its broker's library; "" where none says it."""
    named = sorted((home / "lib").glob("zeebe-broker-[0-9]*.jar"))
    return named[0].name.removeprefix("zeebe-broker-").removesuffix(".jar") if named else ""


def _make_room_or_refuse(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _UNPACKED_BYTES_MIN:
        raise PlatformError(
            f"expected {_UNPACKED_BYTES_MIN // 1024**2} MB free for Zeebe in {folder}, but there are {free // 1024**2}",
            hint="make room, or name another place with --cache-dir",
        )


def _check(archive: Path, version: str) -> None:
    _hold_against(archive, "sha256", SHA256.get(version, ""), version)


def _hold_against(archive: Path, digest: str, wanted: str, version: str) -> None:
    """Refuse an archive that has another digest than it should; nobody knows one where `wanted` is empty."""
    with archive.open("rb") as stream:
        found = hashlib.file_digest(stream, digest).hexdigest()
    if wanted and found != wanted:
        raise PlatformError(
            f"expected Zeebe {version} with {digest} {wanted[:80]}, but got {found}",
            hint="try again; if it stays so, the repository that this machine uses serves something else",
        )


def _must_stay_inside(member: tarfile.TarInfo) -> None:
    """Refuse what would write outside the folder. Python's own filters came with 3.11.4 only.

    Raises:
        TarError: it would, or is neither file nor folder.
    """
    parts = member.name.replace("\\", "/").split("/")
    if not (member.isfile() or member.isdir()) or ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise tarfile.TarError(f"{member.name[:100]!r} has no place in a distribution")


def _unpack(archive: Path, home: Path) -> None:
    unpacking = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                _must_stay_inside(member)
            tar.extractall(unpacking)  # noqa: S202  looked at above
        inside = [one for one in unpacking.iterdir() if one.is_dir()]
        if len(inside) != 1:
            raise PlatformError(f"expected one folder in {archive.name}, but there are {len(inside)}")
        main_class(inside[0])
        # One rename: other processes see all of it or nothing.
        inside[0].rename(home)
    finally:
        shutil.rmtree(unpacking, ignore_errors=True)

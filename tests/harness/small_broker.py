"""A Java and a distribution of Zeebe as they lie on a disk, except that what they run is a small program of ours."""

import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("small_broker_program.py")
START_SCRIPT = '#!/bin/sh\nexec java \\\n  io.camunda.application.StandaloneBroker \\\n  "$@"\n'


def write_java(program: Path) -> Path:
    """A `java` that runs the small program, whatever it is told to run."""
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAM}" "$@"\n')
    program.chmod(0o755)
    return program


def write_java_home(folder: Path) -> Path:
    """The home of such a Java, new enough for any broker."""
    write_java(folder / "bin" / "java")
    (folder / "release").write_text('JAVA_VERSION="21.0.1"\n')
    return folder


def write_zeebe_home(folder: Path) -> Path:
    """An unpacked distribution: it says what to start."""
    for name in ("bin", "lib"):
        (folder / name).mkdir(parents=True)
    (folder / "bin" / "broker").write_text(START_SCRIPT)
    return folder

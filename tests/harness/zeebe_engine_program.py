"""Runs the engine of Zeebe 8.8 until it is asked to end: FOLDER of jars, PORT of its gateway. See zeebe_engine.py."""

import os
import signal
import sys
from pathlib import Path

import jpype

OPENED = ("sun.nio.ch", "java.nio", "jdk.internal.misc")


def main(folder: Path, port: int) -> None:
    """Start it, and wait."""
    home = Path(os.environ["JAVA_HOME"])
    library = next(path for path in home.rglob("*jvm.*") if path.name in {"libjvm.so", "libjvm.dylib", "jvm.dll"})
    jpype.startJVM(
        str(library),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
        classpath=[str(jar) for jar in folder.rglob("*.jar")],
    )
    engine = jpype.JClass("io.camunda.zeebe.process.test.engine.EngineFactory").create(port)
    engine.start()
    signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

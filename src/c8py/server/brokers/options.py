"""Which options of Java brokers are not run with, whoever asks: those that run something else, or hide what runs.

Called where a cluster is asked for, and by joined hosts, which need not believe their platform.
"""

from typing import Final

from c8py.errors import ConfigError

_WORDS: Final = frozenset(("-cp", "-classpath", "--class-path", "-jar", "-p", "-m", "--module"))
_BEGINNINGS: Final = (
    "-Dapp.home",  # brokers are found again by it
    "--class-path=",
    "--module=",
    "--module-path",
    "--upgrade-module-path",
    "--patch-module",
    "-Xbootclasspath",
    "-agentpath",
    "-agentlib",
    "-javaagent",
    "-Xrun",
    "-XX:OnOutOfMemoryError",
    "-XX:OnError",
    "-XX:Flags",  # files with further options
    "-XX:VMOptionsFile",
)


def check_java_options(java_options: str) -> None:
    """Refuse options that change which program runs.

    Args:
        java_options: parted by spaces.

    Raises:
        ConfigError: one of them does, or is no option.
    """
    for word in java_options.split():
        if not word.startswith("-"):
            raise ConfigError(
                f"expected options of Java, each of which begins with -, but one is {word[:50]!r}",
                hint="write those with a value as one word, with = between",
            )
        if word in _WORDS or word.startswith(_BEGINNINGS):
            raise ConfigError(
                f"expected options of Java that leave the program as it is, but one is {word[:50]!r}",
                hint="classpath, agents and commands are not for a cluster to choose",
            )

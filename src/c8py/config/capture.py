"""What a file or the environment says, as values of a profile: for who wants to keep it.

Only what stands there: nothing that is derived of it, no default. Called by `c8 profile import`.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from c8py.base.redact import Secret
from c8py.config.gather import gather
from c8py.config.problems import raise_all
from c8py.config.profiles import PROFILE_NAME
from c8py.config.settings import Level
from c8py.config.sources import Asked
from c8py.config.switches import ENV_FILE_NAME, FILE_NAME

# They belong to the machine and to the network that it stands in, not to a connection.
_OF_THE_MACHINE: Final = frozenset({"http_proxy", "https_proxy", "no_proxy"})
_OTHER_SOURCES: Final = frozenset({PROFILE_NAME, ENV_FILE_NAME, FILE_NAME})


def of_file(path: Path) -> dict[str, str | Secret]:
    """The settings in a credentials file or `.env` file, in any form that `load` reads.

    Raises:
        ConfigError: it cannot be read, one of its texts cannot, or two names contradict each other.
    """
    return _captured(Asked(arguments={}, environ={}, credentials_file=path, profile=""), "credentials file")


def of_environment(environ: Mapping[str, str] | None = None) -> dict[str, str | Secret]:
    """The settings in an environment; not those of files and profiles that it names.

    Args:
        environ: the environment; None is that of the process.

    Raises:
        ConfigError: a text cannot be read, or two names contradict each other.
    """
    named = os.environ if environ is None else environ
    own = {name: text for name, text in named.items() if name not in _OTHER_SOURCES}
    return _captured(Asked(arguments={}, environ=own, profile=""), "environment")


def _captured(asked: Asked, level: Level) -> dict[str, str | Secret]:
    gathered = gather(asked)
    # What is missing here may stand somewhere else when the profile is used.
    raise_all([problem for problem in gathered.problems if problem.kind != "missing"])
    return {
        name: _text(found.value)
        for layer in gathered.layers
        for name, found in layer.values.items()
        if found.source.level == level and name not in _OF_THE_MACHINE and found.value is not None
    }


def _text(value: object) -> str | Secret:
    """The value as a profile has it, which is how an argument is written."""
    if isinstance(value, Secret):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, tuple):
        return ",".join(cast("Sequence[str]", value))
    return str(value)

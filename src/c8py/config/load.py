"""Settings as one value, or the error that says all that is wrong with them.

The only place, with `survey`, that reads the environment of the process, and only when called.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from c8py.config.fields import FIELDS
from c8py.config.gather import Gathered, gather
from c8py.config.problems import raise_all
from c8py.config.profiles import InKeyring, resolve_secret
from c8py.config.settings import Settings
from c8py.config.sources import Asked


def load(
    arguments: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    credentials_file: Path | str | None = None,
    env_file: Path | str | None = None,
    profile: str | None = None,
    cwd: Path | None = None,
) -> Settings:
    """The settings that hold for this call.

    An argument beats a file or profile that an argument names; that beats the environment, then a `.env` file, the
    credentials files of C8_CREDENTIALS, the profile, what is derived of other values, and the default.

    Args:
        arguments: field name of `Settings` to value; None values count as not passed.
        environ: the environment; None is that of the process.
        credentials_file: as Console hands it out; where None, those named in the variable C8_CREDENTIALS are read.
        env_file: assignments, a line each; where None, the one that CAMUNDA_LOAD_ENVFILE names is read, if any.
        profile: the name of a profile; where None, that of C8_PROFILE or the one in use, if any; "" is none at all.
        cwd: what a relative path of a file begins at; None is the process's.

    Raises:
        ConfigError: something is missing, malformed, or contradicts something else; names each source.
    """
    gathered = gather(
        Asked(
            arguments=arguments or {},
            environ=os.environ if environ is None else environ,
            credentials_file=credentials_file,
            env_file=env_file,
            profile=profile,
            cwd=cwd or Path(),
        )
    )
    raise_all(gathered.problems)
    return _settings(gathered)


def _settings(gathered: Gathered) -> Settings:
    values = {field.name: field.default for field in FIELDS}
    values |= {name: _resolved(found.value) for name, found in gathered.found.items()}
    sources = {name: found.source for name, found in gathered.found.items()}
    return msgspec.convert(
        {**values, "sources": sources, "looked_at": gathered.files, "profile": gathered.profile}, Settings
    )


def _resolved(value: object) -> object:
    """The value itself; a secret that stands in a keyring is asked for now, when somebody is about to need it."""
    return resolve_secret(value) if isinstance(value, InKeyring) else value

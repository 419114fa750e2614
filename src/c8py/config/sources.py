"""Which sources there are for one call, in the order of precedence, and what each of them says.

Reads files, and nothing but those that are named: by an argument, by C8_CREDENTIALS, by CAMUNDA_LOAD_ENVFILE, and the
person's own profiles. What cannot be read is a problem, not an exception. Called by `gather`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from c8py.config import credentials_file as files
from c8py.config.fields import TextError
from c8py.config.fields.readers import truth
from c8py.config.layers import Layer, Text, of_arguments, of_profile, of_texts
from c8py.config.problems import Problem, of_error
from c8py.config.profiles import PROFILE_NAME, Profiles, profiles_path, read_profiles
from c8py.config.settings import Level, Source
from c8py.config.switches import ENV_FILE_NAME, FILE_NAME
from c8py.errors import ConfigError


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller gave to `load` or `survey`.

    Attributes:
        arguments: field name to value.
        environ: the environment.
        credentials_file: instead of those that C8_CREDENTIALS names.
        env_file: instead of the one that CAMUNDA_LOAD_ENVFILE names.
        profile: instead of the one that C8_PROFILE names or that is in use; "" is none at all.
        cwd: what relative paths begin at.
    """

    arguments: Mapping[str, object]
    environ: Mapping[str, str]
    credentials_file: Path | str | None = None
    env_file: Path | str | None = None
    profile: str | None = None
    cwd: Path = Path()

    def __repr__(self) -> str:
        return "Asked(…)"


class Sources(msgspec.Struct):
    """What all sources say.

    Attributes:
        layers: the highest first.
        texts: what stood where under which name, for names that are no setting.
        problems: sources that cannot be read.
        files: that were read.
        remarks: what a person should know, though nothing is wrong.
        profile: the name of the profile that is among the layers.
    """

    layers: list[Layer] = msgspec.field(default_factory=list[Layer])
    texts: list[Mapping[str, Text]] = msgspec.field(default_factory=list[Mapping[str, Text]])
    problems: list[Problem] = msgspec.field(default_factory=list[Problem])
    files: list[Path] = msgspec.field(default_factory=list[Path])
    remarks: list[str] = msgspec.field(default_factory=list[str])
    profile: str | None = None


def read_sources(asked: Asked) -> Sources:
    """Arguments, files and profile they name, environment, `.env`, credentials files, profile: in this order."""
    sources = Sources(layers=[of_arguments(asked.arguments)])
    environment = _environment(asked.environ)
    if asked.credentials_file is not None:
        _add_file(sources, "credentials file", _path(asked, asked.credentials_file))
    if asked.env_file is not None:
        _add_file(sources, ".env file", _path(asked, asked.env_file))
    if asked.profile:
        _add_profile(sources, asked, asked.profile)
    _add_texts(sources, environment)
    if asked.env_file is None:
        _add_env_file(sources, asked)
    if asked.credentials_file is None:
        for name in asked.environ.get(FILE_NAME, "").split(os.pathsep):
            if name.strip():
                _add_file(sources, "credentials file", _path(asked, name.strip()))
    if asked.profile is None:
        _add_profile(sources, asked, asked.environ.get(PROFILE_NAME, "").strip())
    return sources


def _path(asked: Asked, name: Path | str) -> Path:
    try:
        return asked.cwd / Path(name).expanduser()
    except RuntimeError:
        return asked.cwd / name  # there is no such user; that there is no such file either is said below


def _environment(environ: Mapping[str, str]) -> dict[str, Text]:
    texts = {name: Text(text, Source("environment", name)) for name, text in environ.items()}
    if "REQUEST_METHOD" in environ:
        # In a CGI program this is the header `Proxy` of whoever makes the request (CVE-2016-5385).
        texts.pop("HTTP_PROXY", None)
    return texts


def _add_texts(sources: Sources, texts: Mapping[str, Text]) -> None:
    sources.texts.append(texts)
    sources.layers.append(of_texts(texts))


def _add_file(sources: Sources, level: Level, path: Path) -> None:
    try:
        found = files.read(path, kind=level)
    except ConfigError as error:
        sources.problems.append(of_error(error))
        return
    sources.files.append(path)
    _add_texts(
        sources,
        {name: Text(one.value, Source(level, name, _place(path, one.line))) for name, one in found.items()},
    )
    read = sources.layers[-1]
    if level == "credentials file" and not read.values and not read.problems:
        # Calls without any credentials, to an address that nobody named, are not what a named file is for.
        sources.problems.append(
            Problem(
                kind="unreadable",
                message=f"expected credentials in {path}, but it has none: no name in it is that of a setting",
                hint="compare it with the file as Console hands it out",
            )
        )


def _place(path: Path, line: int) -> str:
    return f"{path}, line {line}," if line else f"{path},"


def _add_env_file(sources: Sources, asked: Asked) -> None:
    wanted = asked.environ.get(ENV_FILE_NAME, "").strip()
    try:
        there = truth(wanted) if wanted else False
    except TextError:
        _add_file(sources, ".env file", _path(asked, wanted))
        return
    path = asked.cwd / ".env"
    if there and os.path.lexists(path):
        _add_file(sources, ".env file", path)
    elif there:
        sources.remarks.append(f"{ENV_FILE_NAME} asks for a .env file, but there is none at {path}")


def _add_profile(sources: Sources, asked: Asked, name: str) -> None:
    """The profile of this name; for "" the one in use, unless others have said whom to call."""
    unasked = not name
    path = profiles_path(asked.environ)
    try:
        known = read_profiles(path)
        profile = known.chosen(name or None)
    except ConfigError as error:
        said = _who_says_where(sources)
        if unasked and said is not None:
            sources.remarks.append(f"profiles are left aside, as {said} says whom to call: {error.message}")
        else:
            sources.problems.append(of_error(error))
        return
    if known.profiles:
        sources.files.append(path)
    if profile is None:
        return
    sources.remarks.extend(_remarks_on(known, profile.name))
    said = _who_says_where(sources)
    if unasked and said is not None:
        sources.remarks.append(f"profile {profile.name} is in use, but left aside as a whole: {said} says whom to call")
        return
    sources.profile = profile.name
    sources.layers.append(of_profile(profile))


def _remarks_on(known: Profiles, name: str) -> list[str]:
    others = {f", profile {other}:" for other in known.profiles if other != name}
    return [remark for remark in known.remarks if not any(other in remark for other in others)]


# Whoever sets one of these means one connection. A profile that is in use because it was last week must not send its
# secret there, nor lend its address to somebody else's secret.
_WHERE = (
    "grpc_address",
    "rest_address",
    "cluster_id",
    "client_id",
    "token",
    "basic_username",
    "oauth_url",
    "well_known_url",
    "issuer_url",
)


def _who_says_where(sources: Sources) -> Source | None:
    return next(
        (found.source for layer in sources.layers for name in _WHERE if (found := layer.values.get(name)) is not None),
        None,
    )

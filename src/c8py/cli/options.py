"""Options and arguments that many commands share: the connection, `--json`, keys, variables."""

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar, cast, get_args

import click
import msgspec

from c8py.base.limits import CALL_BODY_BYTES_MAX, TOKEN_ATTEMPTS_OF_A_VERB_MAX, VARIABLES_BYTES_MAX

if TYPE_CHECKING:
    from c8py.auth import Api, ClientCredentials
    from c8py.client import AsyncCamunda, Camunda
    from c8py.config import Settings, Survey
    from c8py.console import Console

P = ParamSpec("P")
R = TypeVar("R")

# The values of `auth.Api`, which is not imported for the help of other verbs.
API_NAMES: Final = ("cluster", "console", "modeler", "operate", "tasklist", "optimize", "secrets")

FILE: Final = click.Path(path_type=Path, dir_okay=False)
MODEL: Final = click.Path(path_type=Path, dir_okay=False, exists=True, readable=True)
FOLDER: Final = click.Path(path_type=Path, file_okay=False, resolve_path=True)


class Connection(msgspec.Struct, frozen=True):
    """Where to, as the command line says; the rest comes from the environment, files and profiles.

    Attributes:
        credentials: a file from Console.
        env_file: of assignments, a line each.
        profile: the name of one; "" is none at all.
        grpc_address: instead of the settings'; alone, calls go over gRPC where both protocols have them.
        rest_address: instead of the settings'; alone, calls go over REST where both protocols have them.
    """

    credentials: Path | None = None
    env_file: Path | None = None
    profile: str | None = None
    grpc_address: str | None = None
    rest_address: str | None = None

    def settings(self, *, patient: bool = False, **fields: object) -> "Settings":
        """The settings that hold.

        Args:
            patient: try as often as the settings say, even where a person or a script waits with us.
            fields: others of the command line, by their names in the settings.

        Raises:
            ConfigError: they are missing, malformed or contradict each other.
        """
        from c8py.config import load  # noqa: PLC0415  commands that need no cluster do not pay for it

        settings = load(
            self._arguments(fields), credentials_file=self.credentials, env_file=self.env_file, profile=self.profile
        )
        if patient:
            return settings
        if "token_attempts_max" not in settings.sources:
            settings = msgspec.structs.replace(settings, token_attempts_max=TOKEN_ATTEMPTS_OF_A_VERB_MAX)
        if "token_fail_fast" not in settings.sources and sys.stdin.isatty():
            settings = msgspec.structs.replace(settings, token_fail_fast=True)
        return settings

    def survey(self) -> "Survey":
        """All that can be said about these settings, whether they can be used or not."""
        from c8py.config import survey  # noqa: PLC0415  see `settings`

        return survey(
            self._arguments({}), credentials_file=self.credentials, env_file=self.env_file, profile=self.profile
        )

    def _arguments(self, fields: Mapping[str, object]) -> dict[str, object]:
        given = {"grpc_address": self.grpc_address, "rest_address": self.rest_address, **fields}
        if (self.grpc_address is None) != (self.rest_address is None):
            # Whoever names one address means that one, and not the other of whatever file there is.
            given["prefer"] = "rest" if self.grpc_address is None else "grpc"
        return given

    def camunda(self) -> "Camunda":
        """A client, to be closed."""
        from c8py.client import Camunda  # noqa: PLC0415

        return Camunda(self.settings())

    def async_camunda(self) -> "AsyncCamunda":
        """The same for an event loop that goes on for long: it waits for its tokens patiently."""
        from c8py.client import AsyncCamunda  # noqa: PLC0415

        return AsyncCamunda(self.settings(patient=True))

    def console(self) -> "Console":
        """A client of the Administration API, to be closed."""
        from c8py.console import Console  # noqa: PLC0415

        return Console(self.settings())


def with_connection(function: Callable[Concatenate[Connection, P], R]) -> Callable[P, R]:
    """Give a command the options of a connection; it gets a `Connection` first."""

    @click.option("--credentials", type=FILE, metavar="FILE", help="Credentials file from Console.")
    @click.option("--env-file", type=FILE, metavar="FILE", help="File of assignments, NAME=value a line.")
    @click.option("--profile", metavar="NAME", help="A profile (`c8 profile list`); '' for none at all.")
    @click.option("--grpc-address", metavar="URL", help="grpc://host:port or grpcs://host:port.")
    @click.option("--rest-address", metavar="URL", help="http(s)://host:port, without /v2; alone, calls go over REST.")
    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> R:
        connection = Connection(
            credentials=cast("Path | None", kwargs.pop("credentials")),
            env_file=cast("Path | None", kwargs.pop("env_file")),
            profile=cast("str | None", kwargs.pop("profile")),
            grpc_address=cast("str | None", kwargs.pop("grpc_address")),
            rest_address=cast("str | None", kwargs.pop("rest_address")),
        )
        return function(connection, *args, **kwargs)

    return command


def client_of(settings: "Settings", api: "Api") -> "ClientCredentials":
    """The OAuth client that calls an API.

    Raises:
        ConfigError: the settings lack something for it.
        UsageError: calls of it are made in another way.
    """
    from c8py.auth import ClientCredentials, credentials_for  # noqa: PLC0415  see Connection

    credentials = credentials_for(settings, api)
    if not isinstance(credentials, ClientCredentials):
        raise click.UsageError(
            f"expected credentials of an OAuth client, but auth is {settings.auth}; "
            "name a credentials file with --credentials FILE"
        )
    return credentials


def default_api(settings: "Settings") -> "Api":
    """The API that is meant where none is named: the cluster's, unless only an organization's client is known."""
    return "console" if settings.auth != "oauth" and settings.console_client_id is not None else "cluster"


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


class Key(click.ParamType[str]):
    """A key of Camunda: digits. Kept as text, which is what the REST API speaks."""

    name = "key"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check it."""
        text = str(value).strip()
        if not text.isdecimal() or not text.isascii():
            self.fail(f"expected a key, which is a number, but got {text!r}", param, ctx)
        return text


class Variables(click.ParamType[dict[str, object] | None]):
    """A JSON object: written out, `@FILE`, or `-` for standard input."""

    name = "json"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, object] | None:
        """Read and check it."""
        if not isinstance(value, str):
            return cast("dict[str, object] | None", value)
        content = _content(self, value, VARIABLES_BYTES_MAX, param, ctx)
        if len(content) > VARIABLES_BYTES_MAX:
            self.fail(
                f"expected at most {VARIABLES_BYTES_MAX} bytes of variables, but got {len(content)}; "
                "keep large things elsewhere and pass a reference",
                param,
                ctx,
            )
        try:
            parsed: object = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.fail(f"""expected JSON such as '{{"amount": 5}}', but {error}""", param, ctx)
        if not isinstance(parsed, dict):
            self.fail(f"expected a JSON object, but got {type(parsed).__name__}", param, ctx)
        return cast("dict[str, object]", parsed)


class Body(click.ParamType[bytes]):
    """The body of a call as bytes: written out, `@FILE`, or `-` for standard input."""

    name = "body"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """Read it."""
        if isinstance(value, bytes):
            return value
        content = _content(self, str(value), CALL_BODY_BYTES_MAX, param, ctx)
        if len(content) > CALL_BODY_BYTES_MAX:
            self.fail(f"expected at most {CALL_BODY_BYTES_MAX} bytes of a body, but got more", param, ctx)
        return content


def _content(
    kind: "click.ParamType[object]",
    value: str,
    bytes_max: int,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> bytes:
    """What is written out, or in a file or standard input, and a byte more than may be there."""
    if value == "-":
        return sys.stdin.buffer.read(bytes_max + 1)
    if not value.startswith("@"):
        return value.encode()
    try:
        with Path(value[1:]).open("rb") as file:
            return file.read(bytes_max + 1)
    except OSError as error:
        kind.fail(f"expected to read {value[1:]}, but {error.strerror}", param, ctx)


KEY: Final = Key()
VARIABLES: Final = Variables()
BODY: Final = Body()


def api_option(function: Callable[P, R]) -> Callable[P, R]:
    """Give a command `--api`: whose credentials it is about; None where the settings decide."""
    return click.option("--api", type=click.Choice(API_NAMES), help="Of this API; by default of the cluster.")(function)


def variables_option(function: Callable[P, R]) -> Callable[P, R]:
    """Give a command `--variables`."""
    return click.option(
        "--variables", type=VARIABLES, metavar="JSON", help="A JSON object, @FILE, or - for standard input."
    )(function)


def choice_of(literal: object, *more: str) -> click.Choice[str]:
    """The values of a `Literal` and some more, in any case of letters."""
    return click.Choice((*cast("tuple[str, ...]", get_args(literal)), *more), case_sensitive=False)

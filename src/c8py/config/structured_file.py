"""The names of a credentials file in other forms: JSON of the Administration API and of c8ctl, YAML of Spring.

Of YAML a small part: nested keys with one value each. Pure; never puts a value into an error.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from c8py.config.assignment import Assignment
from c8py.errors import ConfigError

# What the Administration API calls a new client, and c8ctl a connection.
_JSON_NAMES: Final[Mapping[str, str]] = {
    "clientId": "CAMUNDA_CLIENT_ID",
    "clientSecret": "CAMUNDA_CLIENT_SECRET",
    "baseUrl": "CAMUNDA_BASE_URL",
    "oAuthUrl": "CAMUNDA_OAUTH_URL",
    "audience": "CAMUNDA_TOKEN_AUDIENCE",
    "scope": "CAMUNDA_OAUTH_SCOPE",
    "username": "CAMUNDA_USERNAME",
    "password": "CAMUNDA_PASSWORD",
    "defaultTenantId": "CAMUNDA_DEFAULT_TENANT_ID",
}
_YAML_LINE: Final = re.compile(r"(?P<indent> *)(?P<name>[A-Za-z_][\w.-]*)\s*:(?:\s+(?P<value>.*))?")
_YAML_QUOTED: Final = re.compile(r"""(?:'(?P<single>[^']*)'|"(?P<double>[^"\\]*)")\s*(?:\#.*)?""")
_PLACEHOLDER: Final = re.compile(r"\$\{[^}]*\}")
_NO_PLAIN_SCALAR: Final = frozenset("[{&*!|>%@`-")


def variable_name(name: str) -> str:
    """The name as the environment has it: Spring's `camunda.client.auth.client-id` is CAMUNDA_CLIENT_AUTH_CLIENTID."""
    if "." not in name:
        return name
    return name.replace("-", "").replace(".", "_").upper()


def looks_like_json(line: str) -> bool:
    """Whether a text that begins with this line is JSON."""
    return line.lstrip().startswith("{")


def looks_like_yaml(line: str) -> bool:
    """Whether a text that begins with this line is YAML."""
    return line.strip() == "---" or _YAML_LINE.fullmatch(line.rstrip()) is not None


def of_json(text: str, *, place: str) -> list[Assignment]:
    """The assignments of a JSON object; what is neither text, number nor truth is left out.

    Raises:
        ConfigError: it is no JSON, or no object.
    """
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"expected JSON in {place}, line {error.lineno}, but it cannot be read") from None
    except (RecursionError, ValueError):
        raise ConfigError(f"expected JSON in {place}, line 1, but it cannot be read") from None
    return list(_members(cast("dict[str, object]", document), prefix="")) if isinstance(document, dict) else []


def _members(document: Mapping[str, object], *, prefix: str) -> Iterator[Assignment]:
    for key, value in document.items():
        name = _JSON_NAMES.get(key) if not prefix else None
        name = name or variable_name(f"{prefix}{key}")
        if isinstance(value, dict):
            yield from _members(cast("dict[str, object]", value), prefix=f"{prefix}{key}.")
        elif isinstance(value, bool):
            yield Assignment(name, str(value).lower(), 0)
        elif isinstance(value, str | int | float):
            yield Assignment(name, str(value), 0)


def of_yaml(lines: Sequence[tuple[int, str]], *, place: str) -> list[Assignment]:
    """The assignments of nested keys; each line is a key, or a key with its value.

    Args:
        lines: without blank ones and comments, each with its number.
        place: what errors call the text.

    Raises:
        ConfigError: a line is something else.
    """
    found: list[Assignment] = []
    above: list[tuple[int, str]] = []
    for number, line in lines:
        if line.strip() == "---":
            above.clear()
            continue
        parsed = _YAML_LINE.fullmatch(line.rstrip())
        if parsed is None:
            raise _no_yaml(place, number)
        indent = len(parsed["indent"])
        above = [(outer, name) for outer, name in above if outer < indent]
        path = ".".join([name for _, name in above] + [parsed["name"]])
        value = parsed["value"]
        if value is None or value.startswith("#"):
            above.append((indent, parsed["name"]))
            continue
        found.append(Assignment(variable_name(path), _scalar(value, place, number), number))
    return found


def _scalar(value: str, place: str, number: int) -> str:
    if _PLACEHOLDER.search(value):
        raise ConfigError(
            f"expected a value in {place}, line {number}, but it is a placeholder that only Spring fills in",
            hint="write the value itself, or leave the line out and set its variable",
        )
    if value[0] in {"'", '"'}:
        quoted = _YAML_QUOTED.fullmatch(value)
        if quoted is None:
            raise _no_yaml(place, number)
        return quoted["single"] or quoted["double"] or ""
    if value[0] in _NO_PLAIN_SCALAR and value != "-":
        raise _no_yaml(place, number)
    return re.sub(r"\s+#.*$", "", value).strip()


def _no_yaml(place: str, number: int) -> ConfigError:
    return ConfigError(
        f"expected `key: value` in {place}, line {number}, but it is something else",
        hint="of YAML only nested keys with one value each are understood",
    )

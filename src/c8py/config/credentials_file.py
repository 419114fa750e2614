"""Reads the file that Console hands out (`export NAME='value'` a line) and `.env` files, in all forms they have.

Other forms of the same names go to `structured_file`. Pure but for `read`. Never puts a value into an error: the file
holds a secret.
"""

import re
from pathlib import Path
from typing import Final

from c8py.base.limits import CREDENTIALS_FILE_BYTES_MAX
from c8py.config.assignment import Assignment
from c8py.config.structured_file import looks_like_json, looks_like_yaml, of_json, of_yaml, variable_name
from c8py.errors import ConfigError

# What shells of three systems, and properties files, have before or between name and value.
_LINE: Final = re.compile(
    r"(?:export\s+|set\s+|\$env:)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(?P<value>.*)", re.DOTALL
)
_QUOTED: Final = re.compile(r"""(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)")\s*(?:\#.*)?""", re.DOTALL)
_MISSING: Final = "download it in Console when the client is created, or write one with `c8 console clients create`"

__all__ = ["Assignment", "parse", "read"]


def read(path: Path, *, kind: str = "credentials file") -> dict[str, Assignment]:
    """The assignments of a file, by name; the last one of a name counts, as in a shell.

    Args:
        path: of the file.
        kind: what errors call it.

    Raises:
        ConfigError: the file cannot be read, is too large, is no text, or has a line that is no assignment.
    """
    try:
        with path.open("rb") as file:
            content = file.read(CREDENTIALS_FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no path has such characters"
        raise ConfigError(
            f"expected a {kind} at {path}, but it cannot be read ({reason})",
            hint=_MISSING if kind == "credentials file" else "",
        ) from error
    if len(content) > CREDENTIALS_FILE_BYTES_MAX:
        raise ConfigError(f"expected a {kind} at {path}, but it is larger than {CREDENTIALS_FILE_BYTES_MAX} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"expected text in {path}, but it is not UTF-8") from None
    return {assignment.name: assignment for assignment in parse(text, place=str(path))}


def parse(text: str, *, place: str) -> list[Assignment]:
    """The assignments in a text, in order.

    Args:
        text: lines with LF or CRLF, of which blank ones and `#` comments are skipped; or the JSON of the
            Administration API, or the YAML of a Spring application.
        place: what errors call the text.

    Raises:
        ConfigError: a line is no assignment, or a quote is not closed; names the line, never shows it.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not _is_comment(line)]
    if told and looks_like_json(told[0][1]):
        return of_json(text, place=place)
    if told and looks_like_yaml(told[0][1]):
        return of_yaml(told, place=place)
    return [_assignment(line.strip(), number, place) for number, line in told]


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _assignment(line: str, number: int, place: str) -> Assignment:
    found = _LINE.fullmatch(line)
    if not found:
        raise ConfigError(
            f"expected NAME='value' in {place}, line {number}, but it is something else",
            hint="compare it with the file as Console hands it out",
        )
    value = found["value"]
    if value[:1] in {"'", '"'}:
        quoted = _QUOTED.fullmatch(value)
        if not quoted:
            raise ConfigError(
                f"expected the value of {found['name']} in {place}, line {number}, to end with the quote "
                "that it begins with, but it does not"
            )
        value = quoted["single"] or quoted["double"] or ""
    else:
        value = re.sub(r"\s+#.*$", "", value)
    return Assignment(variable_name(found["name"]), value.strip(), number)

"""What is wrong with settings, as values: collected for a survey, raised by `load`. Never holds a secret."""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from c8py.errors import ConfigError

Kind: TypeAlias = Literal["unreadable", "unknown", "malformed", "contradiction", "missing"]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong.

    Attributes:
        kind: a source cannot be read, a name means nothing, a text cannot be read, two sources contradict each other,
            something needed is not there.
        message: what was expected, and what came instead, with each source.
        hint: the next step.
        field: the setting that has no value because of this; "" where it is more than one.
    """

    kind: Kind
    message: str
    hint: str = ""
    field: str = ""


def of_error(error: ConfigError, *, kind: Kind = "unreadable") -> Problem:
    """An error of a reader, as a problem."""
    return Problem(kind=kind, message=error.message, hint=error.hint)


def raise_all(problems: Sequence[Problem]) -> None:
    """Nothing where there is no problem.

    Raises:
        ConfigError: the one problem there is, or all of them.
    """
    if not problems:
        return
    if len(problems) == 1:
        raise ConfigError(problems[0].message, hint=problems[0].hint)
    said = "\n".join(f"  - {ConfigError(one.message, hint=one.hint)}" for one in unique(problems))
    raise ConfigError(f"expected settings that can be used, but {len(problems)} things are wrong:\n{said}")


def unique(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, in order."""
    return tuple(dict.fromkeys(problems))

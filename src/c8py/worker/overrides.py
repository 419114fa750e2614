"""Terms of job types as whoever runs a worker says them, on the command line or in the environment. Pure.

They hold whatever the code says: who operates a worker has the last word.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from c8py.config.worker_overrides import in_environment
from c8py.errors import WorkerError
from c8py.worker.registry import Terms

_SWITCHES: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCHES:
        raise ValueError("true or false")
    return _SWITCHES[text.lower()]


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("a number of seconds") from None


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


_TERMS: Final[dict[str, tuple[str, Callable[[str], float | bool]]]] = {
    "timeout": ("timeout_s", _seconds),
    "max_jobs": ("max_jobs", _count),
    "heartbeat": ("heartbeat", _switch),
    "limit": ("limit_s", _seconds),
    "stream": ("stream", _switch),
    "enabled": ("enabled", _switch),
}


def from_text(said: Iterable[tuple[str, str]], *, where: str) -> Terms:
    """Terms of one type.

    Args:
        said: names, such as `timeout` or `max_jobs`, and values.
        where: they were said, for errors.

    Raises:
        WorkerError: there is no such term, or the value is none.
    """
    terms = Terms()
    for name, text in said:
        field, read = _TERMS.get(name.replace("-", "_"), ("", None))
        if read is None:
            raise WorkerError(f"expected one of {', '.join(_TERMS)} {where}, but got {name!r}")
        try:
            terms = msgspec.structs.replace(terms, **{field: read(text)})
        except ValueError as error:
            raise WorkerError(f"expected {name} {where} to be {error}, but got {text!r}") from None
    return terms


def of_environment(types: Iterable[str], said: Mapping[tuple[str, str], str]) -> dict[str, Terms]:
    """What the environment says, by type.

    Args:
        types: that there are.
        said: as `c8py.config.worker_overrides` finds it.

    Raises:
        WorkerError: a variable says nothing that can be understood, or names no type that there is.
    """
    written = {in_environment(type_): type_ for type_ in types}
    found: dict[str, Terms] = {}
    for (type_, name), text in said.items():
        known = written.get(type_)
        if known is None:
            continue  # it is meant for another worker of the same environment
        variable = f"C8_WORKER__{type_}__{name.upper()}"
        found[known] = from_text([(name, text)], where=f"in {variable}").over(found.get(known, Terms()))
    return found


def of_command_line(settings: Iterable[str]) -> dict[str, Terms]:
    """What `--set TYPE.NAME=VALUE` says, by type.

    Raises:
        WorkerError: it says nothing that can be understood.
    """
    found: dict[str, Terms] = {}
    for setting in settings:
        left, equals, text = setting.partition("=")
        type_, dot, name = left.rpartition(".")
        if not equals or not dot or not type_:
            raise WorkerError(f"expected TYPE.NAME=VALUE, but got {setting!r}", hint="as in charge-card.max_jobs=8")
        found[type_] = from_text([(name, text)], where=f"of {type_}").over(found.get(type_, Terms()))
    return found

"""How texts become values: times in the forms of four languages, truths, numbers, lists, paths and choices. Pure.

Each raises `TextError` that says what was expected and never what came. Called for every text of every source.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from c8py.base import limits
from c8py.config.fields.field import TextError

_NUMBER: Final = r"\d+(?:\.\d+)?"
_ISO_8601: Final = re.compile(
    rf"P(?:(?P<days>{_NUMBER})D)?(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?",
    re.IGNORECASE,
)
_SPRING: Final = re.compile(rf"(?P<number>{_NUMBER})(?P<unit>ms|s|m|h|d)", re.IGNORECASE)
_UNITS_S: Final[Mapping[str, float]] = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_PARTS_S: Final[Mapping[str, float]] = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_TRUTHS: Final[Mapping[str, bool]] = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}
_PORT_MAX: Final = 65_535
_PROXY_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def seconds(text: str) -> float:
    """A time: a number of seconds, or with its unit, as in `PT5S` and `500ms`.

    Raises:
        TextError: it is none, or no sensible one.
    """
    return _sensible(_duration_s(text, unit_s=1, unit="seconds"))


def milliseconds(text: str) -> float:
    """A time in seconds, of a number of milliseconds, or with its unit, as in `PT5S` and `5s`.

    Raises:
        TextError: it is none, or no sensible one.
    """
    return _sensible(_duration_s(text, unit_s=0.001, unit="milliseconds"))


def seconds_or_zero(text: str) -> float:
    """As `seconds`, where 0 has a meaning of its own.

    Raises:
        TextError: it is none, or no sensible one.
    """
    time_s = _duration_s(text, unit_s=1, unit="seconds")
    return time_s if time_s == 0 else _sensible(time_s)


def milliseconds_or_zero(text: str) -> float:
    """As `milliseconds`, where 0 has a meaning of its own.

    Raises:
        TextError: it is none, or no sensible one.
    """
    time_s = _duration_s(text, unit_s=0.001, unit="milliseconds")
    return time_s if time_s == 0 else _sensible(time_s)


def _duration_s(text: str, *, unit_s: float, unit: str) -> float:
    spring = _SPRING.fullmatch(text)
    if spring:
        return float(spring["number"]) * _UNITS_S[spring["unit"].lower()]
    iso = _ISO_8601.fullmatch(text)
    if iso and any(iso.groups()):
        return sum(float(iso[part]) * part_s for part, part_s in _PARTS_S.items() if iso[part])
    try:
        return float(text) * unit_s
    except ValueError:
        raise TextError(f"expected a number of {unit}, or a time as in PT5S or 5s, but it is none") from None


def _sensible(time_s: float) -> float:
    if not 0 < time_s < limits.SETTING_S_MAX:
        raise TextError(f"expected more than 0 and less than {limits.SETTING_S_MAX:g} seconds, but it is not")
    return time_s


def truth(text: str) -> bool:
    """Yes or no, as clients in all languages write it.

    Raises:
        TextError: it is neither.
    """
    value = _TRUTHS.get(text.strip().lower())
    if value is None:
        raise TextError("expected true or false, but it is something else")
    return value


def untruth(text: str) -> bool:
    """The opposite of `truth`, for names that switch something off.

    Raises:
        TextError: it is neither.
    """
    return not truth(text)


def count(text: str) -> int:
    """A whole number, 1 or more.

    Raises:
        TextError: it is none.
    """
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise TextError("expected a whole number of at least 1, but it is not")
    return int(text)


def port(text: str) -> int:
    """A port of TCP.

    Raises:
        TextError: it is none.
    """
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= _PORT_MAX:
        raise TextError("expected a port from 1 to 65535, but it is not")
    return int(text)


def header_text(text: str) -> str:
    """A text that a header can carry.

    Raises:
        TextError: it has other characters.
    """
    if not (text.isascii() and text.isprintable()):
        raise TextError("expected plain characters, but there are others")
    return text


def path(text: str) -> Path:
    """A path; `~` is the home folder.

    Raises:
        TextError: there is no such home folder.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise TextError("expected a path, but it begins with a home folder that does not exist") from None


def texts(text: str) -> tuple[str, ...]:
    """A list, separated by commas."""
    return tuple(item for part in text.split(",") if (item := part.strip()))


def pem(text: str) -> str:
    """A PEM text; a line break may be written out, since variables often cannot hold one.

    Raises:
        TextError: it is none.
    """
    unfolded = text.replace("\\r", "").replace("\\n", "\n")
    if "-----BEGIN " not in unfolded:
        raise TextError("expected a PEM text (-----BEGIN …), but it is something else")
    return unfolded


def choice(values: Mapping[str, str], *, said: str) -> Callable[[str], str]:
    """A reader of one of a few words, in any case of letters.

    Args:
        values: word to value.
        said: the words, as an error says them.
    """

    def read(text: str) -> str:
        value = values.get(text.strip().lower())
        if value is None:
            raise TextError(f"expected {said}, but it is something else")
        return value

    return read


def proxy(text: str) -> str:
    """A proxy's URL, with user and password where it wants them; without a scheme it is http.

    Raises:
        TextError: it has no host, or a port that is none.
    """
    url = text if _PROXY_SCHEME.match(text) else f"http://{text}"
    try:
        parts = urlsplit(url)
        known = bool(parts.hostname) and (parts.port or True)
    except ValueError:
        known = False
    if not known or re.search(r"[\s\x00-\x1f]", url):
        raise TextError("expected a proxy such as http://host:3128, but it is something else")
    return url


def proxy_shown(url: str) -> str:
    """A proxy's URL without what is secret of it."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    user = "***@" if "@" in parts.netloc else ""
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{user}{host}{port}"

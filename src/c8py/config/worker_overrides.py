"""What the environment says about single job types: `C8_WORKER__CHARGE_CARD__MAX_JOBS=8`. Called when a worker starts.

The words of the values are read by the worker; here it is only found out whose they are.
"""

import os
import re
from collections.abc import Mapping
from typing import Final

_NAME: Final = re.compile(r"C8_WORKER__(?P<type>\w+?)__(?P<term>[A-Z]+(?:_[A-Z]+)*)")


def worker_overrides(environ: Mapping[str, str] | None = None) -> dict[tuple[str, str], str]:
    """What is said, by the type and the term as the variable has them.

    Args:
        environ: the environment; None is that of the process.
    """
    found: dict[tuple[str, str], str] = {}
    for name, value in (os.environ if environ is None else environ).items():
        match = _NAME.fullmatch(name)
        if match is not None:
            found[match["type"], match["term"].lower()] = value
    return found


def in_environment(type_: str) -> str:
    """How a job type is written in the name of a variable: `charge-card` is CHARGE_CARD."""
    return re.sub(r"[^A-Z0-9]", "_", type_.upper())

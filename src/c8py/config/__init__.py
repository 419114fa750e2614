"""Settings of the SDK: put together from arguments, files, environment and profiles, each with its source.

`load` gives them, `survey` shows how they came about; nothing is read at import. A new name is an entry in `fields`.
"""

from c8py.config.explain import Ignored, Overridden, Row, Survey, explain, survey
from c8py.config.load import load
from c8py.config.problems import Problem
from c8py.config.settings import (
    AuthStrategy,
    ClientAuthentication,
    Level,
    Mode,
    Protocol,
    Settings,
    Source,
    TokenBody,
)

__all__ = [
    "AuthStrategy",
    "ClientAuthentication",
    "Ignored",
    "Level",
    "Mode",
    "Overridden",
    "Problem",
    "Protocol",
    "Row",
    "Settings",
    "Source",
    "Survey",
    "TokenBody",
    "explain",
    "load",
    "survey",
]

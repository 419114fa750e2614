"""Settings of the SDK: put together from arguments, environment and credentials files, each with its source.

`load` is the only door; nothing is read at import. A new name is an entry in `fields.FIELDS`.
"""

from c8py.config.explain import Row, explain
from c8py.config.load import load
from c8py.config.settings import AuthStrategy, Level, Protocol, Settings, Source

__all__ = ["AuthStrategy", "Level", "Protocol", "Row", "Settings", "Source", "explain", "load"]

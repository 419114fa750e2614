"""What we call ourselves towards servers. Pure."""

from importlib.metadata import PackageNotFoundError, version

from c8py.config import Settings
from c8py.errors import ConfigError


def user_agent(settings: Settings) -> str:
    """`c8py/` and the version, and what the settings add.

    Raises:
        ConfigError: what they add cannot stand in a header.
    """
    try:
        own = f"c8py/{version('c8py')}"
    except PackageNotFoundError:
        own = "c8py"
    added = settings.user_agent.strip()
    if not (added.isascii() and added.isprintable()):
        raise ConfigError(
            f"expected a user agent of plain characters ({settings.source('user_agent')}), but it is {added!r}"
        )
    return f"{own} {added}".strip()

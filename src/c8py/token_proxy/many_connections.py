"""Lets this process hold as many connections as it may have: a crowd that starts at once keeps one each while it waits.

The system's first limit of open files is that of a shell, about a thousand; it may be raised up to a second one.
"""

from typing import Final

from c8py.base.limits import TOKEN_PROXY_CONNECTIONS_MAX

# Files of its own: libraries, stored tokens, connections to token services.
_OTHERS: Final = 500


def allow_many_connections() -> None:
    """From here on; as far as the system allows it."""
    try:
        import resource  # noqa: PLC0415  Windows has none, and no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = TOKEN_PROXY_CONNECTIONS_MAX + _OTHERS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

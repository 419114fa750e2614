"""What we call ourselves towards servers. Pure."""

from importlib.metadata import PackageNotFoundError, version


def user_agent() -> str:
    """`c8py/` and the version."""
    try:
        return f"c8py/{version('c8py')}"
    except PackageNotFoundError:
        return "c8py"

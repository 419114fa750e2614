"""The command line. Parses, calls, prints; decides nothing. Imports nothing heavy before a verb is known."""

__all__ = ["main"]


def main() -> None:
    """Run `c8` with the arguments of the process; never returns."""
    try:
        from c8py.cli.app import run  # noqa: PLC0415  importing the package must not import click
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("c8py"):
            raise
        raise SystemExit(
            f"c8: expected the extra cli, but {error.name} is not installed; pip install 'c8py[cli]'"
        ) from None
    raise SystemExit(run())

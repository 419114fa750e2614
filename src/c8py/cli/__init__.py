"""The command line. Parses, calls, prints; decides nothing. Imports nothing heavy before a verb is known."""

__all__ = ["main"]


def main() -> None:
    """Run `c8` with the arguments of the process; never returns."""
    from c8py.cli.app import run  # noqa: PLC0415  importing the package must not import click

    raise SystemExit(run())

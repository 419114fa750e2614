"""The command line. Parses, calls, prints; decides nothing."""


def main() -> None:
    """Run `c8`."""

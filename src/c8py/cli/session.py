"""What holds for one run of `c8`: how it was called, and whether colours are welcome. Carried by click's context."""

import click
import msgspec


class Session(msgspec.Struct):
    """One run.

    Attributes:
        program: what a person types to run us again: `c8`, or `./dev c8` in a checkout.
        debug: whether a fault shows its traceback.
        colour: whether colours and boxes may be used where there is a terminal.
    """

    program: str = "c8"
    debug: bool = False
    colour: bool = True


def session() -> Session:
    """That of the command that runs."""
    context = click.get_current_context(silent=True)
    found = None if context is None else context.find_object(Session)
    return found if found is not None else Session()

"""The handler of the quickstart's only job, as a person would write theirs; `c8 work --python` finds it here."""

from typing import Final

LIMIT_EUR: Final = 1000


def check_order(amount: int) -> dict[str, bool]:
    """Approve what is not too dear.

    Args:
        amount: a variable of the process, in euros.

    Returns:
        The variable that the gateway behind the task decides on.
    """
    return {"approved": amount <= LIMIT_EUR}

"""What was asked for was not done, and why: raised by Console's services, worded by its two faces."""

from typing import Final


class NotDone(Exception):  # noqa: N818  an answer to a person or a program, not a fault
    """It was not done.

    Args:
        status: of the Administration API.
        detail: what was expected, and what came, without a full stop.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status: Final = status
        self.detail: Final = detail

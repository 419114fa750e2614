"""What a credentials file says of one name. Made by the readers of its forms."""

import msgspec


class Assignment(msgspec.Struct, frozen=True):
    """One name of a file, with its value. Kept out of `repr`: it may be a secret.

    Attributes:
        name: as the environment would have it.
        value: the text.
        line: of the file, from 1; 0 where the form has no lines.
    """

    name: str
    value: str
    line: int

    def __repr__(self) -> str:
        return f"Assignment({self.name!r}, …, {self.line})"

"""What a row of the table of settings is. Pure; the rows stand in the modules beside this one."""

from collections.abc import Callable

import msgspec


class TextError(ValueError):
    """What the text should have been; whoever reads it adds whose text it is. Never shows the text."""


class Field(msgspec.Struct, frozen=True):
    """One setting.

    Attributes:
        name: of the field in `Settings`, of the argument, and of the key in a profile.
        names: in the environment and in files, the most telling first; all of them mean the same.
        read: makes the value of the text.
        default: where no source says anything; None is "not set".
        secret: whether it is masked when shown.
        same: whether two texts say the same; None compares the values that were read.
        read_argument: for the argument's text, where its unit differs from the variable's.
        ranked: whether an earlier name beats a later one, instead of contradicting it.
        shown: what of a secret may be seen; None shows nothing of it.
    """

    name: str
    names: tuple[str, ...] = ()
    read: Callable[[str], object] = str
    default: object = None
    secret: bool = False
    same: Callable[[str, str], bool] | None = None
    read_argument: Callable[[str], object] | None = None
    ranked: bool = False
    shown: Callable[[str], str] | None = None

"""Where an evaluation stands: the variables in sight, the warnings so far, and how much it may still do.

One frame a scope (the whole expression, a context literal, the item of a filter); they share warnings and budget.
"""

from collections.abc import Mapping, MutableSequence
from typing import Final, NamedTuple

from c8py.engine.feel.values import Budget, from_json


class Warned(NamedTuple):
    """Something that made a value null; the incident that may follow quotes it."""

    kind: str
    message: str


WARNINGS_MAX: Final = 20  # more of them explain nothing more
_MISSING: Final = object()


class Frame:
    """A scope of names.

    Args:
        names: what is visible here, before what `parent` sees.
        parent: the scope around it; None for the outermost.
    """

    __slots__ = ("budget", "names", "parent", "warnings")

    def __init__(self, names: Mapping[str, object], parent: "Frame | None" = None) -> None:
        self.names = names
        self.parent = parent
        self.budget: Budget = parent.budget if parent else Budget()
        self.warnings: MutableSequence[Warned] = parent.warnings if parent else []

    def find(self, name: str) -> object:
        """The nearest variable of that name; null with a warning when there is none."""
        frame: Frame | None = self
        while frame is not None:
            # One look-up a scope: the outermost may fetch its variables only when asked.
            if (value := frame.names.get(name, _MISSING)) is not _MISSING:
                return from_json(value)
            frame = frame.parent
        self.warn("NO_VARIABLE_FOUND", f"no variable '{name}'")
        return None

    def warn(self, kind: str, message: str) -> None:
        """Note why the value of some part is null."""
        if len(self.warnings) < WARNINGS_MAX:
            self.warnings.append(Warned(kind, message))

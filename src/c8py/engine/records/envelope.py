"""What goes in and out of the engine: commands, answers; and events, which are stored."""

import msgspec

from c8py.engine.records.intents import Intent
from c8py.engine.records.values import NO_KEY, Record, RejectionType


class Command(msgspec.Struct, frozen=True):
    """A wish.

    Attributes:
        intent: imperative.
        value: of the type that belongs to the intent's family.
        key: of the entity that is meant; -1 where there is none yet.
        request: a number that comes back in the answer; 0 asks for none.
    """

    intent: Intent
    value: Record
    key: int = NO_KEY
    request: int = 0


class Event(msgspec.Struct, frozen=True, array_like=True):
    """A fact. Applying all events in their order gives the state.

    Attributes:
        intent: in the past tense.
        key: of the entity that it is about.
        value: of the type that belongs to the intent's family.
        version: of the applier that understands it.
    """

    intent: Intent
    key: int
    value: Record
    version: int = 1


class Response(msgspec.Struct, frozen=True):
    """The good answer to the command that carried `request`; an event in its words."""

    request: int
    intent: Intent
    key: int
    value: Record


class Rejection(msgspec.Struct, frozen=True):
    """The refusal of the command that carried `request`; `reason` is "expected …, but …" without any prefix."""

    request: int
    type: RejectionType
    reason: str
    intent: Intent


Answer = Response | Rejection

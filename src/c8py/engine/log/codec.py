"""How events look in the log. A unit is what one command caused; a batch, the units of one commit, is one row."""

from collections.abc import Sequence

import msgspec

from c8py.engine.records import FAMILIES, Event, Record, intent_of, value_type

_encoder = msgspec.msgpack.Encoder()


class Unit(msgspec.Struct, frozen=True, array_like=True):
    """What one command caused.

    Attributes:
        now_ms: when, in milliseconds since 1970.
        last_key: the last key that was given out when it was done.
    """

    now_ms: int
    last_key: int
    events: list[Event]


class StoredUnit(msgspec.Struct, frozen=True, array_like=True):
    """A unit as it is read: its events still as bytes."""

    now_ms: int
    last_key: int
    events: list[msgspec.Raw]


class _StoredEvent(msgspec.Struct, frozen=True, array_like=True):
    intent: int
    key: int
    value: msgspec.Raw
    version: int


_batches = msgspec.msgpack.Decoder(list[StoredUnit])
_events = msgspec.msgpack.Decoder(_StoredEvent)
_values: dict[type[Record], "msgspec.msgpack.Decoder[Record]"] = {
    value: msgspec.msgpack.Decoder(value) for value in FAMILIES.values()
}


def encode_unit(unit: Unit) -> msgspec.Raw:
    """The unit as bytes.

    Raises:
        OverflowError, TypeError, ValueError: a variable holds what no JSON document can.
    """
    return msgspec.Raw(_encoder.encode(unit))


def encode_batch(units: Sequence[msgspec.Raw]) -> bytes:
    """The payload of a row of the log."""
    return _encoder.encode(units)


def decode_units(payload: bytes) -> list[StoredUnit]:
    """The units of a row.

    Raises:
        msgspec.DecodeError: it is no payload.
    """
    return _batches.decode(payload)


def decode_event(raw: msgspec.Raw) -> Event:
    """One event.

    Raises:
        msgspec.DecodeError, KeyError: it is no event that this version knows.
    """
    stored = _events.decode(raw)
    intent = intent_of(stored.intent)
    return Event(intent, stored.key, _values[value_type(intent)].decode(stored.value), stored.version)

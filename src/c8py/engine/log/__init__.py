"""The append-only log of events and its snapshots, on SQLite. Knows records and bytes, not what they mean."""

from c8py.engine.log.codec import StoredUnit, Unit, decode_event, decode_units, encode_batch, encode_unit
from c8py.engine.log.database import Database
from c8py.engine.log.journal import Journal, Snapshot

__all__ = [
    "Database",
    "Journal",
    "Snapshot",
    "StoredUnit",
    "Unit",
    "decode_event",
    "decode_units",
    "encode_batch",
    "encode_unit",
]

"""From the latest snapshot and the events after it to the state. Applies, decides nothing."""

from hashlib import sha256

import msgspec

from c8py.engine.appliers import APPLIERS
from c8py.engine.log import Journal, StoredUnit, decode_event, decode_units
from c8py.engine.state.tables import Image, Tables
from c8py.errors import PlatformError

_images = msgspec.msgpack.Decoder(Image)
_digests = msgspec.msgpack.Encoder(order="deterministic")


def restored(journal: Journal, last_key: int) -> tuple[Tables, int, int, int]:
    """The state, its position, the last key that was given out, and how many events were replayed.

    Raises:
        PlatformError: the log is damaged, or holds events of a newer c8py.
    """
    try:
        return _restored(journal, last_key)
    except (msgspec.DecodeError, KeyError) as error:
        raise PlatformError(
            f"expected a log that this c8py understands, but {error!r}",
            hint="it was written by a newer c8py, or is damaged: use the newer one, or a backup",
        ) from error


def _restored(journal: Journal, last_key: int) -> tuple[Tables, int, int, int]:
    tables, position = Tables(), 0
    snapshot = journal.snapshot()
    if snapshot is not None:
        tables = Tables.of(_images.decode(snapshot.payload))
        position, last_key = snapshot.position, snapshot.last_key
    start = position
    for row_position, payload in journal.rows(position):
        for unit in decode_units(payload):
            apply_unit(tables, unit)
            last_key = unit.last_key
        position = row_position
    return tables, position, last_key, position - start


def apply_unit(tables: Tables, unit: StoredUnit) -> None:
    """Apply the events of a stored unit.

    Raises:
        KeyError: there is no applier for one of them.
    """
    for raw in unit.events:
        event = decode_event(raw)
        APPLIERS[event.intent, event.version](tables, event.key, event.value)
    tables.keep()


def digest(tables: Tables, last_key: int) -> str:
    """Equal for equal states, whatever the way that led there."""
    image = tables.image()
    # Every table that there is: one that was left out could be lost unseen.
    by_key = (sorted(table.items()) for table in msgspec.structs.astuple(image))
    return sha256(_digests.encode((last_key, *by_key))).hexdigest()

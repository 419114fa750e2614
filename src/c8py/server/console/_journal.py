"""The activity log: who did what, for Console's page, and as JSON and CSV for the Administration API.

Values of secrets never come here; names do.
"""

import csv
import io
from typing import Final, Literal

import msgspec

from c8py.base.clock import Clock
from c8py.server.console._wire import Audit
from c8py.server.store import Activity, Store

Verb = Literal["c", "r", "u", "d"]
_SERVICE: Final = "console"
_COLUMNS: Final = (
    "timestamp", "userId", "auditType", "entity", "entityId", "parentEntity", "parentEntityId", "entityAttribute",
    "entityAttributeValueFrom", "entityAttributeValueTo", "audit", "service", "orgId",
)  # fmt: skip
# What a spreadsheet takes for the begin of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Journal:
    """Writes and reads the log of one organization.

    Args:
        store: where it is kept, bounded.
        org_id: whose it is.
        clock: when things happen.
    """

    def __init__(self, store: Store, org_id: str, *, clock: Clock) -> None:
        self._store = store
        self._org_id = org_id
        self._clock = clock

    def write(  # each by name but who and what
        self,
        who: str,
        what: str,
        *,
        verb: Verb,
        entity: str,
        entity_id: str,
        parent: str = "",
        attribute: str = "",
        before: str = "",
        after: str = "",
    ) -> None:
        """Remember it."""
        self._store.record(
            Activity(
                at_ms=self._clock.now_ms(),
                org_id=self._org_id,
                who=who,
                verb=verb,
                entity=entity,
                entity_id=entity_id,
                what=what,
                parent=parent,
                attribute=attribute,
                before=before,
                after=after,
            )
        )

    def lines(self) -> tuple[Activity, ...]:
        """The log, the newest line first."""
        return self._store.activity()

    def audits(self) -> list[Audit]:
        """The log in the shape of the Administration API."""
        return [_audit(line) for line in self.lines()]

    def json(self) -> str:
        """The log in the shape of the Administration API, as text."""
        return msgspec.json.encode(self.audits()).decode()

    def csv(self) -> str:
        """The log as a table."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(_COLUMNS)
        for line in self.lines():
            audit = _audit(line)
            writer.writerow(
                [
                    _plain(str(value))
                    for value in (
                        int(audit.timestamp), audit.user_id, audit.audit_type, audit.entity, audit.entity_id,
                        audit.parent_entity, audit.parent_entity_id, audit.entity_attribute,
                        audit.entity_attribute_value_from, audit.entity_attribute_value_to, audit.audit,
                        audit.service, audit.org_id,
                    )
                ]
            )  # fmt: skip
        return text.getvalue()


def _plain(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _audit(line: Activity) -> Audit:
    return Audit(
        service=_SERVICE,
        org_id=line.org_id,
        audit=line.what,
        audit_type=line.verb,
        entity=line.entity,
        entity_id=line.entity_id,
        user_id=line.who,
        timestamp=float(line.at_ms),
        parent_entity="cluster" if line.parent else "",
        parent_entity_id=line.parent,
        entity_attribute=line.attribute,
        entity_attribute_value_from=line.before,
        entity_attribute_value_to=line.after,
    )

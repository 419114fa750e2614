"""Everything that Console can do, in one value: what its two faces are built over."""

import datetime as dt

import msgspec

from c8py.server.access import Access
from c8py.server.addresses import Addresses
from c8py.server.console._alerts import Alerts
from c8py.server.console._backups import BackupDesk
from c8py.server.console._instances import ShowsInstances
from c8py.server.console._journal import Journal
from c8py.server.console._lifecycle import Lifecycle
from c8py.server.console._members import Members
from c8py.server.console._monitoring import Monitoring
from c8py.server.console._outside import OutsideSignIn
from c8py.server.console._service import ConsoleService
from c8py.server.console._vault import Vault
from c8py.server.settings import Settings
from c8py.server.store import Organization


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The services of Console.

    Attributes:
        settings: what the platform was told.
        organization: whose Console it is.
        addresses: of the platform.
        access: knows who calls with a token, and enforces allowlists.
        clients: API clients.
        clusters: the life of clusters.
        vault: connector secrets.
        backups: backups of clusters.
        monitoring: metrics endpoints.
        members: who may sign in.
        journal: the activity log.
        instances: what goes on in clusters.
        alerts: who is told of incidents and health.
        outside: sign-in at a provider; None where there is none.
    """

    settings: Settings
    organization: Organization
    addresses: Addresses
    access: Access
    clients: ConsoleService
    clusters: Lifecycle
    vault: Vault
    backups: BackupDesk
    monitoring: Monitoring
    members: Members
    journal: Journal
    instances: ShowsInstances
    alerts: Alerts
    outside: OutsideSignIn | None = None


def moment(at_ms: int) -> str:
    """A time as the Administration API writes it; "" for none."""
    if not at_ms:
        return ""
    at = dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Console: the organization, its members and its clusters, for programs and for people.

Services over the store, gathered on a `Desk`, and two faces: the Administration API (JSON, token of the organization)
and web pages (forms, sign-in). What runs clusters is behind `RunsClusters`. Owns the format of credentials files.
Called by app, which mounts its routes.
"""

from c8py.server.console._alerts import SIGNATURE_HEADER, Alerts, Mail, NotDelivered, Post
from c8py.server.console._api import api_routes
from c8py.server.console._backups import BackupDesk
from c8py.server.console._credentials import (
    FILE_VERSIONS,
    FileVersion,
    credentials_file_name,
    credentials_text,
    organization_credentials_text,
)
from c8py.server.console._desk import Desk
from c8py.server.console._first_start import ensure_cluster, ensure_credentials
from c8py.server.console._guard import Guard
from c8py.server.console._ids import Ids, RandomIds
from c8py.server.console._instances import (
    PAGE_ROWS,
    Definition,
    Detail,
    Incident,
    Instance,
    Listing,
    ShowsInstances,
    Tokens,
    Wanted,
)
from c8py.server.console._journal import Journal
from c8py.server.console._kinds import (
    Backups,
    ClusterState,
    KeepsBackups,
    KindRefused,
    Kinds,
    Place,
    Release,
    RunsClusters,
)
from c8py.server.console._lifecycle import ClusterWanted, Lifecycle
from c8py.server.console._members import Members
from c8py.server.console._monitoring import Monitoring
from c8py.server.console._not_done import NotDone
from c8py.server.console._outside import OutsideSignIn
from c8py.server.console._pages import page_routes
from c8py.server.console._problems import problem
from c8py.server.console._service import ConsoleService, Created, Refused
from c8py.server.console._vault import Vault

__all__ = [
    "FILE_VERSIONS",
    "PAGE_ROWS",
    "SIGNATURE_HEADER",
    "Alerts",
    "BackupDesk",
    "Backups",
    "ClusterState",
    "ClusterWanted",
    "ConsoleService",
    "Created",
    "Definition",
    "Desk",
    "Detail",
    "FileVersion",
    "Guard",
    "Ids",
    "Incident",
    "Instance",
    "Journal",
    "KeepsBackups",
    "KindRefused",
    "Kinds",
    "Lifecycle",
    "Listing",
    "Mail",
    "Members",
    "Monitoring",
    "NotDelivered",
    "NotDone",
    "OutsideSignIn",
    "Place",
    "Post",
    "RandomIds",
    "Refused",
    "Release",
    "RunsClusters",
    "ShowsInstances",
    "Tokens",
    "Vault",
    "Wanted",
    "api_routes",
    "credentials_file_name",
    "credentials_text",
    "ensure_cluster",
    "ensure_credentials",
    "organization_credentials_text",
    "page_routes",
    "problem",
]
